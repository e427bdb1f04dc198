// Compiled as C into the test bundle, and by Tests/library.sh against the shared library.
#include "checks.h"
#include "round.h"
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char documents[] = "the cat sat on the mat" "the other cat" "\xff<|end|>the mat";
static const uint64_t document_ends[] = {22, 35, 50};

static int round_training(round_state *state, gobbet_vocabulary **vocabulary) {
  const uint8_t *text = (const uint8_t *)documents;
  char name[1024];
  gobbet_counts *counts = NULL;
  size_t unique = 0;
  DONE(gobbet_counts_make("cl100k", &counts, &state->error));
  DONE(gobbet_counts_add_documents(counts, text, document_ends, 3, &state->error));
  DONE(gobbet_counts_size(counts, &unique, &state->error));
  CHECK(unique >= 8);
  DONE(gobbet_counts_write(counts, path(state, "counts.gobbet", name), 1, &state->error));
  CHECK(gobbet_counts_write(counts, name, 0, &state->error) == GOBBET_CANNOT_CREATE);
  CHECK(state->error.status == GOBBET_CANNOT_CREATE && strlen(state->error.message) > 0);

  uint64_t special_end = 7;
  gobbet_training_options options = {
      .size = sizeof options,
      .vocabulary_size = 262,
      .specials = (const uint8_t *)"<|end|>",
      .special_ends = &special_end,
      .special_count = 1,
  };
  DONE(gobbet_train(counts, &options, vocabulary, &state->error));
  gobbet_vocabulary *again = NULL;
  DONE(gobbet_train_from_file(name, &options, &again, &state->error));
  gobbet_vocabulary_info one = {.size = sizeof one}, other = {.size = sizeof other};
  DONE(gobbet_vocabulary_describe(*vocabulary, &one, &state->error));
  DONE(gobbet_vocabulary_describe(again, &other, &state->error));
  CHECK(memcmp(one.fingerprint, other.fingerprint, 32) == 0);
  CHECK(one.token_count == 262 && one.merge_count == 5 && one.special_token_count == 1);
  CHECK(strcmp(one.pattern, "cl100k") == 0);
  gobbet_counts_close(counts);
  gobbet_vocabulary_close(again);
  CHECK(gobbet_counts_size(counts, &unique, &state->error) == GOBBET_INVALID_ARGUMENT);
  DONE(gobbet_vocabulary_write(*vocabulary, path(state, "v.gobbet", name), 1, &state->error));
  DONE(gobbet_vocabulary_open(name, NULL, &again, &state->error));
  DONE(gobbet_vocabulary_describe(again, &other, &state->error));
  CHECK(memcmp(one.fingerprint, other.fingerprint, 32) == 0);
  gobbet_vocabulary_close(again);
  return 0;
}

static int round_encoding(round_state *state, gobbet_vocabulary *vocabulary) {
  const uint8_t *text = (const uint8_t *)documents;
  uint32_t ids[64], batch[64], end_id = 0;
  uint64_t ends[3];
  size_t count = 0, total = 0, number = 0;
  uint8_t bytes[64];
  DONE(gobbet_encode_batch(
      vocabulary, text, document_ends, 3, NULL, 2, batch, 64, ends, &total, &state->error));
  // More threads than any call takes are refused, not silently fewer.
  CHECK(
      gobbet_encode_batch(
          vocabulary, text, document_ends, 3, NULL, 1025, batch, 64, ends, &total, &state->error)
      == GOBBET_INVALID_ARGUMENT);
  CHECK(
      gobbet_encode_batch(
          vocabulary, text, document_ends, 3, NULL, UINT32_MAX, batch, 64, ends, &total,
          &state->error)
      == GOBBET_INVALID_ARGUMENT);
  for (size_t index = 0; index < 3; index++) {
    size_t start = index == 0 ? 0 : document_ends[index - 1];
    size_t length = document_ends[index] - start;
    DONE(gobbet_encode(vocabulary, text + start, length, NULL, ids, 64, &count, &state->error));
    DONE(gobbet_count(vocabulary, text + start, length, &number, &state->error));
    size_t first = index == 0 ? 0 : ends[index - 1];
    CHECK(count == number && count == ends[index] - first);
    CHECK(memcmp(ids, batch + first, 4 * count) == 0);
    DONE(gobbet_decode(vocabulary, ids, count, bytes, 64, &number, &state->error));
    CHECK(number == length && memcmp(bytes, text + start, length) == 0);
  }
  CHECK(total == ends[2]);
  CHECK(gobbet_encode(vocabulary, text, 22, NULL, ids, 2, &count, &state->error)
        == GOBBET_BUFFER_TOO_SMALL);
  CHECK(count > 2);

  DONE(gobbet_vocabulary_id(vocabulary, (const uint8_t *)"<|end|>", 7, &end_id, &state->error));
  DONE(gobbet_vocabulary_special_tokens(vocabulary, ids, 64, &count, &state->error));
  CHECK(count == 1 && ids[0] == end_id);
  gobbet_special_tokens specials = {.size = sizeof specials, .refuse_others = 1};
  CHECK(gobbet_encode(vocabulary, text + 36, 14, &specials, ids, 64, &count, &state->error)
        == GOBBET_SPECIAL_TOKEN);
  specials.allowed = &end_id;
  specials.allowed_count = 1;
  DONE(gobbet_encode(vocabulary, text + 36, 14, &specials, ids, 64, &count, &state->error));
  CHECK(ids[0] == end_id);
  DONE(gobbet_decode_ordinary(vocabulary, ids, count, bytes, 64, &number, &state->error));
  CHECK(number == 7 && memcmp(bytes, text + 43, 7) == 0);
  uint32_t unknown = 100000;
  CHECK(gobbet_decode(vocabulary, &unknown, 1, bytes, 64, &number, &state->error)
        == GOBBET_NOT_FOUND);
  return 0;
}

