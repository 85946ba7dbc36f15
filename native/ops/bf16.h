// Products of float32 whose operands are rounded to bfloat16 on the way, as autocast asks for.
#pragma once
#include "../core/call.h"
#include "attributes.h"
#include "gemm.h"

namespace quern {

// How a product is computed: an attribute of every kernel that multiplies matrices. bfloat16 is float32's
// alone.
constexpr int kPrecisionAttribute = 14;
enum class Precision { kFull = 0, kBf16 = 1 };

inline bool readPrecision(const Call& call, Precision& precision) {
  int64_t code;
  if (!wholeAttribute(call, kPrecisionAttribute, 0, call.dtype == DType::kFloat32 ? 1 : 0, code))
    return false;
  precision = static_cast<Precision>(code);
  return true;
}

// As gemm, of A and B rounded to bfloat16; sums are float32. Where the processor multiplies pairs, numbers
// below 2^-126 count as zero.
bool gemmBf16(int64_t m, int64_t n, int64_t k, const float* a, int64_t rowA, int64_t colA, const float* b,
              int64_t rowB, int64_t colB, float* c, int64_t ldc, const Epilogue<float>& epilogue,
              GemmThreads threads);

// As gemm, in the given precision.
template <class T>
bool gemmIn(Precision precision, int64_t m, int64_t n, int64_t k, const T* a, int64_t rowA, int64_t colA,
            const T* b, int64_t rowB, int64_t colB, T* c, int64_t ldc, const Epilogue<T>& epilogue,
            GemmThreads threads = GemmThreads::kAll) {
  if constexpr (sizeof(T) == sizeof(float)) {
    if (precision == Precision::kBf16) {
      return gemmBf16(m, n, k, a, rowA, colA, b, rowB, colB, c, ldc, epilogue, threads);
    }
  }
  return gemm<T>(m, n, k, a, rowA, colA, b, rowB, colB, c, ldc, epilogue, threads);
}

// Values rounded one by one, on all threads.
void roundToBf16(int64_t n, const float* from, float* to);

// Of (outer, depth, lanes), contiguous, the pairs of neighbours along the depth: (outer, (depth + 1) / 2,
// lanes). Only where kernelTable().bf16 multiplies pairs; on all threads.
void pairBf16(int64_t outer, int64_t depth, int64_t lanes, const float* from, float* pairs);

}  // namespace quern
