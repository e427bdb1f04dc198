#include "literals_codes.h"

// - Source: RFC 8878, 4.1 (finite state entropy) and 4.2.1 (weights of symbols).

enum { heaviest = 12, state_limit = 64 };

// One state of the code of the weights.
typedef struct {
  uint8_t weight, bits;
  uint16_t base;
} weight_state;

// The next `count` bits from the front; all ones if fewer are left.
static uint32_t front_bits(const uint8_t *from, size_t *position, size_t end, int count) {
  uint32_t value = 0;
  if (*position + (size_t)count > end) return UINT32_MAX;
  for (int i = 0; i < count; i++, ++*position)
    value |= (uint32_t)(from[*position >> 3] >> (*position & 7) & 1) << i;
  return value;
}

// Reads how many states each weight has, -1 for one of less than a whole; returns the bytes that they
// take, 0 if they are damaged.
static size_t read_shares(
    const uint8_t *from, size_t count, int16_t shares[heaviest + 1], int *share_count, int *log) {
  size_t position = 0, end = 8 * count;
  uint32_t first = front_bits(from, &position, end, 4);
  if (first > 1) return 0;
  *log = (int)first + 5;
  int number = 0;
  for (int left = 1 << *log; left > 0;) {
    // One more than the share, from 0 to `left` + 1; the lowest of these take a bit less.
    int bits = highest_bit((uint32_t)left + 1);
    uint32_t short_count = (2u << bits) - 2 - (uint32_t)left;
    uint32_t value = front_bits(from, &position, end, bits);
    if (value == UINT32_MAX) return 0;
    if (value >= short_count) {
      uint32_t top = front_bits(from, &position, end, 1);
      if (top == UINT32_MAX) return 0;
      if (top) value += (1u << bits) - short_count;
    }
    if (number > heaviest) return 0;
    int share = (int)value - 1;
    shares[number++] = (int16_t)share;
    left -= share < 0 ? 1 : share;
    for (uint32_t zeros = share == 0 ? 3 : 0; zeros == 3;) {
      zeros = front_bits(from, &position, end, 2);
      if (zeros > 3 || number + (int)zeros > heaviest + 1) return 0;
      for (uint32_t i = 0; i < zeros; i++) shares[number++] = 0;
    }
  }
  *share_count = number;
  return (position + 7) >> 3;
}

static void build_states(
    const int16_t *shares, int share_count, int log, weight_state states[state_limit]) {
  int size = 1 << log, high = size;
  uint16_t next[heaviest + 1];
  for (int weight = 0; weight < share_count; weight++) {
    next[weight] = (uint16_t)(shares[weight] < 0 ? 1 : shares[weight]);
    if (shares[weight] < 0) states[--high].weight = (uint8_t)weight;
  }
  // The step is odd, so that it comes to every place; the shares are as many as the places.
  int step = (size >> 1) + (size >> 3) + 3, place = 0;
  for (int weight = 0; weight < share_count; weight++) {
    for (int i = 0; i < shares[weight]; i++) {
      states[place].weight = (uint8_t)weight;
      do place = (place + step) & (size - 1);
      while (place >= high);
    }
  }
  for (int i = 0; i < size; i++) {
    uint16_t number = next[states[i].weight]++;
    states[i].bits = (uint8_t)(log - highest_bit(number));
    states[i].base = (uint16_t)((number << states[i].bits) - size);
  }
}

// Decodes weights from two states in turn; returns how many, at most 255, or 0 if they are damaged.
static int read_coded_weights(const uint8_t *from, size_t count, uint8_t weights[256]) {
  int16_t shares[heaviest + 1];
  int share_count, log;
  size_t taken = read_shares(from, count, shares, &share_count, &log);
  if (taken == 0 || taken >= count || from[count - 1] == 0) return 0;
  weight_state states[state_limit];
  build_states(shares, share_count, log, states);
  bit_stream bits = {from + taken, 8 * (long)(count - taken - 1) + highest_bit(from[count - 1])};
  uint32_t state[2] = {take_bits(&bits, log), 0};
  state[1] = take_bits(&bits, log);
  if (bits.left < 0) return 0;
  for (int number = 0; number < 254; number++) {
    uint32_t *now = &state[number & 1];
    const weight_state *found = &states[*now];
    weights[number] = found->weight;
    // Where a state cannot be followed any further, the other one has the last weight.
    if (bits.left < found->bits) {
      weights[number + 1] = states[state[~number & 1]].weight;
      return number + 2;
    }
    *now = found->base + take_bits(&bits, found->bits);
  }
  return 0;
}

// Reads the weights that are stored; returns the bytes that they take, 0 if they are damaged.
static size_t read_weights(const uint8_t *from, size_t count, uint8_t weights[256], int *number) {
  if (count == 0) return 0;
  if (from[0] < 128) {
    if (from[0] >= count) return 0;
    *number = read_coded_weights(from + 1, from[0], weights);
    return *number > 0 ? 1 + (size_t)from[0] : 0;
  }
  *number = from[0] - 127;
  size_t taken = 1 + (size_t)(*number + 1) / 2;
  if (taken > count) return 0;
  for (int i = 0; i < *number; i++) weights[i] = from[1 + i / 2] >> (i & 1 ? 0 : 4) & 15;
  return taken;
}

size_t gobbet_literals_codes(const uint8_t *from, size_t count, code_list *codes) {
  uint8_t weights[256];
  int number;
  size_t taken = read_weights(from, count, weights, &number);
  if (taken == 0) return 0;
  // Symbols of each weight; one of weight w takes 2^(w-1) of 2^log numbers.
  uint32_t total = 0, symbols[window + 1] = {0};
  for (int i = 0; i < number; i++) {
    if (weights[i] > window) return 0;
    symbols[weights[i]]++;
    total += 1u << weights[i] >> 1;
  }
  if (total == 0 || total >= 1u << window) return 0;
  // The last weight is not stored: it makes the sum a power of two.
  int log = highest_bit(total) + 1;
  uint32_t rest = (1u << log) - total;
  if (rest & (rest - 1)) return 0;
  weights[number] = (uint8_t)(highest_bit(rest) + 1);
  symbols[weights[number++]]++;
  // libzstd refuses codes of which not at least two, and an even number, have all bits.
  if (symbols[1] < 2 || symbols[1] & 1) return 0;
  memset(codes->longer_symbols, 0, sizeof codes->longer_symbols);
  memset(codes->longer_numbers, 0, sizeof codes->longer_numbers);
  int next[window + 1];
  codes->count = 0;
  for (uint32_t weight = 1, numbers = 0; weight <= (uint32_t)log; weight++) {
    int length = log + 1 - (int)weight;
    next[weight] = codes->count;
    codes->longer_symbols[length] = (uint16_t)codes->count;
    codes->longer_numbers[length] = (uint16_t)(numbers >> (weight - 1));
    if (symbols[weight] > 0) codes->shortest = length;
    codes->count += (int)symbols[weight];
    numbers += symbols[weight] << (weight - 1);
  }
  for (int symbol = 0; symbol < number; symbol++) {
    if (weights[symbol] == 0) continue;
    int place = next[weights[symbol]]++;
    codes->symbols[place] = (uint8_t)symbol;
    codes->lengths[place] = codes->lengths_of_symbols[symbol] =
        (uint8_t)(log + 1 - weights[symbol]);
  }
  return taken;
}
