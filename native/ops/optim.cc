// Drivers of optimizer steps: one call updates all parameters.
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

}  // namespace

// lr, weightDecay, maximize
Status run_sgd(const Call& call) { return runStep(call, 2, 3, 1u << 2); }

// lr, weightDecay, maximize, momentum, dampening, nesterov, first
Status run_sgdMomentum(const Call& call) { return runStep(call, 3, 7, 1u << 2 | 1u << 5 | 1u << 6); }

// lr, weightDecay, maximize, beta1, beta2, eps, decoupled, bias corrections 1 and 2
Status run_adam(const Call& call) {
  if (!(call.attributes[7] > 0) || !(call.attributes[8] > 0)) return Status::kBadAttribute;
  return runStep(call, 4, 9, 1u << 2 | 1u << 6);
}

}  // namespace quern
