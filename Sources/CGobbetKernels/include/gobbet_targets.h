// Targets of a loss, some of which don't count.
#ifndef GOBBET_TARGETS_H
#define GOBBET_TARGETS_H

#include <stddef.h>
#include <stdint.h>

/// Writes the bits of -100 over each of `count` targets whose bit is set.
///
/// The bit of `targets[i]` is bit `first_bit + i` of `bits`, the lowest of each word first. Words that
/// hold no such bit are not read.
void gobbet_ignore_targets(
    const uint64_t *_Nonnull bits, size_t first_bit, uint32_t *_Nonnull targets, size_t count);

/// One way to do it, for tests.
typedef struct {
  const char *_Nullable name;
  void (*_Nullable ignore)(const uint64_t *_Nonnull, size_t, uint32_t *_Nonnull, size_t);
} gobbet_targets_way;

/// The ways that this processor has, the best first and the plain one last; writes at most 3 and
/// returns how many.
int gobbet_targets_ways(gobbet_targets_way *_Nonnull ways);

#endif
