// The loops of planes.c for one set of instructions: PLANES_NAME(f) names a function for it, and
// PLANES_TARGET are its attributes. The compiler makes vectors of them.

PLANES_TARGET static void PLANES_NAME(split)(
    size_t width, const void *elements, size_t count, void *planes) {
  uint8_t *restrict top = planes;
  uint8_t *restrict next = top + count;
  uint8_t *restrict middle = next + count;
  uint8_t *restrict low = middle + 2 * count;
  const uint8_t *restrict source = elements;
  switch (width) {
  case 1:
    for (size_t i = 0; i < count; i++) top[i] = (uint8_t)(source[i] << 1 | source[i] >> 7);
    break;
  case 2:
    for (size_t i = 0; i < count; i++) {
      uint16_t bits;
      memcpy(&bits, source + 2 * i, 2);
      bits = (uint16_t)(bits << 1 | bits >> 15);
      top[i] = (uint8_t)(bits >> 8);
      next[i] = (uint8_t)bits;
    }
    break;
  case 4:
    for (size_t i = 0; i < count; i++) {
      uint32_t bits;
      memcpy(&bits, source + 4 * i, 4);
      bits = bits << 1 | bits >> 31;
      top[i] = (uint8_t)(bits >> 24);
      next[i] = (uint8_t)(bits >> 16);
      uint16_t rest = (uint16_t)bits;
      memcpy(middle + 2 * i, &rest, 2);
    }
    break;
  default:
    for (size_t i = 0; i < count; i++) {
      uint64_t bits;
      memcpy(&bits, source + 8 * i, 8);
      bits = bits << 1 | bits >> 63;
      top[i] = (uint8_t)(bits >> 56);
      next[i] = (uint8_t)(bits >> 48);
      uint16_t half = (uint16_t)(bits >> 32);
      memcpy(middle + 2 * i, &half, 2);
      uint32_t rest = (uint32_t)bits;
      memcpy(low + 4 * i, &rest, 4);
    }
  }
}

PLANES_TARGET static void PLANES_NAME(join)(
    size_t width, const void *const *planes, size_t count, void *elements) {
  uint8_t *restrict target = elements;
  const uint8_t *restrict top = planes[0];
  switch (width) {
  case 1:
    for (size_t i = 0; i < count; i++) target[i] = (uint8_t)(top[i] >> 1 | top[i] << 7);
    break;
  case 2: {
    const uint8_t *restrict next = planes[1];
    for (size_t i = 0; i < count; i++) {
      uint16_t bits = (uint16_t)(top[i] << 8 | next[i]);
      bits = (uint16_t)(bits >> 1 | bits << 15);
      memcpy(target + 2 * i, &bits, 2);
    }
    break;
  }
  case 4: {
    const uint8_t *restrict next = planes[1];
    const uint8_t *restrict middle = planes[2];
    for (size_t i = 0; i < count; i++) {
      uint16_t rest;
      memcpy(&rest, middle + 2 * i, 2);
      uint32_t bits = (uint32_t)top[i] << 24 | (uint32_t)next[i] << 16 | rest;
      bits = bits >> 1 | bits << 31;
      memcpy(target + 4 * i, &bits, 4);
    }
    break;
  }
  default: {
    const uint8_t *restrict next = planes[1];
    const uint8_t *restrict middle = planes[2];
    const uint8_t *restrict low = planes[3];
    for (size_t i = 0; i < count; i++) {
      uint16_t half;
      uint32_t rest;
      memcpy(&half, middle + 2 * i, 2);
      memcpy(&rest, low + 4 * i, 4);
      uint64_t bits =
          (uint64_t)top[i] << 56 | (uint64_t)next[i] << 48 | (uint64_t)half << 32 | rest;
      bits = bits >> 1 | bits << 63;
      memcpy(target + 8 * i, &bits, 8);
    }
  }
  }
}

// The same past the caches, for elements of two and of four bytes whose target is aligned to them.
PLANES_TARGET static void PLANES_NAME(join_past_caches)(
    size_t width, const void *const *planes, size_t count, void *elements) {
  size_t before = (-(uintptr_t)elements & (sizeof(four_bytes) - 1)) / width;
  if ((width != 2 && width != 4) || (uintptr_t)elements % width != 0 || count < before + lanes)
    return PLANES_NAME(join)(width, planes, count, elements);
  PLANES_NAME(join)(width, planes, before, elements);
  const uint8_t *top = planes[0], *next = planes[1], *middle = width == 4 ? planes[2] : NULL;
  uint8_t *target = elements;
  size_t done = before;
  for (; count - done >= lanes; done += lanes) {
    one_byte high, low;
    memcpy(&high, top + done, sizeof high);
    memcpy(&low, next + done, sizeof low);
    two_bytes pairs = __builtin_convertvector(high, two_bytes) << 8
        | __builtin_convertvector(low, two_bytes);
    if (width == 2) {
      pairs = pairs >> 1 | pairs << 15;
      __builtin_nontemporal_store(pairs, (two_bytes *)(target + 2 * done));
    } else {
      two_bytes rest;
      memcpy(&rest, middle + 2 * done, sizeof rest);
      four_bytes bits = __builtin_convertvector(pairs, four_bytes) << 16
          | __builtin_convertvector(rest, four_bytes);
      bits = bits >> 1 | bits << 31;
      __builtin_nontemporal_store(bits, (four_bytes *)(target + 4 * done));
    }
  }
  const void *tails[gobbet_plane_limit] = {top + done, next + done};
  if (width == 4) tails[2] = middle + 2 * done;
  PLANES_NAME(join)(width, tails, count - done, target + width * done);
#if defined(__x86_64__)
  // Such stores are in no order with others until here.
  __builtin_ia32_sfence();
#endif
}
