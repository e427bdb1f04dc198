// The loops of `planes_template.h` by NEON, for the widths and counts that gain.
#ifndef PLANES_NEON_H
#define PLANES_NEON_H

#include <stddef.h>

/// Splits elements of four bytes, at least 16 of them, and returns 1; returns 0 for all others.
int gobbet_split_neon(size_t width, const void *elements, size_t count, void *planes);

/// Joins elements of two or four bytes, at least 16 of them, and returns 1; returns 0 for all others.
int gobbet_join_neon(size_t width, const void *const *planes, size_t count, void *elements);

#endif
