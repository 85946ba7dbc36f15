// Building calls for driver tests: operands with layouts, attributes, and memory with guards around it.
#pragma once
#include <math.h>
#include <stdint.h>
#include <string.h>

#include <initializer_list>
#include <vector>

#include "core/call.h"
#include "core/thread_pool.h"
#include "kernels/table.h"

namespace check {

template <class T>
constexpr quern::DType dtypeOf();
template <>
constexpr quern::DType dtypeOf<float>() {
  return quern::DType::kFloat32;
}
template <>
constexpr quern::DType dtypeOf<double>() {
  return quern::DType::kFloat64;
}
template <>
constexpr quern::DType dtypeOf<int32_t>() {
  return quern::DType::kInt32;
}
template <>
constexpr quern::DType dtypeOf<uint8_t>() {
  return quern::DType::kUint8;
}

using Dims = std::vector<int64_t>;

inline Dims rowMajor(const Dims& dims) {
  Dims strides(dims.size(), 1);
  for (size_t axis = dims.size(); axis-- > 1;) strides[axis - 1] = strides[axis] * dims[axis];
  return strides;
}

// A call of `kernel` with up to kMaxOperands operands; its own storage for layouts and attributes.
class TestCall {
 public:
  TestCall(quern::Kernel kernel, quern::DType dtype, std::initializer_list<double> attributes = {}) {
    call_.kernel = static_cast<int>(kernel);
    call_.dtype = dtype;
    call_.attributes = attributes_;
    call_.failure = failure_;
    int i = 0;
    for (double value : attributes) attributes_[i++] = value;
  }
  TestCall(const TestCall&) = delete;
  TestCall& operator=(const TestCall&) = delete;

  // Row-major without `strides`.
  template <class T>
  TestCall& operand(T* data, const Dims& dims, const Dims& strides = {}) {
    quern::Layout& layout = layouts_[call_.count];
    layout.rank = static_cast<int>(dims.size());
    const Dims steps = strides.empty() ? rowMajor(dims) : strides;
    for (size_t axis = 0; axis < dims.size(); ++axis) {
      layout.dims[axis] = dims[axis];
      layout.strides[axis] = steps[axis];
    }
    quern::completeLayout(layout);
    call_.operand[call_.count++] = {const_cast<void*>(static_cast<const void*>(data)), &layout};
    return *this;
  }

  void attribute(int index, double value) { attributes_[index] = value; }
  double failure(int index) const { return failure_[index]; }
  quern::Call& raw() { return call_; }
  quern::Status run(quern::Driver driver) const { return driver(call_); }

 private:
  quern::Call call_;
  quern::Layout layouts_[quern::kMaxOperands];
  double attributes_[quern::kAttributeCount] = {};
  double failure_[quern::kFailureCount] = {};
};

// An array with guard elements on both sides, which must survive.
template <class T>
class Guarded {
 public:
  explicit Guarded(int64_t size, T fill = T(0))
      : memory_(static_cast<size_t>(size + 2 * kGuard), kValue), size_(size) {
    for (int64_t i = 0; i < size; ++i) data()[i] = fill;
  }
  T* data() { return memory_.data() + kGuard; }
  T& operator[](int64_t i) { return data()[i]; }
  int64_t size() const { return size_; }
  bool intact() const {
    for (int64_t i = 0; i < kGuard; ++i) {
      if (memory_[static_cast<size_t>(i)] != kValue ||
          memory_[static_cast<size_t>(kGuard + size_ + i)] != kValue) {
        return false;
      }
    }
    return true;
  }
  bool sameBits(Guarded& other) {
    return size_ == other.size_ && memcmp(data(), other.data(), static_cast<size_t>(size_) * sizeof(T)) == 0;
  }

 private:
  static constexpr int64_t kGuard = 32;
  static constexpr T kValue = T(77);
  std::vector<T> memory_;
  int64_t size_;
};

// Values in [-1, 1), the same for the same seed.
template <class T>
void scramble(Guarded<T>& array, uint32_t seed) {
  uint32_t state = seed * 2654435761u + 12345u;
  for (int64_t i = 0; i < array.size(); ++i) {
    state = state * 1664525u + 1013904223u;
    array[i] = static_cast<T>(static_cast<double>(static_cast<int32_t>(state)) / 2147483648.0);
  }
}

// Calls body() with several numbers of threads, then returns to the default.
template <class Body>
void forThreadCounts(const Body& body) {
  for (int threads : {1, 2, 3, 16}) {
    quern::setThreadCount(threads);
    body(threads);
  }
  quern::setThreadCount(quern::defaultThreadCount());
}

// Every value rounded to what bfloat16 holds: eight bits of mantissa.
template <class T>
void roundAll(Guarded<T>& values) {
  for (int64_t i = 0; i < values.size(); ++i) {
    int exponent;
    const double mantissa = frexp(static_cast<double>(values[i]), &exponent);
    values[i] = static_cast<T>(ldexp(nearbyint(ldexp(mantissa, 8)), exponent - 8));
  }
}

}  // namespace check
