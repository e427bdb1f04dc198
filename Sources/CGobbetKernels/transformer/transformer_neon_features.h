// What an arm64 processor has, for `transformer_dispatch.c`.
#ifndef TRANSFORMER_NEON_FEATURES_H
#define TRANSFORMER_NEON_FEATURES_H

#if defined(__aarch64__)
#include <stdbool.h>

#if defined(__APPLE__)
#include <stddef.h>
#include <sys/sysctl.h>
#elif defined(__linux__)
#include <sys/auxv.h>
#endif

typedef struct {
  /// `sdot`.
  bool has_dot_products;
  /// `smmla`, and products of bytes with signs and bytes without.
  bool has_matrix_products;
  /// `bfmlalb` and `bfmlalt`.
  bool has_bfloat16;
} gobbet_neon_features;

#if defined(__APPLE__)
static inline bool gobbet_has_feature(const char *name) {
  int value = 0;
  size_t size = sizeof value;
  return sysctlbyname(name, &value, &size, NULL, 0) == 0 && value != 0;
}
#endif

static inline gobbet_neon_features gobbet_features(void) {
#if defined(__APPLE__)
  return (gobbet_neon_features){
    gobbet_has_feature("hw.optional.arm.FEAT_DotProd"),
    gobbet_has_feature("hw.optional.arm.FEAT_I8MM"),
    gobbet_has_feature("hw.optional.arm.FEAT_BF16")};
#elif defined(__linux__)
  // HWCAP_ASIMDDP, HWCAP2_I8MM and HWCAP2_BF16, the latter of which older headers do not name.
  const unsigned long first = getauxval(AT_HWCAP), second = getauxval(AT_HWCAP2);
  return (gobbet_neon_features){
    (first >> 20 & 1) != 0, (second >> 13 & 1) != 0, (second >> 14 & 1) != 0};
#else
  return (gobbet_neon_features){false, false, false};
#endif
}
#endif

#endif
