// Products of rows with the tiles of GGUF's blocks: see `gobbet_element` for the order of their sums,
// and `transformer_layout.h` for how tiles lie in memory.
//
// For many rows a tile is taken apart once, and they go by it one after the other while their sums
// wait in memory; for a single row its weights never leave the registers.
#ifndef TRANSFORMER_TILES_H
#define TRANSFORMER_TILES_H

#include "transformer_blocks.h"

// Below, `element`, `rows`, `runs` and `has_least` are constants wherever a function is inlined.

enum { quads_a_tile = gobbet_tile_length / 4 };

#ifdef FOR_NEON
/// Whether weights of eight bits get their signs back when they are read, as products want them.
enum { are_bytes_signed = true };
#else
enum { are_bytes_signed = false };

typedef struct {
  lane_bits quads[quads_a_tile][2];
} byte_weights;

INLINE lane_bits load_weights(const uint32_t *words) { return load_bits(words); }

INLINE void add_pairs_of_quads(byte_weights *weights) { (void)weights; }
#endif

/// A tile of twice 16 outputs: weights without their signs, scales for each run, minima.
typedef struct {
  byte_weights bytes;
  lanes scales[2][2];
  lanes least[2];
} tile;

#ifndef OWN_TABLES
/// For every byte, the value of a 4-bit float, doubled, plus 12.
INLINE lane_bits float4_bytes(lane_bits codes) {
  typedef uint8_t bytes __attribute__((ext_vector_type(64)));
  const bytes code = (bytes)codes, size = code & 7;
  const bytes value =
      size + ((bytes)(size > 4) & 1) + ((bytes)(size > 5) & 1) + ((bytes)(size > 6) & 3);
  return (lane_bits)(code > 7 ? 12 - value : 12 + value);
}
#endif

/// 16 bytes as integers, with a sign or without.
INLINE lane_bits bytes_at(const void *from, const bool is_signed) {
  typedef uint8_t unsigned_bytes __attribute__((ext_vector_type(16), aligned(1)));
  typedef int8_t signed_bytes __attribute__((ext_vector_type(16), aligned(1)));
  return is_signed ? __builtin_convertvector(*(const signed_bytes *)from, lane_bits)
                   : __builtin_convertvector(*(const unsigned_bytes *)from, lane_bits);
}

/// 2 to the power of each byte - 128.
INLINE lanes powers_at(const void *from) {
  const lane_bits exponents = bytes_at(from, false);
  const lane_bits tiny = exponents == 0 ? (lane_bits)0x00200000 : (lane_bits)0x00400000;
  return as_lanes(exponents < 2 ? tiny : (exponents - 1) << 23);
}

/// Bits of every byte moved up, or down for a negative count, to where `mask` has them.
INLINE lane_bits moved(lane_bits bits, const int up, const int32_t mask) {
  return (up >= 0 ? bits << up : bits >> -up) & mask;
}

/// Four inputs' weights of 16 outputs, the first of which has its words at `words`.
INLINE lane_bits weights_of(
    const gobbet_element element, const uint32_t *words, const size_t quad) {
  const gobbet_format format = gobbet_format_of(element);
  if (format.bits == 8) {
    const lane_bits bytes = load_weights(words + quad * 32);
    return are_bytes_signed ? bytes ^ (int32_t)0x80808080 : bytes;
  }
  const lane_bits both = load_weights(words + quad % 4 * 32);
  const lane_bits weights = (quad < 4 ? both : both >> 4) & 0x0F0F0F0F;
  if (element == gobbet_mxfp4) return float4_bytes(weights);
  if (format.bits == 5) {
    return weights | moved(load_weights(words + 4 * 32), 4 - (int)quad, 0x10101010);
  }
  if (format.bits == 6) {
    const lane_bits pairs = load_weights(words + (4 + quad / 4) * 32);
    return weights | moved(pairs, 4 - 2 * (int)(quad % 4), 0x30303030);
  }
  return weights;
}

/// The scales in front of a block's tiles.
typedef struct {
  lanes scales[2];
  lanes least[2];
} block_header;

INLINE block_header read_header(const gobbet_element element, const uint32_t *words) {
  block_header header = {{(lanes)0.0f, (lanes)0.0f}, {(lanes)0.0f, (lanes)0.0f}};
  const gobbet_format format = gobbet_format_of(element);
  if (format.header_words == 0) return header;
  for (size_t step = 0; step < 2; step++) {
    header.scales[step] = halves_at(words + step * 8);
    if (format.has_least) header.least[step] = -halves_at(words + 16 + step * 8);
  }
  return header;
}

