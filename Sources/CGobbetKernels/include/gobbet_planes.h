// Floating-point elements, their exponents apart from their signs and mantissas.
//
// Each element of `width` bytes is rotated left by one bit; its bytes then go to planes from the top:
// one byte an element, another byte, then two, then four, as far as the width (1, 2, 4 or 8) goes.
#ifndef GOBBET_PLANES_H
#define GOBBET_PLANES_H

#include <stddef.h>
#include <stdint.h>

/// Planes that an element of 8 bytes goes to; narrower ones go to fewer.
enum { gobbet_plane_limit = 4 };

/// Writes the planes of `count` elements one after the other, as many bytes as the elements have.
void gobbet_split_planes(
    size_t width, const void *_Nonnull elements, size_t count, void *_Nonnull planes);

/// Writes the `count` elements whose planes are these; of those that the width does not have the
/// pointers are not looked at.
///
/// With `is_past_caches` the elements are written past the caches, where the processor can: for more of
/// them than the caches hold, which are not read soon. It saves reading the memory that is written.
void gobbet_join_planes(
    size_t width, const void *_Nullable const *_Nonnull planes, size_t count,
    void *_Nonnull elements, int is_past_caches);

/// One way to do both, for tests and benchmarks.
typedef struct {
  const char *_Nullable name;
  void (*_Nullable split)(size_t, const void *_Nonnull, size_t, void *_Nonnull);
  void (*_Nullable join)(size_t, const void *_Nullable const *_Nonnull, size_t, void *_Nonnull);
  void (*_Nullable join_past_caches)(
      size_t, const void *_Nullable const *_Nonnull, size_t, void *_Nonnull);
} gobbet_planes_way;

/// The ways that this processor has, the best first and the plain one last; writes at most 2 and
/// returns how many.
int gobbet_planes_ways(gobbet_planes_way *_Nonnull ways);

#endif
