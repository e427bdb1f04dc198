// No exception may cross the C face, so none is compiled in.
#define SIMDJSON_EXCEPTIONS 0
#include "CGobbetJSON.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <type_traits>

namespace dom = simdjson::dom;

static_assert(GOBBET_JSON_PADDING >= simdjson::SIMDJSON_PADDING, "too little padding is promised");

struct gobbet_json_parser {
  dom::parser parser;
  dom::document document;
  size_t capacity = 0;
};

namespace {

// Elements and iterators of simdjson are a pointer to the document and a place in it. They are
// carried through C as those two words.
template <typename T> gobbet_json_value packed(const T &place) {
  static_assert(std::is_trivially_copyable<T>::value, "not plain bytes");
  static_assert(sizeof(T) == sizeof(gobbet_json_value), "not two words");
  gobbet_json_value value;
  std::memcpy(&value, &place, sizeof value);
  return value;
}

template <typename T> T unpacked(gobbet_json_value value) {
  static_assert(std::is_trivially_copyable<T>::value, "not plain bytes");
  static_assert(sizeof(T) == sizeof(gobbet_json_value), "not two words");
  alignas(T) unsigned char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof value);
  T place;
  std::memcpy(static_cast<void *>(&place), bytes, sizeof place);
  return place;
}

// Memory grows by doubling, so that ever longer lines do not allocate each time.
simdjson::error_code reserve(gobbet_json_parser &parser, size_t count) {
  if (count <= parser.capacity) return simdjson::SUCCESS;
  if (count > simdjson::SIMDJSON_MAXSIZE_BYTES) return simdjson::CAPACITY;
  size_t capacity = std::min(
      std::max<size_t>(2 * parser.capacity, std::max<size_t>(count, 1 << 16)),
      size_t(simdjson::SIMDJSON_MAXSIZE_BYTES));
  parser.capacity = 0;
  if (auto error = parser.document.allocate(capacity)) return error;
  if (auto error = parser.parser.allocate(capacity)) return error;
  parser.capacity = capacity;
  return simdjson::SUCCESS;
}

template <typename Number> bool number(gobbet_json_value value, Number *result) {
  return unpacked<dom::element>(value).get(*result) == simdjson::SUCCESS;
}

} // namespace

gobbet_json_parser *gobbet_json_create(void) { return new (std::nothrow) gobbet_json_parser; }

void gobbet_json_free(gobbet_json_parser *parser) { delete parser; }

int gobbet_json_parse(
    gobbet_json_parser *parser, const uint8_t *bytes, size_t count, gobbet_json_value *root) {
  if (auto error = reserve(*parser, count)) return error;
  dom::element element;
  auto error = parser->parser.parse_into_document(parser->document, bytes, count, false)
                   .get(element);
  if (error == simdjson::SUCCESS) *root = packed(element);
  return error;
}

const char *gobbet_json_message(int code) {
  return simdjson::error_message(static_cast<simdjson::error_code>(code));
}

gobbet_json_kind gobbet_json_kind_of(gobbet_json_value value) {
  switch (unpacked<dom::element>(value).type()) {
  case dom::element_type::BOOL: return GOBBET_JSON_BOOL;
  case dom::element_type::INT64: return GOBBET_JSON_INT64;
  case dom::element_type::UINT64: return GOBBET_JSON_UINT64;
  case dom::element_type::DOUBLE: return GOBBET_JSON_DOUBLE;
  case dom::element_type::STRING: return GOBBET_JSON_STRING;
  case dom::element_type::ARRAY: return GOBBET_JSON_ARRAY;
  case dom::element_type::OBJECT: return GOBBET_JSON_OBJECT;
  default: return GOBBET_JSON_NULL;
  }
}

bool gobbet_json_string(gobbet_json_value value, const uint8_t **bytes, size_t *count) {
  std::string_view string;
  if (unpacked<dom::element>(value).get(string) != simdjson::SUCCESS) return false;
  *bytes = reinterpret_cast<const uint8_t *>(string.data());
  *count = string.size();
  return true;
}

bool gobbet_json_uint64(gobbet_json_value value, uint64_t *result) {
  return number(value, result);
}

bool gobbet_json_int64(gobbet_json_value value, int64_t *result) { return number(value, result); }

bool gobbet_json_double(gobbet_json_value value, double *result) { return number(value, result); }

bool gobbet_json_bool(gobbet_json_value value, bool *truth) { return number(value, truth); }

size_t gobbet_json_find(
    gobbet_json_value object, const uint8_t *key, size_t key_count, gobbet_json_value *value) {
  dom::object members;
  if (unpacked<dom::element>(object).get(members) != simdjson::SUCCESS) return 0;
  const std::string_view wanted(reinterpret_cast<const char *>(key), key_count);
  size_t found = 0;
  for (auto member = members.begin(); member != members.end(); ++member) {
    if (member.key() == wanted && found++ == 0) *value = packed(member.value());
  }
  return found;
}

gobbet_json_cursor gobbet_json_walk(gobbet_json_value value) {
  gobbet_json_cursor cursor = {value, value, false};
  dom::object object;
  dom::array array;
  const auto element = unpacked<dom::element>(value);
  if (element.get(object) == simdjson::SUCCESS) {
    cursor = {packed(object.begin()), packed(object.end()), true};
  } else if (element.get(array) == simdjson::SUCCESS) {
    cursor = {packed(array.begin()), packed(array.end()), false};
  }
  return cursor;
}

bool gobbet_json_next(
    gobbet_json_cursor *cursor, const uint8_t **key, size_t *key_count, gobbet_json_value *value) {
  if (cursor->next.position == cursor->end.position) return false;
  if (cursor->is_object) {
    auto member = unpacked<dom::object::iterator>(cursor->next);
    const auto name = member.key();
    *key = reinterpret_cast<const uint8_t *>(name.data());
    *key_count = name.size();
    *value = packed(member.value());
    cursor->next = packed(++member);
  } else {
    auto element = unpacked<dom::array::iterator>(cursor->next);
    *value = packed(*element);
    cursor->next = packed(++element);
  }
  return true;
}

const uint8_t *gobbet_find_byte(const uint8_t *bytes, size_t count, uint8_t byte) {
  return static_cast<const uint8_t *>(count == 0 ? nullptr : std::memchr(bytes, byte, count));
}
