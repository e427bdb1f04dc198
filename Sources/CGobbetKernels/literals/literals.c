#include "gobbet_literals.h"

#include <pthread.h>

#include "literals_codes.h"

// - Source: RFC 8878, 3.1.1 (frames and blocks) and 3.1.1.3.1 (literals).

enum {
  symbols_at_once = 5,
  symbols_shift = 8,
  count_shift = 48,
  largest_block = 128 << 10,
};

// What the next bits of a stream begin with: in the lowest byte how many bits are taken, then up to five
// symbols, the first in the lowest byte, and from bit 48 on how many symbols they are.
typedef uint64_t table_entry;

static const table_entry one_symbol = (table_entry)1 << count_shift;
static const table_entry symbols_mask = ((table_entry)1 << count_shift) - (1 << symbols_shift);

// Tables for fewer bits, of which the table is made, stand in front of it: one for `bits` bits begins at
// the entry `1 << bits`.
enum { memory_count = 2 << window };

_Static_assert(
    gobbet_literals_memory == memory_count * sizeof(table_entry), "the memory is the tables");

// The entry without its last symbol, if it has as many as an entry can have.
static inline table_entry shortened(table_entry entry, const code_list *codes) {
  if (entry >> count_shift < symbols_at_once) return entry;
  int last_shift = symbols_shift + 8 * (symbols_at_once - 1);
  table_entry last = entry >> last_shift & 0xFF;
  return entry - one_symbol - (last << last_shift) - codes->lengths_of_symbols[last];
}

// Fills the table of `bits` bits from those of fewer bits: after a symbol comes what the bits left over
// begin with.
static void fill(const code_list *codes, int bits, table_entry *memory) {
  table_entry *to = memory + (1 << bits);
  memset(to, 0, codes->longer_numbers[bits] * sizeof *to);
  to += codes->longer_numbers[bits];
  for (int i = codes->longer_symbols[bits]; i < codes->count; i++) {
    int length = codes->lengths[i], left = bits - length;
    table_entry first = one_symbol + ((table_entry)codes->symbols[i] << symbols_shift)
        + (table_entry)length;
    const table_entry *rest = memory + (1 << left);
    size_t count = (size_t)1 << left;
    for (size_t j = 0; j < count; j++) {
      table_entry entry = shortened(rest[j], codes);
      to[j] = first + ((entry & symbols_mask) << 8) + (entry & ~symbols_mask);
    }
    to += count;
  }
}

static void fill_tables(const code_list *codes, table_entry *memory) {
  memory[1] = 0;
  for (int bits = 1; bits <= window - codes->shortest; bits++) fill(codes, bits, memory);
  fill(codes, window, memory);
}

// MARK: Streams

// One of the four streams of a block; it is read from its end.
//
//   start ........ from ... from + 8 ... end        the bytes of the stream
//                  └─ word ┘
//
// `word` are the 8 bytes at `from`, shifted left by those of their bits that were taken. In place of
// their lowest bit stands a one, so that the zeros below it say how many these were.
typedef struct {
  const uint8_t *start, *from;
  uint64_t word;
  uint8_t *to, *end;
} literal_stream;

static inline uint64_t load64(const uint8_t *from) {
  uint64_t value;
  memcpy(&value, from, 8);
  return value;
}

// Returns 0 for a stream of less than 8 bytes or without an end mark.
static int begin(literal_stream *stream, const uint8_t *start, size_t count) {
  if (count < 8 || start[count - 1] == 0) return 0;
  stream->start = start;
  stream->from = start + count - 8;
  stream->word = (load64(stream->from) | 1) << (8 - highest_bit(start[count - 1]));
  return 1;
}

enum {
  lookups = 5,
  // A round takes at most 55 bits. Of the 64 in a word at most 8 are taken before, so that the mark is
  // not among them and stays in the word; then `from` goes back by at most 7 bytes.
  round_bytes = 8,
  // It writes at most 25 symbols, in steps of 8 bytes of which the last begins at the 20th or before.
  round_symbols = lookups * symbols_at_once,
  round_excess = 3,
};

_Static_assert(lookups * window + 8 < 64, "the mark stays in the word");

// Rounds that the stream has bytes and room for.
static inline long rounds(const literal_stream *stream) {
  long bytes = (stream->from - stream->start) / round_bytes;
  long room = (stream->end - stream->to - round_excess) / round_symbols;
  return bytes < room ? bytes : room;
}

__attribute__((always_inline)) static inline void decode_round(
    literal_stream *stream, const table_entry *table) {
  uint64_t word = stream->word;
  uint8_t *to = stream->to;
#pragma GCC unroll 5
  for (int i = 0; i < lookups; i++) {
    table_entry found = table[word >> (64 - window)];
    uint64_t symbols = found >> symbols_shift;
    memcpy(to, &symbols, 8);
    word <<= found & 63;
    to += found >> count_shift;
  }
  int taken = __builtin_ctzll(word);
  stream->to = to;
  stream->from -= taken >> 3;
  stream->word = (load64(stream->from) | 1) << (taken & 7);
}

