// Weights into panels and out of them.
#include <math.h>
#include <string.h>

#include "transformer_layout.h"

static size_t blocks_of(size_t depth) {
  return (depth + gobbet_block_length - 1) / gobbet_block_length;
}

size_t gobbet_row_words(const gobbet_kernels *kernels, gobbet_element element, size_t depth) {
  if (gobbet_reads_floats(element)) return depth;
  switch (element) {
  case gobbet_bfloat16: return (depth + 1) / 2 * kernels->words_a_pair;
  case gobbet_int8: return blocks_of(depth) * (gobbet_block_length / 2 + 1) + 2;
  default:
    return depth / gobbet_tile_length * (gobbet_tile_input_words + gobbet_tile_sum_words) + 1;
  }
}

size_t gobbet_panel_words(gobbet_element element, size_t depth) {
  if (gobbet_float_size(element) == 2) return depth * gobbet_panel_width / 2;
  switch (element) {
  case gobbet_float32:
  case gobbet_rows_of_float32: return depth * gobbet_panel_width;
  case gobbet_bfloat16: return (depth + 1) / 2 * gobbet_panel_width;
  case gobbet_int8: return blocks_of(depth) * gobbet_words_a_block;
  default: {
    const gobbet_format format = gobbet_format_of(element);
    return depth / format.length * gobbet_block_words(format);
  }
  }
}

/// Whether every float is finite.
static bool all_finite(const float *values, size_t count) {
  const uint32_t exponent = 0x7F800000;
  size_t found = 0;
  for (size_t index = 0; index < count; index++) {
    uint32_t bits;
    memcpy(&bits, values + index, sizeof bits);
    found += (bits & exponent) == exponent;
  }
  return found == 0;
}

/// The weights of `count` outputs from `first` on as a panel of floats.
static void gather(const gobbet_part *part, size_t first, size_t count, float *panel) {
  const size_t inputs = part->input_count;
  if (part->by_output) {
    // Tiles of the panel that stay in the cache while they are filled output by output.
    enum { tile = 64 };
    for (size_t start = 0; start < inputs; start += tile) {
      const size_t end = inputs - start < tile ? inputs : start + tile;
      for (size_t output = 0; output < count; output++) {
        const float *from = part->weights + (first + output) * inputs;
        for (size_t input = start; input < end; input++) {
          panel[input * gobbet_panel_width + output] = from[input];
        }
      }
    }
  } else {
    for (size_t input = 0; input < inputs; input++) {
      const float *from = part->weights + input * part->output_count + first;
      memcpy(panel + input * gobbet_panel_width, from, count * sizeof(float));
    }
  }
  if (count == gobbet_panel_width) return;
  for (size_t input = 0; input < inputs; input++) {
    memset(panel + input * gobbet_panel_width + count, 0,
           (gobbet_panel_width - count) * sizeof(float));
  }
}

static void encode_bfloat16(const float *panel, size_t depth, uint32_t *words) {
  for (size_t input = 0; input < depth; input += 2) {
    const float *first = panel + input * gobbet_panel_width;
    const float *second = first + gobbet_panel_width;
    for (size_t output = 0; output < gobbet_panel_width; output++) {
      uint32_t upper = input + 1 < depth ? gobbet_bfloat16_bits(second[output]) : 0;
      *words++ = gobbet_bfloat16_bits(first[output]) | upper << 16;
    }
  }
}

/// The least scale with 8 significant bits at which 127 reaches `top`.
static uint16_t scale_for(float top) {
  float scale = top / 127.0f;
  uint32_t bits;
  memcpy(&bits, &scale, sizeof bits);
  return (uint16_t)((bits + 0xFFFF) >> 16);
}

static void encode_block(const float *panel, size_t count, uint32_t *words) {
  float tops[gobbet_panel_width] = {0}, inverses[gobbet_panel_width];
  for (size_t input = 0; input < count; input++) {
    for (size_t output = 0; output < gobbet_panel_width; output++) {
      float size = fabsf(panel[input * gobbet_panel_width + output]);
      tops[output] = size > tops[output] ? size : tops[output];
    }
  }
  uint16_t *scales = (uint16_t *)words;
  for (size_t output = 0; output < gobbet_panel_width; output++) {
    scales[output] = scale_for(tops[output]);
    float scale = gobbet_bfloat16_value(scales[output]);
    inverses[output] = scale > 0 ? 1.0f / scale : 0.0f;
  }
  int8_t *bytes = (int8_t *)(words + gobbet_panel_width / 2);
  memset(bytes, 0, gobbet_block_length * gobbet_panel_width);
  for (size_t input = 0; input < count; input++) {
    int8_t *quads = bytes + input / 4 * 4 * gobbet_panel_width + input % 4;
    for (size_t output = 0; output < gobbet_panel_width; output++) {
      float scaled = panel[input * gobbet_panel_width + output] * inverses[output];
      // Adding and subtracting 1.5 x 2^23 rounds to nearest, ties to even.
      quads[4 * output] = (int8_t)(scaled + 0x1.8p23f - 0x1.8p23f);
    }
  }
}

