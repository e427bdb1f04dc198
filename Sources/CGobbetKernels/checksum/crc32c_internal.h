#ifndef GOBBET_CRC32C_INTERNAL_H
#define GOBBET_CRC32C_INTERNAL_H

#include "gobbet_crc32c.h"

// Ways that some processors have; each may run only where the one that dispatches says so.

// One instruction for every 8 bytes: SSE 4.2, or the CRC extension of arm64.
uint32_t gobbet_crc32c_instruction(uint32_t checksum, const void *bytes, size_t count);

#if defined(__x86_64__)
// 64 bytes a turn by carry-less multiplication: SSE 4.2 and PCLMULQDQ.
uint32_t gobbet_crc32c_folding(uint32_t checksum, const void *bytes, size_t count);

// 256 bytes a turn: these, AVX-512 and VPCLMULQDQ.
uint32_t gobbet_crc32c_wide_folding(uint32_t checksum, const void *bytes, size_t count);
#endif

#endif
