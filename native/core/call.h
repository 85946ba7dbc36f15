// A decoded call: what a driver in ops/ receives, and the status that it answers.
#pragma once
#include "dtype.h"
#include "layout.h"

namespace quern {

// Codes are those of lib/backend/status.ts, which turns them into named errors.
enum class Status : int {
  kOk = 0,
  kUnknownKernel = 1,    // no such kernel, or none for this dtype
  kDeadBuffer = 2,       // an operand's buffer was collected or never registered
  kUnknownLayout = 3,    // a layout id that was never registered
  kOutOfBounds = 4,      // an operand reaches beyond its buffer
  kShapeMismatch = 5,    // the operands' dims do not fit together for this kernel
  kBadAttribute = 6,     // an attribute has no meaning here (NaN, negative, not whole, too large)
  kIndexOutOfRange = 7,  // a value in an index tensor lies outside its axis
  kOutOfMemory = 8,      // scratch memory could not be had
  kWrongCount = 9,       // the number of operands is not the kernel's
  kDivisionByZero = 10,  // integers divided by 0
};

constexpr int kMaxOperands = 12;
constexpr int kAttributeCount = 16;
constexpr int kFailureCount = 8;

struct Call {
  int kernel = 0;                 // index into kernels/kernels.def
  DType dtype = DType::kFloat32;  // the dtype computed in; the kernel's signature derives the others from it
  int count = 0;                  // number of operands; operand[0] is the output
  View operand[kMaxOperands];
  const double* attributes = nullptr;  // kAttributeCount values
  double* failure = nullptr;  // kFailureCount values a driver may fill: {operand, value found, limit, axis}

  // List kernels (optimizers) instead serve `rows` rows of `width` contiguous arrays of `sizes[row]`
  // elements.
  int64_t rows = 0;
  int width = 0;
  void* const* pointers = nullptr;  // rows * width
  const int64_t* sizes = nullptr;   // rows
};

using Driver = Status (*)(const Call&);

}  // namespace quern
