// The inner kernels of products whose operands are rounded to bfloat16: a float's sign, exponent and upper
// seven bits of the mantissa.
//
// Instructions for such products take pairs: two neighbours along the depth of the sum in 32 bits, the first
// in the lower half, and add both their products to a float. A pair fits where a float was. So everything
// that moves operands about moves pairs as it moves floats, and a product of pairs is the same tiles over
// half the depth.
#pragma once
#include <stdint.h>

#include "conv_table.h"
#include "gemm_table.h"

namespace quern {

struct Bf16Kernels {
  // to[i] = from[i] rounded to the nearest bfloat16, ties to even; NaN stays NaN. `to` may be `from`.
  using Round = void (*)(int64_t n, const float* from, float* to);
  // pairs[i] = (from[2 i], from[2 i + 1]), i < (n + 1) / 2; where n is odd, the last has a zero.
  using PairAlong = void (*)(int64_t n, const float* from, float* pairs);
  // pairs[i] = (first[i], second[i]), i < n; zero for the second where that is null.
  using PairAcross = void (*)(int64_t n, const float* first, const float* second, float* pairs);

  Round round = nullptr;
  // What follows exists only where the processor multiplies pairs.
  PairAlong pairAlong = nullptr;
  PairAcross pairAcross = nullptr;
  // C[m,n] = or += A · B for a few rows of pairs, lda apart, and floats, rounded on the way: B's columns
  // (`along` the depth) or its rows (`across`) are contiguous, ldb apart.
  using Few = void (*)(int64_t m, int64_t n, int64_t k, const float* pairs, int64_t lda, const float* b,
                       int64_t ldb, float* c, int64_t ldc, bool accumulate);
  Few fewAlong = nullptr;
  Few fewAcross = nullptr;
  GemmBlocks<float> gemm;   // of pairs into floats; without `dot`
  ConvKernels<float> conv;  // likewise
};

}  // namespace quern
