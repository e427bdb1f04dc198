// What the compiler makes of plain C: the slow oracle of the others, which calls a function for every
// fused multiply-add, and on x86-64 computes it in software.
#include "transformer_variants.h"

#define VARIANT gobbet_kernels_plain
#define VARIANT_NAME "plain"
#define FUSED_BY_CALLS
#define ROWS_AT_ONCE 6
#define ROWS_OF_BLOCKS 2
#define STEPS_AT_ONCE 1
#include "transformer_template.h"
