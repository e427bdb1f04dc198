#include "gobbet_threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

// A region is one value of `state`: its number in the upper bits, whether threads may still join,
// and how many have. A thread that the system has put aside has not joined, and the region ends
// without it; that is what keeps two busy programs on the same cores from waiting for each other.
static const uint64_t region_step = (uint64_t)1 << 32;
static const uint64_t region_open = (uint64_t)1 << 31;
static const uint64_t region_joined = region_open - 1;

/// How often a thread looks for work before it sleeps: some tens of microseconds.
static const int spin_limit = 4000;

struct gobbet_pool {
  _Alignas(64) _Atomic uint64_t state;
  _Alignas(64) atomic_size_t next_task;
  _Alignas(64) _Atomic uint64_t finished;
  // The region's work: written while no thread has joined, read by those that have.
  _Alignas(64) void (*body)(const void *, size_t, size_t);
  const void *context;
  size_t task_count;
  // Sleeping threads.
  atomic_int sleeper_count;
  pthread_mutex_t mutex;
  pthread_cond_t region_begun;
  atomic_bool ending;
  size_t helper_count;
  pthread_t helpers[];
};

static void pause_briefly(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/// Takes tasks until none is left.
static void work(gobbet_pool *pool, size_t thread) {
  for (;;) {
    size_t task = atomic_fetch_add_explicit(&pool->next_task, 1, memory_order_relaxed);
    if (task >= pool->task_count) return;
    pool->body(pool->context, task, thread);
  }
}

/// Waits until `state` is of another region than `seen`; spins, then sleeps.
static uint64_t await_region(gobbet_pool *pool, uint64_t seen) {
  for (int spin = 0; spin < spin_limit; spin++) {
    uint64_t state = atomic_load_explicit(&pool->state, memory_order_acquire);
    if (state / region_step != seen / region_step) return state;
    pause_briefly();
  }
  pthread_mutex_lock(&pool->mutex);
  atomic_fetch_add(&pool->sleeper_count, 1);
  uint64_t state;
  // The caller stores the state and then looks for sleepers, a sleeper counts itself and then
  // looks at the state: one of the two sees the other.
  while ((state = atomic_load(&pool->state)) / region_step == seen / region_step) {
    pthread_cond_wait(&pool->region_begun, &pool->mutex);
  }
  atomic_fetch_sub(&pool->sleeper_count, 1);
  pthread_mutex_unlock(&pool->mutex);
  return state;
}

static void *helper_main(void *argument) {
  gobbet_pool *pool = argument;
  uint64_t seen = 0;
  for (;;) {
    uint64_t state = await_region(pool, seen);
    seen = state;
    if (atomic_load(&pool->ending)) return NULL;
    while (state / region_step == seen / region_step && (state & region_open) != 0) {
      if (atomic_compare_exchange_weak(&pool->state, &state, state + 1)) {
        work(pool, (state & region_joined) + 1);
        atomic_fetch_add_explicit(&pool->finished, 1, memory_order_release);
        break;
      }
    }
  }
}

/// Begins a region and wakes the sleepers.
static void begin_region(gobbet_pool *pool) {
  uint64_t state = atomic_load_explicit(&pool->state, memory_order_relaxed);
  atomic_store(&pool->state, (state / region_step + 1) * region_step | region_open);
  if (atomic_load(&pool->sleeper_count) == 0) return;
  pthread_mutex_lock(&pool->mutex);
  pthread_cond_broadcast(&pool->region_begun);
  pthread_mutex_unlock(&pool->mutex);
}

gobbet_pool *gobbet_pool_create(size_t thread_count) {
  if (thread_count > gobbet_pool_thread_limit) return NULL;
  // The limit keeps the product below far from an overflow.
  size_t helper_count = thread_count > 1 ? thread_count - 1 : 0;
  size_t size = sizeof(gobbet_pool) + helper_count * sizeof(pthread_t);
  size = (size + 63) / 64 * 64;
  gobbet_pool *pool = aligned_alloc(64, size);
  if (pool == NULL) return NULL;
  atomic_init(&pool->state, 0);
  atomic_init(&pool->next_task, 0);
  atomic_init(&pool->finished, 0);
  atomic_init(&pool->sleeper_count, 0);
  atomic_init(&pool->ending, 0);
  pthread_mutex_init(&pool->mutex, NULL);
  pthread_cond_init(&pool->region_begun, NULL);
  pool->helper_count = 0;
  while (pool->helper_count < helper_count) {
    pthread_t *helper = &pool->helpers[pool->helper_count];
    if (pthread_create(helper, NULL, helper_main, pool) != 0) break;
    pool->helper_count++;
  }
  return pool;
}

size_t gobbet_pool_thread_count(const gobbet_pool *pool) { return pool->helper_count + 1; }

void gobbet_pool_destroy(gobbet_pool *pool) {
  atomic_store(&pool->ending, 1);
  begin_region(pool);
  for (size_t index = 0; index < pool->helper_count; index++) {
    pthread_join(pool->helpers[index], NULL);
  }
  pthread_cond_destroy(&pool->region_begun);
  pthread_mutex_destroy(&pool->mutex);
  free(pool);
}

void gobbet_pool_run(
    gobbet_pool *pool, size_t task_count, void (*body)(const void *, size_t, size_t),
    const void *context) {
  if (pool->helper_count == 0 || task_count < 2) {
    for (size_t task = 0; task < task_count; task++) body(context, task, 0);
    return;
  }
  pool->body = body;
  pool->context = context;
  pool->task_count = task_count;
  atomic_store_explicit(&pool->next_task, 0, memory_order_relaxed);
  atomic_store_explicit(&pool->finished, 0, memory_order_relaxed);
  begin_region(pool);
  work(pool, 0);
  uint64_t state = atomic_fetch_and(&pool->state, ~region_open);
  uint64_t joined = state & region_joined;
  for (int spin = 0; atomic_load_explicit(&pool->finished, memory_order_acquire) < joined; spin++) {
    if (spin < spin_limit) pause_briefly(); else sched_yield();
  }
}
