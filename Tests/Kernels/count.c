// One product of random words with one variant of the kernels, VARIANT, for `count.py` to count its
// instructions: nothing else of the variant is called.
#include <stdio.h>
#include <stdlib.h>

#include "gobbet_transformer.h"

extern const gobbet_kernels VARIANT;

static void *random_words(size_t count) {
  static uint32_t state = 1;
  uint32_t *words = malloc(count * sizeof *words);
  for (size_t index = 0; index < count; index++) {
    state = state * 1664525 + 1013904223;
    // As floats these are about 1, and as halves too.
    words[index] = (state >> 9 & 0x03FF03FF) | 0x3C003C00;
  }
  return words;
}

/// count ELEMENT INPUTS ROWS DEPTH OUTPUTS
int main(int count, char **arguments) {
  if (count != 6) return 2;
  const size_t rows = (size_t)atoi(arguments[3]), depth = (size_t)atoi(arguments[4]);
  const size_t outputs = (size_t)atoi(arguments[5]), stride = 2 * depth + 64;
  const size_t panel_words = depth * gobbet_panel_width;
  float *output = malloc(rows * outputs * sizeof *output);
  const gobbet_product product = {
    .element = (gobbet_element)atoi(arguments[1]),
    .input = random_words(rows * stride),
    .input_stride = stride,
    .row_count = rows,
    .depth = depth,
    .panels = random_words(outputs / gobbet_panel_width * panel_words),
    .panel_stride = panel_words,
    .output = output,
    .output_stride = outputs,
    .output_count = outputs,
    .epilogue = gobbet_store,
    .inputs = (gobbet_inputs)atoi(arguments[2]),
  };
  VARIANT.multiply(&product, 0, outputs / gobbet_panel_width);
  return output[0] == 12345;
}