static int round_dataset(round_state *state, gobbet_vocabulary *vocabulary) {
  char name[1024];
  uint8_t id[32];
  uint32_t end_id = 261;
  gobbet_dataset_writer *writer = NULL;
  DONE(gobbet_dataset_writer_make(
      path(state, "tokens.gobbet", name), vocabulary, NULL, &writer, &state->error));
  DONE(gobbet_dataset_writer_add_documents(
      writer, (const uint8_t *)documents, document_ends, 3, &end_id, 0, &state->error));
  DONE(gobbet_dataset_writer_finish(writer, id, &state->error));
  CHECK(gobbet_dataset_writer_finish(writer, id, &state->error) == GOBBET_INVALID_ARGUMENT);

  gobbet_dataset *dataset = NULL;
  const char *paths[] = {name};
  gobbet_dataset_info info = {.size = sizeof info};
  DONE(gobbet_dataset_open(paths, 1, 0, &dataset, &state->error));
  DONE(gobbet_dataset_describe(dataset, &info, &state->error));
  CHECK(info.document_count == 3 && memcmp(info.content_id, id, 32) == 0);
  uint64_t start = 1, ends[3], document = 9;
  DONE(gobbet_dataset_documents(dataset, 0, 3, &start, ends, &state->error));
  CHECK(start == 0 && ends[2] == info.token_count);
  DONE(gobbet_dataset_document_containing(dataset, ends[0], &document, &state->error));
  CHECK(document == 1);
  uint32_t tokens[64];
  DONE(gobbet_dataset_tokens(dataset, 0, ends[0], GOBBET_UINT32, tokens, &state->error));
  CHECK(tokens[ends[0] - 1] == end_id);
  CHECK(gobbet_dataset_tokens(dataset, 0, 1000, GOBBET_UINT32, tokens, &state->error)
        == GOBBET_INVALID_ARGUMENT);

  gobbet_sampler_state wish = {
      .size = sizeof wish, .order = GOBBET_SHUFFLED, .length = 4, .stride = 2, .seed = 7,
      .world_size = 1};
  gobbet_sampler *sampler = NULL;
  uint64_t windows = 0, visited = 0, indices[64];
  size_t count = 0;
  DONE(gobbet_dataset_window_count(dataset, 4, 2, &windows, &state->error));
  DONE(gobbet_sampler_make(dataset, &wish, &sampler, &state->error));
  DONE(gobbet_sampler_next(sampler, indices, 3, &count, &state->error));
  gobbet_sampler_state stored = {.size = sizeof stored};
  DONE(gobbet_sampler_describe(sampler, &stored, NULL, &state->error));
  CHECK(count == 3 && stored.position == 3);
  uint64_t rest[64], resumed[64];
  size_t resumed_count = 0;
  gobbet_sampler *second = NULL;
  DONE(gobbet_sampler_resume(dataset, &stored, &second, &state->error));
  DONE(gobbet_sampler_next(sampler, rest, 64, &count, &state->error));
  DONE(gobbet_sampler_next(second, resumed, 64, &resumed_count, &state->error));
  CHECK(count == resumed_count && count == windows - 3);
  CHECK(memcmp(rest, resumed, 8 * count) == 0);
  for (size_t index = 0; index < 3; index++) visited |= UINT64_C(1) << indices[index];
  for (size_t index = 0; index < count; index++) visited |= UINT64_C(1) << rest[index];
  CHECK(visited == (UINT64_C(1) << windows) - 1);
  // Of three ranks, each goes on where the one stopped: together they visit the rest once.
  uint64_t others = 0;
  for (uint64_t rank = 0; rank < 3; rank++) {
    gobbet_sampler_close(second);
    DONE(gobbet_sampler_resume_as(dataset, &stored, rank, 3, &second, &state->error));
    DONE(gobbet_sampler_next(second, resumed, 64, &resumed_count, &state->error));
    for (size_t index = 0; index < resumed_count; index++) {
      CHECK((others >> resumed[index] & 1) == 0);
      others |= UINT64_C(1) << resumed[index];
    }
    gobbet_sampler_state shared = {.size = sizeof shared};
    DONE(gobbet_sampler_describe(second, &shared, NULL, &state->error));
    CHECK(shared.stop_count == 1 && shared.stop_world_sizes[0] == 1);
    CHECK(shared.stop_positions[0] == 3 && shared.world_size == 3 && shared.rank == rank);
  }
  for (size_t index = 0; index < 3; index++) others |= UINT64_C(1) << indices[index];
  CHECK(others == visited);
  CHECK(gobbet_sampler_resume_as(dataset, &stored, 3, 3, &second, &state->error)
        == GOBBET_INVALID_ARGUMENT);
  stored.content_id[0] ^= 1;
  CHECK(gobbet_sampler_resume(dataset, &stored, &second, &state->error) == GOBBET_BAD_DATA);

  int64_t inputs[8], targets[8];
  DONE(gobbet_dataset_windows(
      dataset, 4, 2, rest, 2, GOBBET_INT64, inputs, targets, &state->error));
  CHECK(inputs[1] == targets[0] && inputs[0] == tokens[2 * rest[0]]);
  indices[0] = windows;
  CHECK(gobbet_dataset_windows(dataset, 4, 2, indices, 1, GOBBET_INT64, inputs, NULL, &state->error)
        == GOBBET_INVALID_ARGUMENT);
  gobbet_vocabulary *embedded = NULL;
  DONE(gobbet_dataset_vocabulary(dataset, &embedded, &state->error));
  gobbet_vocabulary_close(embedded);
  gobbet_sampler_close(sampler);
  gobbet_sampler_close(second);
  gobbet_dataset_close(dataset);
  return 0;
}

