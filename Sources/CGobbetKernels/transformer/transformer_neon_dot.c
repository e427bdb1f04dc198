// For arm64 with dot products of bytes: Cortex-A76, Neoverse N1 and Apple's A13 and M1, and later.
#if defined(__aarch64__)
#include "transformer_variants.h"

#define VARIANT gobbet_kernels_neon_dot
#define VARIANT_NAME "neon-dot"
#define ROWS_AT_ONCE 6
#define ROWS_OF_BLOCKS 4
#define STEPS_AT_ONCE 1
#define FOR_NEON
#define OWN_HALVES
#define OWN_TABLES
#define OWN_BYTE_PRODUCTS

#pragma clang attribute push( \
    __attribute__((target("arch=armv8.2-a+dotprod"))), apply_to = function)
#include "transformer_template.h"
#pragma clang attribute pop
#endif
