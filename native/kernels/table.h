// The table of inner kernels that dispatch fills: scalar entries first, then what each ISA does better.
#pragma once
#include <stdint.h>

#include "../core/dtype.h"
#include "attention_table.h"
#include "bf16_table.h"
#include "conv_table.h"
#include "gemm_table.h"
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
                              int64_t so, const double* attributes);
using TernaryKernel = void (*)(int64_t n, const void* a, int64_t sa, const void* b, int64_t sb, const void* c,
                               int64_t sc, void* out, int64_t so, const double* attributes);
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

// LAMB's step takes two passes: how far a parameter moves depends on the norms of all of it.
struct LambKernels {
  // Moves the means of these elements; sums = {Σ p², Σ u²} of parameter and direction.
  void (*measure)(int64_t begin, int64_t n, void* const* arrays, const double* attributes, double* sums);
  // p −= rate · u
  void (*move)(int64_t begin, int64_t n, void* const* arrays, const double* attributes, double rate);
};

struct KernelTable {
  const char* isa = nullptr;
  AnyKernel inner[kKernelCount][kDTypeCount] = {};
  GemmBlocks<float> gemm32;
  GemmBlocks<double> gemm64;
  AttentionKernels<float> attention32;
  AttentionKernels<double> attention64;
  Bf16Kernels bf16;
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
  LambKernels lamb[2] = {};  // by the codes of float32 and float64

  template <class Function>
  Function get(int kernel, DType dtype) const {
    return reinterpret_cast<Function>(inner[kernel][static_cast<int>(dtype)]);
  }
};

// The table of the ISA in force. Switched by dispatch.cc; read once per call.
const KernelTable& kernelTable();

}  // namespace quern
