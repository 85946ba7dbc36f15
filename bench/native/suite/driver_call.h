// A call of a kernel by its name, on memory of its own: what a case of the suite runs.
#pragma once
#include <stdint.h>

#include <memory>
#include <vector>

#include "core/call.h"
#include "ops/registry.h"

namespace bench {

using Dims = std::vector<int64_t>;

class DriverCall {
 public:
  explicit DriverCall(quern::DType dtype) { call_.dtype = dtype; }
  DriverCall(const DriverCall&) = delete;

  // False where this build has no kernel of that name for this dtype. Comes before the operands.
  bool find(const char* kernel);

  // The next operand, output first; row-major without `strides`. Its dtype is what the kernel's signature
  // says.
  DriverCall& operand(const Dims& dims, const Dims& strides = {});
  DriverCall& attribute(int index, double value);
  // The next row of a list kernel: arrays of `size` elements, of values that are not negative.
  DriverCall& row(int64_t size);

  // Whether the driver took the call.
  bool run() { return info_->driver(call_) == quern::Status::kOk; }

 private:
  struct Free {
    void operator()(void* block) const;
  };

  void* allocate(int64_t size, quern::DType dtype, double shift);

  const quern::KernelInfo* info_ = nullptr;
  quern::Call call_;
  std::vector<std::unique_ptr<void, Free>> memory_;
  quern::Layout layouts_[quern::kMaxOperands];
  double attributes_[quern::kAttributeCount] = {};
  double failure_[quern::kFailureCount] = {};
  std::vector<void*> pointers_;
  std::vector<int64_t> sizes_;
};

}  // namespace bench
