#include "CGobbetScan.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif

void gobbet_advise_large_pages(void *memory, ptrdiff_t byte_count) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  // It is only a hint: pages of the usual size do as well.
  (void)madvise(memory, (size_t)byte_count, MADV_HUGEPAGE);
#else
  (void)memory;
  (void)byte_count;
#endif
}
