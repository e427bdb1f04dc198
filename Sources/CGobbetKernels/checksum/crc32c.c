#include "crc32c_internal.h"

#include <pthread.h>

#if defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

// The polynomial of RFC 3720, its bits reversed.
static const uint32_t polynomial = 0x82F63B78;

// tables[k][b] is the checksum of byte b followed by k zero bytes.
static uint32_t tables[8][256];
static pthread_once_t tables_once = PTHREAD_ONCE_INIT;

static void make_tables(void) {
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint32_t remainder = byte;
    for (int bit = 0; bit < 8; bit++) remainder = remainder >> 1 ^ (remainder & 1 ? polynomial : 0);
    tables[0][byte] = remainder;
  }
  for (int k = 1; k < 8; k++)
    for (int byte = 0; byte < 256; byte++)
      tables[k][byte] = tables[k - 1][byte] >> 8 ^ tables[0][tables[k - 1][byte] & 0xFF];
}

uint32_t gobbet_crc32c_plain(uint32_t checksum, const void *bytes, size_t count) {
  pthread_once(&tables_once, make_tables);
  const uint8_t *next = bytes;
  uint32_t crc = ~checksum;
  for (; count >= 8; count -= 8, next += 8) {
    uint32_t low = crc ^ ((uint32_t)next[0] | (uint32_t)next[1] << 8 | (uint32_t)next[2] << 16 |
                          (uint32_t)next[3] << 24);
    crc = tables[7][low & 0xFF] ^ tables[6][low >> 8 & 0xFF] ^ tables[5][low >> 16 & 0xFF] ^
          tables[4][low >> 24] ^ tables[3][next[4]] ^ tables[2][next[5]] ^ tables[1][next[6]] ^
          tables[0][next[7]];
  }
  while (count-- > 0) crc = crc >> 8 ^ tables[0][(crc ^ *next++) & 0xFF];
  return ~crc;
}

int gobbet_crc32c_ways(gobbet_crc32c_way ways[4]) {
  int count = 0;
#if defined(__x86_64__)
  int instruction = __builtin_cpu_supports("sse4.2");
  int folding = instruction && __builtin_cpu_supports("pclmul");
  int wide = folding && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("vpclmulqdq");
  if (wide) ways[count++] = (gobbet_crc32c_way){"wide folding", gobbet_crc32c_wide_folding};
  if (folding) ways[count++] = (gobbet_crc32c_way){"folding", gobbet_crc32c_folding};
#elif defined(__aarch64__) && defined(__APPLE__)
  int instruction = 1;
#elif defined(__aarch64__) && defined(__linux__)
  int instruction = (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0;
#else
  int instruction = 0;
#endif
#if defined(__x86_64__) || defined(__aarch64__)
  if (instruction) ways[count++] = (gobbet_crc32c_way){"instruction", gobbet_crc32c_instruction};
#endif
  ways[count++] = (gobbet_crc32c_way){"plain", gobbet_crc32c_plain};
  return count;
}

static gobbet_crc32c_way best;
static pthread_once_t best_once = PTHREAD_ONCE_INIT;

static void choose(void) {
  gobbet_crc32c_way ways[4];
  gobbet_crc32c_ways(ways);
  best = ways[0];
}

uint32_t gobbet_crc32c(uint32_t checksum, const void *bytes, size_t count) {
  pthread_once(&best_once, choose);
  return best.function(checksum, bytes, count);
}
