#if defined(__aarch64__)

#include "crc32c_internal.h"

#include <arm_acle.h>
#include <string.h>

__attribute__((target("crc"))) uint32_t gobbet_crc32c_instruction(uint32_t checksum,
                                                                  const void *bytes, size_t count) {
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

#endif
