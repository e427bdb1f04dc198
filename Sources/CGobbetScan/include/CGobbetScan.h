// What the scanners of texts and of JSON and the encoder need of the machine and Swift does not say:
// the masks of 64 bytes, prefetches, and large pages. All but the last are inlined where they are called.
#ifndef CGOBBETSCAN_H
#define CGOBBETSCAN_H

#include <stddef.h>
#include <stdint.h>

#define GOBBET_INLINE static inline __attribute__((always_inline, unused))

typedef uint8_t gobbet_lanes __attribute__((vector_size(16), aligned(1), may_alias));
typedef int8_t gobbet_tests __attribute__((vector_size(16)));

/// 64 bytes in four parts, and a test of each of them: all ones or zero. In which part a byte is depends
/// on the instructions.
typedef struct {
  gobbet_lanes quarters[4];
} gobbet_window;

typedef struct {
  gobbet_tests quarters[4];
} gobbet_window_tests;

#include "gobbet_scan_neon.h"
#if !defined(__aarch64__)
GOBBET_INLINE gobbet_window gobbet_window_at(const uint8_t *bytes) {
  gobbet_window window;
  for (int quarter = 0; quarter < 4; quarter++) {
    window.quarters[quarter] = *(const gobbet_lanes *)(bytes + 16 * quarter);
  }
  return window;
}

/// Bit `i` is set where lane `i` is all ones, and not where it is zero.
GOBBET_INLINE uint64_t gobbet_lane_bits(gobbet_tests tests) {
#if defined(__SSE2__)
  typedef char lanes __attribute__((vector_size(16)));
  return (uint64_t)(uint16_t)__builtin_ia32_pmovmskb128((lanes)tests);
#else
  // Each byte keeps another bit; the multiplication adds them up in the highest byte.
  typedef uint64_t words __attribute__((vector_size(16)));
  const words kept = (words)tests & (words){0x8040201008040201, 0x8040201008040201};
  const uint64_t low = kept[0] * 0x0101010101010101 >> 56;
  const uint64_t high = kept[1] * 0x0101010101010101 >> 56;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#error "the masks are little-endian"
#endif
  return low | high << 8;
#endif
}

/// The tests of a window as bits, the lowest that of its first byte.
GOBBET_INLINE uint64_t gobbet_window_bits(gobbet_window_tests tests) {
  uint64_t mask = 0;
  for (int quarter = 0; quarter < 4; quarter++) {
    mask |= gobbet_lane_bits(tests.quarters[quarter]) << (16 * quarter);
  }
  return mask;
}
#endif

/// Which bytes of a window are in `first..<(first + count)`.
GOBBET_INLINE uint64_t gobbet_window_mask(gobbet_window window, uint8_t first, uint8_t count) {
  gobbet_window_tests tests;
  for (int quarter = 0; quarter < 4; quarter++) {
    tests.quarters[quarter] = (gobbet_tests)((window.quarters[quarter] - first) < count);
  }
  return gobbet_window_bits(tests);
}

/// Which of 64 bytes are in `first..<(first + count)`.
GOBBET_INLINE uint64_t gobbet_range_mask(const uint8_t *bytes, uint8_t first, uint8_t count) {
  return gobbet_window_mask(gobbet_window_at(bytes), first, count);
}

/// Which of 64 bytes are in one of `count` ranges: the first byte of each, and how many there are.
GOBBET_INLINE uint64_t gobbet_ranges_mask(const uint8_t *bytes, const uint8_t *ranges,
                                          ptrdiff_t count) {
  const gobbet_window window = gobbet_window_at(bytes);
  gobbet_window_tests found = {{{0}, {0}, {0}, {0}}};
  for (ptrdiff_t range = 0; range < count; range++) {
    const uint8_t first = ranges[2 * range], length = ranges[2 * range + 1];
    for (int quarter = 0; quarter < 4; quarter++) {
      found.quarters[quarter] |= (gobbet_tests)((window.quarters[quarter] - first) < length);
    }
  }
  return gobbet_window_bits(found);
}

/// Which of 64 bytes are one.
GOBBET_INLINE uint64_t gobbet_byte_mask(const uint8_t *bytes, uint8_t byte) {
  return gobbet_range_mask(bytes, byte, 1);
}

/// The classes of 64 bytes, each a mask whose lowest bit belongs to the first byte.
typedef struct {
  /// `[A-Za-z]`
  uint64_t letters;
  /// `[0-9]`
  uint64_t digits;
  /// U+0020
  uint64_t spaces;
  /// `[\t\n\v\f\r]`
  uint64_t controls;
  /// `[\r\n]`
  uint64_t newlines;
  /// `'`
  uint64_t apostrophes;
  /// Bytes of scalars beyond ASCII.
  uint64_t beyond_ascii;
} gobbet_masks;

/// The masks of the 64 bytes at `bytes`.
GOBBET_INLINE gobbet_masks gobbet_class_masks(const uint8_t *bytes) {
  const gobbet_window window = gobbet_window_at(bytes);
  gobbet_window folded;
  gobbet_window_tests newlines;
  for (int quarter = 0; quarter < 4; quarter++) {
    const gobbet_lanes lanes = window.quarters[quarter];
    folded.quarters[quarter] = lanes | 0x20;
    newlines.quarters[quarter] = (gobbet_tests)(lanes == '\n') | (gobbet_tests)(lanes == '\r');
  }
  const gobbet_masks masks = {
      .letters = gobbet_window_mask(folded, 'a', 26),
      .digits = gobbet_window_mask(window, '0', 10),
      .spaces = gobbet_window_mask(window, ' ', 1),
      .controls = gobbet_window_mask(window, '\t', 5),
      .newlines = gobbet_window_bits(newlines),
      .apostrophes = gobbet_window_mask(window, '\'', 1),
      .beyond_ascii = gobbet_window_mask(window, 0x80, 0x80),
  };
  return masks;
}

