// What the machine could do, for the benchmarks.
#include "gobbet_transformer.h"

typedef struct {
  const gobbet_kernels *kernels;
  gobbet_element element;
  size_t rounds;
} exhaustion;

static void exhaust_task(const void *context, size_t task, size_t thread) {
  (void)task;
  (void)thread;
  const exhaustion *work = context;
  volatile float result = work->kernels->exhaust(work->element, work->rounds);
  (void)result;
}

void gobbet_exhaust(
    const gobbet_kernels *kernels, gobbet_pool *pool, gobbet_element element, size_t rounds) {
  exhaustion work = {kernels, element, rounds};
  gobbet_pool_run(pool, gobbet_pool_thread_count(pool), exhaust_task, &work);
}

enum { words_a_task = 1 << 17 };

typedef struct {
  const uint32_t *words;
  size_t count;
} reading;

static void read_task(const void *context, size_t task, size_t thread) {
  (void)thread;
  const reading *work = context;
  size_t end = (task + 1) * words_a_task;
  if (end > work->count) end = work->count;
  uint32_t sums[64] = {0};
  size_t index = task * words_a_task;
  for (; index + 64 <= end; index += 64) {
    for (size_t line = 0; line < 64; line += 16) {
      __builtin_prefetch(work->words + index + line + 1024);
    }
    for (size_t lane = 0; lane < 64; lane++) sums[lane] ^= work->words[index + lane];
  }
  for (; index < end; index++) sums[0] ^= work->words[index];
  volatile uint32_t result = 0;
  for (size_t lane = 0; lane < 64; lane++) result ^= sums[lane];
}

void gobbet_read_through(gobbet_pool *pool, const uint32_t *words, size_t count) {
  reading work = {words, count};
  gobbet_pool_run(pool, (count + words_a_task - 1) / words_a_task, read_task, &work);
}
