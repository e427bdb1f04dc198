// For every arm64.
#if defined(__aarch64__)
#include "transformer_variants.h"

#define VARIANT gobbet_kernels_neon
#define VARIANT_NAME "neon"
#define ROWS_AT_ONCE 6
#define ROWS_OF_BLOCKS 4
#define STEPS_AT_ONCE 1
#define FOR_NEON
#define OWN_HALVES
#define OWN_TABLES
#include "transformer_template.h"
#endif
