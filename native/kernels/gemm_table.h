// The inner kernels of a matrix product that each ISA fills in, and the block sizes that suit them.
#pragma once
#include <stdint.h>

#include "epilogue.h"

namespace quern {

// The parts of a matrix product that the driver in ops/gemm.cc puts together. Leading dimensions and strides
// are in elements; matrices without one are row-major.
template <class T>
struct GemmBlocks {
  // C[m,n] = or += A · B for one block that fits the caches. Strides of A are free. `epilogue` (may be null)
  // is applied to the sums; whether it accumulates is not read.
  using Multiply = void (*)(int64_t m, int64_t n, int64_t k, const T* a, int64_t rowA, int64_t colA,
                            const T* b, int64_t ldb, T* c, int64_t ldc, bool accumulate,
                            const Epilogue<T>* epilogue);
  // The same for rows of A and columns of B that are contiguous, lda and ldb apart: by inner products,
  // without packing. `single`: m is 1 in the whole product, whose sums are then split into more chains.
  using Dot = void (*)(int64_t m, int64_t n, int64_t k, const T* a, int64_t lda, const T* b, int64_t ldb,
                       T* c, int64_t ldc, bool accumulate, bool single);
  // Copies k × columns of B, of any strides, into a row-major panel of leading dimension `width` ≥ columns.
  using Pack = void (*)(int64_t k, int64_t columns, const T* b, int64_t rowB, int64_t colB, T* panel,
                        int64_t width);
  using Transpose = void (*)(int64_t rows, int64_t columns, const T* from, int64_t ldFrom, T* to,
                             int64_t ldTo);
  // What an epilogue leaves to do once the sums are in C.
  using Finish = void (*)(int64_t m, int64_t n, T* c, int64_t ldc, const Epilogue<T>& epilogue);

  Multiply multiply = nullptr;
  Dot dot = nullptr;
  Pack pack = nullptr;
  Transpose transpose = nullptr;
  Finish finish = nullptr;
  int64_t mc = 0, kc = 0;  // block sizes that suit `multiply`
  int64_t mr = 0, nr = 0;  // rows and columns of its largest tile
  int64_t lanes = 0;       // columns that cost as much as one
};

}  // namespace quern