static int round_weights(round_state *state) {
  char name[1024], pair[16];
  float values[6] = {1, 2, 3, 4, 5, 6}, rows[4];
  uint64_t shape[] = {3, 2};
  gobbet_weights_options options = {
      .size = sizeof options, .codec = "raw", .metadata = "kind\0test", .metadata_byte_count = 10};
  gobbet_weights_writer *writer = NULL;
  DONE(gobbet_weights_writer_make(
      path(state, "weights.gobbet", name), &options, &writer, &state->error));
  DONE(gobbet_weights_writer_add(writer, "w", 2, shape, 2, values, 24, &state->error));
  CHECK(gobbet_weights_writer_add(writer, "w", 2, shape, 2, values, 24, &state->error)
        == GOBBET_BAD_DATA);
  DONE(gobbet_weights_writer_finish(writer, NULL, &state->error));

  gobbet_weights *weights = NULL;
  size_t tensors = 0, pairs = 0, index = 9, count = 0;
  DONE(gobbet_weights_open(name, &weights, &state->error));
  DONE(gobbet_weights_count(weights, &tensors, &pairs, &state->error));
  CHECK(tensors == 1 && pairs == 1);
  DONE(gobbet_weights_metadata(weights, 0, pair, sizeof pair, &count, &state->error));
  CHECK(count == 10 && strcmp(pair, "kind") == 0 && strcmp(pair + 5, "test") == 0);
  DONE(gobbet_weights_find(weights, "w", &index, &state->error));
  CHECK(gobbet_weights_find(weights, "v", &index, &state->error) == GOBBET_NOT_FOUND);
  gobbet_tensor_info info = {.size = sizeof info};
  DONE(gobbet_weights_tensor(weights, 0, &info, &state->error));
  CHECK(info.rank == 2 && info.shape[0] == 3 && info.shape[1] == 2 && info.element_type == 2);
  CHECK(strcmp(info.name, "w") == 0 && info.is_raw && info.file_offset % 64 == 0);
  DONE(gobbet_weights_read(weights, 0, 1, 3, 0, rows, sizeof rows, &state->error));
  CHECK(memcmp(rows, values + 2, sizeof rows) == 0);
  const void *mapped = NULL;
  DONE(gobbet_weights_map(weights, 0, &mapped, &state->error));
  CHECK(memcmp(mapped, values, sizeof values) == 0);
  int32_t descriptor = -1;
  DONE(gobbet_weights_descriptor(weights, &descriptor, &state->error));
  CHECK(lseek(descriptor, (long)info.file_offset, SEEK_SET) > 0);
  CHECK(read(descriptor, rows, sizeof rows) == sizeof rows);
  CHECK(close(descriptor) == 0 && memcmp(rows, values, sizeof rows) == 0);
  DONE(gobbet_weights_check(weights, 0, 0, 3, 1, &state->error));
  CHECK(gobbet_weights_check(weights, 0, 0, 4, 1, &state->error) == GOBBET_INVALID_ARGUMENT);
  gobbet_weights_close(weights);
  FILE *file = fopen(name, "r+b");
  CHECK(file != NULL && fseek(file, (long)info.file_offset + 9, SEEK_SET) == 0);
  fputc(0x55, file);
  fclose(file);
  DONE(gobbet_weights_open(name, &weights, &state->error));
  CHECK(gobbet_weights_check(weights, 0, 0, 1, 0, &state->error) == GOBBET_BAD_DATA);
  uint32_t number = 0, file_count = 0;
  const char *files[] = {path(state, "weights.gobbet", name), name};
  CHECK(gobbet_weights_set_place(weights, &number, &file_count, &state->error) == GOBBET_NOT_FOUND);
  DONE(gobbet_weights_check_set(files, 2, 1, &state->error));
  CHECK(gobbet_weights_check_set(NULL, 0, 0, &state->error) == GOBBET_INVALID_ARGUMENT);
  gobbet_weights_close(weights);
  CHECK(gobbet_weights_open(state->folder, &weights, &state->error) != GOBBET_OK);
  return 0;
}

