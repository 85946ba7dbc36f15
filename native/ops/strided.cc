// Bringing the layouts of an elementwise call into the form in which its loops are longest.
#include "strided.h"

namespace quern {
namespace {

// From this stride on (in elements), neighbours along an axis lie in different cache lines.
constexpr int64_t kFarStride = 16;
constexpr int64_t kTile = 32;

void swapAxes(StridedLoop& loop, int count, int a, int b) {
  const auto swap = [](int64_t& x, int64_t& y) {
    const int64_t t = x;
    x = y;
    y = t;
  };
  swap(loop.dims[a], loop.dims[b]);
  for (int v = 0; v < count; ++v) swap(loop.strides[v][a], loop.strides[v][b]);
}

// Splits an axis into (whole tiles, kTile), or else into (1, what the tiles leave over). False when that is
// nothing.
bool splitAxis(StridedLoop& loop, int count, int axis, bool remainder) {
  const int64_t whole = loop.dims[axis] / kTile, rest = loop.dims[axis] - whole * kTile;
  if ((remainder ? rest : whole) == 0) return false;
  for (int i = loop.rank; i > axis + 1; --i) {
    loop.dims[i] = loop.dims[i - 1];
    for (int v = 0; v < count; ++v) loop.strides[v][i] = loop.strides[v][i - 1];
  }
  ++loop.rank;
  loop.size = loop.size / loop.dims[axis] * (remainder ? rest : whole * kTile);
  loop.dims[axis] = remainder ? 1 : whole;
  loop.dims[axis + 1] = remainder ? rest : kTile;
  for (int v = 0; v < count; ++v) {
    const int64_t stride = loop.strides[v][axis];
    if (remainder) loop.base[v] += stride * whole * kTile;
    loop.strides[v][axis + 1] = stride;
    loop.strides[v][axis] = stride * kTile;
  }
  return true;
}

// An axis of the loop along which some operand is contiguous that strides far along the last; −1 if there is
// none.
int tileAxis(const StridedLoop& loop, int count) {
  const int last = loop.rank - 1;
  if (loop.dims[last] < kTile || loop.rank + 2 > kMaxRank) return -1;
  for (int v = 0; v < count; ++v) {
    if (loop.strides[v][last] < kFarStride) continue;
    for (int axis = 0; axis < last; ++axis) {
      if (loop.strides[v][axis] == 1 && loop.dims[axis] > 1) return axis;
    }
  }
  return -1;
}

}  // namespace

bool broadcastLoop(const View* operands, int count, StridedLoop& loop) {
  const View& out = operands[0];
  const int rank = out.rank();
  for (int v = 1; v < count; ++v) {
    if (operands[v].rank() > rank) return false;
  }
  loop.size = out.size();
  loop.rank = 0;
  for (int v = 0; v < count; ++v) loop.base[v] = 0;
  for (int axis = 0; axis < rank; ++axis) {
    const int64_t dim = out.dim(axis);
    const int at = loop.rank;
    loop.dims[at] = dim;
    loop.strides[0][at] = out.stride(axis);
    if (dim > 1 && out.stride(axis) == 0 && out.size() > 0) return false;
    for (int v = 1; v < count; ++v) {
      const View& in = operands[v];
      const int own = axis - (rank - in.rank());
      const int64_t size = own < 0 ? 1 : in.dim(own);
      if (size != dim && size != 1) return false;
      loop.strides[v][at] = size == 1 ? 0 : in.stride(own);
    }
    if (dim != 1) ++loop.rank;
  }

  // The output's largest stride outermost; insertion keeps the given order among equals.
  for (int i = 1; i < loop.rank; ++i) {
    for (int j = i; j > 0 && loop.strides[0][j] > loop.strides[0][j - 1]; --j)
      swapAxes(loop, count, j, j - 1);
  }

  int joined = 0;
  for (int axis = 1; axis < loop.rank; ++axis) {
    bool adjacent = true;
    for (int v = 0; v < count; ++v) {
      adjacent = adjacent && loop.strides[v][joined] == loop.strides[v][axis] * loop.dims[axis];
    }
    if (adjacent) {
      loop.dims[joined] *= loop.dims[axis];
    } else {
      loop.dims[++joined] = loop.dims[axis];
    }
    for (int v = 0; v < count; ++v) loop.strides[v][joined] = loop.strides[v][axis];
  }
  if (loop.rank == 0) {
    loop.dims[0] = 1;
    for (int v = 0; v < count; ++v) loop.strides[v][0] = 1;
  }
  loop.rank = joined + 1;
  return true;
}

int tileLoop(const StridedLoop& loop, int count, StridedLoop (&parts)[kMostParts]) {
  const int axis = tileAxis(loop, count);
  if (axis < 0) return 0;
  // (…, axis, …, last) becomes (…, axis / tile, last / tile, axis % tile, last % tile), by its four corners.
  StridedLoop ordered = loop;
  const int last = loop.rank - 1;
  for (int i = axis; i + 1 < last; ++i) swapAxes(ordered, count, i, i + 1);
  int found = 0;
  for (int corner = 0; corner < 4; ++corner) {
    StridedLoop& part = parts[found];
    part = ordered;
    if (splitAxis(part, count, last, (corner & 1) != 0) &&
        splitAxis(part, count, last - 1, (corner & 2) != 0)) {
      // Now (…, axis / tile, axis % tile, last / tile, last % tile).
      swapAxes(part, count, part.rank - 3, part.rank - 2);
      ++found;
    }
  }
  return found;
}

}  // namespace quern
