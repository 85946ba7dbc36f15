// C = A · B for matrices of any strides: what matmul, linear and the convolutions are built on.
#pragma once
#include <stdint.h>

#include "../kernels/gemm_table.h"

namespace quern {

enum class GemmThreads { kAll, kOne };

// C (m × n, rows ldc apart) = activation(C + A (m × k) · B (k × n) + biases), as the epilogue says. Element
// (i, p) of A lies at i · rowA + p · colA, of B likewise; any stride may be 0. k may be 0. C must not overlap
// A, B or a bias. The order in which an element's products are summed depends on the shape and the strides
// alone. False when scratch memory is exhausted; C is then undefined.
template <class T>
bool gemm(int64_t m, int64_t n, int64_t k, const T* a, int64_t rowA, int64_t colA, const T* b, int64_t rowB,
          int64_t colB, T* c, int64_t ldc, const Epilogue<T>& epilogue,
          GemmThreads threads = GemmThreads::kAll);

extern template bool gemm<float>(int64_t, int64_t, int64_t, const float*, int64_t, int64_t, const float*,
                                 int64_t, int64_t, float*, int64_t, const Epilogue<float>&, GemmThreads);
extern template bool gemm<double>(int64_t, int64_t, int64_t, const double*, int64_t, int64_t, const double*,
                                  int64_t, int64_t, double*, int64_t, const Epilogue<double>&, GemmThreads);

// The same with blocks of one's own choice, whose operands may be something else in the place of floats. k >
// 0.
template <class T>
bool gemmOn(const GemmBlocks<T>& blocks, int64_t m, int64_t n, int64_t k, const T* a, int64_t rowA,
            int64_t colA, const T* b, int64_t rowB, int64_t colB, T* c, int64_t ldc,
            const Epilogue<T>& epilogue, GemmThreads threads);

extern template bool gemmOn<float>(const GemmBlocks<float>&, int64_t, int64_t, int64_t, const float*, int64_t,
                                   int64_t, const float*, int64_t, int64_t, float*, int64_t,
                                   const Epilogue<float>&, GemmThreads);

// C = or += A · B.
template <class T>
bool gemm(int64_t m, int64_t n, int64_t k, const T* a, int64_t rowA, int64_t colA, const T* b, int64_t rowB,
          int64_t colB, T* c, int64_t ldc, bool accumulate, GemmThreads threads = GemmThreads::kAll) {
  Epilogue<T> epilogue;
  epilogue.accumulate = accumulate;
  return gemm<T>(m, n, k, a, rowA, colA, b, rowB, colB, c, ldc, epilogue, threads);
}

}  // namespace quern