// Documents read, by their hashes, and kept with what is known of them.
static int round_corpus(round_state *state, gobbet_vocabulary *vocabulary) {
  char name[1024];
  const char *paths[] = {path(state, "corpus.jsonl", name)};
  FILE *file = fopen(name, "w");
  CHECK(file != NULL);
  fputs("{\"text\": \"abc\", \"id\": 7}\n{}\n{\"text\": \"\", \"id\": \"x\"}\n", file);
  fclose(file);
  gobbet_corpus_options options = {
      .size = sizeof options, .identifier_key = "id", .skip_bad_lines = 1};
  gobbet_corpus *corpus = NULL;
  gobbet_corpus_batch batch = {.size = sizeof batch};
  uint8_t texts[16], identifiers[16], hashes[32], held_out[2] = {9, 9};
  uint64_t ends[2], numbers[2], identifier_ends[2], value = 0;
  DONE(gobbet_corpus_open(paths, 1, &options, &corpus, &state->error));
  DONE(gobbet_corpus_read(corpus, 0, &batch, &state->error));
  CHECK(batch.unit_count == 3 && batch.document_count == 2 && batch.bad_line_count == 1);
  CHECK(batch.text_byte_count == 3 && batch.identifier_byte_count == 2);
  DONE(gobbet_corpus_documents(
      corpus, texts, ends, numbers, identifiers, identifier_ends, &state->error));
  CHECK(memcmp(texts, "abc", 3) == 0 && ends[0] == 3 && ends[1] == 3);
  CHECK(numbers[0] == 0 && numbers[1] == 2);
  CHECK(memcmp(identifiers, "7x", 2) == 0 && identifier_ends[0] == 1 && identifier_ends[1] == 2);
  DONE(gobbet_corpus_read(corpus, 0, &batch, &state->error));
  CHECK(batch.unit_count == 0 && batch.document_count == 0);
  const char lines[] = "{\"text\": \"de\", \"id\": \"\"}{\"text\": 5}";
  const uint64_t line_ends[] = {24, 35};
  DONE(gobbet_corpus_parse(
      corpus, "p", 4, (const uint8_t *)lines, line_ends, 2, &batch, &state->error));
  CHECK(batch.unit_count == 2 && batch.document_count == 1);
  DONE(gobbet_corpus_documents(corpus, NULL, NULL, numbers, NULL, NULL, &state->error));
  CHECK(numbers[0] == 4);
  gobbet_corpus_close(corpus);
  CHECK(gobbet_corpus_read(corpus, 0, &batch, &state->error) == GOBBET_INVALID_ARGUMENT);
  options.skip_bad_lines = 0;
  DONE(gobbet_corpus_open(paths, 1, &options, &corpus, &state->error));
  CHECK(gobbet_corpus_read(corpus, 0, &batch, &state->error) == GOBBET_BAD_DATA);
  CHECK(strstr(state->error.message, "line 2") != NULL);
  gobbet_corpus_close(corpus);
  options.format = 9;
  CHECK(gobbet_corpus_open(paths, 1, &options, &corpus, &state->error) == GOBBET_INVALID_ARGUMENT);

  ends[0] = 3;
  ends[1] = 3;
  DONE(gobbet_documents_hash(texts, ends, 2, 0.5, hashes, held_out, &state->error));
  CHECK(hashes[0] == 0xba && hashes[15] == 0x23 && hashes[16] == 0xe3 && held_out[0] <= 1);
  DONE(gobbet_documents_append_hashes(hashes, 2, &value, &state->error));
  uint64_t again = 0;
  DONE(gobbet_documents_append_hashes(hashes, 1, &again, &state->error));
  DONE(gobbet_documents_append_hashes(hashes + 16, 1, &again, &state->error));
  CHECK(value == again && value != 0);
  CHECK(gobbet_documents_hash(texts, ends, 2, 1, hashes, NULL, NULL) == GOBBET_INVALID_ARGUMENT);

  gobbet_dataset_writer *writer = NULL;
  gobbet_dataset *dataset = NULL;
  gobbet_dataset_options write = {.size = sizeof write, .replace = 1};
  const char *written[] = {path(state, "tokens.gobbet", name)};
  const uint32_t ids[] = {97, 98, 99};
  const uint64_t source_ends[] = {1, 2}, byte_counts[] = {3, 0};
  size_t count = 0;
  DONE(gobbet_dataset_writer_make(name, vocabulary, &write, &writer, &state->error));
  CHECK(gobbet_dataset_writer_add_noted(
            writer, ids, ends, 2, (const uint8_t *)"a\xff", source_ends, byte_counts, &state->error)
        == GOBBET_INVALID_ARGUMENT);
  DONE(gobbet_dataset_writer_add_noted(
      writer, ids, ends, 2, (const uint8_t *)"ab", source_ends, byte_counts, &state->error));
  DONE(gobbet_dataset_writer_set_metadata(writer, "{\"a\": 1}", &state->error));
  DONE(gobbet_dataset_writer_finish(writer, NULL, &state->error));
  DONE(gobbet_dataset_open(written, 1, 0, &dataset, &state->error));
  gobbet_dataset_info info = {.size = sizeof info};
  DONE(gobbet_dataset_describe(dataset, &info, &state->error));
  CHECK(info.document_count == 2 && info.token_count == 3);
  CHECK(gobbet_dataset_metadata(dataset, texts, 2, &count, &state->error)
        == GOBBET_BUFFER_TOO_SMALL && count == 8);
  DONE(gobbet_dataset_metadata(dataset, texts, 16, &count, &state->error));
  CHECK(count == 8 && memcmp(texts, "{\"a\": 1}", 8) == 0);
  gobbet_dataset_close(dataset);
  return 0;
}

