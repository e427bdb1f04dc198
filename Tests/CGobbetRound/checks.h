// What the checks of every file here need: a state, and a line that says which of them failed.
#ifndef GOBBET_ROUND_CHECKS_H
#define GOBBET_ROUND_CHECKS_H

#ifdef GOBBET_ROUND_PROGRAM
#include <gobbet.h>
#else
#include "../../Sources/CGobbet/gobbet.h"
#endif
#include <stdio.h>

typedef struct {
  const char *folder;
  char *message;
  size_t capacity;
  gobbet_error error;
} round_state;

static inline int failed(round_state *state, const char *file, int line, const char *what) {
  snprintf(
      state->message, state->capacity, "%s, line %d: %s (%s)", file, line, what,
      state->error.message);
  return line;
}

#define CHECK(condition) \
  do { \
    if (!(condition)) return failed(state, __FILE__, __LINE__, #condition); \
  } while (0)
#define DONE(call) CHECK((call) == GOBBET_OK)

// The path of a file in the folder, in 1,024 bytes of `buffer`.
static inline const char *path(const round_state *state, const char *name, char *buffer) {
  snprintf(buffer, 1024, "%s/%s", state->folder, name);
  return buffer;
}

#endif
