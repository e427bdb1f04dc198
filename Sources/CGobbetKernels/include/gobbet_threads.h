// A pool of threads whose parallel regions cost microseconds.
#ifndef GOBBET_THREADS_H
#define GOBBET_THREADS_H

#include <stddef.h>

typedef struct gobbet_pool gobbet_pool;

/// The most threads of a pool.
enum { gobbet_pool_thread_limit = 1024 };

/// A pool in which up to `thread_count` threads work, the caller's among them; NULL without
/// memory, or for more than `gobbet_pool_thread_limit`. Threads that the system refuses are done
/// without.
gobbet_pool *_Nullable gobbet_pool_create(size_t thread_count);

/// Ends the threads. No region may be running.
void gobbet_pool_destroy(gobbet_pool *_Nonnull pool);

/// Threads in the pool, the caller's among them.
size_t gobbet_pool_thread_count(const gobbet_pool *_Nonnull pool);

/// Calls `body(context, task, thread)` once for every task below `task_count`, in any order and on
/// any of the threads, and returns when all calls have. `thread` is below the thread count, and no
/// two calls at one time have the same. One region at a time; regions do not nest.
void gobbet_pool_run(
    gobbet_pool *_Nonnull pool, size_t task_count,
    void (*_Nonnull body)(const void *_Nonnull context, size_t task, size_t thread),
    const void *_Nonnull context);

#endif
