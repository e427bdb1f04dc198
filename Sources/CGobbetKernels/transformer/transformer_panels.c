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
  switch (element) {
  case gobbet_float32: return depth * gobbet_panel_width;
  case gobbet_stored_float16:
  case gobbet_stored_bfloat16: return depth * gobbet_panel_width / 2;
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

/// Inputs of a part of a panel that stays in the cache while it is filled output by output.
enum { inputs_a_tile = 64 };

/// The weights of `count` outputs from `first` on as a panel of floats.
static void gather(const gobbet_part *part, size_t first, size_t count, float *panel) {
  const size_t inputs = part->input_count;
  if (part->by_output) {
    for (size_t start = 0; start < inputs; start += inputs_a_tile) {
      const size_t end = inputs - start < inputs_a_tile ? inputs : start + inputs_a_tile;
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

/// The floats of a panel, which have values of stored floats, as these.
static void encode_stored(
    gobbet_element element, const float *panel, size_t depth, uint16_t *weights) {
  for (size_t input = 0; input < depth; input++) {
    for (size_t output = 0; output < gobbet_panel_width; output++) {
      const float weight = panel[input * gobbet_panel_width + output];
      uint32_t bits;
      memcpy(&bits, &weight, sizeof bits);
      weights[input * gobbet_panel_width + gobbet_stored_place(output)] =
          element == gobbet_stored_float16 ? half_bits(weight) : (uint16_t)(bits >> 16);
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
    if (gobbet_is_stored_float(element)) {
      encode_stored(element, panel, part->input_count, (uint16_t *)words);
    }
  }
  return is_finite;
}

typedef uint16_t eight_shorts __attribute__((ext_vector_type(8), aligned(2)));
typedef uint32_t four_words __attribute__((ext_vector_type(4), aligned(4)));

/// Turns the words of four inputs of four outputs about.
static void store_turned(const four_words outputs[4], uint32_t *panel) {
  enum { stride = gobbet_panel_width / 2 };
  four_words pairs[4];
  for (size_t half = 0; half < 2; half++) {
    const four_words a = outputs[2 * half], b = outputs[2 * half + 1];
    pairs[half] = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    pairs[2 + half] = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  }
  for (size_t half = 0; half < 2; half++) {
    const four_words a = pairs[2 * half], b = pairs[2 * half + 1];
    four_words *inputs = (four_words *)(panel + 2 * half * stride);
    inputs[0] = __builtin_shufflevector(a, b, 0, 1, 4, 5);
    inputs[stride / 4] = __builtin_shufflevector(a, b, 2, 3, 6, 7);
  }
}

/// Puts eight inputs of four outputs, and of those 16 after them, into a panel. What is found are those that
/// have all bits of `exponent`.
static eight_shorts store_eight(
    const uint8_t *rows, size_t row_size, uint16_t exponent, uint32_t *panel) {
  eight_shorts found = (eight_shorts)0;
  four_words lower[4], upper[4];
  for (size_t output = 0; output < 4; output++) {
    const eight_shorts a = *(const eight_shorts *)(rows + output * row_size);
    const eight_shorts b = *(const eight_shorts *)(rows + (output + 16) * row_size);
    found |= (eight_shorts)((a & exponent) == exponent | (b & exponent) == exponent);
    lower[output] = (four_words)__builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
    upper[output] = (four_words)__builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
  }
  store_turned(lower, panel);
  store_turned(upper, panel + 4 * gobbet_panel_width / 2);
  return found;
}

bool gobbet_pack_stored(
    gobbet_element element, const uint8_t *rows, size_t count, size_t depth, uint32_t *panel) {
  const uint16_t exponent = element == gobbet_stored_float16 ? 0x7C00 : 0x7F80;
  const size_t row_size = 2 * depth, whole = count == gobbet_panel_width ? depth / 8 * 8 : 0;
  eight_shorts found = (eight_shorts)0;
  for (size_t start = 0; start < whole; start += inputs_a_tile) {
    const size_t end = whole - start < inputs_a_tile ? whole : start + inputs_a_tile;
    for (size_t output = 0; output < 16; output += 4) {
      for (size_t input = start; input < end; input += 8) {
        found |= store_eight(
            rows + output * row_size + 2 * input, row_size, exponent,
            panel + input * gobbet_panel_width / 2 + output);
      }
    }
  }
  for (size_t output = 0; output < count; output++) {
    for (size_t input = whole; input < depth; input++) {
      uint16_t bits;
      memcpy(&bits, rows + output * row_size + 2 * input, sizeof bits);
      found |= (bits & exponent) == exponent;
      ((uint16_t *)panel)[input * gobbet_panel_width + gobbet_stored_place(output)] = bits;
    }
  }
  return __builtin_reduce_or(found) == 0;
}

void gobbet_unpack_output(
    gobbet_element element, const void *panels, size_t input_count, size_t output,
    float *weights) {
  const uint32_t *panel = (const uint32_t *)panels
      + output / gobbet_panel_width * gobbet_panel_words(element, input_count);
  const size_t column = output % gobbet_panel_width;
  const uint16_t *shorts = (const uint16_t *)panel + gobbet_stored_place(column);
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
    case gobbet_stored_float16:
      weights[input] = gobbet_half_value(shorts[input * gobbet_panel_width]);
      break;
    case gobbet_stored_bfloat16:
      weights[input] = gobbet_bfloat16_value(shorts[input * gobbet_panel_width]);
      break;
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
