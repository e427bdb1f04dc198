// Models through the C API; compiled and run as round.c is.
#include "checks.h"
#include "round.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { most_ids = 64, most_floats = 1 << 20 };

static gobbet_status open_model(
    round_state *state, const char *name, const gobbet_model_options *options,
    gobbet_model **model) {
  char buffer[1024];
  return gobbet_model_open(path(state, name, buffer), options, model, &state->error);
}

// Logits, states and what heads look at agree with each other, for any number of threads.
static int model_arrays(round_state *state, gobbet_model *model, float *one, float *other) {
  gobbet_model_info info = {.size = sizeof info};
  DONE(gobbet_model_describe(model, &info, &state->error));
  CHECK(info.id_bound > 0 && info.logit_count == info.id_bound && info.layer_count > 0);
  CHECK(info.context_length > 0 && info.weight_byte_count > 0 && info.head_count > 0);
  const uint32_t ids[] = {5, 9, 40, 7, 11};
  const size_t width = info.logit_count, size = info.hidden_size;
  DONE(gobbet_model_logits(model, ids, 5, 0, 1, one, 5 * width, &state->error));
  DONE(gobbet_model_logits(model, ids, 5, 3, 2, other, 2 * width, &state->error));
  CHECK(memcmp(one + 3 * width, other, 2 * width * sizeof(float)) == 0);
  CHECK(
      gobbet_model_logits(model, ids, 5, 0, 1, one, 5 * width - 1, &state->error)
      == GOBBET_BUFFER_TOO_SMALL);

  DONE(gobbet_model_states(model, ids, 5, 0, 1, one, 5 * size, &state->error));
  const size_t layers = info.layer_count + 1;
  DONE(gobbet_model_states(model, ids, 5, 1, 2, other, layers * 5 * size, &state->error));
  CHECK(memcmp(one, other + (layers - 1) * 5 * size, 5 * size * sizeof(float)) == 0);
  const uint64_t end = 5;
  DONE(gobbet_model_embed(
      model, ids, &end, 1, GOBBET_POOL_LAST, 0, 1, other, size, &state->error));
  CHECK(memcmp(one + 4 * size, other, size * sizeof(float)) == 0);
  DONE(gobbet_model_embed(
      model, ids, &end, 1, GOBBET_POOL_MEAN, 1, 1, other, size, &state->error));
  double squares = 0;
  for (size_t column = 0; column < size; column++) squares += other[column] * other[column];
  CHECK(fabs(squares - 1) < 1e-5);

  DONE(gobbet_model_attention(
      model, ids, 5, info.layer_count - 1, 1, one, info.head_count * 25, &state->error));
  for (size_t row = 0; row < info.head_count * 5; row++) {
    double sum = 0;
    for (size_t column = 0; column < 5; column++) sum += one[5 * row + column];
    CHECK(fabs(sum - 1) < 1e-5);
  }

  const uint32_t unknown[] = {5, info.id_bound};
  CHECK(
      gobbet_model_logits(model, unknown, 2, 0, 1, one, most_floats, &state->error)
      == GOBBET_INVALID_ARGUMENT);
  CHECK(strstr(state->error.message, "the vocabulary ends at") != NULL);
  CHECK(
      gobbet_model_logits(model, ids, 0, 0, 1, one, most_floats, &state->error)
      == GOBBET_INVALID_ARGUMENT);
  CHECK(
      gobbet_model_logits(model, ids, 5, 5, 1, one, most_floats, &state->error)
      == GOBBET_INVALID_ARGUMENT);
  CHECK(
      gobbet_model_logits(model, NULL, 5, 0, 1, one, most_floats, &state->error)
      == GOBBET_INVALID_ARGUMENT);
  CHECK(
      gobbet_model_attention(
          model, ids, 5, info.layer_count, 1, one, most_floats, &state->error)
      == GOBBET_INVALID_ARGUMENT);
  CHECK(
      gobbet_model_embed(model, ids, &end, 1, 3, 1, 1, one, most_floats, &state->error)
      == GOBBET_INVALID_ARGUMENT);
  return 0;
}