// Decodes what is left of a stream, symbol by symbol; returns whether it ends where its output does.
static int finish(
    const literal_stream *stream, const table_entry *table, const code_list *codes) {
  long left = 8 * (stream->from - stream->start) + 64 - __builtin_ctzll(stream->word);
  for (uint8_t *to = stream->to; to < stream->end; to++) {
    bit_stream bits = {stream->start, left};
    uint8_t symbol = (uint8_t)(table[take_bits(&bits, window)] >> symbols_shift);
    left -= codes->lengths_of_symbols[symbol];
    if (left < 0) return 0;
    *to = symbol;
  }
  return left == 0;
}

// What the caller reads next.
typedef struct {
  const uint8_t *from, *end;
} next_bytes;

// Fetches two lines into the caches.
static inline void fetch(next_bytes *next) {
  if (next->end - next->from < 128) return;
  __builtin_prefetch(next->from, 0, 2);
  __builtin_prefetch(next->from + 64, 0, 2);
  next->from += 128;
}

__attribute__((always_inline)) static inline int decode_streams(
    literal_stream streams[4], const table_entry *table, const code_list *codes,
    next_bytes *next) {
  for (;;) {
    long count = rounds(&streams[0]);
    for (int i = 1; i < 4; i++) {
      long other = rounds(&streams[i]);
      count = count < other ? count : other;
    }
    if (count <= 0) break;
    // Four chains of lookups, of which the processor works at several at a time.
    literal_stream a = streams[0], b = streams[1], c = streams[2], d = streams[3];
    for (; count > 0; count--) {
      decode_round(&a, table);
      decode_round(&b, table);
      decode_round(&c, table);
      decode_round(&d, table);
      fetch(next);
    }
    streams[0] = a, streams[1] = b, streams[2] = c, streams[3] = d;
  }
  for (int i = 0; i < 4; i++) {
    while (rounds(&streams[i]) > 0) decode_round(&streams[i], table);
    if (!finish(&streams[i], table, codes)) return 0;
  }
  return 1;
}

typedef int (*streams_function)(
    literal_stream streams[4], const table_entry *table, const code_list *codes,
    next_bytes *next);

#if defined(__x86_64__)
// Shifts by a variable in one step.
__attribute__((target("bmi,bmi2"))) static int decode_streams_bmi2(
    literal_stream streams[4], const table_entry *table, const code_list *codes,
    next_bytes *next) {
  return decode_streams(streams, table, codes, next);
}
#else
static int decode_streams_plain(
    literal_stream streams[4], const table_entry *table, const code_list *codes,
    next_bytes *next) {
  return decode_streams(streams, table, codes, next);
}
#endif

// MARK: Blocks and frames

// A block, as its head tells it.
typedef struct {
  uint32_t kind;
  int is_last;
  // Whether literals are coded as those of the block before are, and come without codes.
  int has_old_codes;
  // Bytes in the frame, of the content, and, of coded literals, of their head and what follows it.
  size_t stored_count, content_count, head_count, coded_count;
} block_head;

// Reads the head of a block, 3 bytes; returns 0 if the block has anything but literals.
static int read_head(const uint8_t *from, const uint8_t *end, block_head *block) {
  if (end - from < 3) return 0;
  uint32_t head = from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16;
  block->is_last = head & 1;
  block->kind = head >> 1 & 3;
  block->content_count = head >> 3;
  block->stored_count = block->kind == 1 ? 1 : block->content_count;
  from += 3;
  if (block->content_count > largest_block || block->stored_count > (size_t)(end - from)) return 0;
  if (block->kind < 2) return 1;
  // Coded literals in four streams; after them one byte: no sequences.
  size_t count = block->stored_count;
  int format = count < 6 ? 0 : from[0] >> 2 & 3;
  if (block->kind != 2 || format == 0 || (from[0] & 2) == 0 || from[count - 1] != 0) return 0;
  block->has_old_codes = from[0] & 1;
  block->head_count = (size_t)format + 2;
  int size_bits = 4 * format + 6;
  uint64_t sizes = 0;
  memcpy(&sizes, from, block->head_count);
  size_t mask = ((size_t)1 << size_bits) - 1;
  block->content_count = sizes >> 4 & mask;
  block->coded_count = sizes >> (4 + size_bits) & mask;
  return block->content_count >= 256 && block->content_count <= largest_block
      && block->head_count + block->coded_count + 1 == count;
}

