#include "gobbet_memory.h"

#include <stdint.h>
#include <sys/mman.h>

static const size_t large_page = (size_t)2 << 20;

/// The count rounded up to whole large pages, or 0 if that overflows.
static size_t rounded(size_t byte_count) {
  if (byte_count > SIZE_MAX - 2 * large_page) return 0;
  size_t whole = (byte_count + large_page - 1) & ~(large_page - 1);
  return whole == 0 ? large_page : whole;
}

void *gobbet_memory_allocate(size_t byte_count) {
  size_t size = rounded(byte_count);
  if (size == 0) return NULL;
  // One page more than asked for always holds an aligned start; the ends around it go back.
  char *mapped = mmap(
      NULL, size + large_page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return NULL;
  size_t before = -(uintptr_t)mapped & (large_page - 1);
  if (before != 0) munmap(mapped, before);
  munmap(mapped + before + size, large_page - before);
#ifdef MADV_HUGEPAGE
  // Advice only: without large pages the memory is slower and as good.
  madvise(mapped + before, size, MADV_HUGEPAGE);
#endif
  return mapped + before;
}

void gobbet_memory_free(void *memory, size_t byte_count) {
  munmap(memory, rounded(byte_count));
}
