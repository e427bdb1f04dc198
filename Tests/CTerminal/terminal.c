#define _GNU_SOURCE
#include "terminal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int gobbet_test_open_terminal(int ends[2]) {
  int primary = posix_openpt(O_RDWR | O_NOCTTY);
  if (primary < 0) return -1;
  const char *name = NULL;
  if (grantpt(primary) == 0 && unlockpt(primary) == 0) name = ptsname(primary);
  int secondary = name == NULL ? -1 : open(name, O_RDWR | O_NOCTTY);
  if (secondary < 0) {
    close(primary);
    return -1;
  }
  // A child that has both ends would never see the terminal close.
  fcntl(primary, F_SETFD, FD_CLOEXEC);
  fcntl(secondary, F_SETFD, FD_CLOEXEC);
  ends[0] = primary;
  ends[1] = secondary;
  return 0;
}
