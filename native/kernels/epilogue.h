// What a matrix product does to its result on the way to memory.
#pragma once
#include <stdint.h>

namespace quern {

// Codes are those of the attribute of the kernel `linear`.
enum class Activation : int {
  kNone = 0,
  kRelu = 1,
  kGelu = 2,      // x/2 · (1 + erf(x/√2))
  kGeluTanh = 3,  // x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))
  kTanh = 4,
  kSigmoid = 5,
};

constexpr int kActivationCount = 6;

// C = activation(C + A · B + biases), where C counts only to accumulate. Each step is rounded as if it were
// an operation of its own: fused or not, the bits are the same.
template <class T>
struct Epilogue {
  bool accumulate = false;
  Activation activation = Activation::kNone;
  const T* columnBias = nullptr;  // one value for each column of C
  const T* rowBias = nullptr;     // one for each row

  // Whether anything is left to do once the sums are in C.
  bool finishes() const { return columnBias || rowBias || activation != Activation::kNone; }
  // The same for the part of C that begins at row i, column j.
  Epilogue from(int64_t i, int64_t j) const {
    return {accumulate, activation, columnBias ? columnBias + j : nullptr, rowBias ? rowBias + i : nullptr};
  }
  // The same for Cᵀ.
  Epilogue turned() const { return {accumulate, activation, rowBias, columnBias}; }
};

}  // namespace quern
