// Copies of transposed matrices, by blocks that are turned in registers.
#pragma once
#include <stdint.h>

#include "strided.h"

namespace quern {

// Copies operand 1 of the loop to operand 0, elements of `itemSize` bytes, if its last two axes are a
// transpose; answers false otherwise. An element at a time, every line of the source would be fetched once
// for each of its elements where a power of two as leading dimension puts all of a column into a few sets of
// the cache.
bool copyTransposed(const StridedLoop& loop, int64_t itemSize, const char* from, char* to);

}  // namespace quern