static void encode_int8(const float *panel, size_t depth, uint32_t *words) {
  for (size_t block = 0; block < blocks_of(depth); block++) {
    size_t first = block * gobbet_block_length, left = depth - first;
    encode_block(
        panel + first * gobbet_panel_width,
        left < gobbet_block_length ? left : gobbet_block_length,
        words + block * gobbet_words_a_block);
  }
}

/// The bits of a half, by way of those of a float that is 2^112 times smaller.
static uint16_t half_bits(float value) {
  const float small = fabsf(value) * 0x1p-112f;
  uint32_t bits;
  memcpy(&bits, &small, sizeof bits);
  return (uint16_t)(bits >> 13 | (signbit(value) ? 0x8000 : 0));
}

/// Puts a panel's inputs into rows of `depth` weights of 16 bits.
static void encode_rows(
    gobbet_element element, const float *panel, size_t inputs, size_t outputs, size_t depth,
    uint16_t *rows) {
  for (size_t output = 0; output < outputs; output++) {
    for (size_t input = 0; input < inputs; input++) {
      const float *weight = panel + input * gobbet_panel_width + output;
      uint32_t bits;
      memcpy(&bits, weight, sizeof bits);
      rows[output * depth + input] =
          element == gobbet_rows_of_float16 ? half_bits(*weight) : (uint16_t)(bits >> 16);
    }
  }
}

bool gobbet_pack(
    gobbet_element element, const gobbet_part *part, size_t depth, float *scratch, void *panels) {
  const size_t float_count = part->input_count * gobbet_panel_width;
  bool is_finite = true;
  for (size_t first = 0; first < part->output_count; first += gobbet_panel_width) {
    const size_t left = part->output_count - first;
    const size_t count = left < gobbet_panel_width ? left : gobbet_panel_width;
    const size_t output = part->first_output + first;
    uint32_t *words = (uint32_t *)panels
        + output / gobbet_panel_width * gobbet_panel_words(element, depth)
        + gobbet_panel_words(element, part->first_input);
    float *panel = element == gobbet_float32 ? (float *)words : scratch;
    gather(part, first, count, panel);
    is_finite &= all_finite(panel, float_count);
    if (element == gobbet_bfloat16) encode_bfloat16(panel, part->input_count, words);
    if (element == gobbet_int8) encode_int8(panel, part->input_count, words);
    if (gobbet_float_size(element) == 2) {
      encode_rows(
          element, panel, part->input_count, count, depth,
          (uint16_t *)panels + output * depth + part->first_input);
    }
  }
  return is_finite;
}

bool gobbet_floats_are_finite(gobbet_element element, const void *weights, size_t count) {
  if (gobbet_float_size(element) == 4) return all_finite(weights, count);
  const uint16_t exponent = element == gobbet_rows_of_float16 ? 0x7C00 : 0x7F80;
  size_t found = 0;
  for (size_t index = 0; index < count; index++) {
    uint16_t bits;
    memcpy(&bits, (const uint8_t *)weights + 2 * index, sizeof bits);
    found += (bits & exponent) == exponent;
  }
  return found == 0;
}

void gobbet_unpack_output(
    gobbet_element element, const void *panels, size_t input_count, size_t output,
    float *weights) {
  const uint32_t *panel = (const uint32_t *)panels
      + output / gobbet_panel_width * gobbet_panel_words(element, input_count);
  const size_t column = output % gobbet_panel_width;
  const size_t float_size = gobbet_float_size(element);
  if (float_size != 0) {
    const uint8_t *row = (const uint8_t *)panels + output * input_count * float_size;
    for (size_t input = 0; input < input_count; input++) {
      weights[input] = gobbet_float_at(element, row + input * float_size);
    }
    return;
  }
  if (gobbet_format_of(element).length != 0) {
    return gobbet_unpack_tiles(element, panel, input_count, column, weights);
  }
  for (size_t input = 0; input < input_count; input++) {
    switch (element) {
    case gobbet_float32:
      memcpy(weights + input, panel + input * gobbet_panel_width + column, sizeof(float));
      break;
    case gobbet_bfloat16: {
      uint32_t pair = panel[input / 2 * gobbet_panel_width + column];
      weights[input] = gobbet_bfloat16_value(input % 2 == 0 ? pair & 0xFFFF : pair >> 16);
      break;
    }
    case gobbet_int8: {
      const uint32_t *block = panel + input / gobbet_block_length * gobbet_words_a_block;
      const int8_t *bytes = (const int8_t *)(block + gobbet_panel_width / 2);
      size_t within = input % gobbet_block_length;
      weights[input] = bytes[within / 4 * 4 * gobbet_panel_width + 4 * column + within % 4]
          * gobbet_bfloat16_value(((const uint16_t *)block)[column]);
      break;
    }
    default: break;
    }
  }
}
