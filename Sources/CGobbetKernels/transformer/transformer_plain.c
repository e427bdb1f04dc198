// What the compiler makes of plain C: NEON on arm64; elsewhere the slow oracle of the others,
// which computes a fused multiply-add in software.
#include "transformer_variants.h"

#define VARIANT gobbet_kernels_plain
#if defined(__aarch64__)
#define VARIANT_NAME "neon"
#else
#define VARIANT_NAME "plain"
#define FUSED_BY_CALLS
#endif
#define ROWS_AT_ONCE 6
#define ROWS_OF_BLOCKS 2
#define STEPS_AT_ONCE 1
#include "transformer_template.h"