static int write_file(const char *name, const char *bytes, size_t count) {
  FILE *file = fopen(name, "wb");
  if (file == NULL) return 0;
  size_t written = fwrite(bytes, 1, count, file);
  return fclose(file) == 0 && written == count;
}

// What is left out is listed, and files are looked into.
static int round_inputs(round_state *state) {
  char name[1024], text[2048];
  CHECK(mkdir(path(state, "inputs", name), 0777) == 0);
  CHECK(write_file(path(state, "inputs/a.txt", name), "plain", 5));
  CHECK(write_file(path(state, "inputs/b.png", name), "\x89PNG\0", 5));
  CHECK(write_file(path(state, "inputs/c.dat", name), "[{\"text\": \"x\"}]", 15));
  const char *paths[] = {path(state, "inputs", name)};
  gobbet_corpus *corpus = NULL;
  gobbet_corpus_batch batch = {.size = sizeof batch};
  gobbet_corpus_log log = {.size = sizeof log};
  gobbet_corpus_input input = {.size = sizeof input};
  size_t count = 0;
  // Who does not ask for it loses nothing.
  DONE(gobbet_corpus_open(paths, 1, NULL, &corpus, &state->error));
  CHECK(gobbet_corpus_read(corpus, 0, &batch, &state->error) == GOBBET_BAD_DATA);
  CHECK(strstr(state->error.message, "b.png: holds no text: a PNG image") != NULL);
  gobbet_corpus_close(corpus);
  gobbet_corpus_options options = {.size = sizeof options, .skip_foreign_files = 1};
  DONE(gobbet_corpus_open(paths, 1, &options, &corpus, &state->error));
  DONE(gobbet_corpus_describe(corpus, &log, &state->error));
  CHECK(log.note_count == 0 && log.skipped_file_count == 0);
  DONE(gobbet_corpus_read(corpus, 0, &batch, &state->error));
  CHECK(batch.document_count == 2);
  DONE(gobbet_corpus_describe(corpus, &log, &state->error));
  CHECK(log.note_count == 1 && log.skipped_file_count == 1 && log.listed_file_count == 1);
  CHECK(gobbet_corpus_skipped_file(corpus, 0, text, 4, &count, &state->error)
        == GOBBET_BUFFER_TOO_SMALL);
  DONE(gobbet_corpus_skipped_file(corpus, 0, text, sizeof text, &count, &state->error));
  CHECK(strstr(text, "inputs/b.png") != NULL && strcmp(text + strlen(text) + 1, "a PNG image") == 0);
  CHECK(count == strlen(text) + 13);
  DONE(gobbet_corpus_note(corpus, 0, text, sizeof text, &count, &state->error));
  CHECK(strstr(text, "1 file in folders left out") != NULL && count == strlen(text) + 1);
  CHECK(gobbet_corpus_note(corpus, 1, text, sizeof text, &count, &state->error)
        == GOBBET_INVALID_ARGUMENT);
  const uint32_t kinds[] = {GOBBET_INPUT_TEXT, GOBBET_INPUT_FOREIGN, GOBBET_INPUT_JSON};
  CHECK(gobbet_corpus_input_text(corpus, text, sizeof text, &count, &state->error)
        == GOBBET_INVALID_ARGUMENT);
  for (size_t index = 0; index < 3; index++) {
    DONE(gobbet_corpus_next_input(corpus, &input, &state->error));
    CHECK(input.kind == kinds[index] && input.is_left_out == (index == 1) && input.is_named == 0);
  }
  DONE(gobbet_corpus_input_text(corpus, text, sizeof text, &count, &state->error));
  CHECK(strstr(text, "c.dat") != NULL && text[count - 2] == 0);
  CHECK(gobbet_corpus_next_input(corpus, &input, &state->error) == GOBBET_NOT_FOUND);
  DONE(gobbet_corpus_look(
      corpus, "s3://b/x", (const uint8_t *)"{\"text\": \"x\"}\n{", 15, 0, &input, &state->error));
  CHECK(input.kind == GOBBET_INPUT_JSON_LINES && input.is_named == 1);
  gobbet_corpus_close(corpus);
  // A key that applies to nothing is an error, but not of a part.
  options.text_key = "body";
  paths[0] = path(state, "inputs/a.txt", name);
  CHECK(gobbet_corpus_open(paths, 1, &options, &corpus, &state->error) == GOBBET_INVALID_ARGUMENT);
  options.is_part = 1;
  DONE(gobbet_corpus_open(paths, 1, &options, &corpus, &state->error));
  gobbet_corpus_close(corpus);
  return 0;
}

