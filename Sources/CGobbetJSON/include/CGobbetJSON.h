/// JSON parsed by simdjson, behind an API that C and Swift can use.
///
/// Nothing here throws. A parser holds one document at a time and belongs to one thread.
#ifndef GOBBET_JSON_H
#define GOBBET_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Bytes that must be readable, whatever they are, after the text that is parsed.
enum { GOBBET_JSON_PADDING = 64 };

/// What a value is.
typedef enum {
  GOBBET_JSON_NULL,
  GOBBET_JSON_BOOL,
  GOBBET_JSON_INT64,
  GOBBET_JSON_UINT64,
  GOBBET_JSON_DOUBLE,
  GOBBET_JSON_STRING,
  GOBBET_JSON_ARRAY,
  GOBBET_JSON_OBJECT,
} gobbet_json_kind;

/// A parser with the document it parsed last.
typedef struct gobbet_json_parser gobbet_json_parser;

/// A value of a document; dangling once its parser parses again or is freed.
typedef struct {
  const void *document;
  size_t position;
} gobbet_json_value;

/// A walk over the elements of an array or the members of an object.
typedef struct {
  gobbet_json_value next;
  gobbet_json_value end;
  bool is_object;
} gobbet_json_cursor;

/// A new parser, or NULL without memory.
gobbet_json_parser *gobbet_json_create(void);

/// Frees a parser and its document.
void gobbet_json_free(gobbet_json_parser *parser);

/// Parses `count` bytes, one whole document; returns 0, or a code for `gobbet_json_message`.
///
/// Checked in full: UTF-8, escapes, numbers, and at most 1,024 levels. `GOBBET_JSON_PADDING` more
/// bytes must be readable.
int gobbet_json_parse(
    gobbet_json_parser *parser, const uint8_t *bytes, size_t count, gobbet_json_value *root);

/// What a code means, for people.
const char *gobbet_json_message(int code);

/// What a value is.
gobbet_json_kind gobbet_json_kind_of(gobbet_json_value value);

/// Gives the bytes of a string, which live as long as the value; false for other values.
bool gobbet_json_string(gobbet_json_value value, const uint8_t **bytes, size_t *count);

/// Gives an integer that is not negative; false for other values.
bool gobbet_json_uint64(gobbet_json_value value, uint64_t *number);

/// Gives any integer that fits; false for other values.
bool gobbet_json_int64(gobbet_json_value value, int64_t *number);

/// Gives any number; false for other values.
bool gobbet_json_double(gobbet_json_value value, double *number);

/// Gives a truth value; false for other values.
bool gobbet_json_bool(gobbet_json_value value, bool *truth);

/// Gives the first member of an object with this key; returns how many have it (0 if no object).
size_t gobbet_json_find(
    gobbet_json_value object, const uint8_t *key, size_t key_count, gobbet_json_value *value);

/// A walk from the first element; over nothing for values that have none.
gobbet_json_cursor gobbet_json_walk(gobbet_json_value value);

/// Gives the next element and, in an object, its key; false at the end.
bool gobbet_json_next(
    gobbet_json_cursor *cursor, const uint8_t **key, size_t *key_count, gobbet_json_value *value);

/// The first byte equal to `byte`, or NULL.
const uint8_t *gobbet_find_byte(const uint8_t *bytes, size_t count, uint8_t byte);

#ifdef __cplusplus
}
#endif

#endif
