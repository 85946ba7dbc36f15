// Walking several views of the same dims together, in row-major order, one run along the last axis at a time.
#pragma once
#include "../core/layout.h"

namespace quern {

// Calls body(position, count, offsets) for every run in [begin, end) of the row-major order of `dims`:
// offsets[v] is where the run starts in view v, whose strides are strides[v]. A run's elements lie
// strides[v][rank - 1] apart (rank 0 has runs of one).
template <int kViews, class Body>
void forEachRun(int rank, const int64_t* dims, const int64_t* const (&strides)[kViews], int64_t begin,
                int64_t end, const Body& body) {
  if (begin >= end) return;
  int64_t index[kMaxRank] = {};
  int64_t offsets[kViews] = {};
  int64_t rest = begin;
  for (int axis = rank - 1; axis >= 0; --axis) {
    index[axis] = rest % dims[axis];
    rest /= dims[axis];
    for (int v = 0; v < kViews; ++v) offsets[v] += index[axis] * strides[v][axis];
  }
  const int last = rank - 1;
  int64_t position = begin;
  while (true) {
    int64_t count = rank > 0 ? dims[last] - index[last] : 1;
    if (count > end - position) count = end - position;
    body(position, count, offsets);
    position += count;
    if (position >= end) return;
    // Carry: the run ended at the end of its row, so the last axis returns to 0 and the next outer one
    // advances.
    for (int v = 0; v < kViews; ++v) offsets[v] -= index[last] * strides[v][last];
    index[last] = 0;
    for (int axis = last - 1; axis >= 0; --axis) {
      ++index[axis];
      for (int v = 0; v < kViews; ++v) offsets[v] += strides[v][axis];
      if (index[axis] < dims[axis]) break;
      for (int v = 0; v < kViews; ++v) offsets[v] -= dims[axis] * strides[v][axis];
      index[axis] = 0;
    }
  }
}

}  // namespace quern
