// The epilogue of a matrix product, on a part of C that has just been written and lies in the first cache.
#pragma once
#include "activation.inl"

namespace {

template <Activation activation, class T>
void finishRows(int64_t m, int64_t n, T* c, int64_t ldc, const quern::Epilogue<T>& epilogue) {
  using V = Vec<T>;
  constexpr int64_t lanes = V::kLanes;
  for (int64_t i = 0; i < m; ++i) {
    T* row = c + i * ldc;
    for (int64_t j = 0; j < n; j += lanes) {
      const int count = static_cast<int>(n - j);
      const bool whole = count >= lanes;
      V x = whole ? V::load(row + j) : V::load(row + j, count);
      if (epilogue.columnBias) {
        x = x + (whole ? V::load(epilogue.columnBias + j) : V::load(epilogue.columnBias + j, count));
      }
      if (epilogue.rowBias) x = x + V::broadcast(epilogue.rowBias[i]);
      x = activate<activation>(x);
      if (whole) {
        x.store(row + j);
      } else {
        x.store(row + j, count);
      }
    }
  }
}

template <class T>
void gemmFinish(int64_t m, int64_t n, T* c, int64_t ldc, const quern::Epilogue<T>& epilogue) {
  switch (epilogue.activation) {
    case Activation::kRelu:
      return finishRows<Activation::kRelu>(m, n, c, ldc, epilogue);
    case Activation::kGelu:
      return finishRows<Activation::kGelu>(m, n, c, ldc, epilogue);
    case Activation::kGeluTanh:
      return finishRows<Activation::kGeluTanh>(m, n, c, ldc, epilogue);
    case Activation::kTanh:
      return finishRows<Activation::kTanh>(m, n, c, ldc, epilogue);
    case Activation::kSigmoid:
      return finishRows<Activation::kSigmoid>(m, n, c, ldc, epilogue);
    default:
      return finishRows<Activation::kNone>(m, n, c, ldc, epilogue);
  }
}

}  // namespace
