// One header an idea.
#include "gobbet_crc32c.h"
