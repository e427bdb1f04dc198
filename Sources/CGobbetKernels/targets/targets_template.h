// Included by targets.c once for each way, which defines
//   TARGETS_NAME(function)        the name of that way's function
//   TARGETS_TARGET                the instructions that it may use
//   TARGETS_GROUP(word, targets)  ignores those of 64 targets whose bit of a word is set

TARGETS_TARGET static void TARGETS_NAME(ignore)(
    const uint64_t *bits, size_t first_bit, uint32_t *targets, size_t count) {
  size_t done = 0;
  for (; count - done >= 64; done += 64)
    TARGETS_GROUP(word_at(bits, first_bit + done, 64), targets + done);
  if (done == count) return;
  // The others take the way through a group of their own: one by one they would take longer than 64.
  uint32_t others[64] = {0};
  size_t left = count - done;
  memcpy(others, targets + done, left * sizeof *others);
  TARGETS_GROUP(word_at(bits, first_bit + done, left), others);
  memcpy(targets + done, others, left * sizeof *others);
}
