#include "transformer_variants.h"
#include "transformer_neon_features.h"

const gobbet_kernels *gobbet_kernels_at(size_t index) {
#if defined(__x86_64__)
  const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool has_avx512 = has_avx2 && __builtin_cpu_supports("avx512f")
      && __builtin_cpu_supports("avx512bw");
  const bool has_dot = has_avx512 && __builtin_cpu_supports("avx512vl")
      && __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512vnni");
  // What is faster of the two for bfloat16 comes first: see `panel_words`.
  const bool has_fast_pairs = has_dot && __builtin_cpu_is("amd");
  if (has_fast_pairs && index-- == 0) return &gobbet_kernels_avx512_dot_pairs;
  if (has_dot && index-- == 0) return &gobbet_kernels_avx512_dot;
  if (has_dot && !has_fast_pairs && index-- == 0) return &gobbet_kernels_avx512_dot_pairs;
  if (has_avx512 && index-- == 0) return &gobbet_kernels_avx512;
  if (has_avx2 && index-- == 0) return &gobbet_kernels_avx2;
#elif defined(__aarch64__)
  const gobbet_neon_features has = gobbet_features();
  const bool has_all = has.has_dot_products && has.has_matrix_products && has.has_bfloat16;
  if (has_all && index-- == 0) return &gobbet_kernels_neon_i8mm;
  if (has.has_dot_products && index-- == 0) return &gobbet_kernels_neon_dot;
  if (index-- == 0) return &gobbet_kernels_neon;
#endif
  return index == 0 ? &gobbet_kernels_plain : NULL;
}