// A folder of a dataset is begun, kept from others, filled, finished, and replaced.
static int round_folder(round_state *state, gobbet_vocabulary *vocabulary) {
  char folder[1024], shard[1100], plan[256], manifest[1024], digits[65] = "", content[65] = "";
  gobbet_vocabulary_info info = {.size = sizeof info};
  DONE(gobbet_vocabulary_describe(vocabulary, &info, &state->error));
  for (size_t index = 0; index < 32; index++) {
    snprintf(digits + 2 * index, 3, "%02x", info.fingerprint[index]);
  }
  path(state, "folder", folder);
  for (uint32_t round = 0; round < 2; round++) {
    snprintf(plan, sizeof plan, "{\"vocabulary\": \"%s\", \"options\": {\"round\": %u}}", digits,
             round);
    gobbet_dataset_folder *begun = NULL, *other = NULL;
    const uint8_t *text = (const uint8_t *)plan;
    DONE(gobbet_dataset_folder_begin(
        folder, text, strlen(plan), round == 0 ? GOBBET_FOLDER_NEW : GOBBET_FOLDER_REPLACE, &begun,
        &state->error));
    CHECK(begun != NULL);
    CHECK(gobbet_dataset_folder_begin(
              folder, text, strlen(plan), GOBBET_FOLDER_RESUME, &other, &state->error)
          == GOBBET_NO_INPUT);
    gobbet_dataset_writer *writer = NULL;
    gobbet_dataset_options options = {.size = sizeof options, .fingerprint_only = 1};
    uint8_t id[32];
    const uint32_t ids[] = {97 + round, 98};
    const uint64_t end = 2;
    snprintf(shard, sizeof shard, "%s/train-00000-%u.gobbet", folder, round);
    DONE(gobbet_dataset_writer_make(shard, vocabulary, &options, &writer, &state->error));
    DONE(gobbet_dataset_writer_add_tokens(writer, ids, &end, 1, &state->error));
    DONE(gobbet_dataset_writer_finish(writer, id, &state->error));
    for (size_t index = 0; index < 32; index++) {
      snprintf(content + 2 * index, 3, "%02x", id[index]);
    }
    struct stat status;
    CHECK(stat(shard, &status) == 0);
    snprintf(
        manifest, sizeof manifest,
        "{\"kind\": \"gobbet tokens\", \"version\": 1, \"vocabulary\": \"%s\", \"options\": {}, "
        "\"splits\": [{\"name\": \"train\", \"tokens\": 2, \"documents\": 1, \"shards\": [{\"name\": "
        "\"train-00000-%u.gobbet\", \"tokens\": 2, \"documents\": 1, \"bytes\": %lld, "
        "\"content_id\": \"%s\"}]}]}",
        digits, round, (long long)status.st_size, content);
    DONE(gobbet_dataset_folder_finish(
        begun, (const uint8_t *)manifest, strlen(manifest), &state->error));
    gobbet_dataset_folder_close(begun);
    DONE(gobbet_dataset_folder_begin(
        folder, text, strlen(plan), GOBBET_FOLDER_RESUME, &begun, &state->error));
    CHECK(begun == NULL);
    CHECK(gobbet_dataset_folder_begin(
              folder, text, strlen(plan), GOBBET_FOLDER_NEW, &begun, &state->error)
          == GOBBET_CANNOT_CREATE);
  }
  snprintf(shard, sizeof shard, "%s/train-00000-0.gobbet", folder);
  struct stat status;
  CHECK(stat(shard, &status) != 0);
  CHECK(gobbet_dataset_folder_begin(folder, NULL, 0, 3, NULL, &state->error)
        == GOBBET_INVALID_ARGUMENT);
  gobbet_dataset_folder_close(NULL);
  return 0;
}