// Decodes coded literals; returns 0 if they are damaged. `codes` and `table` are those of the block
// before, and the next one's.
static int decode_literals(
    const uint8_t *from, const block_head *block, uint8_t *output, code_list *codes,
    table_entry *table, next_bytes *next, streams_function decode) {
  size_t left = block->coded_count, part = (block->content_count + 3) / 4;
  if (!block->has_old_codes) {
    size_t taken = gobbet_literals_codes(from, left, codes);
    if (taken == 0) return 0;
    fill_tables(codes, table);
    from += taken;
    left -= taken;
  }
  if (left < 6) return 0;
  const uint8_t *counts = from;
  from += 6;
  left -= 6;
  literal_stream streams[4];
  for (int i = 0; i < 4; i++) {
    size_t count = i < 3 ? counts[2 * i] | (size_t)counts[2 * i + 1] << 8 : left;
    if (count > left || !begin(&streams[i], from, count)) return 0;
    from += count;
    left -= count;
    streams[i].to = output + (size_t)i * part;
    streams[i].end = i < 3 ? streams[i].to + part : output + block->content_count;
  }
  return decode(streams, table + (1 << window), codes, next);
}

// The bytes of the head of a frame in one segment, without a dictionary, with a content of that size;
// 0 if it is another one.
static size_t frame_head(const uint8_t *from, size_t count, size_t content_count) {
  static const uint8_t magic[4] = {0x28, 0xB5, 0x2F, 0xFD};
  if (count < 9 || memcmp(from, magic, 4) != 0 || (from[4] & 0x2B) != 0x20) return 0;
  size_t size_count = (size_t)1 << (from[4] >> 6);
  if (count - 5 < size_count) return 0;
  uint64_t size = 0;
  memcpy(&size, from + 5, size_count);
  return size + (size_count == 2 ? 256 : 0) == content_count ? 5 + size_count : 0;
}

static int decode_frame(
    const void *frame, size_t frame_count, size_t next_count, void *output, size_t output_count,
    void *memory, streams_function decode) {
  const uint8_t *start = frame, *end = start + frame_count;
  next_bytes next = {end, end + next_count};
  size_t head_count = frame_head(start, frame_count, output_count);
  if (head_count == 0) return 0;
  start += head_count;
  // All heads first, so that no block is decoded in vain.
  block_head block = {.is_last = 0};
  int has_codes = 0;
  const uint8_t *from = start;
  for (size_t left = output_count; !block.is_last; left -= block.content_count) {
    if (!read_head(from, end, &block) || block.content_count > left) return 0;
    if (block.is_last && block.content_count != left) return 0;
    if (block.kind == 2) {
      if (block.has_old_codes && !has_codes) return 0;
      has_codes = 1;
    }
    // More than the content takes is what libzstd refuses of short ones.
    if (block.stored_count > output_count) return 0;
    from += 3 + block.stored_count;
  }
  if (end - from != (((const uint8_t *)frame)[4] & 4 ? 4 : 0)) return 0;
  code_list codes;
  block.is_last = 0;
  for (uint8_t *to = output; !block.is_last; to += block.content_count) {
    read_head(start, end, &block);
    start += 3;
    if (block.kind == 0) memcpy(to, start, block.content_count);
    if (block.kind == 1) memset(to, *start, block.content_count);
    if (block.kind == 2
        && !decode_literals(start + block.head_count, &block, to, &codes, memory, &next, decode))
      return 0;
    start += block.stored_count;
  }
  return 1;
}

// MARK: Ways

#if defined(__x86_64__)
static int decode_bmi2(
    const void *frame, size_t frame_count, size_t next_count, void *output, size_t output_count,
    void *memory) {
  return decode_frame(
      frame, frame_count, next_count, output, output_count, memory, decode_streams_bmi2);
}
#else
static int decode_plain(
    const void *frame, size_t frame_count, size_t next_count, void *output, size_t output_count,
    void *memory) {
  return decode_frame(
      frame, frame_count, next_count, output, output_count, memory, decode_streams_plain);
}
#endif

int gobbet_literals_ways(gobbet_literals_way *ways) {
  int count = 0;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("bmi2"))
    ways[count++] = (gobbet_literals_way){"bmi2", decode_bmi2};
#else
  ways[count++] = (gobbet_literals_way){"plain", decode_plain};
#endif
  return count;
}

static gobbet_literals_way best;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void choose(void) {
  gobbet_literals_ways(&best);
}

int gobbet_literals_decode(
    const void *frame, size_t frame_count, size_t next_count, void *output, size_t output_count,
    void *memory) {
  pthread_once(&once, choose);
  // Without a way, libzstd is as fast.
  return best.decode != NULL
      && best.decode(frame, frame_count, next_count, output, output_count, memory);
}
