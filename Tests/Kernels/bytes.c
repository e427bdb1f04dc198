// Compares the masks of the scanner, the planes of elements and the checksums, by every way that the
// machine has, with loops that take a byte or an element at a time.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CGobbetScan.h"
#include "gobbet_crc32c.h"
#include "gobbet_planes.h"

static uint64_t state = 1;

static uint8_t random_byte(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint8_t)(state >> 56);
}

static int failures = 0;

static void expect(int holds, const char *what) {
  if (!holds && failures++ < 20) printf("%s differs\n", what);
}

static uint64_t slow_mask(const uint8_t *bytes, int (*test)(uint8_t)) {
  uint64_t mask = 0;
  for (int place = 0; place < 64; place++) mask |= (uint64_t)(test(bytes[place]) != 0) << place;
  return mask;
}

static int is_letter(uint8_t byte) { return (byte | 32) >= 'a' && (byte | 32) <= 'z'; }
static int is_digit(uint8_t byte) { return byte >= '0' && byte <= '9'; }
static int is_space(uint8_t byte) { return byte == ' '; }
static int is_control(uint8_t byte) { return byte >= 9 && byte <= 13; }
static int is_newline(uint8_t byte) { return byte == '\n' || byte == '\r'; }
static int is_apostrophe(uint8_t byte) { return byte == '\''; }
static int is_beyond_ascii(uint8_t byte) { return byte >= 0x80; }
static int is_in_ranges(uint8_t byte) { return (byte >= 3 && byte < 12) || byte >= 250; }
static int is_stop(uint8_t byte) {
  return byte < 32 || byte >= 0x80 || byte == '"' || byte == '\\';
}
static int is_solid(uint8_t byte) {
  return byte != ' ' && byte != '\t' && byte != '\n' && byte != '\r';
}

static uint64_t slow_east_asian_letters(const uint8_t *bytes) {
  uint64_t mask = 0;
  for (int place = 0; place + 2 < 64; place++) {
    const uint8_t *own = bytes + place;
    if (own[0] >> 4 != 0xE || own[1] >> 6 != 2 || own[2] >> 6 != 2) continue;
    const uint32_t scalar =
        (uint32_t)(own[0] & 15) << 12 | (uint32_t)(own[1] & 63) << 6 | (own[2] & 63);
    const int is_kana = (scalar >= 0x3041 && scalar <= 0x3096)
        || (scalar >= 0x30A1 && scalar <= 0x30FA) || (scalar >= 0x30FC && scalar <= 0x30FF);
    if (is_kana || (scalar >= 0x4000 && scalar <= 0x4DBF) || (scalar >= 0x4E00 && scalar <= 0x9FFF)
        || (scalar >= 0xB000 && scalar <= 0xD77F)) {
      mask |= (uint64_t)7 << place;
    }
  }
  return mask;
}

/// Every byte at every place, then windows of bytes of all kinds at all distances from a whole word.
static void check_masks(void) {
  static const uint8_t ranges[] = {3, 9, 250, 6};
  static const uint8_t kinds[] = {
      'a', 'z', '0', ' ', '\t', '\r', '\n', '\'', 0x80, 0xE3, 0x81, 0x82, 0x83, 0xE4, 0xB7, 0xED};
  uint8_t bytes[80];
  for (int round = 0; round < 20000; round++) {
    const uint8_t *own = bytes + round % 16;
    for (int place = 0; place < 80; place++) {
      const uint8_t byte = random_byte();
      bytes[place] = round % 3 == 0 ? byte : kinds[byte % 16];
      if (round % 3 == 2) bytes[place] = (uint8_t)((place % 3 == 0 ? 0xE0 : 0x80) | byte % 64);
    }
    const gobbet_masks masks = gobbet_class_masks(own);
    expect(masks.letters == slow_mask(own, is_letter), "the mask of letters");
    expect(masks.digits == slow_mask(own, is_digit), "the mask of digits");
    expect(masks.spaces == slow_mask(own, is_space), "the mask of spaces");
    expect(masks.controls == slow_mask(own, is_control), "the mask of controls");
    expect(masks.newlines == slow_mask(own, is_newline), "the mask of newlines");
    expect(masks.apostrophes == slow_mask(own, is_apostrophe), "the mask of apostrophes");
    expect(masks.beyond_ascii == slow_mask(own, is_beyond_ascii), "the mask beyond ASCII");
    const gobbet_json_masks json = gobbet_json_masks_of(own);
    expect(json.stops == slow_mask(own, is_stop), "the mask of what ends a run of a string");
    expect(json.solids == slow_mask(own, is_solid), "the mask of what isn't white space");
    expect(gobbet_byte_mask(own, '\'') == masks.apostrophes, "the mask of a byte");
    expect(gobbet_ranges_mask(own, ranges, 2) == slow_mask(own, is_in_ranges), "that of ranges");
    expect(
        gobbet_east_asian_letters(own) == slow_east_asian_letters(own), "the mask of letters");
  }
}