// Bad arguments are answered, whatever they are.
// A dataset says by a rule of delimiters which tokens count, and by a mask where the rule is wrong.
static int round_masks(round_state *state, gobbet_vocabulary *vocabulary) {
  char name[1024];
  const char *written[] = {path(state, "tokens.gobbet", name)};
  // 1 2 and 9 open; 3 closes and counts, 4 closes and doesn't.
  const uint32_t rule[] = {2, 2, 1, 2, 1, 9, 3, 1, 4, 0};
  const uint32_t ids[] = {1, 2, 5, 3, 5, 9, 5, 4, 9, 5};
  const uint64_t ends[] = {5, 10};
  const uint8_t by_rule[] = {0, 0, 1, 1, 0, 0, 1, 0, 0, 1};
  const uint8_t other[] = {1, 0, 0, 1, 1, 0, 1, 0, 0, 1};
  gobbet_dataset_writer *writer = NULL;
  gobbet_dataset_options options = {
      .size = sizeof options, .replace = 1, .loss_rule = rule, .loss_rule_count = 10};
  DONE(gobbet_dataset_writer_make(name, vocabulary, &options, &writer, &state->error));
  DONE(gobbet_dataset_writer_add_tokens(writer, ids, ends, 2, &state->error));
  DONE(gobbet_dataset_writer_add_masked(writer, ids, other, ends, 2, &state->error));
  DONE(gobbet_dataset_writer_finish(writer, NULL, &state->error));

  gobbet_dataset *dataset = NULL;
  uint32_t found[16];
  uint8_t mask[20];
  size_t count = 0;
  DONE(gobbet_dataset_open(written, 1, 0, &dataset, &state->error));
  DONE(gobbet_dataset_loss_mask(dataset, 0, 20, mask, &state->error));
  CHECK(memcmp(mask, by_rule, 10) == 0 && memcmp(mask + 10, other, 10) == 0);
  CHECK(gobbet_dataset_loss_rule(dataset, found, 2, &count, &state->error)
        == GOBBET_BUFFER_TOO_SMALL && count == 10);
  DONE(gobbet_dataset_loss_rule(dataset, found, 16, &count, &state->error));
  CHECK(count == 10 && memcmp(found, rule, sizeof rule) == 0);
  int32_t narrow_inputs[9], narrow[9];
  int64_t inputs[9], targets[9];
  const uint64_t first = 0;
  DONE(gobbet_dataset_windows(
      dataset, 9, 9, &first, 1, GOBBET_INT64, inputs, targets, &state->error));
  DONE(gobbet_dataset_windows(
      dataset, 9, 9, &first, 1, GOBBET_INT32, narrow_inputs, narrow, &state->error));
  for (int place = 0; place < 9; place++) {
    CHECK(targets[place] == (by_rule[place + 1] ? (int64_t)ids[place + 1] : -100));
    CHECK(narrow[place] == targets[place] && narrow_inputs[place] == inputs[place]);
    CHECK(inputs[place] == (int64_t)ids[place]);
  }
  gobbet_dataset_close(dataset);

  // No rules: too few numbers, no openings, a closing that is neither, half a closing, an empty opening,
  // a closing twice, an unknown id.
  const uint32_t bad[][7] = {{2, 1, 9}, {0, 3, 1}, {1, 1, 9, 3, 2}, {1, 1, 9, 3}, {1, 0, 3, 1},
                             {1, 1, 9, 3, 1, 3, 0}, {1, 1, 999999}};
  const size_t bad_counts[] = {3, 3, 5, 4, 4, 7, 3};
  for (int index = 0; index < 7; index++) {
    options.loss_rule = bad[index];
    options.loss_rule_count = bad_counts[index];
    CHECK(gobbet_dataset_writer_make(name, vocabulary, &options, &writer, &state->error)
          != GOBBET_OK);
    CHECK(strlen(state->error.message) > 0);
  }
  options.loss_rule_count = 0;
  DONE(gobbet_dataset_writer_make(name, vocabulary, &options, &writer, &state->error));
  DONE(gobbet_dataset_writer_finish(writer, NULL, &state->error));
  DONE(gobbet_dataset_open(written, 1, 0, &dataset, &state->error));
  CHECK(gobbet_dataset_loss_rule(dataset, found, 16, &count, &state->error) == GOBBET_NOT_FOUND);
  gobbet_dataset_close(dataset);
  return 0;
}