// A continuation is what the likeliest tokens are one by one; its text is the text of its tokens.
static int model_generation(round_state *state, gobbet_model *model, float *logits) {
  static const char prompt[] = "ROMEO:\nBut, soft! what light";
  gobbet_model_info info = {.size = sizeof info};
  DONE(gobbet_model_describe(model, &info, &state->error));
  uint32_t ids[most_ids];
  size_t count = 0;
  DONE(gobbet_model_tokens(
      model, (const uint8_t *)prompt, strlen(prompt), NULL, ids, most_ids, &count, &state->error));
  CHECK(count == 12);
  CHECK(
      gobbet_model_tokens(
          model, (const uint8_t *)prompt, strlen(prompt), NULL, ids, 3, &count, &state->error)
          == GOBBET_BUFFER_TOO_SMALL
      && count == 12);
  // The text of a special token is one token where that is allowed.
  static const char mark[] = "<|endoftext|>";
  size_t mark_count = 0;
  gobbet_special_tokens specials = {.size = sizeof specials, .allow_all = 1};
  DONE(gobbet_model_tokens(
      model, (const uint8_t *)mark, strlen(mark), &specials, ids + 12, most_ids - 12, &mark_count,
      &state->error));
  CHECK(mark_count == 1);
  DONE(gobbet_model_tokens(
      model, (const uint8_t *)mark, strlen(mark), NULL, ids + 12, most_ids - 12, &mark_count,
      &state->error));
  CHECK(mark_count > 1);
  specials.add_template = 1;
  CHECK(
      gobbet_model_tokens(
          model, (const uint8_t *)mark, strlen(mark), &specials, ids + 12, most_ids - 12, &mark_count,
          &state->error)
      == GOBBET_INVALID_ARGUMENT);

  gobbet_generation_options options = {
      .size = sizeof options, .thread_count = 2, .maximum_token_count = 20};
  gobbet_generation *generation = NULL;
  DONE(gobbet_generation_make(model, ids, count, &options, &generation, &state->error));
  gobbet_generation_step step = {.size = sizeof step};
  char text[1024];
  size_t length = 0, bytes = 0;
  for (int number = 0; number < 20; number++) {
    DONE(gobbet_model_logits(
        model, ids, count, count - 1, 1, logits, info.logit_count, &state->error));
    uint32_t best = 0;
    for (uint32_t id = 1; id < info.logit_count; id++) {
      if (logits[id] > logits[best]) best = id;
    }
    DONE(gobbet_generation_next(generation, &step, &state->error));
    CHECK(step.end == GOBBET_GENERATING && step.id == best);
    ids[count++] = best;
    DONE(gobbet_generation_text(
        generation, (uint8_t *)text + length, sizeof text - length, &bytes, &state->error));
    CHECK(bytes == step.text_byte_count);
    length += bytes;
  }
  DONE(gobbet_generation_next(generation, &step, &state->error));
  CHECK(step.end == GOBBET_ENDED_AT_LIMIT);
  DONE(gobbet_generation_text(
      generation, (uint8_t *)text + length, sizeof text - length, &bytes, &state->error));
  length += bytes;
  DONE(gobbet_generation_next(generation, &step, &state->error));
  CHECK(step.end == GOBBET_ENDED_AT_LIMIT && step.text_byte_count == 0);
  gobbet_generation_close(generation);
  static const char expected[] = ",\n\nProvost:\nI'll not";
  CHECK(length > strlen(expected) && memcmp(text, expected, strlen(expected)) == 0);

  // A text that ends it isn't part of the text; the model outlives its own handle.
  const uint64_t stop_end = 7;
  options.stop_texts = (const uint8_t *)"Provost";
  options.stop_text_ends = &stop_end;
  options.stop_text_count = 1;
  DONE(gobbet_generation_make(model, ids, 12, &options, &generation, &state->error));
  gobbet_model_close(model);
  length = 0;
  do {
    DONE(gobbet_generation_next(generation, &step, &state->error));
    DONE(gobbet_generation_text(
        generation, (uint8_t *)text + length, sizeof text - length, &bytes, &state->error));
    length += bytes;
  } while (step.end == GOBBET_GENERATING);
  CHECK(step.end == GOBBET_ENDED_AT_TEXT && length == 3 && memcmp(text, ",\n\n", 3) == 0);
  gobbet_generation_close(generation);
  CHECK(
      gobbet_generation_next(generation, &step, &state->error) == GOBBET_INVALID_ARGUMENT);
  return 0;
}

