// Groups, orders and joins the axes of a reduction, and cuts it into chunks.
#include "reduce_plan.h"

#include "strided.h"

namespace quern {
namespace {

// Below these a piece of a column or of a row is not worth combining later.
constexpr int64_t kLeastRows = 256;
constexpr int64_t kLeastLength = 4096;
// With as many rows to share out, rows themselves are not cut.
constexpr int64_t kEnoughRows = 16;

void append(AxisGroup& group, int64_t dim, int64_t in, int64_t out) {
  group.dims[group.rank] = dim;
  group.in[group.rank] = in;
  group.out[group.rank] = out;
  ++group.rank;
  group.size *= dim;
}

// The largest input stride outermost.
void sortAxes(AxisGroup& group) {
  const auto swap = [](int64_t& x, int64_t& y) {
    const int64_t t = x;
    x = y;
    y = t;
  };
  for (int i = 1; i < group.rank; ++i) {
    for (int j = i; j > 0 && group.in[j] > group.in[j - 1]; --j) {
      swap(group.dims[j], group.dims[j - 1]);
      swap(group.in[j], group.in[j - 1]);
      swap(group.out[j], group.out[j - 1]);
    }
  }
}

void joinAxes(AxisGroup& group) {
  if (group.rank == 0) {
    append(group, 1, 0, 0);
    return;
  }
  int joined = 0;
  for (int axis = 1; axis < group.rank; ++axis) {
    const int64_t dim = group.dims[axis];
    if (group.in[joined] == group.in[axis] * dim && group.out[joined] == group.out[axis] * dim) {
      group.dims[joined] *= dim;
    } else {
      group.dims[++joined] = dim;
    }
    group.in[joined] = group.in[axis];
    group.out[joined] = group.out[axis];
  }
  group.rank = joined + 1;
}

int64_t atLeastOne(int64_t n) { return n < 1 ? 1 : n; }
int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

void cut(ReducePlan& plan) {
  const int64_t chunks = chunkCount(plan.kept.size * plan.reduced.size);
  const bool columns = plan.kept.innerStride() == 1 && plan.reduced.innerStride() != 1;
  if (columns) {
    plan.keptMultiple = kCutMultiple;
    plan.pieces = atLeastOne(smaller(chunks, plan.reduced.size / kLeastRows));
    plan.keptChunks = atLeastOne(smaller(chunks / plan.pieces, plan.kept.size / kCutMultiple));
  } else {
    plan.keptChunks = atLeastOne(smaller(chunks, plan.kept.size));
    if (plan.keptChunks < kEnoughRows) {
      plan.pieces = atLeastOne(smaller(chunks / plan.keptChunks, plan.reduced.size / kLeastLength));
    }
  }
}

}  // namespace

bool planReduction(const View& out, const View& in, bool ordered, ReducePlan& plan) {
  if (out.rank() != in.rank()) return false;
  for (int axis = 0; axis < in.rank(); ++axis) {
    const int64_t dim = in.dim(axis);
    if (out.dim(axis) == dim) {
      if (dim > 1 && out.stride(axis) == 0 && out.size() > 0) return false;
      if (dim != 1) append(plan.kept, dim, in.stride(axis), out.stride(axis));
    } else if (out.dim(axis) == 1) {
      append(plan.reduced, dim, in.stride(axis), 0);
    } else {
      return false;
    }
  }
  sortAxes(plan.kept);
  if (!ordered) sortAxes(plan.reduced);
  joinAxes(plan.kept);
  joinAxes(plan.reduced);
  cut(plan);
  return true;
}

}  // namespace quern
