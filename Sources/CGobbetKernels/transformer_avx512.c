// For x86-64 with 512-bit registers.
#if defined(__x86_64__)
#include "transformer_variants.h"

#define VARIANT gobbet_kernels_avx512
#define VARIANT_NAME "avx512"
#define ROWS_AT_ONCE 12
#pragma clang attribute push(__attribute__((target("avx512f,avx2,fma"))), apply_to = function)
#include "transformer_template.h"
#pragma clang attribute pop
#endif
