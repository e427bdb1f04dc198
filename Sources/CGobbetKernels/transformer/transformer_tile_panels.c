// Blocks of GGUF into the tiles of panels and out of them. The blocks are ggml's (`ggml-common.h`).
#include <math.h>
#include <string.h>

#include "transformer_layout.h"

enum { tile_quads = gobbet_tile_length / 4, most_tiles = 8 };

/// One output's weights of a tile without their signs.
typedef struct {
  /// Lower four bits: of quad k in the lower half of each byte, of quad k + 4 in the upper.
  uint32_t nibbles[tile_quads / 2];
  /// The fifth bits of quad q at bit q, or the two above four bits of quads 0 to 3, then 4 to 7.
  uint32_t upper[2];
  /// All eight bits.
  uint32_t bytes[tile_quads];
} output_tile;

static uint32_t word_at(const uint8_t *bytes, size_t index) {
  uint32_t word;
  memcpy(&word, bytes + 4 * index, sizeof word);
  return word;
}

static uint16_t half_at(const uint8_t *bytes) {
  uint16_t half;
  memcpy(&half, bytes, sizeof half);
  return half;
}

static bool is_finite_half(uint16_t half) { return (half & 0x7C00) != 0x7C00; }

/// 2 to the power of `exponent` - 128, for the values of 4-bit floats are stored doubled.
static float power_value(uint8_t exponent) {
  const uint32_t bits = exponent < 2 ? 0x00200000u << exponent : (uint32_t)(exponent - 1) << 23;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static const int8_t float4_values[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

/// Four bits to the lowest bits of four bytes.
static uint32_t spread(uint32_t bits) { return (bits & 0xF) * 0x00204081u & 0x01010101u; }

/// Nibbles of quads, the lower four of each byte, as a tile has them.
static void store_nibbles(output_tile *tile, const uint32_t *quads) {
  for (size_t k = 0; k < tile_quads / 2; k++) {
    tile->nibbles[k] = (quads[k] & 0x0F0F0F0F) | (quads[k + 4] & 0x0F0F0F0F) << 4;
  }
}

/// The 6 bits of scale and minimum of a part, out of 12 bytes.
static void read_k_scales(const uint8_t *packed, size_t part, uint8_t *scale, uint8_t *least) {
  if (part < 4) {
    *scale = packed[part] & 0x3F;
    *least = packed[part + 4] & 0x3F;
  } else {
    *scale = (packed[part + 4] & 0xF) | (packed[part - 4] >> 6) << 4;
    *least = packed[part + 4] >> 4 | (packed[part] >> 6) << 4;
  }
}

/// The tiles of a block.
static inline __attribute__((always_inline)) void read_tiles(
    const gobbet_element element, const uint8_t *block, output_tile *tiles) {
  const gobbet_format format = gobbet_format_of(element);
  uint32_t quads[tile_quads];
  switch (element) {
  case gobbet_q8_0:
    for (size_t quad = 0; quad < tile_quads; quad++) {
      tiles->bytes[quad] = word_at(block + 2, quad) ^ 0x80808080;
    }
    return;
  case gobbet_q4_k:
  case gobbet_q5_k:
    for (size_t part = 0; part < most_tiles; part++) {
      const uint8_t *nibbles = block + format.file_size - 128 + part / 2 * 32;
      for (size_t quad = 0; quad < tile_quads; quad++) {
        quads[quad] = word_at(nibbles, quad) >> part % 2 * 4;
      }
      store_nibbles(tiles + part, quads);
      if (element == gobbet_q4_k) continue;
      tiles[part].upper[0] = 0;
      for (size_t quad = 0; quad < tile_quads; quad++) {
        tiles[part].upper[0] |= (word_at(block + 16, quad) >> part & 0x01010101) << quad;
      }
    }
    return;
  case gobbet_q6_k:
    for (size_t part = 0; part < most_tiles; part++) {
      const uint8_t *nibbles = block + part / 4 * 64 + part % 2 * 32;
      const uint8_t *pairs = block + 128 + part / 4 * 32;
      tiles[part].upper[0] = tiles[part].upper[1] = 0;
      for (size_t quad = 0; quad < tile_quads; quad++) {
        quads[quad] = word_at(nibbles, quad) >> part % 4 / 2 * 4;
        const uint32_t pair = word_at(pairs, quad) >> part % 4 * 2 & 0x03030303;
        tiles[part].upper[quad / 4] |= pair << quad % 4 * 2;
      }
      store_nibbles(tiles + part, quads);
    }
    return;
  default:
    for (size_t k = 0; k < tile_quads / 2; k++) {
      tiles->nibbles[k] = word_at(block + format.file_size - 16, k);
    }
    if (format.bits == 5) {
      const uint32_t fifth = word_at(block + format.file_size - 20, 0);
      tiles->upper[0] = 0;
      for (size_t quad = 0; quad < tile_quads; quad++) {
        tiles->upper[0] |= spread(fifth >> 4 * quad) << quad;
      }
    }
  }
}

/// Whether every weight of a block is finite: the scales are, and make no weight too large.
static inline __attribute__((always_inline)) bool is_finite_block(
    const gobbet_element element, const uint8_t *block) {
  if (element == gobbet_mxfp4) {
    bool is_finite = true;
    // At lesser powers the largest is finite.
    for (size_t index = 1; block[0] > 252 && index < 17; index++) {
      is_finite &= isfinite(power_value(block[0]) * float4_values[block[index] & 0xF])
          && isfinite(power_value(block[0]) * float4_values[block[index] >> 4]);
    }
    return is_finite;
  }
  if (element == gobbet_q6_k) return is_finite_half(half_at(block + 208));
  return is_finite_half(half_at(block))
      && (!gobbet_format_of(element).has_least || is_finite_half(half_at(block + 2)));
}

/// Puts the scales of one output's block into a panel's block, at `column`.
static inline __attribute__((always_inline)) void store_scales(
    const gobbet_element element, const uint8_t *block, uint32_t *words, size_t column) {
  const gobbet_format format = gobbet_format_of(element);
  uint16_t *halves = (uint16_t *)words + column;
  if (element == gobbet_mxfp4) {
    ((uint8_t *)words)[column] = block[0];
    return;
  }
  halves[0] = half_at(element == gobbet_q6_k ? block + 208 : block);
  if (format.has_least) halves[gobbet_panel_width] = half_at(block + 2);
  if (format.header_words == 0) return;
  for (size_t part = 0; part < most_tiles; part++) {
    uint8_t *own =
        (uint8_t *)(words + format.header_words + part * gobbet_tile_words(format)) + column;
    if (element == gobbet_q6_k) {
      own[0] = block[192 + 2 * part];
      own[gobbet_panel_width] = block[192 + 2 * part + 1];
    } else {
      read_k_scales(block + 4, part, own, own + gobbet_panel_width);
    }
  }
}

static inline __attribute__((always_inline)) bool pack_block(
    const gobbet_element element, const uint8_t *block, uint32_t *words, size_t column) {
  const gobbet_format format = gobbet_format_of(element);
  output_tile tiles[most_tiles];
  read_tiles(element, block, tiles);
  store_scales(element, block, words, column);
  for (size_t part = 0; part < format.length / gobbet_tile_length; part++) {
    uint32_t *own = words + format.header_words + part * gobbet_tile_words(format)
        + format.scale_words + column;
    if (format.bits == 8) {
      for (size_t quad = 0; quad < tile_quads; quad++) own[32 * quad] = tiles[part].bytes[quad];
      continue;
    }
    for (size_t k = 0; k < 4; k++) own[32 * k] = tiles[part].nibbles[k];
    for (size_t k = 0; k < format.bits - 4; k++) own[32 * (4 + k)] = tiles[part].upper[k];
  }
  return is_finite_block(element, block);
}

static inline __attribute__((always_inline)) bool pack_panel(
    const gobbet_element element, const uint8_t *rows, size_t count, size_t depth,
    uint32_t *words) {
  const gobbet_format format = gobbet_format_of(element);
  const size_t blocks = depth / format.length, row_size = blocks * format.file_size;
  bool is_finite = true;
  for (size_t block = 0; block < blocks; block++) {
    for (size_t output = 0; output < count; output++) {
      is_finite &= pack_block(
          element, rows + output * row_size + block * format.file_size,
          words + block * gobbet_block_words(format), output);
    }
  }
  return is_finite;
}

/// The switch makes the element a constant.
static bool pack_panel_of(
    gobbet_element element, const uint8_t *rows, size_t count, size_t depth, uint32_t *words) {
  switch (element) {
#define PACK(ELEMENT) case ELEMENT: return pack_panel(ELEMENT, rows, count, depth, words);
    GOBBET_BLOCK_ELEMENTS(PACK)
#undef PACK
  default: return gobbet_pack_stored(element, rows, count, depth, words);
  }
}

size_t gobbet_block_row_size(gobbet_element element, size_t depth) {
  if (gobbet_is_stored_float(element)) return 2 * depth;
  const gobbet_format format = gobbet_format_of(element);
  if (format.length == 0 || depth % format.length != 0) return 0;
  return depth / format.length * format.file_size;
}

bool gobbet_pack_blocks(
    gobbet_element element, const gobbet_block_part *part, size_t depth, void *panels) {
  const size_t row_size = gobbet_block_row_size(element, depth);
  const size_t panel_words = gobbet_panel_words(element, depth);
  bool is_finite = true;
  for (size_t first = 0; first < part->output_count; first += gobbet_panel_width) {
    const size_t left = part->output_count - first;
    is_finite &= pack_panel_of(
        element, part->blocks + first * row_size,
        left < gobbet_panel_width ? left : gobbet_panel_width, depth,
        (uint32_t *)panels + (part->first_output + first) / gobbet_panel_width * panel_words);
  }
  return is_finite;
}

/// A weight of a tile without its sign.
static uint32_t weight_in(const gobbet_format format, const uint32_t *own, size_t input) {
  const size_t quad = input / 4, shift = input % 4 * 8;
  if (format.bits == 8) return own[32 * quad] >> shift & 0xFF;
  uint32_t weight = own[32 * (quad % 4)] >> (shift + quad / 4 * 4) & 0xF;
  if (format.bits == 5) weight |= (own[32 * 4] >> (shift + quad) & 1) << 4;
  if (format.bits == 6) weight |= (own[32 * (4 + quad / 4)] >> (shift + quad % 4 * 2) & 3) << 4;
  return weight;
}

void gobbet_unpack_tiles(
    gobbet_element element, const uint32_t *panel, size_t depth, size_t column, float *weights) {
  // Products and sums are rounded where ggml rounds them.
  #pragma STDC FP_CONTRACT OFF
  const gobbet_format format = gobbet_format_of(element);
  for (size_t input = 0; input < depth; input++) {
    const uint32_t *block = panel + input / format.length * gobbet_block_words(format);
    const uint16_t *halves = (const uint16_t *)block + column;
    const uint32_t *tile = block + format.header_words
        + input % format.length / gobbet_tile_length * gobbet_tile_words(format);
    const uint8_t *bytes = (const uint8_t *)tile + column;
    const size_t within = input % gobbet_tile_length;
    const uint32_t bits = weight_in(format, tile + format.scale_words + column, within);
    const float number = (float)((int32_t)bits - format.zero);
    switch (element) {
    case gobbet_mxfp4:
      weights[input] = power_value(bytes[0]) * (float)float4_values[bits];
      break;
    case gobbet_q6_k:
      weights[input] =
          gobbet_half_value(halves[0]) * (float)(int8_t)bytes[within / 16 * gobbet_panel_width] * number;
      break;
    case gobbet_q4_k:
    case gobbet_q5_k:
      weights[input] = gobbet_half_value(halves[0]) * (float)bytes[0] * number
          - gobbet_half_value(halves[gobbet_panel_width]) * (float)bytes[gobbet_panel_width];
      break;
    default: {
      const float product = gobbet_half_value(halves[0]) * number;
      weights[input] =
          format.has_least ? product + gobbet_half_value(halves[gobbet_panel_width]) : product;
    }
    }
  }
}
