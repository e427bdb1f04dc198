// Rotary embeddings: pairs of a head's floats turned by the position of their row.
#include <math.h>

#include "gobbet_transformer.h"

// `a * b - c * d` must not become one rounding in some builds and two in others.
#pragma STDC FP_CONTRACT OFF

enum { rows_a_task = 16 };

static void turn(const gobbet_rotation *work, float *head, const float *turns) {
  const size_t count = work->pair_count;
  const float *cosines = turns, *sines = turns + count;
  if (work->are_neighbours) {
    for (size_t pair = 0; pair < count; pair++) {
      const float x = head[2 * pair], y = head[2 * pair + 1];
      head[2 * pair] = x * cosines[pair] - y * sines[pair];
      head[2 * pair + 1] = y * cosines[pair] + x * sines[pair];
    }
  } else {
    for (size_t pair = 0; pair < count; pair++) {
      const float x = head[pair], y = head[pair + count];
      head[pair] = x * cosines[pair] - y * sines[pair];
      head[pair + count] = y * cosines[pair] + x * sines[pair];
    }
  }
}

static void rotate_task(const void *context, size_t task, size_t thread) {
  (void)thread;
  const gobbet_rotation *work = context;
  size_t end = (task + 1) * rows_a_task;
  if (end > work->row_count) end = work->row_count;
  for (size_t row = task * rows_a_task; row < end; row++) {
    const float *turns = work->turns + work->positions[row] * 2 * work->pair_count;
    float *heads = work->rows + row * work->row_stride;
    for (size_t head = 0; head < work->head_count; head++) {
      turn(work, heads + head * work->head_width, turns);
    }
  }
}

void gobbet_rotate(gobbet_pool *pool, const gobbet_rotation *rotation) {
  gobbet_pool_run(
      pool, (rotation->row_count + rows_a_task - 1) / rows_a_task, rotate_task, rotation);
}

void gobbet_fill_turns(
    const float *frequencies, size_t pair_count, float magnitude, size_t first, size_t end,
    float *turns) {
  for (size_t position = first; position < end; position++) {
    float *cosines = turns + position * 2 * pair_count;
    for (size_t pair = 0; pair < pair_count; pair++) {
      const float angle = (float)position * frequencies[pair];
      cosines[pair] = magnitude * (float)cos(angle);
      cosines[pair_count + pair] = magnitude * (float)sin(angle);
    }
  }
}

double gobbet_power(double base, double exponent) { return pow(base, exponent); }

double gobbet_logarithm(double value) { return log(value); }
