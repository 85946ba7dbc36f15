// Finds kernels by name and builds their calls.
#include "driver_call.h"

#include <stdlib.h>
#include <string.h>

#include "core/compiler.h"

namespace bench {

using namespace quern;

namespace {

constexpr size_t kLargePage = size_t{1} << 21;

template <class T>
void fill(void* data, int64_t size, double shift) {
  // Values within ±1, in no order; whole numbers become small ones.
  for (int64_t i = 0; i < size; ++i) {
    static_cast<T*>(data)[i] = static_cast<T>(static_cast<double>(i * 7919 % 2001) / 1000 - 1 + shift);
  }
}

}  // namespace

void DriverCall::Free::operator()(void* block) const { alignedFree(block); }

bool DriverCall::find(const char* kernel) {
  for (int k = 0; k < kKernelCount; ++k) {
    const KernelInfo& info = kernelInfo(k);
    if (strcmp(info.name, kernel) != 0) continue;
    info_ = &info;
    call_.kernel = k;
    call_.attributes = attributes_;
    call_.failure = failure_;
    return (info.dtypes >> static_cast<int>(call_.dtype) & 1) != 0;
  }
  return false;
}

void* DriverCall::allocate(int64_t size, DType dtype, double shift) {
  // Large pages under what is large, as tensors have them.
  const size_t bytes = static_cast<size_t>(size) * 8;
  const bool large = bytes >= 2 * kLargePage;
  void* data = alignedAllocate(bytes, large ? kLargePage : 64);
  if (!data) abort();
  if (large) adviseHugePages(data, bytes);
  memory_.emplace_back(data);
  switch (dtype) {
    case DType::kFloat32:
      fill<float>(data, size, shift);
      break;
    case DType::kFloat64:
      fill<double>(data, size, shift);
      break;
    case DType::kInt32:
      fill<int32_t>(data, size, 1);
      break;
    default:
      memset(data, 1, static_cast<size_t>(size));
  }
  return data;
}

DriverCall& DriverCall::operand(const Dims& dims, const Dims& strides) {
  const int index = call_.count++;
  Layout& layout = layouts_[index];
  layout.rank = static_cast<int>(dims.size());
  int64_t step = 1;
  for (int axis = layout.rank - 1; axis >= 0; --axis) {
    layout.dims[axis] = dims[static_cast<size_t>(axis)];
    layout.strides[axis] = strides.empty() ? step : strides[static_cast<size_t>(axis)];
    step *= layout.dims[axis];
  }
  completeLayout(layout);
  const uint8_t code = info_->operands[index];
  const DType dtype = code == kCallDType ? call_.dtype : static_cast<DType>(code);
  call_.operand[index] = {allocate(layout.size, dtype, 0), &layout};
  return *this;
}

DriverCall& DriverCall::attribute(int index, double value) {
  attributes_[index] = value;
  return *this;
}

DriverCall& DriverCall::row(int64_t size) {
  call_.width = info_->listWidth;
  for (int column = 0; column < call_.width; ++column) {
    pointers_.push_back(allocate(size, call_.dtype, 1));
  }
  sizes_.push_back(size);
  call_.rows = static_cast<int64_t>(sizes_.size());
  call_.pointers = pointers_.data();
  call_.sizes = sizes_.data();
  return *this;
}

}  // namespace bench
