// Frames of zstd that are nothing but literals, as planes of exponents are: decoded without libzstd.
//
// What is stored stays ordinary zstd. Of it, this understands frames whose blocks are raw, one byte
// repeated, or Huffman-coded literals in four streams without a sequence, with codes of their own or
// those of an earlier block, which is what a compressor makes that finds no matches. It gives up on
// every other frame and on every damaged one, and leaves them to libzstd: nothing is refused here, and
// nothing accepted that libzstd refuses.
#ifndef GOBBET_LITERALS_H
#define GOBBET_LITERALS_H

#include <stddef.h>
#include <stdint.h>

/// Bytes of memory that a call works in, aligned to 8.
enum { gobbet_literals_memory = 4096 * 8 };

/// Writes the content of a frame, `output_count` bytes, and returns 1; returns 0, with anything in
/// `output`, if the frame is not of that kind, is damaged or has another content size.
///
/// The checksum of the content, if there is one, is not compared. Meanwhile the `next_count` bytes
/// after the frame, which the caller reads next, are fetched into the caches. Reads nothing outside
/// `frame` and writes nothing outside `output` and `memory`, none of which overlap.
int gobbet_literals_decode(
    const void *_Nonnull frame, size_t frame_count, size_t next_count, void *_Nonnull output,
    size_t output_count, void *_Nonnull memory);

/// One way to do it, for tests and benchmarks.
typedef struct {
  const char *_Nullable name;
  int (*_Nullable decode)(
      const void *_Nonnull, size_t, size_t, void *_Nonnull, size_t, void *_Nonnull);
} gobbet_literals_way;

/// The ways that this processor has; writes at most 1 and returns how many. One of x86-64 without BMI2
/// has none.
int gobbet_literals_ways(gobbet_literals_way *_Nonnull ways);

#endif
