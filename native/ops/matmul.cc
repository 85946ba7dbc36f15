// The driver of batched matrix products.
#include <atomic>

#include "../core/thread_pool.h"
#include "bf16.h"
#include "drivers.h"

namespace quern {
namespace {

// A product's batch axes, right-aligned with the output's; broadcast axes have stride 0.
struct Batch {
  int rank = 0;
  int64_t dims[kMaxRank] = {};
  int64_t a[kMaxRank] = {};
  int64_t b[kMaxRank] = {};
  int64_t count = 1;
};

// Strides of the operand's batch axes as the output sees them. False when a dimension does not broadcast.
bool alignBatch(const View& operand, const View& out, int64_t (&strides)[kMaxRank]) {
  const int shift = out.rank() - operand.rank();
  if (shift < 0) return false;
  for (int axis = 0; axis < out.rank() - 2; ++axis) {
    const int own = axis - shift;
    if (own < 0 || operand.dim(own) == 1) continue;
    if (operand.dim(own) != out.dim(axis)) return false;
    strides[axis] = operand.stride(own);
  }
  return true;
}

struct Product {
  int64_t m, n, k;
  int64_t rowA, colA, rowB, colB;
};

// Batch axes over which B is the same and A goes on as if they were more rows become rows: one large product.
void foldIntoRows(Batch& batch, Product& product) {
  while (batch.rank > 0) {
    const int last = batch.rank - 1;
    if (batch.b[last] != 0 && batch.dims[last] != 1) return;
    if (product.m == 1)
      product.rowA = batch.a[last];
    else if (batch.a[last] != product.m * product.rowA && batch.dims[last] != 1)
      return;
    product.m *= batch.dims[last];
    batch.count /= batch.dims[last];
    --batch.rank;
  }
}

// Offsets of item `index` of the batch in A and B.
void batchOffsets(const Batch& batch, int64_t index, int64_t& a, int64_t& b) {
  a = b = 0;
  for (int axis = batch.rank - 1; axis >= 0; --axis) {
    const int64_t at = index % batch.dims[axis];
    index /= batch.dims[axis];
    a += at * batch.a[axis];
    b += at * batch.b[axis];
  }
}

constexpr int64_t kChunkProducts = int64_t{1} << 18;  // m · n · k of the items that a thread takes together

// Two matrices, nothing else: what small networks call thousands of times.
template <class T>
Status multiplyPlain(const Call& call, const Product& p, Precision precision) {
  const bool done = gemmIn<T>(precision, p.m, p.n, p.k, call.operand[1].as<T>(), p.rowA, p.colA,
                              call.operand[2].as<T>(), p.rowB, p.colB, call.operand[0].as<T>(), p.n, {});
  return done ? Status::kOk : Status::kOutOfMemory;
}

template <class T>
Status multiplyBatch(const Call& call, const Batch& batch, const Product& p, Precision precision) {
  const T* a = call.operand[1].as<T>();
  const T* b = call.operand[2].as<T>();
  T* c = call.operand[0].as<T>();
  std::atomic<bool> enough{true};
  const auto item = [&](int64_t index, GemmThreads threads) {
    int64_t offsetA, offsetB;
    batchOffsets(batch, index, offsetA, offsetB);
    const bool done = gemmIn<T>(precision, p.m, p.n, p.k, a + offsetA, p.rowA, p.colA, b + offsetB, p.rowB,
                                p.colB, c + index * p.m * p.n, p.n, {}, threads);
    if (!done) enough.store(false, std::memory_order_relaxed);
  };
  // Many items: threads take items. Few: all threads work on each, so that none is idle at the end.
  if (batch.count >= 2 * threadCount()) {
    // In steps: the three together may be more than an int64_t holds, when a broadcast operand is deep.
    const int64_t perChunk = 1 + kChunkProducts / (p.m * p.n) / (p.k > 0 ? p.k : 1);
    parallelFor((batch.count + perChunk - 1) / perChunk, [&](int64_t chunk, int) {
      const int64_t end = (chunk + 1) * perChunk < batch.count ? (chunk + 1) * perChunk : batch.count;
      for (int64_t index = chunk * perChunk; index < end; ++index) item(index, GemmThreads::kOne);
    });
  } else {
    for (int64_t index = 0; index < batch.count; ++index) item(index, GemmThreads::kAll);
  }
  return enough.load(std::memory_order_relaxed) ? Status::kOk : Status::kOutOfMemory;
}

}  // namespace

Status run_matmul(const Call& call) {
  const View &out = call.operand[0], &a = call.operand[1], &b = call.operand[2];
  Precision precision;
  if (!readPrecision(call, precision)) return Status::kBadAttribute;
  if (out.rank() < 2 || a.rank() < 2 || b.rank() < 2 || !out.layout->contiguous)
    return Status::kShapeMismatch;
  const int rowAxis = out.rank() - 2, columnAxis = out.rank() - 1;
  const Product whole = {out.dim(rowAxis),       out.dim(columnAxis),    a.dim(a.rank() - 1),
                         a.stride(a.rank() - 2), a.stride(a.rank() - 1), b.stride(b.rank() - 2),
                         b.stride(b.rank() - 1)};
  if (a.dim(a.rank() - 2) != whole.m || b.dim(b.rank() - 2) != whole.k || b.dim(b.rank() - 1) != whole.n) {
    return Status::kShapeMismatch;
  }
  if (out.rank() == 2 && a.rank() == 2 && b.rank() == 2) {
    return call.dtype == DType::kFloat32 ? multiplyPlain<float>(call, whole, precision)
                                         : multiplyPlain<double>(call, whole, precision);
  }
  Batch batch;
  batch.rank = out.rank() - 2;
  for (int axis = 0; axis < batch.rank; ++axis) batch.dims[axis] = out.dim(axis);
  if (!alignBatch(a, out, batch.a) || !alignBatch(b, out, batch.b)) return Status::kShapeMismatch;
  if (out.size() == 0) return Status::kOk;
  for (int axis = 0; axis < batch.rank; ++axis) batch.count *= batch.dims[axis];
  Product product = whole;
  foldIntoRows(batch, product);
  return call.dtype == DType::kFloat32 ? multiplyBatch<float>(call, batch, product, precision)
                                       : multiplyBatch<double>(call, batch, product, precision);
}

}  // namespace quern