static int model_refusals(round_state *state, float *room) {
  gobbet_model *model = NULL;
  gobbet_model_options options = {.size = sizeof options, .element = "f8"};
  CHECK(open_model(state, "models/qwen3", &options, &model) == GOBBET_INVALID_ARGUMENT);
  CHECK(open_model(state, "models/none", NULL, &model) == GOBBET_NO_INPUT);
  CHECK(open_model(state, "corpus/en", NULL, &model) != GOBBET_OK);

  // An encoder has vectors, and neither logits nor text.
  DONE(open_model(state, "models/bert", NULL, &model));
  gobbet_model_info info = {.size = sizeof info};
  DONE(gobbet_model_describe(model, &info, &state->error));
  CHECK(info.logit_count == 0);
  const uint32_t ids[] = {5, 6, 7, 8, 9};
  const uint64_t ends[] = {3, 5};
  DONE(gobbet_model_embed(
      model, ids, ends, 2, GOBBET_POOL_FIRST, 1, 2, room, 2 * info.hidden_size, &state->error));
  CHECK(
      gobbet_model_logits(model, ids, 5, 0, 1, room, most_floats, &state->error)
      == GOBBET_INVALID_ARGUMENT);
  gobbet_generation *generation = NULL;
  CHECK(
      gobbet_generation_make(model, ids, 5, NULL, &generation, &state->error) != GOBBET_OK);
  gobbet_vocabulary *vocabulary = NULL;
  CHECK(gobbet_model_vocabulary(model, &vocabulary, &state->error) == GOBBET_NOT_FOUND);
  size_t count = 0;
  CHECK(
      gobbet_model_tokens(model, (const uint8_t *)"a", 1, NULL, NULL, 0, &count, &state->error)
      == GOBBET_NOT_FOUND);
  gobbet_model_close(model);
  CHECK(gobbet_model_describe(model, &info, &state->error) == GOBBET_INVALID_ARGUMENT);
  gobbet_model_close(NULL);
  gobbet_generation_close(NULL);
  return 0;
}

int gobbet_round_models(const char *fixtures, char *message, size_t capacity) {
  round_state value = {
      .folder = fixtures, .message = message, .capacity = capacity, .error = {.size = sizeof value.error}};
  round_state *state = &value;
  float *one = malloc(most_floats * sizeof(float)), *other = malloc(most_floats * sizeof(float));
  gobbet_model *small = NULL, *story = NULL;
  gobbet_vocabulary *vocabulary = NULL;
  int line = one == NULL || other == NULL ? __LINE__ : model_refusals(state, one);
  if (line == 0 && open_model(state, "models/qwen3", NULL, &small) != GOBBET_OK) {
    line = failed(state, __FILE__, __LINE__, "models/qwen3");
  }
  if (line == 0) line = model_arrays(state, small, one, other);
  if (line == 0 && open_model(state, "tinymodel", NULL, &story) != GOBBET_OK) {
    line = failed(state, __FILE__, __LINE__, "tinymodel");
  }
  if (line == 0 && gobbet_model_vocabulary(story, &vocabulary, &state->error) != GOBBET_OK) {
    line = failed(state, __FILE__, __LINE__, "its vocabulary");
  }
  if (line == 0) line = model_generation(state, story, one);
  gobbet_vocabulary_close(vocabulary);
  gobbet_model_close(story);
  gobbet_model_close(small);
  free(one);
  free(other);
  return line;
}
