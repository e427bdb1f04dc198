// How rows and panels lie in memory, for those that write them and those that read them.
#ifndef TRANSFORMER_LAYOUT_H
#define TRANSFORMER_LAYOUT_H

#include <string.h>

#include "gobbet_transformer.h"

// A matrix of `outputs` rows and `inputs` columns is cut into panels of 32 outputs, the last filled up
// with zeros. In a panel the inputs follow one another, each with a word of every output, so that a
// product reads memory in order and its lanes are outputs. Of floats:
//
//              output 0   output 1    …   output 31
//             ┌──────────┬──────────┬───┬──────────┐
//   input 0   │ word 0   │ word 1   │ … │ word 31  │
//             ├──────────┼──────────┼───┼──────────┤
//   input 1   │ word 32  │ word 33  │ … │ word 63  │
//             ├──────────┼──────────┼───┼──────────┤
//      …      │    …     │          │   │          │
//             └──────────┴──────────┴───┴──────────┘
//
// Of bfloat16 a row has a pair of inputs: word 0 holds inputs 0 and 1 of output 0, the first in its lower
// half. Of stored floats a row is 16 words: word 0 holds outputs 0 and 16, the first in its lower half.
//
// The panel of a block of int8: 32 scales, the upper halves of floats; then, for every four inputs,
// 32 outputs of four weights each.
enum {
  gobbet_words_a_block =
      gobbet_panel_width / 2 + gobbet_block_length * gobbet_panel_width / 4
};

// The panel of blocks of GGUF. A tile holds 32 inputs, as eight quads of four, of 32 outputs: first
// scales, an array of 32 for each kind of them, then the weights without their signs. Four bits of
// each stand in 128 words:
//
//   word 32 k + o, byte j, lower four bits   output o, input 4 k + j          k = 0 to 3
//                          upper four bits   output o, input 4 (k + 4) + j
//
// Then, with five bits, 32 words:    word o, byte j, bit q          input 4 q + j
// and with six, 64 words:            word 32 h + o, byte j,
//                                    bits 2 i and 2 i + 1           input 4 (4 h + i) + j
// With eight bits, instead, 256:     word 32 q + o, byte j          input 4 q + j
//
// The tiles of a block of 256 follow its own scales.
typedef struct {
  /// Inputs in a block, and the bytes that it takes in a file.
  size_t length, file_size;
  size_t bits;
  /// Words in front of the tiles of a block.
  size_t header_words;
  /// Words in front of the weights of a tile.
  size_t scale_words;
  /// What a weight without its sign is too large by.
  int32_t zero;
  /// Whether a tile has a minimum for every output.
  bool has_least;
  /// Runs of inputs in a tile that have a scale each.
  size_t runs;
} gobbet_format;

/// CASE for every element that GGUF has blocks of, where it must be a constant.
#define GOBBET_BLOCK_ELEMENTS(CASE) \
  CASE(gobbet_q4_0) CASE(gobbet_q4_1) CASE(gobbet_q5_0) CASE(gobbet_q5_1) CASE(gobbet_q8_0) \
  CASE(gobbet_q4_k) CASE(gobbet_q5_k) CASE(gobbet_q6_k) CASE(gobbet_mxfp4)

/// The blocks of an element; a length of 0 for elements that GGUF has no blocks of.
static inline __attribute__((always_inline)) gobbet_format gobbet_format_of(
    gobbet_element element) {
  switch (element) {
  case gobbet_q4_0: return (gobbet_format){32, 18, 4, 0, 16, 8, false, 1};
  case gobbet_q4_1: return (gobbet_format){32, 20, 4, 0, 32, 0, true, 1};
  case gobbet_q5_0: return (gobbet_format){32, 22, 5, 0, 16, 16, false, 1};
  case gobbet_q5_1: return (gobbet_format){32, 24, 5, 0, 32, 0, true, 1};
  case gobbet_q8_0: return (gobbet_format){32, 34, 8, 0, 16, 128, false, 1};
  case gobbet_q4_k: return (gobbet_format){256, 144, 4, 32, 16, 0, true, 1};
  case gobbet_q5_k: return (gobbet_format){256, 176, 5, 32, 16, 0, true, 1};
  case gobbet_q6_k: return (gobbet_format){256, 210, 6, 16, 16, 32, false, 2};
  case gobbet_mxfp4: return (gobbet_format){32, 17, 4, 0, 8, 12, false, 1};
  default: return (gobbet_format){0, 0, 0, 0, 0, 0, false, 0};
  }
}

/// Inputs of a tile, and its words of weights for each of their bits.
enum { gobbet_tile_length = 32, gobbet_tile_words_a_bit = 32 };

/// Words of a tile.
static inline __attribute__((always_inline)) size_t gobbet_tile_words(gobbet_format format) {
  return format.scale_words + format.bits * gobbet_tile_words_a_bit;
}

/// Words of a panel's block: its scales and its tiles.
static inline __attribute__((always_inline)) size_t gobbet_block_words(gobbet_format format) {
  return format.header_words + format.length / gobbet_tile_length * gobbet_tile_words(format);
}

/// Copies the weights of the output at `column` out of a panel of tiles.
void gobbet_unpack_tiles(
    gobbet_element element, const uint32_t *panel, size_t depth, size_t column, float *weights);

/// Where the stored float of an output stands among the 32 of an input.
static inline size_t gobbet_stored_place(size_t output) {
  return output % 16 * 2 + output / 16;
}

/// Puts `count` outputs of stored floats, row after row as files have them, into a panel. Returns whether
/// every weight is finite.
bool gobbet_pack_stored(
    gobbet_element element, const uint8_t *rows, size_t count, size_t depth, uint32_t *panel);

/// A row of inputs for tiles: 16 words for each with its 32 integers of 16 bits, then two for each,
/// and the scale of the row. The two are what the sums of its runs start at, for weights are stored too
/// large; or, for tiles with minima, a zero and the sum of its inputs, a float.
enum { gobbet_tile_input_words = 16, gobbet_tile_sum_words = 2 };

/// The value of an IEEE half.
static inline float gobbet_half_value(uint32_t bits) {
  uint32_t size_bits = (bits & 0x7FFF) << 13;
  float size;
  memcpy(&size, &size_bits, sizeof size);
  // What is over the largest half is infinite, or NaN.
  size = size_bits >= 0x0F800000 ? size * 0x1p112f * 0x1p127f : size * 0x1p112f;
  return bits & 0x8000 ? -size : size;
}

/// The nearest bfloat16, ties to even; what is under the least normal number becomes zero, as the
/// instructions for it read it anyway.
static inline uint32_t gobbet_bfloat16_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  const uint32_t size = bits & 0x7FFFFFFF;
  if (size > 0x7F800000) return bits >> 16 | 0x40;
  if (size < 0x00800000) return bits >> 31 << 15;
  return (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
}

/// The value of a bfloat16.
static inline float gobbet_bfloat16_value(uint32_t bits) {
  float value;
  bits <<= 16;
  memcpy(&value, &bits, sizeof value);
  return value;
}

#endif