static int round_misuse(round_state *state) {
  size_t count = 0;
  CHECK(gobbet_count(NULL, NULL, 0, &count, &state->error) == GOBBET_INVALID_ARGUMENT);
  CHECK(gobbet_count((gobbet_vocabulary *)state, NULL, 0, &count, NULL) == GOBBET_INVALID_ARGUMENT);
  CHECK(gobbet_vocabulary_open(NULL, NULL, NULL, &state->error) == GOBBET_INVALID_ARGUMENT);
  CHECK(gobbet_train(NULL, NULL, NULL, NULL) == GOBBET_INVALID_ARGUMENT);
  CHECK(gobbet_dataset_open(NULL, 3, 0, NULL, &state->error) == GOBBET_INVALID_ARGUMENT);
  gobbet_vocabulary_close(NULL);
  gobbet_weights_close((gobbet_weights *)state);
  CHECK(gobbet_abi_version() == GOBBET_ABI_VERSION && strlen(gobbet_version()) > 0);
  // A caller who knows less of the structure gets as much as it has room for.
  gobbet_error small = {.size = 8};
  small.message[0] = 'x';
  CHECK(gobbet_count(NULL, NULL, 0, &count, &small) == GOBBET_INVALID_ARGUMENT);
  CHECK(small.status == GOBBET_INVALID_ARGUMENT && small.message[0] == 'x' && small.size == 8);
  return 0;
}

int gobbet_round(const char *folder, char *message, size_t capacity) {
  round_state state = {
      .folder = folder, .message = message, .capacity = capacity, .error = {.size = sizeof state.error}};
  gobbet_vocabulary *vocabulary = NULL;
  int line = round_misuse(&state);
  if (line == 0) line = round_training(&state, &vocabulary);
  if (line == 0) line = round_encoding(&state, vocabulary);
  if (line == 0) line = round_dataset(&state, vocabulary);
  if (line == 0) line = round_corpus(&state, vocabulary);
  if (line == 0) line = round_inputs(&state);
  if (line == 0) line = round_masks(&state, vocabulary);
  if (line == 0) line = round_folder(&state, vocabulary);
  if (line == 0) line = round_weights(&state);
  gobbet_vocabulary_close(vocabulary);
  return line;
}

#ifdef GOBBET_ROUND_PROGRAM
int main(int count, char **arguments) {
  char message[2048] = "usage: round FOLDER FIXTURES";
  int line = count == 3 ? gobbet_round(arguments[1], message, sizeof message) : 1;
  if (line == 0) line = gobbet_round_inspection(arguments[1], message, sizeof message);
  if (line == 0) line = gobbet_round_models(arguments[2], message, sizeof message);
  if (line != 0) fprintf(stderr, "%s\n", message);
  return line != 0;
}
#endif