/// The planes of an element of at most 8 bytes, by the definition in `gobbet_planes.h`.
static void slow_planes(size_t width, const uint8_t *elements, size_t count, uint8_t *planes) {
  static const size_t sizes[] = {1, 1, 2, 4};
  for (size_t index = 0; index < count; index++) {
    uint64_t bits = 0;
    for (size_t byte = 0; byte < width; byte++) {
      bits |= (uint64_t)elements[width * index + byte] << 8 * byte;
    }
    bits = bits << 1 | bits >> (8 * width - 1);
    size_t end = width, start = 0;
    for (size_t plane = 0; end > 0; plane++) {
      for (size_t byte = 0; byte < sizes[plane]; byte++) {
        planes[start + sizes[plane] * index + byte] =
            (uint8_t)(bits >> 8 * (end - sizes[plane] + byte));
      }
      start += sizes[plane] * count;
      end -= sizes[plane];
    }
  }
}

static void check_planes(size_t width, size_t count) {
  enum { room = 8 * 300 + 64 };
  static uint8_t elements[room], expected[room], planes[room], joined[room];
  for (size_t index = 0; index < width * count; index++) elements[index] = random_byte();
  slow_planes(width, elements, count, expected);
  gobbet_planes_way ways[2];
  const int way_count = gobbet_planes_ways(ways);
  for (int way = 0; way < way_count; way++) {
    // Bytes around what is written stay as they are.
    const size_t shift = random_byte() % 32;
    memset(planes, 0xA5, room);
    ways[way].split(width, elements, count, planes + shift);
    expect(memcmp(planes + shift, expected, width * count) == 0, "a plane");
    expect(planes[shift + width * count] == 0xA5, "what follows the planes");
    const uint8_t *start = planes + shift;
    const void *parts[gobbet_plane_limit] = {
        start, start + count, start + 2 * count, start + 4 * count};
    for (int is_past_caches = 0; is_past_caches < 2; is_past_caches++) {
      memset(joined, 0xA5, room);
      (is_past_caches ? ways[way].join_past_caches : ways[way].join)(
          width, parts, count, joined + shift);
      expect(memcmp(joined + shift, elements, width * count) == 0, "an element");
      expect(joined[shift + width * count] == 0xA5, "what follows the elements");
    }
  }
}

static void check_checksums(size_t count) {
  static uint8_t bytes[4096];
  for (size_t index = 0; index < count; index++) bytes[index] = random_byte();
  gobbet_crc32c_way ways[4];
  const int way_count = gobbet_crc32c_ways(ways);
  for (int way = 0; way < way_count; way++) {
    expect(
        ways[way].function(7, bytes, count) == gobbet_crc32c_plain(7, bytes, count), ways[way].name);
  }
}

int main(void) {
  check_masks();
  for (size_t width = 1; width <= 8; width *= 2) {
    for (size_t count = 0; count < 300; count++) check_planes(width, count);
  }
  for (size_t count = 0; count < 4096; count += 61) check_checksums(count);
  gobbet_planes_way ways[2];
  const int way_count = gobbet_planes_ways(ways);
  for (int way = 0; way < way_count; way++) printf("planes: %s\n", ways[way].name);
  return failures == 0 ? 0 : 1;
}
