// Drivers of losses of two tensors of one shape: the mean or sum of a function of their differences, or each
// value.
#include "../kernels/table.h"
#include "attributes.h"
#include "drivers.h"
#include "strided.h"

namespace quern {
namespace {

template <class T>
const typename LossKernels<T>::Pair& pairOf(const Call& call) {
  const Kernel kernel = static_cast<Kernel>(call.kernel);
  const bool squared = kernel == Kernel::k_mseLoss || kernel == Kernel::k_mseLossGrad;
  if constexpr (sizeof(T) == 4) {
    return squared ? kernelTable().loss32.squared : kernelTable().loss32.absolute;
  } else {
    return squared ? kernelTable().loss64.squared : kernelTable().loss64.absolute;
  }
}

// Calls body(begin, n, chunk) for chunks that depend on the shape alone.
template <class Body>
void forChunks(int64_t size, const Body& body) {
  const int64_t chunks = chunkCount(size);
  if (chunks == 1) return body(0, size, 0);
  parallelFor(chunks, [&](int64_t chunk, int) {
    const int64_t begin = chunkStart(size, chunks, chunk);
    body(begin, chunkStart(size, chunks, chunk + 1) - begin, chunk);
  });
}

template <class T>
void findLoss(const Call& call, bool reduces) {
  const View &out = call.operand[0], &x = call.operand[1], &y = call.operand[2];
  const auto& pair = pairOf<T>(call);
  if (!reduces) {
    return forChunks(x.size(), [&](int64_t begin, int64_t n, int64_t) {
      pair.each(n, x.as<T>() + begin, y.as<T>() + begin, out.as<T>() + begin);
    });
  }
  double sums[kMostChunks] = {};
  forChunks(x.size(), [&](int64_t begin, int64_t n, int64_t chunk) {
    sums[chunk] = pair.sum(n, x.as<T>() + begin, y.as<T>() + begin);
  });
  double total = 0;
  for (double sum : sums) total += sum;
  *out.as<T>() = static_cast<T>(total * call.attributes[1]);
}

template <class T>
void findGradient(const Call& call) {
  const View &dx = call.operand[0], &g = call.operand[1], &x = call.operand[2], &y = call.operand[3];
  const auto& pair = pairOf<T>(call);
  const int64_t step = g.rank() == 0 ? 0 : 1;
  forChunks(x.size(), [&](int64_t begin, int64_t n, int64_t) {
    pair.grad(n, g.as<T>() + begin * step, step, static_cast<T>(call.attributes[0]), x.as<T>() + begin,
              y.as<T>() + begin, dx.as<T>() + begin);
  });
}

bool isDense(const View& view, const View& like) { return view.layout->contiguous && sameDims(view, like); }

}  // namespace

// out, x, y; attributes: 1 where the losses are added up into the one element of out, and a factor of that
// sum.
Status run_pairLoss(const Call& call) {
  const View &out = call.operand[0], &x = call.operand[1];
  int64_t reduces;
  if (!wholeAttribute(call, 0, 0, 1, reduces) || !isFiniteNumber(call.attributes[1]))
    return Status::kBadAttribute;
  if (!x.layout->contiguous || !isDense(call.operand[2], x)) return Status::kShapeMismatch;
  if (reduces ? out.rank() != 0 : !isDense(out, x)) return Status::kShapeMismatch;
  call.dtype == DType::kFloat32 ? findLoss<float>(call, reduces) : findLoss<double>(call, reduces);
  return Status::kOk;
}

// dx, g, x, y, where g has no dimensions or those of x; attribute 0: a factor.
Status run_pairLossGrad(const Call& call) {
  const View &dx = call.operand[0], &g = call.operand[1], &x = call.operand[2];
  if (!isFiniteNumber(call.attributes[0])) return Status::kBadAttribute;
  if (!x.layout->contiguous || !isDense(call.operand[3], x) || !isDense(dx, x) ||
      (g.rank() != 0 && !isDense(g, x)))
    return Status::kShapeMismatch;
  if (x.size() == 0) return Status::kOk;
  call.dtype == DType::kFloat32 ? findGradient<float>(call) : findGradient<double>(call);
  return Status::kOk;
}

}  // namespace quern
