// For x86-64 since 2013.
#if defined(__x86_64__)
#include "transformer_variants.h"

#define VARIANT gobbet_kernels_avx2
#define VARIANT_NAME "avx2"
#define ROWS_AT_ONCE 4
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "transformer_template.h"
#pragma clang attribute pop
#endif