INLINE void read_scales(
    const gobbet_element element, const block_header *header, const uint32_t *words,
    const size_t step, tile *result) {
  const gobbet_format format = gobbet_format_of(element);
  if (element == gobbet_mxfp4) {
    result->scales[0][step] = powers_at(words + step * 4);
  } else if (format.header_words == 0) {
    result->scales[0][step] = halves_at(words + step * 8);
    if (format.has_least) result->least[step] = halves_at(words + 16 + step * 8);
  } else {
    const bool is_signed = !format.has_least;
    const lane_bits first = bytes_at(words + step * 4, is_signed);
    const lane_bits second = bytes_at(words + 8 + step * 4, is_signed);
    result->scales[0][step] = header->scales[step] * __builtin_convertvector(first, lanes);
    if (format.has_least) {
      result->least[step] = header->least[step] * __builtin_convertvector(second, lanes);
    } else {
      result->scales[1][step] = header->scales[step] * __builtin_convertvector(second, lanes);
    }
  }
}

INLINE void read_tile(
    const gobbet_element element, const block_header *header, const uint32_t *words,
    tile *result) {
  for (size_t step = 0; step < 2; step++) {
    read_scales(element, header, words, step, result);
    const uint32_t *own = words + gobbet_format_of(element).scale_words + step * 16;
    UNROLLED
    for (size_t quad = 0; quad < quads_a_tile; quad++) {
      result->bytes.quads[quad][step] = weights_of(element, own, quad);
    }
  }
  add_pairs_of_quads(&result->bytes);
}

#if defined(FOR_NEON)
#include "transformer_neon_tiles.h"
#elif defined(OWN_BYTE_PRODUCTS)
/// The sums of a run's products with the inputs of `rows` rows: those of the upper bytes, times 256,
/// plus those of the lower ones, all with signs.
INLINE void dot_run(
    const tile *weights, const uint32_t *input, const uint32_t *starts, size_t stride,
    const size_t run, const size_t runs, const size_t rows, lane_bits exact[][2]) {
  const size_t count = quads_a_tile / runs;
  lane_bits upper[ROWS_OF_BLOCKS][2];
  UNROLLED
  for (size_t row = 0; row < rows; row++) {
    for (size_t step = 0; step < 2; step++) {
      upper[row][step] = (lane_bits)0;
      exact[row][step] = (lane_bits)(int32_t)starts[row * stride + run];
    }
  }
  UNROLLED
  for (size_t k = 0; k < count; k++) {
    const size_t quad = run * count + k;
    UNROLLED
    for (size_t row = 0; row < rows; row++) {
      const uint32_t *own = input + row * stride + quad;
      for (size_t step = 0; step < 2; step++) {
        const lane_bits bytes = weights->bytes.quads[quad][step];
        upper[row][step] = dot_signed(upper[row][step], bytes, (int32_t)own[0]);
        exact[row][step] = dot_signed(exact[row][step], bytes, (int32_t)own[quads_a_tile]);
      }
    }
  }
  UNROLLED
  for (size_t row = 0; row < rows; row++) {
    for (size_t step = 0; step < 2; step++) exact[row][step] += upper[row][step] << 8;
  }
}

/// Puts the two halves of a tile's inputs into a row.
INLINE void store_tile(uint32_t *row, lane_bits first, lane_bits second) {
  store_bytes(row, (first + 128) >> 8, (second + 128) >> 8);
  store_bytes(row + quads_a_tile, first, second);
}
#else
/// The same with inputs of 16 bits, of every four the first beside the third and the second beside the
/// fourth.
INLINE void dot_run(
    const tile *weights, const uint32_t *input, const uint32_t *starts, size_t stride,
    const size_t run, const size_t runs, const size_t rows, lane_bits exact[][2]) {
  const size_t count = quads_a_tile / runs;
  UNROLLED
  for (size_t row = 0; row < rows; row++) {
    for (size_t step = 0; step < 2; step++) {
      exact[row][step] = (lane_bits)(int32_t)starts[row * stride + run];
    }
  }
  UNROLLED
  for (size_t k = 0; k < count; k++) {
    const size_t quad = run * count + k;
    for (size_t step = 0; step < 2; step++) {
      const lane_bits bytes = weights->bytes.quads[quad][step];
      UNROLLED
      for (size_t row = 0; row < rows; row++) {
        const uint32_t *own = input + row * stride + 2 * quad;
        exact[row][step] = dot_int16(exact[row][step], (int32_t)own[0], bytes & 0x00FF00FF);
        exact[row][step] = dot_int16(exact[row][step], (int32_t)own[1], bytes >> 8 & 0x00FF00FF);
      }
    }
  }
}

INLINE void store_tile(uint32_t *row, lane_bits first, lane_bits second) {
  store_block(row, gobbet_inputs_of_16_bits, first, second);
}
#endif

#ifndef FOR_NEON
/// Adds a tile's products with the inputs of `rows` rows to their sums.
INLINE void add_tile(
    const tile *weights, const uint32_t *input, const uint32_t *starts, size_t stride,
    const size_t runs, const bool has_least, const size_t rows, lanes sums[][2]) {
  for (size_t run = 0; run < runs; run++) {
    lane_bits exact[ROWS_OF_BLOCKS][2];
    dot_run(weights, input, starts, stride, run, runs, rows, exact);
    UNROLLED
    for (size_t row = 0; row < rows; row++) {
      for (size_t step = 0; step < 2; step++) {
        const lanes value = __builtin_convertvector(exact[row][step], lanes);
        sums[row][step] = fused(value, weights->scales[run][step], sums[row][step]);
      }
    }
  }
  for (size_t row = 0; has_least && row < rows; row++) {
    const lanes sum = row_value(starts + row * stride + 1);
    for (size_t step = 0; step < 2; step++) {
      sums[row][step] = fused(sum, weights->least[step], sums[row][step]);
    }
  }
}
#endif

