// The table of inner kernels that dispatch fills: scalar entries first, then what each ISA does better.
#pragma once
#include <stdint.h>

#include "../core/dtype.h"
#include "attention_table.h"
#include "conv_table.h"
#include "epilogue.h"
#include "loss_table.h"
#include "norm_table.h"
#include "pool_table.h"
#include "recurrent_table.h"
#include "winograd_table.h"

namespace quern {

enum class Kernel : int {
#define QUERN_KERNEL(name, driver, signature, dtypes) k_##name,
#include "kernels.def"
#undef QUERN_KERNEL
  kCount
};

constexpr int kKernelCount = static_cast<int>(Kernel::kCount);

// Inner kernels of one row of kernels.def have the type that their driver expects; strides are in elements.
using AnyKernel = void (*)();
using UnaryKernel = void (*)(int64_t n, const void* a, int64_t sa, void* out, int64_t so,
                             const double* attributes);
using BinaryKernel = void (*)(int64_t n, const void* a, int64_t sa, const void* b, int64_t sb, void* out,
                              int64_t so);
using WhereKernel = void (*)(int64_t n, const uint8_t* c, int64_t sc, const void* a, int64_t sa,
                             const void* b, int64_t sb, void* out, int64_t so);

// The source's dtype is attribute 0.
using CastKernel = UnaryKernel;
using FillKernel = void (*)(int64_t n, double value, void* out, int64_t so);

// carry[k] = (or, to accumulate, combined with) the reduction over r of a[k * keptStride + r *
// reducedStride]; without elements, the reduction's identity. The type of carry is carryType's.
using ReduceKernel = void (*)(int64_t kept, int64_t keptStride, int64_t reduced, int64_t reducedStride,
                              const void* a, bool accumulate, void* carry);

// The same for the extreme value and its first index, r + base; a NaN is the extreme. To accumulate, what
// values and indices hold comes from smaller indices. reduced > 0.
using ArgReduceKernel = void (*)(int64_t kept, int64_t keptStride, int64_t reduced, int64_t reducedStride,
                                 const void* a, int64_t base, bool accumulate, void* values,
                                 int32_t* indices);

// Along the middle axis of contiguous [rows][n][stride], for the first `columns` of the stride. `out` may be
// `a`.
using SoftmaxKernel = void (*)(int64_t rows, int64_t n, int64_t stride, int64_t columns, const void* a,
                               void* out);
using SoftmaxGradKernel = void (*)(int64_t rows, int64_t n, int64_t stride, int64_t columns, const void* g,
                                   const void* y, void* out);

// Float32 sums and products carry double from block to block: a long sum keeps its accuracy.
constexpr DType carryType(Kernel kernel, DType dtype) {
  const bool rounds = kernel == Kernel::k_sum || kernel == Kernel::k_mean || kernel == Kernel::k_prod;
  return rounds && dtype == DType::kFloat32 ? DType::kFloat64 : dtype;
}
// Elements [begin, begin + n) of a list kernel's row: arrays[c] is column c, output first.
using OptimizerKernel = void (*)(int64_t begin, int64_t n, void* const* arrays, const double* attributes);

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

struct KernelTable {
  const char* isa = nullptr;
  AnyKernel inner[kKernelCount][kDTypeCount] = {};
  GemmBlocks<float> gemm32;
  GemmBlocks<double> gemm64;
  AttentionKernels<float> attention32;
  AttentionKernels<double> attention64;
  ConvKernels<float> conv32;
  ConvKernels<double> conv64;
  WinogradKernels winograd;
  PoolKernels<float> pool32;
  PoolKernels<double> pool64;
  RecurrentKernels<float> recurrent32;
  RecurrentKernels<double> recurrent64;
  NormKernels<float> norm32;
  NormKernels<double> norm64;
  LossKernels<float> loss32;
  LossKernels<double> loss64;

  template <class Function>
  Function get(int kernel, DType dtype) const {
    return reinterpret_cast<Function>(inner[kernel][static_cast<int>(dtype)]);
  }
};

// The table of the ISA in force. Switched by dispatch.cc; read once per call.
const KernelTable& kernelTable();

}  // namespace quern
