// The variants that are compiled; `transformer_dispatch.c` picks among them.
#include "gobbet_transformer.h"

#if defined(__x86_64__)
extern const gobbet_kernels gobbet_kernels_avx512_dot, gobbet_kernels_avx512_dot_pairs;
extern const gobbet_kernels gobbet_kernels_avx512;
extern const gobbet_kernels gobbet_kernels_avx2;
#elif defined(__aarch64__)
extern const gobbet_kernels gobbet_kernels_neon_i8mm;
extern const gobbet_kernels gobbet_kernels_neon_dot;
extern const gobbet_kernels gobbet_kernels_neon;
#endif
extern const gobbet_kernels gobbet_kernels_plain;
