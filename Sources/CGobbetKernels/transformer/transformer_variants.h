// The variants that are compiled; `transformer_dispatch.c` picks among them.
#include "gobbet_transformer.h"

#if defined(__x86_64__)
extern const gobbet_kernels gobbet_kernels_avx512_dot, gobbet_kernels_avx512_dot_pairs;
extern const gobbet_kernels gobbet_kernels_avx512;
extern const gobbet_kernels gobbet_kernels_avx2;
#endif
extern const gobbet_kernels gobbet_kernels_plain;
