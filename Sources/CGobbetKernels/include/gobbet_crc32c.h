#ifndef GOBBET_CRC32C_H
#define GOBBET_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/// The CRC-32C of `count` bytes, continued from the checksum of what comes before them (0 at the
/// start), by the best instructions that the processor has.
uint32_t gobbet_crc32c(uint32_t checksum, const void *bytes, size_t count);

/// The same without any instruction made for it: the oracle of the others.
uint32_t gobbet_crc32c_plain(uint32_t checksum, const void *bytes, size_t count);

/// One way to compute it, for tests and benchmarks.
typedef struct {
  const char *name;
  uint32_t (*function)(uint32_t checksum, const void *bytes, size_t count);
} gobbet_crc32c_way;

/// The ways that this processor has, the best first and the plain one last; writes at most 4 and
/// returns how many.
int gobbet_crc32c_ways(gobbet_crc32c_way ways[4]);

#endif
