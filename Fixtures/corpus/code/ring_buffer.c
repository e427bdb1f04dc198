// SPDX-License-Identifier: Apache-2.0
// A ring buffer of bytes with a fixed capacity. It never allocates after ring_open.
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  unsigned char *bytes;
  size_t capacity;
  size_t head;  // where the next byte is read
  size_t count; // how many bytes are held
} ring;

bool ring_open(ring *r, size_t capacity) {
  if (capacity == 0) return false;
  r->bytes = malloc(capacity);
  r->capacity = r->bytes ? capacity : 0;
  r->head = 0;
  r->count = 0;
  return r->bytes != NULL;
}

void ring_close(ring *r) {
  free(r->bytes);
  memset(r, 0, sizeof *r);
}

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

// Writes as many of the bytes as fit and says how many that were.
size_t ring_write(ring *r, const unsigned char *source, size_t length) {
  size_t total = smaller(length, r->capacity - r->count);
  if (total == 0) return 0;
  size_t room_at_end = r->capacity - r->head;
  size_t tail = r->count < room_at_end ? r->head + r->count : r->count - room_at_end;
  size_t first = smaller(total, r->capacity - tail);
  memcpy(r->bytes + tail, source, first);
  memcpy(r->bytes, source + first, total - first);
  r->count += total;
  return total;
}

// Reads at most `length` bytes and says how many there were.
size_t ring_read(ring *r, unsigned char *target, size_t length) {
  size_t total = smaller(length, r->count);
  if (total == 0) return 0;
  size_t first = smaller(total, r->capacity - r->head);
  memcpy(target, r->bytes + r->head, first);
  memcpy(target + first, r->bytes, total - first);
  r->head = total < r->capacity - r->head ? r->head + total : total - (r->capacity - r->head);
  r->count -= total;
  return total;
}
