// What files hold, and whether they are whole, through the C API; compiled and run as round.c is.
#include "checks.h"
#include "round.h"
#include <string.h>

// The report of a call in `text`, whose handle is closed.
static gobbet_status report_text(
    round_state *state, gobbet_report *report, char *text, size_t capacity) {
  size_t count = 0;
  gobbet_status status =
      gobbet_report_text(report, (uint8_t *)text, capacity - 1, &count, &state->error);
  if (status == GOBBET_OK) text[count] = 0;
  gobbet_report_close(report);
  return status;
}

// What files of two formats hold is told; damage is found.
static int inspect_and_verify(round_state *state) {
  char name[1024], text[4096];
  float values[6] = {1, 2, 3, 4, 5, 6};
  uint64_t shape[] = {3, 2};
  gobbet_weights_writer *writer = NULL;
  DONE(gobbet_weights_writer_make(
      path(state, "inspected.gobbet", name), NULL, &writer, &state->error));
  DONE(gobbet_weights_writer_add(writer, "w", 2, shape, 2, values, 24, &state->error));
  DONE(gobbet_weights_writer_finish(writer, NULL, &state->error));

  gobbet_report *report = NULL;
  gobbet_progress progress = {.size = sizeof progress};
  DONE(gobbet_inspect(name, "{\"tensors\": true}", &progress, &report, &state->error));
  DONE(report_text(state, report, text, sizeof text));
  CHECK(strstr(text, "\"type\":\"f32\"") != NULL && strstr(text, "\"maximum\":6,") != NULL);
  CHECK(progress.total == 24);
  CHECK(gobbet_report_text(report, NULL, 0, NULL, &state->error) == GOBBET_INVALID_ARGUMENT);
  CHECK(gobbet_inspect(name, "{\"key\": \"a\"}", NULL, &report, &state->error)
        == GOBBET_INVALID_ARGUMENT);
  CHECK(strstr(state->error.message, "--key: ") == state->error.message);
  CHECK(gobbet_inspect(name, "{\"tensor\": true}", NULL, &report, &state->error)
        == GOBBET_INVALID_ARGUMENT);
  CHECK(gobbet_inspect(name, "[]", NULL, &report, &state->error) == GOBBET_INVALID_ARGUMENT);
  progress.stop = 1;
  CHECK(gobbet_inspect(name, "{\"tensors\": true}", &progress, &report, &state->error)
        == GOBBET_INTERRUPTED);

  DONE(gobbet_verify(name, NULL, NULL, &report, &state->error));
  DONE(report_text(state, report, text, sizeof text));
  CHECK(strstr(text, "\"ok\":true") != NULL);
  uint8_t key[32] = {1};
  DONE(gobbet_verify(name, key, NULL, &report, &state->error));
  DONE(report_text(state, report, text, sizeof text));
  CHECK(strstr(text, "is not signed") != NULL);
  FILE *file = fopen(name, "r+b");
  CHECK(file != NULL && fseek(file, 100, SEEK_SET) == 0);
  fputc(0x55, file);
  fclose(file);
  DONE(gobbet_verify(name, NULL, NULL, &report, &state->error));
  DONE(report_text(state, report, text, sizeof text));
  CHECK(strstr(text, "\"ok\":false") != NULL && strstr(text, "\"fault\":") != NULL);
  CHECK(gobbet_verify("/none", NULL, NULL, &report, &state->error) == GOBBET_NO_INPUT);

  file = fopen(path(state, "inspected.safetensors", name), "wb");
  const char header[] = "{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}";
  const uint64_t byte_count = sizeof header - 1;
  CHECK(file != NULL && fwrite(&byte_count, 8, 1, file) == 1);
  CHECK(fwrite(header, byte_count, 1, file) == 1 && fwrite(values, 4, 1, file) == 1);
  CHECK(fclose(file) == 0);
  DONE(gobbet_inspect(name, NULL, NULL, &report, &state->error));
  DONE(report_text(state, report, text, sizeof text));
  CHECK(strstr(text, "\"format\":\"safetensors\"") != NULL);
  return 0;
}

int gobbet_round_inspection(const char *folder, char *message, size_t capacity) {
  round_state state = {
      .folder = folder, .message = message, .capacity = capacity, .error = {.size = sizeof state.error}};
  return inspect_and_verify(&state);
}
