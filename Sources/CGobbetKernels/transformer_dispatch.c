#include "transformer_variants.h"

const gobbet_kernels *gobbet_kernels_at(size_t index) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && index-- == 0) return &gobbet_kernels_avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && index-- == 0) {
    return &gobbet_kernels_avx2;
  }
#endif
  return index == 0 ? &gobbet_kernels_plain : NULL;
}
