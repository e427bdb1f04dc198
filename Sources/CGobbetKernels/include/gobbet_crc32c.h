#ifndef GOBBET_CRC32C_H
#define GOBBET_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/// The CRC-32C of `count` bytes, continued from the checksum of what comes before them (0 at the
/// start).
uint32_t gobbet_crc32c(uint32_t checksum, const void *bytes, size_t count);

/// The same without any instruction made for it: the oracle of the others.
uint32_t gobbet_crc32c_plain(uint32_t checksum, const void *bytes, size_t count);

#endif
