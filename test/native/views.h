// Tensors for driver tests: values at any strides inside guarded memory, and calls on them.
#pragma once
#include <math.h>
#include <stdint.h>
#include <string.h>

#include <vector>

#include "check.h"
#include "core/call.h"
#include "core/dtype.h"
#include "core/layout.h"
#include "kernels/table.h"
#include "ops/drivers.h"
#include "ops/registry.h"

namespace check {

using Dims = std::vector<int64_t>;

inline quern::Layout layoutOf(const Dims& dims, const Dims& strides) {
  quern::Layout layout;
  layout.rank = static_cast<int>(dims.size());
  for (int i = 0; i < layout.rank; ++i) {
    layout.dims[i] = dims[i];
    layout.strides[i] = strides[i];
  }
  CHECK(quern::completeLayout(layout));
  return layout;
}

inline Dims denseStrides(const Dims& dims) {
  Dims strides(dims.size());
  int64_t stride = 1;
  for (size_t i = dims.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= dims[i];
  }
  return strides;
}

constexpr unsigned char kGuardByte = 0xa5;

// Values in row-major order for the test, at `strides` in memory for the driver; everything else holds guard
// bytes.
template <class T>
struct Tensor {
  quern::Layout layout;
  std::vector<unsigned char> memory;
  static constexpr int64_t kMargin = 13;  // odd: nothing is aligned to vectors

  Tensor(const Dims& dims, const Dims& strides) : layout(layoutOf(dims, strides)) {
    memory.assign(static_cast<size_t>((layout.extent + 2 * kMargin) * static_cast<int64_t>(sizeof(T))),
                  kGuardByte);
  }
  explicit Tensor(const Dims& dims) : Tensor(dims, denseStrides(dims)) {}
  template <class F>
  Tensor(const Dims& dims, const Dims& strides, const F& value) : Tensor(dims, strides) {
    for (int64_t i = 0; i < layout.size; ++i) at(i) = static_cast<T>(value(i));
  }

  T* data() { return reinterpret_cast<T*>(memory.data()) + kMargin; }
  int64_t offset(int64_t index) const {
    int64_t sum = 0;
    for (int axis = layout.rank - 1; axis >= 0; --axis) {
      sum += index % layout.dims[axis] * layout.strides[axis];
      index /= layout.dims[axis];
    }
    return sum;
  }
  T& at(int64_t index) { return data()[offset(index)]; }
  quern::View view() { return {data(), &layout}; }

  // Whether only bytes of elements have changed.
  bool guarded() {
    std::vector<unsigned char> rest = memory;
    for (int64_t i = 0; i < layout.size; ++i) {
      memset(rest.data() + (kMargin + offset(i)) * static_cast<int64_t>(sizeof(T)), kGuardByte, sizeof(T));
    }
    for (unsigned char byte : rest) {
      if (byte != kGuardByte) return false;
    }
    return true;
  }
};

inline quern::Status run(quern::Kernel kernel, quern::DType dtype, const std::vector<quern::View>& operands,
                         const std::vector<double>& attributes = {}) {
  double values[quern::kAttributeCount] = {}, failure[quern::kFailureCount] = {};
  for (size_t i = 0; i < attributes.size(); ++i) values[i] = attributes[i];
  quern::Call call;
  call.kernel = static_cast<int>(kernel);
  call.dtype = dtype;
  call.count = static_cast<int>(operands.size());
  for (int i = 0; i < call.count; ++i) call.operand[i] = operands[i];
  call.attributes = values;
  call.failure = failure;
  return quern::kernelInfo(call.kernel).driver(call);
}

// A reproducible value in [-1, 1) for each index.
inline double noise(int64_t index) {
  uint64_t x = static_cast<uint64_t>(index) * 0x9e3779b97f4a7c15u + 0x2545f4914f6cdd1du;
  x ^= x >> 29;
  x *= 0xbf58476d1ce4e5b9u;
  x ^= x >> 32;
  return static_cast<double>(x >> 11) * 0x1p-52 - 1;
}

}  // namespace check
