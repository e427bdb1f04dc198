// Large memory that is read in order: aligned to 2 MiB and, where the system has them, in pages
// of that size, which doubles the speed at which one core reads it.
#ifndef GOBBET_MEMORY_H
#define GOBBET_MEMORY_H

#include <stddef.h>

/// Zeroed memory of at least `byte_count` bytes, or NULL where there is none left.
/// Ends with `gobbet_memory_free` and the same count.
void *_Nullable gobbet_memory_allocate(size_t byte_count);

/// Takes memory that will all be written: `byte_count` bytes from a multiple of 2 MiB on.
///
/// Where the system takes long to find large pages, as in a virtual machine whose host has lent them to
/// others, the rest comes in small ones: those are read a little slower, and are there at once.
void gobbet_memory_take(void *_Nonnull memory, size_t byte_count);

/// Gives back what `gobbet_memory_allocate` gave for the same count.
void gobbet_memory_free(void *_Nonnull memory, size_t byte_count);

/// Has the processor fetch bytes into its second cache while it goes on: the first 512 of `count`, from
/// where it goes ahead by itself once they are read. Nothing is read, and an address that is not there
/// does no harm.
///
/// Windows of 2 KiB anywhere in 40 MB took 560 ns unfetched, 460 with all of their lines fetched into
/// the first cache, 430 into the second, and 350 this way (Xeon with AMX, C, CPU time).
static inline void gobbet_prefetch_bytes(const void *_Nonnull bytes, size_t count) {
  const char *start = (const char *)bytes;
  size_t end = count < 512 ? count : 512;
  for (size_t offset = 0; offset < end; offset += 64) __builtin_prefetch(start + offset, 0, 2);
}

#endif
