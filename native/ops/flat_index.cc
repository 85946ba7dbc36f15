// The driver of flatIndex: index tensors of several axes become one of their flattened product.
#include "attributes.h"
#include "drivers.h"
#include "runs.h"

namespace quern {

// out = ((i0 · s1 + i1) · s2 + i2) …, where s are the axes' sizes, attributes 0 and on; an index counts from
// the end where it is negative, and must lie in [-s, s).
Status run_flatIndex(const Call& call) {
  const View& out = call.operand[0];
  const int axes = call.count - 1;
  int64_t sizes[kMaxOperands] = {};
  int64_t product = 1;
  for (int axis = 0; axis < axes; ++axis) {
    if (!wholeAttribute(call, axis, 0, INT32_MAX, sizes[axis])) return Status::kBadAttribute;
    product *= sizes[axis];
    if (product > INT32_MAX) return Status::kBadAttribute;
    if (!sameDims(out, call.operand[1 + axis])) return Status::kShapeMismatch;
  }
  if (!out.layout->contiguous) return Status::kShapeMismatch;
  int32_t* to = out.as<int32_t>();
  for (int axis = 0; axis < axes; ++axis) {
    const Layout& layout = *call.operand[1 + axis].layout;
    const int32_t* from = call.operand[1 + axis].as<int32_t>();
    const int64_t step = layout.rank > 0 ? layout.strides[layout.rank - 1] : 0;
    const int64_t size = sizes[axis];
    bool valid = true;
    forEachRun(layout.rank, layout.dims, {layout.strides}, 0, layout.size,
               [&](int64_t position, int64_t count, const int64_t (&offsets)[1]) {
                 const int32_t* run = from + offsets[0];
                 for (int64_t i = 0; i < count && valid; ++i) {
                   const int64_t index = run[i * step];
                   valid = index >= -size && index < size;
                   if (!valid) {
                     call.failure[0] = 1 + axis;
                     call.failure[1] = static_cast<double>(index);
                     call.failure[2] = static_cast<double>(size);
                     call.failure[3] = axis;
                     return;
                   }
                   const int64_t before = axis == 0 ? 0 : to[position + i] * size;
                   to[position + i] = static_cast<int32_t>(before + (index < 0 ? index + size : index));
                 }
               });
    if (!valid) return Status::kIndexOutOfRange;
  }
  return Status::kOk;
}

}  // namespace quern
