// One header an idea.
#include "gobbet_crc32c.h"
#include "gobbet_literals.h"
#include "gobbet_memory.h"
#include "gobbet_planes.h"
#include "gobbet_targets.h"
#include "gobbet_threads.h"
#include "gobbet_transformer.h"
