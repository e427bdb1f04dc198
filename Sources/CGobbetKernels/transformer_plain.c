// What the compiler makes of plain C: NEON on arm64; elsewhere the slow oracle of the others,
// which computes a fused multiply-add in software.
#include "transformer_variants.h"

#define VARIANT gobbet_kernels_plain
#if defined(__aarch64__)
#define VARIANT_NAME "neon"
#define ROWS_AT_ONCE 4
#else
#define VARIANT_NAME "plain"
#define ROWS_AT_ONCE 4
#endif
#include "transformer_template.h"
