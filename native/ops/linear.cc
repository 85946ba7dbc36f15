// The driver of fully connected layers: x · wᵀ with bias and activation, as one product.
#include "../core/scratch.h"
#include "bf16.h"
#include "drivers.h"

namespace quern {
namespace {

template <class T>
Status multiplyLinear(const Call& call, Activation activation, Precision precision) {
  const View &out = call.operand[0], &x = call.operand[1], &w = call.operand[2];
  ScratchFrame frame;
  Epilogue<T> epilogue;
  epilogue.activation = activation;
  if (call.count > 3) {
    const View& bias = call.operand[3];
    epilogue.columnBias = bias.as<T>();
    if (bias.stride(0) != 1) {
      T* copy = frame.take<T>(bias.size());
      if (!copy) return Status::kOutOfMemory;
      for (int64_t j = 0; j < bias.size(); ++j) copy[j] = epilogue.columnBias[j * bias.stride(0)];
      epilogue.columnBias = copy;
    }
  }
  const bool done =
      gemmIn<T>(precision, out.dim(0), out.dim(1), x.dim(1), x.as<T>(), x.stride(0), x.stride(1), w.as<T>(),
                w.stride(1), w.stride(0), out.as<T>(), out.dim(1), epilogue);
  return done ? Status::kOk : Status::kOutOfMemory;
}

}  // namespace

// out (M, N) = activation(x (M, K) · wᵀ + bias), w (N, K), bias (N) optional; attribute 0: the activation's
// code.
Status run_linear(const Call& call) {
  const View &out = call.operand[0], &x = call.operand[1], &w = call.operand[2];
  int64_t code;
  Precision precision;
  if (!wholeAttribute(call, 0, 0, kActivationCount - 1, code)) return Status::kBadAttribute;
  if (!readPrecision(call, precision)) return Status::kBadAttribute;
  if (out.rank() != 2 || x.rank() != 2 || w.rank() != 2 || !out.layout->contiguous)
    return Status::kShapeMismatch;
  if (x.dim(0) != out.dim(0) || w.dim(0) != out.dim(1) || w.dim(1) != x.dim(1)) return Status::kShapeMismatch;
  if (call.count > 3 && (call.operand[3].rank() != 1 || call.operand[3].dim(0) != out.dim(1)))
    return Status::kShapeMismatch;
  const Activation activation = static_cast<Activation>(code);
  return call.dtype == DType::kFloat32 ? multiplyLinear<float>(call, activation, precision)
                                       : multiplyLinear<double>(call, activation, precision);
}

}  // namespace quern
