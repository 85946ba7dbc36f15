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
};

// Functions of this unit alone: kernels include this, and their objects must share no symbol.

// Whether anything is left to do once the sums are in C.
template <class T>
static inline bool finishes(const Epilogue<T>& e) {
  return e.columnBias || e.rowBias || e.activation != Activation::kNone;
}

// The epilogue of the part of C that begins at row i, column j.
template <class T>
static inline Epilogue<T> epilogueFrom(const Epilogue<T>& e, int64_t i, int64_t j) {
  return {e.accumulate, e.activation, e.columnBias ? e.columnBias + j : nullptr,
          e.rowBias ? e.rowBias + i : nullptr};
}

// The epilogue of Cᵀ.
template <class T>
static inline Epilogue<T> turned(const Epilogue<T>& e) {
  return {e.accumulate, e.activation, e.rowBias, e.columnBias};
}

}  // namespace quern
