// Driver of searchsorted: where values belong in sorted rows.
#include "../core/thread_pool.h"
#include "attributes.h"
#include "drivers.h"
#include "strided.h"

namespace quern {
namespace {

// The first of n sorted elements that is not less than the value, or with `right` the first that is greater.
// NaN belongs behind all of them.
// Without branches: what a random value is compared with cannot be predicted.
template <bool right, class T>
int64_t boundOf(const T* sorted, int64_t n, T value) {
  const auto passes = [&](int64_t i) {
    return static_cast<int64_t>(right ? !(sorted[i] > value) : !(sorted[i] >= value));
  };
  int64_t start = 0;
  while (n > 1) {
    const int64_t half = n / 2;
    start += half & -passes(start + half - 1);
    n -= half;
  }
  return n == 1 ? start + passes(start) : start;
}

template <bool right, class T>
void searchRows(const Call& call, int64_t rowsOfOne, int64_t n) {
  const T* const sorted = call.operand[1].as<T>();
  const T* const values = call.operand[2].as<T>();
  int32_t* const out = call.operand[0].as<int32_t>();
  const int64_t size = call.operand[0].size(), chunks = chunkCount(16 * size);
  parallelFor(chunks, [&](int64_t chunk, int) {
    const int64_t end = chunkStart(size, chunks, chunk + 1);
    for (int64_t i = chunkStart(size, chunks, chunk); i < end; ++i) {
      out[i] = static_cast<int32_t>(boundOf<right>(sorted + i / rowsOfOne * n, n, values[i]));
    }
  });
}

template <class T>
void search(const Call& call, bool right, int64_t rowsOfOne, int64_t n) {
  if (right) {
    searchRows<true, T>(call, rowsOfOne, n);
  } else {
    searchRows<false, T>(call, rowsOfOne, n);
  }
}

}  // namespace

// Operands: out, the sorted rows (…, n) and the values (…, m), or one row (n) for values of any dims; all
// dense.
Status run_searchsorted(const Call& call) {
  if (call.count != 3) return Status::kWrongCount;
  const View& sorted = call.operand[1];
  const View& values = call.operand[2];
  int64_t right;
  if (!wholeAttribute(call, 0, 0, 1, right)) return Status::kBadAttribute;
  for (int i = 0; i < 3; ++i) {
    if (!call.operand[i].layout->contiguous) return Status::kShapeMismatch;
  }
  const int last = sorted.rank() - 1;
  if (last < 0 || sorted.dim(last) > INT32_MAX || !sameDims(call.operand[0], values)) {
    return Status::kShapeMismatch;
  }
  if (last > 0) {
    if (values.rank() != sorted.rank()) return Status::kShapeMismatch;
    for (int d = 0; d < last; ++d) {
      if (values.dim(d) != sorted.dim(d)) return Status::kShapeMismatch;
    }
  }
  if (values.size() == 0) return Status::kOk;
  const int64_t rowsOfOne = last > 0 ? values.dim(last) : values.size(), n = sorted.dim(last);
  if (call.dtype == DType::kFloat32) {
    search<float>(call, right != 0, rowsOfOne, n);
  } else if (call.dtype == DType::kFloat64) {
    search<double>(call, right != 0, rowsOfOne, n);
  } else {
    search<int32_t>(call, right != 0, rowsOfOne, n);
  }
  return Status::kOk;
}

}  // namespace quern
