// For arm64 with products of matrices of bytes and with bfloat16: Neoverse V1 and N2, Cortex-A710, and
// Apple's A15 and M2, and later.
#if defined(__aarch64__)
#include "transformer_variants.h"

#define VARIANT gobbet_kernels_neon_i8mm
#define VARIANT_NAME "neon-i8mm"
#define ROWS_AT_ONCE 6
#define ROWS_OF_BLOCKS 4
#define STEPS_AT_ONCE 1
#define FOR_NEON
#define OWN_HALVES
#define OWN_TABLES
#define OWN_BYTE_PRODUCTS
#define OWN_MATRIX_PRODUCTS
#define OWN_PAIRS

#pragma clang attribute push( \
    __attribute__((target("arch=armv8.2-a+dotprod+i8mm+bf16"))), apply_to = function)
#include "transformer_template.h"
#pragma clang attribute pop
#endif
