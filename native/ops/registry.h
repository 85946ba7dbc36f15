// What kernels.def says about each kernel, in the form in which a call is decoded.
#pragma once
#include "../core/call.h"
#include "../kernels/table.h"

namespace quern {

// Operand dtypes that depend on the call; the others are codes of DType.
constexpr uint8_t kCallDType = 0xff;
constexpr uint8_t kAttributeDType = 0xfe;  // the code in attribute 0

struct KernelInfo {
  const char* name = nullptr;
  Driver driver = nullptr;
  uint8_t dtypes = 0;           // bit c: the call dtype with code c is served
  uint8_t least = 0, most = 0;  // number of operands
  uint8_t listWidth = 0;        // arrays a row of a list kernel; 0 for all others
  uint8_t operands[kMaxOperands] = {};
};

// `kernel` in [0, kKernelCount).
const KernelInfo& kernelInfo(int kernel);

}  // namespace quern
