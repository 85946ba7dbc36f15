// Drivers of optimizer steps: one call updates all parameters.
#include <math.h>

#include "../core/scratch.h"
#include "../core/thread_pool.h"
#include "../kernels/table.h"
#include "attributes.h"
#include "drivers.h"

namespace quern {
namespace {

constexpr int64_t kChunk = 16384;  // elements: some microseconds of work

// Cuts the rows, thought end to end, into chunks. Every element is on its own, so the cut is free.
Status stepAll(const Call& call) {
  const OptimizerKernel step = kernelTable().get<OptimizerKernel>(call.kernel, call.dtype);
  int64_t total = 0;
  for (int64_t row = 0; row < call.rows; ++row) total += call.sizes[row];
  parallelFor((total + kChunk - 1) / kChunk, [&](int64_t chunk, int) {
    int64_t row = 0, skip = chunk * kChunk;
    while (skip >= call.sizes[row]) skip -= call.sizes[row++];
    int64_t left = total - chunk * kChunk < kChunk ? total - chunk * kChunk : kChunk;
    while (left > 0) {
      const int64_t rest = call.sizes[row] - skip;
      const int64_t count = rest < left ? rest : left;
      if (count > 0) step(skip, count, call.pointers + row * call.width, call.attributes);
      left -= count;
      skip = 0;
      ++row;
    }
  });
  return Status::kOk;
}

// Whether attributes [0, count) are finite and those of `flags` (one bit each) are 0 or 1.
bool validAttributes(const Call& call, int count, unsigned flags) {
  for (int i = 0; i < count; ++i) {
    int64_t flag;
    if (!isFiniteNumber(call.attributes[i])) return false;
    if ((flags >> i & 1) != 0 && !wholeAttribute(call, i, 0, 1, flag)) return false;
  }
  return true;
}

Status runStep(const Call& call, int width, int attributeCount, unsigned flags) {
  if (call.width != width) return Status::kWrongCount;
  if (!validAttributes(call, attributeCount, flags)) return Status::kBadAttribute;
  return stepAll(call);
}

// Whether attributes `from` and after, up to `to`, are above 0: what is divided by.
bool positive(const Call& call, int from, int to) {
  for (int i = from; i <= to; ++i) {
    if (!(call.attributes[i] > 0)) return false;
  }
  return true;
}

constexpr unsigned kMaximize = 1u << 2, kDecoupled = 1u << 6;

int64_t chunksOf(int64_t size) { return (size + kChunk - 1) / kChunk; }

// LAMB: sums over chunks that each row's size alone cuts, added in their order; then the step with each row's
// rate.
Status stepLamb(const Call& call) {
  const LambKernels& kernels = kernelTable().lamb[static_cast<int>(call.dtype)];
  int64_t chunks = 0;
  for (int64_t row = 0; row < call.rows; ++row) chunks += chunksOf(call.sizes[row]);
  if (chunks == 0) return Status::kOk;
  ScratchFrame frame;
  double* sums = frame.take<double>(2 * chunks);
  double* rates = frame.take<double>(call.rows);
  if (sums == nullptr || rates == nullptr) return Status::kOutOfMemory;
  const auto forChunks = [&](const auto& body) {
    parallelFor(chunks, [&](int64_t chunk, int) {
      int64_t row = 0, index = chunk;
      while (index >= chunksOf(call.sizes[row])) index -= chunksOf(call.sizes[row++]);
      const int64_t begin = index * kChunk, rest = call.sizes[row] - begin;
      body(chunk, row, begin, rest < kChunk ? rest : kChunk, call.pointers + row * call.width);
    });
  };
  forChunks([&](int64_t chunk, int64_t, int64_t begin, int64_t n, void* const* arrays) {
    kernels.measure(begin, n, arrays, call.attributes, sums + 2 * chunk);
  });
  const double* at = sums;
  for (int64_t row = 0; row < call.rows; ++row) {
    double parameter = 0, direction = 0;
    for (int64_t chunk = 0; chunk < chunksOf(call.sizes[row]); ++chunk, at += 2) {
      parameter += at[0];
      direction += at[1];
    }
    const bool trusted = parameter != 0 && direction != 0;
    rates[row] = call.attributes[0] * (trusted ? sqrt(parameter) / sqrt(direction) : 1.0);
  }
  forChunks([&](int64_t, int64_t row, int64_t begin, int64_t n, void* const* arrays) {
    kernels.move(begin, n, arrays, call.attributes, rates[row]);
  });
  return Status::kOk;
}

}  // namespace

// lr, weightDecay, maximize
Status run_sgd(const Call& call) { return runStep(call, 2, 3, kMaximize); }

// lr, weightDecay, maximize, momentum, dampening, nesterov, first
Status run_sgdMomentum(const Call& call) { return runStep(call, 3, 7, kMaximize | 1u << 5 | 1u << 6); }

// lr, weightDecay, maximize, beta1, beta2, eps, decoupled, bias corrections 1 and 2
Status run_adam(const Call& call) {
  if (!positive(call, 7, 8)) return Status::kBadAttribute;
  return runStep(call, 4, 9, kMaximize | kDecoupled);
}

Status run_adamMax(const Call& call) {
  if (!positive(call, 7, 8)) return Status::kBadAttribute;
  return runStep(call, 5, 9, kMaximize | kDecoupled);
}

// lr, weightDecay, maximize, beta1, beta2, eps, decoupled, shares of gradient and mean, bias correction 2
Status run_nadam(const Call& call) {
  if (!positive(call, 9, 9)) return Status::kBadAttribute;
  return runStep(call, 4, 10, kMaximize | kDecoupled);
}

// lr, weightDecay, maximize, beta1, beta2, eps, decoupled, bias corrections 1 and 2, rectification
Status run_radam(const Call& call) {
  if (!positive(call, 7, 8)) return Status::kBadAttribute;
  return runStep(call, 4, 10, kMaximize | kDecoupled);
}

// lr, weightDecay, maximize, beta1, beta2, eps, bias correction 1
Status run_adamax(const Call& call) {
  if (!positive(call, 6, 6)) return Status::kBadAttribute;
  return runStep(call, 4, 7, kMaximize);
}

// lr, weightDecay, maximize, beta1, beta2, eps, bias corrections 1 and 2
Status run_lamb(const Call& call) {
  if (call.width != 4) return Status::kWrongCount;
  if (!validAttributes(call, 8, kMaximize) || !positive(call, 6, 7)) return Status::kBadAttribute;
  return stepLamb(call);
}

// lr, weightDecay, maximize, alpha, eps, momentum
Status run_rmsprop(const Call& call) { return runStep(call, 3, 6, kMaximize); }
Status run_rmspropMomentum(const Call& call) { return runStep(call, 4, 6, kMaximize); }
Status run_rmspropCentered(const Call& call) { return runStep(call, 4, 6, kMaximize); }
Status run_rmspropCenteredMomentum(const Call& call) { return runStep(call, 5, 6, kMaximize); }

// lr, weightDecay, maximize, eps
Status run_adagrad(const Call& call) { return runStep(call, 3, 4, kMaximize); }

// lr, weightDecay, maximize, rho, eps
Status run_adadelta(const Call& call) { return runStep(call, 4, 5, kMaximize); }

// 0, 0, maximize, the factors that shrink and grow a step, its least and most size
Status run_rprop(const Call& call) { return runStep(call, 4, 7, kMaximize); }

// lr, weightDecay, maximize, lambda, the average's share of the parameter
Status run_asgd(const Call& call) { return runStep(call, 3, 5, kMaximize); }

// lr, weightDecay, maximize, beta1, beta2
Status run_lion(const Call& call) { return runStep(call, 3, 5, kMaximize); }

// the average's share of the parameter
Status run_average(const Call& call) { return runStep(call, 2, 1, 0); }

}  // namespace quern
