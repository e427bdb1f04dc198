#include "gobbet_crc32c.h"

#include <pthread.h>
#include <string.h>

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
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

#if defined(__x86_64__)

__attribute__((target("sse4.2"))) static uint32_t crc32c_sse42(uint32_t checksum, const void *bytes,
                                                               size_t count) {
  const uint8_t *next = bytes;
  uint64_t crc = (uint32_t)~checksum;
  for (; count >= 8; count -= 8, next += 8) {
    uint64_t word;
    memcpy(&word, next, sizeof word);
    crc = _mm_crc32_u64(crc, word);
  }
  uint32_t rest = (uint32_t)crc;
  while (count-- > 0) rest = _mm_crc32_u8(rest, *next++);
  return ~rest;
}

uint32_t gobbet_crc32c(uint32_t checksum, const void *bytes, size_t count) {
  return __builtin_cpu_supports("sse4.2") ? crc32c_sse42(checksum, bytes, count)
                                          : gobbet_crc32c_plain(checksum, bytes, count);
}

#elif defined(__ARM_FEATURE_CRC32)

uint32_t gobbet_crc32c(uint32_t checksum, const void *bytes, size_t count) {
  const uint8_t *next = bytes;
  uint32_t crc = ~checksum;
  for (; count >= 8; count -= 8, next += 8) {
    uint64_t word;
    memcpy(&word, next, sizeof word);
    crc = __crc32cd(crc, word);
  }
  while (count-- > 0) crc = __crc32cb(crc, *next++);
  return ~crc;
}

#else

uint32_t gobbet_crc32c(uint32_t checksum, const void *bytes, size_t count) {
  return gobbet_crc32c_plain(checksum, bytes, count);
}

#endif
