#include "gobbet_planes.h"

#include <pthread.h>
#include <string.h>

#if defined(__aarch64__)
#include "planes_neon.h"
#endif

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "elements in files are little-endian, and these loops take them as they are"
#endif

enum { lanes = 16 };
typedef uint8_t one_byte __attribute__((vector_size(lanes)));
typedef uint16_t two_bytes __attribute__((vector_size(2 * lanes)));
typedef uint32_t four_bytes __attribute__((vector_size(4 * lanes)));

#define PLANES_NAME(function) function##_plain
#define PLANES_TARGET
#include "planes_template.h"
#undef PLANES_NAME
#undef PLANES_TARGET

#if defined(__x86_64__)
#define PLANES_NAME(function) function##_avx2
#define PLANES_TARGET __attribute__((target("avx2")))
#include "planes_template.h"
#undef PLANES_NAME
#undef PLANES_TARGET
#endif

#if defined(__aarch64__)
static void split_neon(size_t width, const void *elements, size_t count, void *planes) {
  if (!gobbet_split_neon(width, elements, count, planes)) {
    split_plain(width, elements, count, planes);
  }
}

// Past the caches too: these processors do not read first what is written in whole lines.
static void join_neon(size_t width, const void *const *planes, size_t count, void *elements) {
  if (!gobbet_join_neon(width, planes, count, elements)) {
    join_plain(width, planes, count, elements);
  }
}
#endif

int gobbet_planes_ways(gobbet_planes_way *ways) {
  int count = 0;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2"))
    ways[count++] =
        (gobbet_planes_way){"avx2", split_avx2, join_avx2, join_past_caches_avx2};
#elif defined(__aarch64__)
  ways[count++] = (gobbet_planes_way){"neon", split_neon, join_neon, join_neon};
#endif
  ways[count++] =
      (gobbet_planes_way){"plain", split_plain, join_plain, join_past_caches_plain};
  return count;
}

static gobbet_planes_way best;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void choose(void) {
  gobbet_planes_way ways[2];
  gobbet_planes_ways(ways);
  best = ways[0];
}

void gobbet_split_planes(size_t width, const void *elements, size_t count, void *planes) {
  pthread_once(&once, choose);
  best.split(width, elements, count, planes);
}

void gobbet_join_planes(
    size_t width, const void *const *planes, size_t count, void *elements,
    int is_past_caches) {
  pthread_once(&once, choose);
  (is_past_caches ? best.join_past_caches : best.join)(width, planes, count, elements);
}
