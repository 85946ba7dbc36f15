// The driver of flip: a copy in reverse order along some axes.
#include "../core/thread_pool.h"
#include "attributes.h"
#include "drivers.h"
#include "runs.h"

namespace quern {
namespace {

constexpr int64_t kChunk = 32768;  // elements

// Copies by item size: what the bits mean is all the same to a copy.
template <class T>
void copyReversed(const View& out, const View& x, int64_t mask) {
  const Layout& layout = *x.layout;
  int64_t strides[kMaxRank] = {};
  const T* from = x.as<T>();
  for (int axis = 0; axis < layout.rank; ++axis) {
    const bool reversed = (mask >> axis & 1) != 0;
    strides[axis] = reversed ? -layout.strides[axis] : layout.strides[axis];
    if (reversed) from += (layout.dims[axis] - 1) * layout.strides[axis];
  }
  const int64_t step = layout.rank > 0 ? strides[layout.rank - 1] : 0;
  T* to = out.as<T>();
  parallelFor((layout.size + kChunk - 1) / kChunk, [&](int64_t chunk, int) {
    const int64_t begin = chunk * kChunk;
    const int64_t end = begin + kChunk < layout.size ? begin + kChunk : layout.size;
    forEachRun(layout.rank, layout.dims, {strides}, begin, end,
               [&](int64_t position, int64_t count, const int64_t (&offsets)[1]) {
                 const T* run = from + offsets[0];
                 T* target = to + position;
                 if (step == 1) {
                   for (int64_t i = 0; i < count; ++i) target[i] = run[i];
                 } else if (step == -1) {
                   for (int64_t i = 0; i < count; ++i) target[i] = run[-i];
                 } else {
                   for (int64_t i = 0; i < count; ++i) target[i] = run[i * step];
                 }
               });
  });
}

}  // namespace

Status run_flip(const Call& call) {
  const View& out = call.operand[0];
  const View& x = call.operand[1];
  if (!sameDims(out, x) || !out.layout->contiguous) return Status::kShapeMismatch;
  int64_t mask;
  if (!wholeAttribute(call, 0, 0, (int64_t{1} << x.rank()) - 1, mask)) return Status::kBadAttribute;
  if (x.size() == 0) return Status::kOk;
  if (itemSize(call.dtype) == 8)
    copyReversed<uint64_t>(out, x, mask);
  else if (itemSize(call.dtype) == 4)
    copyReversed<uint32_t>(out, x, mask);
  else
    copyReversed<uint8_t>(out, x, mask);
  return Status::kOk;
}

}  // namespace quern
