// Products and normalisations divided over a pool.
#include "transformer_layout.h"

enum { rows_a_task = 16 };

typedef struct {
  const gobbet_kernels *kernels;
  const gobbet_product *product;
  uint32_t *rows;
  size_t row_words;
} conversion;

static void convert_task(const void *context, size_t task, size_t thread) {
  (void)thread;
  const conversion *work = context;
  const gobbet_product *product = work->product;
  size_t end = (task + 1) * rows_a_task;
  if (end > product->row_count) end = product->row_count;
  for (size_t row = task * rows_a_task; row < end; row++) {
    work->kernels->convert(
        product->element, product->inputs,
        (const float *)product->input + row * product->input_stride, product->depth,
        work->rows + row * work->row_words);
  }
}

typedef struct {
  const gobbet_kernels *kernels;
  const gobbet_product *product;
  size_t panel_count;
  size_t panels_a_task;
} multiplication;

static void multiply_task(const void *context, size_t task, size_t thread) {
  (void)thread;
  const multiplication *work = context;
  size_t first = task * work->panels_a_task;
  size_t end = first + work->panels_a_task;
  if (end > work->panel_count) end = work->panel_count;
  work->kernels->multiply(work->product, first, end);
}

void gobbet_multiply(
    const gobbet_kernels *kernels, gobbet_pool *pool, const gobbet_product *product,
    void *scratch) {
  gobbet_product converted = *product;
  if (!gobbet_reads_floats(product->element)) {
    size_t row_words = gobbet_row_words(kernels, product->element, product->depth);
    conversion work = {kernels, product, scratch, row_words};
    gobbet_pool_run(
        pool, (product->row_count + rows_a_task - 1) / rows_a_task, convert_task, &work);
    converted.input = scratch;
    converted.input_stride = row_words;
  }
  size_t panel_count =
      (product->output_count + gobbet_panel_width - 1) / gobbet_panel_width;
  // Tasks of some hundred kilobytes of weights: long reads in order, and still enough of them to
  // share when one thread is slower.
  size_t panel_size = gobbet_panel_words(product->element, product->depth) * sizeof(uint32_t);
  size_t panels_a_task = panel_size >= 262144 ? 1 : 262144 / panel_size;
  // With many rows a panel is work enough.
  if (product->row_count > 64 && panels_a_task > 2) panels_a_task = 2;
  // A few tasks for each thread, also of a small matrix: else one waits for another.
  const size_t task_count = gobbet_pool_thread_count(pool) * 4;
  if (task_count > 4 && panels_a_task * task_count > panel_count) {
    panels_a_task = (panel_count + task_count - 1) / task_count;
  }
  multiplication work = {kernels, &converted, panel_count, panels_a_task};
  gobbet_pool_run(
      pool, (panel_count + panels_a_task - 1) / panels_a_task, multiply_task, &work);
}

typedef struct {
  const gobbet_kernels *kernels;
  const float *input;
  size_t row_count, row_stride, head_count, width;
  const float *gain, *shift;
  float epsilon;
  float *output;
} normalization;

static void normalize_task(const void *context, size_t task, size_t thread) {
  (void)thread;
  const normalization *work = context;
  size_t end = (task + 1) * rows_a_task;
  if (end > work->row_count) end = work->row_count;
  for (size_t row = task * rows_a_task; row < end; row++) {
    for (size_t head = 0; head < work->head_count; head++) {
      const size_t place = row * work->row_stride + head * work->width;
      const float *input = work->input + place;
      float *output = work->output + place;
      if (work->shift == NULL) {
        work->kernels->normalize_by_rms(input, work->width, work->gain, work->epsilon, output);
      } else {
        work->kernels->normalize(
            input, work->width, work->gain, work->shift, work->epsilon, output);
      }
    }
  }
}

void gobbet_normalize(
    const gobbet_kernels *kernels, gobbet_pool *pool, const float *input, size_t row_count,
    size_t row_stride, size_t head_count, size_t width, const float *gain, const float *shift,
    float epsilon, float *output) {
  normalization work = {
    kernels, input, row_count, row_stride, head_count, width, gain, shift, epsilon, output};
  gobbet_pool_run(pool, (row_count + rows_a_task - 1) / rows_a_task, normalize_task, &work);
}

typedef struct {
  const gobbet_kernels *kernels;
  gobbet_activation activation;
  float *rows;
  const float *factors;
  size_t row_count;
  size_t width;
} activation_work;

static void activate_task(const void *context, size_t row, size_t thread) {
  (void)thread;
  const activation_work *work = context;
  const size_t offset = row * work->width;
  work->kernels->activate(
      work->activation, work->rows + offset,
      work->factors == NULL ? NULL : work->factors + offset, work->width);
}

void gobbet_activate(
    const gobbet_kernels *kernels, gobbet_pool *pool, gobbet_activation activation, float *rows,
    const float *factors, size_t row_count, size_t width) {
  activation_work work = {kernels, activation, rows, factors, row_count, width};
  gobbet_pool_run(pool, row_count, activate_task, &work);
}

typedef struct {
  const gobbet_kernels *kernels;
  float *rows;
  size_t width;
  float scale;
  float limit;
} cap_work;

static void cap_task(const void *context, size_t row, size_t thread) {
  (void)thread;
  const cap_work *work = context;
  work->kernels->cap(work->rows + row * work->width, work->width, work->scale, work->limit);
}

void gobbet_cap(
    const gobbet_kernels *kernels, gobbet_pool *pool, float *rows, size_t row_count, size_t width,
    float scale, float cap) {
  cap_work work = {kernels, rows, width, scale, cap};
  gobbet_pool_run(pool, row_count, cap_task, &work);
}