/// Where strings and white space of JSON end in 64 bytes, each a mask whose lowest bit belongs to the
/// first byte.
typedef struct {
  /// What a string can't go on over without a look: `"`, `\`, control characters, scalars beyond ASCII.
  uint64_t stops;
  /// All but `[ \t\n\r]`.
  uint64_t solids;
} gobbet_json_masks;

/// The JSON masks of the 64 bytes at `bytes`.
GOBBET_INLINE gobbet_json_masks gobbet_json_masks_of(const uint8_t *bytes) {
  const gobbet_window window = gobbet_window_at(bytes);
  gobbet_window_tests stops, solids;
  for (int quarter = 0; quarter < 4; quarter++) {
    const gobbet_lanes lanes = window.quarters[quarter];
    stops.quarters[quarter] = (gobbet_tests)((lanes - 0x20) >= 0x60) |
                              (gobbet_tests)(lanes == '"') | (gobbet_tests)(lanes == '\\');
    solids.quarters[quarter] = ~((gobbet_tests)(lanes == ' ') | (gobbet_tests)(lanes == '\t') |
                                 (gobbet_tests)(lanes == '\n') | (gobbet_tests)(lanes == '\r'));
  }
  return (gobbet_json_masks){gobbet_window_bits(stops), gobbet_window_bits(solids)};
}

/// Which of 64 bytes belong to scalars of three bytes, all 64 of which are there, that are letters
/// without case: U+3041..3096, U+30A1..30FA, U+30FC..30FF, U+4000..4DBF, U+4E00..9FFF and
/// U+B000..D77F.
///
/// Only scalars with their three bytes inside the window count.
GOBBET_INLINE uint64_t gobbet_east_asian_letters(const uint8_t *bytes) {
  const gobbet_window window = gobbet_window_at(bytes);
  const uint64_t kana = gobbet_window_mask(window, 0xE3, 1);
  const uint64_t first = gobbet_window_mask(window, 0xE4, 1);
  const uint64_t han = gobbet_window_mask(window, 0xE4, 6);
  const uint64_t hangul = gobbet_window_mask(window, 0xEB, 3);
  const uint64_t continuations = gobbet_window_mask(window, 0x80, 0x40);
  const uint64_t hiragana = gobbet_window_mask(window, 0x81, 1);
  const uint64_t middle = gobbet_window_mask(window, 0x82, 1);
  const uint64_t katakana = gobbet_window_mask(window, 0x83, 1);
  const uint64_t hexagrams = gobbet_window_mask(window, 0xB7, 1);
  const uint64_t last = gobbet_window_mask(window, 0xED, 1);
  const uint64_t marks = gobbet_window_mask(window, 0x97, 10);
  const uint64_t dots = gobbet_window_mask(window, 0xBB, 1);
  const uint64_t second = continuations >> 1, third = continuations >> 2;
  const uint64_t zero = gobbet_window_mask(window, 0x80, 1);
  const uint64_t late = gobbet_window_mask(window, 0x9E, 0x22);
  uint64_t letters = han & ~(first & (hexagrams >> 1));
  letters |= hangul & ~(last & (late >> 1));
  letters |= kana & (hiragana >> 1) & ~(zero >> 2);
  letters |= kana & (middle >> 1) & ~(marks >> 2);
  letters |= kana & (katakana >> 1) & ~(dots >> 2);
  letters &= second & third;
  return letters | letters << 1 | letters << 2;
}

/// For which of the `count` bytes at `bytes`, at most 64, the table has a 1: its index is the byte, and
/// in the lower half the byte in front of it, which must be there for the first one, too.
GOBBET_INLINE uint64_t gobbet_pair_mask(const uint8_t *bytes, ptrdiff_t count,
                                        const uint8_t *table) {
  uint64_t mask = 0;
  ptrdiff_t place = 0;
  for (; place + 8 <= count; place += 8) {
    uint64_t eight = 0;
    for (int lane = 0; lane < 8; lane++) {
      const uint8_t *byte = bytes + place + lane;
      eight |= (uint64_t)table[(size_t)byte[0] << 8 | byte[-1]] << lane;
    }
    mask |= eight << place;
  }
  for (; place < count; place++) {
    const uint8_t *byte = bytes + place;
    mask |= (uint64_t)table[(size_t)byte[0] << 8 | byte[-1]] << place;
  }
  return mask;
}

/// Asks for the cache line at `address`, which need not be readable.
GOBBET_INLINE void gobbet_prefetch(const void *address) { __builtin_prefetch(address, 0, 3); }

/// The size that memory and its address should be multiples of for the next to have an effect.
#define GOBBET_LARGE_PAGE ((ptrdiff_t)2 << 20)

/// Says that memory is best given in large pages, where the system knows such a thing.
void gobbet_advise_large_pages(void *memory, ptrdiff_t byte_count);

#endif