/// The same for any number of rows. Not inlined: what a tile was in memory is the same from here on.
INLINE void add_tile_to_all(
    const tile *weights, const uint32_t *input, const uint32_t *starts, size_t stride,
    const size_t runs, const bool has_least, size_t rows, lanes sums[][2]) {
  const tile own = *weights;
  size_t row = 0;
  for (; row + ROWS_OF_BLOCKS <= rows; row += ROWS_OF_BLOCKS) {
    add_tile(
        &own, input + row * stride, starts + row * stride, stride, runs, has_least,
        ROWS_OF_BLOCKS, sums + row);
  }
  for (; ROWS_OF_BLOCKS > 2 && row + 2 <= rows; row += 2) {
    add_tile(
        &own, input + row * stride, starts + row * stride, stride, runs, has_least, 2,
        sums + row);
  }
  for (; row < rows; row++) {
    add_tile(
        &own, input + row * stride, starts + row * stride, stride, runs, has_least, 1,
        sums + row);
  }
}

#define ADD_TILE(NAME, RUNS, HAS_LEAST) \
  static __attribute__((noinline)) void NAME( \
      const tile *weights, const uint32_t *input, const uint32_t *starts, size_t stride, \
      size_t rows, lanes sums[][2]) { \
    add_tile_to_all(weights, input, starts, stride, RUNS, HAS_LEAST, rows, sums); \
  }
ADD_TILE(add_tile_of_one_run, 1, false)
ADD_TILE(add_tile_with_least, 1, true)
ADD_TILE(add_tile_of_two_runs, 2, false)
#undef ADD_TILE

/// A panel's outputs for a group of rows; the sums of a single row stay in registers.
INLINE void multiply_tile_group(
    const gobbet_product *product, const uint32_t *panel, size_t first_output, size_t first_row,
    const gobbet_element element, const bool is_single) {
  const gobbet_format format = gobbet_format_of(element);
  const size_t tile_words = gobbet_tile_words(format), block_words = gobbet_block_words(format);
  const size_t tiles_a_block = format.length / gobbet_tile_length;
  const size_t tiles = product->depth / gobbet_tile_length;
  const size_t stride = product->input_stride, left = product->row_count - first_row;
  const size_t rows = is_single ? 1 : left < rows_a_group ? left : rows_a_group;
  const uint32_t *input = (const uint32_t *)product->input + first_row * stride;
  const uint32_t *starts = input + tiles * gobbet_tile_input_words;
  const uint32_t *scale = starts + tiles * gobbet_tile_sum_words;
  lanes sums[is_single ? 1 : rows_a_group][2];
  for (size_t row = 0; row < rows; row++) sums[row][0] = sums[row][1] = (lanes)0.0f;
  for (size_t block = 0; block < tiles / tiles_a_block; block++) {
    const uint32_t *own = panel + block * block_words;
    const block_header header = read_header(element, own);
    for (size_t index = 0; index < tiles_a_block; index++) {
      const uint32_t *words = own + format.header_words + index * tile_words;
      if (is_single) prefetch(words, tile_words);
#ifdef FOR_NEON
      if (is_single) {
        add_single_tile(element, &header, words, input, starts, sums[0]);
        input += gobbet_tile_input_words;
        starts += gobbet_tile_sum_words;
        continue;
      }
#endif
      tile weights;
      read_tile(element, &header, words, &weights);
      if (is_single) {
        add_tile(&weights, input, starts, stride, format.runs, format.has_least, 1, sums);
      } else if (format.runs == 2) {
        add_tile_of_two_runs(&weights, input, starts, stride, rows, sums);
      } else if (format.has_least) {
        add_tile_with_least(&weights, input, starts, stride, rows, sums);
      } else {
        add_tile_of_one_run(&weights, input, starts, stride, rows, sums);
      }
      input += gobbet_tile_input_words;
      starts += gobbet_tile_sum_words;
    }
  }
  for (size_t row = 0; row < rows; row++) {
    const lanes factor = row_value(scale + row * stride);
    lanes results[2];
    for (size_t step = 0; step < 2; step++) {
      results[step] =
          fused(sums[row][step], factor, start(product, first_output + step * 16));
    }
    finish(product, first_row + row, first_output, results, 2);
  }
}

MULTIPLY_GROUPS(multiply_tiles, gobbet_element, multiply_tile_group)

/// A switch that makes the element a constant.
static void multiply_all_tiles(const gobbet_product *product, size_t first, size_t end) {
  switch (product->element) {
#define MULTIPLY(ELEMENT) case ELEMENT: return multiply_tiles(product, first, end, ELEMENT);
    GOBBET_BLOCK_ELEMENTS(MULTIPLY)
#undef MULTIPLY
  default: return;
  }
}

#endif
