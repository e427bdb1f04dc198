// The part of the test that is about blocks of GGUF.
#ifndef BLOCKS_H
#define BLOCKS_H

#include "gobbet_transformer.h"

/// Compares every element's products and weights with loops that follow ggml's definition of its blocks
/// and the documented order of sums; returns how many differ. `random` gives bytes, and `add` takes all
/// results.
int check_blocks(
    const gobbet_kernels *kernels, gobbet_pool *pool, uint32_t (*random)(void),
    void (*add)(const float *values, size_t count));

#endif
