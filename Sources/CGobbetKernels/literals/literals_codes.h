// The codes of Huffman-coded literals, which literals_codes.c reads and literals.c decodes by.
#ifndef LITERALS_CODES_H
#define LITERALS_CODES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "streams of bits are read as little-endian words"
#endif

/// The most bits that a code has, and a table is looked up by.
enum { window = 11 };

/// The symbols that have a code, in the order of their codes, which is from long codes to short ones.
typedef struct {
  int count, shortest;
  uint8_t symbols[256];
  /// Bits of the codes, in the same order and by symbol.
  uint8_t lengths[256], lengths_of_symbols[256];
  /// By a number of bits: how many symbols have longer codes, and how many of the numbers of that many
  /// bits begin such a code, which are the lowest.
  uint16_t longer_symbols[window + 1], longer_numbers[window + 1];
} code_list;

/// Reads the codes; returns the bytes of their description, 0 if it is damaged.
size_t gobbet_literals_codes(const uint8_t *from, size_t count, code_list *codes);

/// The bits of a stream from its end mark back, the highest first, with zeros in front of them.
typedef struct {
  const uint8_t *start;
  /// Bits that are left; negative once more were taken than there are.
  long left;
} bit_stream;

static inline int highest_bit(uint32_t value) { return 31 - __builtin_clz(value); }

/// Takes `count` bits, 0 to 16, of which those that are not there are zeros.
static inline uint32_t take_bits(bit_stream *bits, int count) {
  long end = bits->left;
  bits->left -= count;
  uint32_t value = 0;
  for (long place = (end + 7) / 8 - 1, last = bits->left >> 3; place >= last; place--)
    value = value << 8 | (place >= 0 ? bits->start[place] : 0);
  return value >> (bits->left & 7) & ((1u << count) - 1);
}

#endif
