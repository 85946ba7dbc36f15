// How a reduction walks its input: kept and reduced axes, and how both are cut for threads.
#pragma once
#include "../core/layout.h"

namespace quern {

// Axes of one kind, outermost first; rank ≥ 1. Index positions are row-major over them.
struct AxisGroup {
  int rank = 0;
  int64_t size = 1;
  int64_t dims[kMaxRank];
  int64_t in[kMaxRank];   // the input's strides
  int64_t out[kMaxRank];  // the output's; 0 for reduced axes

  int64_t innerStride() const { return in[rank - 1]; }
};

struct ReducePlan {
  AxisGroup kept, reduced;
  // Cuts follow from the shape alone: the tree in which a value's parts are combined depends on nothing else.
  int64_t keptChunks = 1, keptMultiple = 1;
  int64_t pieces = 1;
};

// False when the dims do not fit: an output dim is the input's or 1. `ordered` keeps the reduced axes in the
// order in which they were given, instead of that of memory.
bool planReduction(const View& out, const View& in, bool ordered, ReducePlan& plan);

}  // namespace quern
