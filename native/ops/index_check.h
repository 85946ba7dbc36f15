// What every driver that follows indices does first: look at all of them before anything is written.
#pragma once
#include "../core/call.h"

namespace quern {

// Whether all values of the int32 operand lie in [0, limit). If not, call.failure tells the first that does
// not.
bool indicesInRange(const Call& call, int operand, int64_t limit, int axis);

// Whether the bytes that two views span have any in common.
bool overlaps(const View& a, int64_t itemSizeA, const View& b, int64_t itemSizeB);

// Copies the indices in row-major order and returns the layout of the copy.
Layout packIndices(const View& indices, int32_t* copy);

}  // namespace quern
