#ifndef GOBBET_ROUND_H
#define GOBBET_ROUND_H

#include <stddef.h>

/// Takes files the whole way through the C API, in `folder`: counts → vocabulary → tokens → dataset →
/// windows → weights. Returns 0, or the line of the check that failed, with why in `message`.
int gobbet_round(const char *folder, char *message, size_t capacity);

/// Asks models of the folder `fixtures` for logits, states, vectors and text. Returns as gobbet_round.
int gobbet_round_models(const char *fixtures, char *message, size_t capacity);

/// Inspects and verifies files in `folder`. Returns as gobbet_round.
int gobbet_round_inspection(const char *folder, char *message, size_t capacity);

#endif
