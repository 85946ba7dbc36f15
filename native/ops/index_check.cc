// Checks on index tensors.
#include "index_check.h"

#include "runs.h"

namespace quern {

bool indicesInRange(const Call& call, int operand, int64_t limit, int axis) {
  const View& indices = call.operand[operand];
  const Layout& layout = *indices.layout;
  const int32_t* start = indices.as<int32_t>();
  bool valid = true;
  const auto check = [&](const int32_t* from, int64_t count, int64_t step) {
    const auto outside = [&](int32_t index) { return index < 0 || index >= limit; };
    bool found = false;
    for (int64_t i = 0; i < count; ++i) found |= outside(from[i * step]);
    if (!found || !valid) return;
    valid = false;
    int64_t i = 0;
    while (!outside(from[i * step])) ++i;
    call.failure[0] = operand;
    call.failure[1] = from[i * step];
    call.failure[2] = static_cast<double>(limit);
    call.failure[3] = axis;
  };
  if (layout.contiguous) {
    check(start, layout.size, 1);
  } else {
    const int64_t step = layout.strides[layout.rank - 1];
    forEachRun(
        layout.rank, layout.dims, {layout.strides}, 0, layout.size,
        [&](int64_t, int64_t count, const int64_t (&offsets)[1]) { check(start + offsets[0], count, step); });
  }
  return valid;
}

bool overlaps(const View& a, int64_t itemSizeA, const View& b, int64_t itemSizeB) {
  const uintptr_t startA = reinterpret_cast<uintptr_t>(a.data), startB = reinterpret_cast<uintptr_t>(b.data);
  const uintptr_t endA = startA + static_cast<uintptr_t>(a.layout->extent * itemSizeA);
  const uintptr_t endB = startB + static_cast<uintptr_t>(b.layout->extent * itemSizeB);
  return startA < endB && startB < endA;
}

Layout packIndices(const View& indices, int32_t* copy) {
  Layout packed = *indices.layout;
  const int64_t step = packed.rank > 0 ? packed.strides[packed.rank - 1] : 0;
  forEachRun(packed.rank, packed.dims, {indices.layout->strides}, 0, packed.size,
             [&](int64_t position, int64_t count, const int64_t (&offsets)[1]) {
               const int32_t* from = indices.as<int32_t>() + offsets[0];
               for (int64_t i = 0; i < count; ++i) copy[position + i] = from[i * step];
             });
  int64_t stride = 1;
  for (int axis = packed.rank - 1; axis >= 0; --axis) {
    packed.strides[axis] = stride;
    stride *= packed.dims[axis];
  }
  packed.extent = packed.size;
  packed.contiguous = true;
  return packed;
}

}  // namespace quern
