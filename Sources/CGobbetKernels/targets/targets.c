#include "gobbet_targets.h"

#include <pthread.h>
#include <string.h>

static const uint32_t ignored_target = (uint32_t)-100;

/// The `count` bits from bit `first` on, of which there are 1 to 64; those above them are any.
static inline uint64_t word_at(const uint64_t *bits, size_t first, size_t count) {
  size_t word = first / 64;
  size_t shift = first % 64;
  uint64_t low = bits[word] >> shift;
  return shift + count <= 64 ? low : low | bits[word + 1] << (64 - shift);
}

typedef uint32_t eight __attribute__((vector_size(32)));

/// Ignores those of 64 targets whose bit is set, eight at a time.
static inline __attribute__((always_inline)) void ignore_group(uint64_t word, uint32_t *targets) {
  for (int half = 0; half < 2; half++) {
    eight bits = (eight){0} + (uint32_t)(word >> (32 * half));
    eight places = {1, 1 << 1, 1 << 2, 1 << 3, 1 << 4, 1 << 5, 1 << 6, 1 << 7};
    for (int step = 32 * half; step < 32 * half + 32; step += 8) {
      eight target;
      memcpy(&target, targets + step, sizeof target);
      eight is_ignored = (eight)((bits & places) != 0);
      target = (is_ignored & ignored_target) | (~is_ignored & target);
      memcpy(targets + step, &target, sizeof target);
      places <<= 8;
    }
  }
}

#define TARGETS_NAME(function) function##_plain
#define TARGETS_TARGET
#define TARGETS_GROUP ignore_group
#include "targets_template.h"
#undef TARGETS_NAME
#undef TARGETS_TARGET

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGETS_NAME(function) function##_avx2
#define TARGETS_TARGET __attribute__((target("avx2")))
#include "targets_template.h"
#undef TARGETS_NAME
#undef TARGETS_TARGET
#undef TARGETS_GROUP

/// Ignores those of 64 targets whose bit is set, sixteen at a time: the bits select what is stored.
__attribute__((target("avx512f"))) static inline void ignore_group_avx512(
    uint64_t word, uint32_t *targets) {
  const __m512i ignored = _mm512_set1_epi32((int)ignored_target);
  for (int step = 0; step < 64; step += 16)
    _mm512_mask_storeu_epi32(targets + step, (__mmask16)(word >> step), ignored);
}

#define TARGETS_NAME(function) function##_avx512
#define TARGETS_TARGET __attribute__((target("avx512f")))
#define TARGETS_GROUP ignore_group_avx512
#include "targets_template.h"
#endif

int gobbet_targets_ways(gobbet_targets_way *ways) {
  int count = 0;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f"))
    ways[count++] = (gobbet_targets_way){"avx512", ignore_avx512};
  if (__builtin_cpu_supports("avx2"))
    ways[count++] = (gobbet_targets_way){"avx2", ignore_avx2};
#endif
  ways[count++] = (gobbet_targets_way){"plain", ignore_plain};
  return count;
}

static gobbet_targets_way best;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void choose(void) {
  gobbet_targets_way ways[3];
  gobbet_targets_ways(ways);
  best = ways[0];
}

void gobbet_ignore_targets(
    const uint64_t *bits, size_t first_bit, uint32_t *targets, size_t count) {
  pthread_once(&once, choose);
  best.ignore(bits, first_bit, targets, count);
}
