#include "gobbet_memory.h"

#include <stdint.h>
#include <sys/mman.h>
#include <time.h>

static const size_t large_page = (size_t)2 << 20;
/// Nanoseconds for a large page, five times those that clearing it takes.
static const uint64_t long_wait = 1000000;
/// One wait may be something else.
enum { most_waits = 3 };

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

#ifdef MADV_NOHUGEPAGE
static uint64_t thread_nanoseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}
#endif

void gobbet_memory_take(void *memory, size_t byte_count) {
#ifdef MADV_NOHUGEPAGE
  int waits = 0;
  for (size_t taken = 0; taken < byte_count && waits < most_waits; taken += large_page) {
    const uint64_t start = thread_nanoseconds();
    *((volatile char *)memory + taken) = 0;
    if (thread_nanoseconds() - start < long_wait || ++waits < most_waits) continue;
    if (byte_count - taken <= large_page) return;
    char *rest = (char *)memory + taken + large_page;
    madvise(rest, byte_count - taken - large_page, MADV_NOHUGEPAGE);
#ifdef MADV_POPULATE_WRITE
    // All at once takes two thirds of the time that they take one by one. Advice only.
    madvise(rest, byte_count - taken - large_page, MADV_POPULATE_WRITE);
#endif
  }
#else
  (void)memory, (void)byte_count;
#endif
}

void gobbet_memory_free(void *memory, size_t byte_count) {
  munmap(memory, rounded(byte_count));
}
