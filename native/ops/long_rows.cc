// Long rows in pieces: partial results of each, put together in their order, from elementwise kernels that
// pass over blocks small enough to stay in the first cache.
#include "long_rows.h"

#include <math.h>

#include "../core/thread_pool.h"
#include "../kernels/table.h"
#include "strided.h"

namespace quern {
namespace {

constexpr int64_t kLongRow = 4 * kGrain;
constexpr int64_t kEnoughRows = 8;  // as many rows keep the threads busy each on its own
constexpr int64_t kBlock = 1024;
constexpr int64_t kLargestItem = 8;

// One number of the row's dtype.
struct Value {
  alignas(8) char bytes[kLargestItem];
};

Value valueOf(DType dtype, double number) {
  Value value;
  kernelTable().get<FillKernel>(static_cast<int>(Kernel::k_fill), dtype)(1, number, value.bytes, 1);
  return value;
}

class LongRow {
 public:
  LongRow(DType dtype, int64_t n) : dtype_(dtype), size_(itemSize(dtype)), n_(n), pieces_(chunkCount(n)) {}

  // Calls body(stage, count, offset, piece) for every block; `stage` holds a block's values for the while.
  template <class Body>
  void forEachBlock(const Body& body) const {
    parallelFor(pieces_, [&](int64_t piece, int) {
      alignas(64) char stage[kBlock * kLargestItem];
      const int64_t end = chunkStart(n_, pieces_, piece + 1);
      for (int64_t i = chunkStart(n_, pieces_, piece); i < end; i += kBlock) {
        body(stage, end - i < kBlock ? end - i : kBlock, i * size_, piece);
      }
    });
  }

  // The sum of what make(stage, count, offset) leaves at the address that it answers.
  template <class Make>
  double sumOf(const Make& make) const {
    const auto add = kernelTable().get<ReduceKernel>(static_cast<int>(Kernel::k_sum), dtype_);
    double partial[kMostChunks] = {};
    forEachBlock([&](char* stage, int64_t count, int64_t offset, int64_t piece) {
      add(1, 1, count, 1, make(stage, count, offset), true, partial + piece);
    });
    double total = 0;
    for (int64_t piece = 0; piece < pieces_; ++piece) total += partial[piece];
    return total;
  }

  Value largest(const char* a) const {
    const auto larger = kernelTable().get<ReduceKernel>(static_cast<int>(Kernel::k_amax), dtype_);
    alignas(64) char partial[kMostChunks * kLargestItem];
    parallelFor(pieces_, [&](int64_t piece, int) {
      const int64_t begin = chunkStart(n_, pieces_, piece), end = chunkStart(n_, pieces_, piece + 1);
      larger(1, 1, end - begin, 1, a + begin * size_, false, partial + piece * size_);
    });
    Value most;
    larger(1, 1, pieces_, 1, partial, false, most.bytes);
    return most;
  }

  void apply(Kernel kernel, int64_t count, const char* a, char* out) const {
    kernelTable().get<UnaryKernel>(static_cast<int>(kernel), dtype_)(count, a, 1, out, 1, nullptr);
  }
  void apply(Kernel kernel, int64_t count, const char* a, const char* b, char* out) const {
    binary(kernel)(count, a, 1, b, 1, out, 1, nullptr);
  }
  void apply(Kernel kernel, int64_t count, const char* a, const Value& b, char* out) const {
    binary(kernel)(count, a, 1, b.bytes, 0, out, 1, nullptr);
  }

 private:
  BinaryKernel binary(Kernel kernel) const {
    return kernelTable().get<BinaryKernel>(static_cast<int>(kernel), dtype_);
  }

  DType dtype_;
  int64_t size_, n_, pieces_;
};

}  // namespace

bool isLongRow(int64_t rows, int64_t n, int64_t stride) {
  return stride == 1 && n >= kLongRow && rows < kEnoughRows;
}

void softmaxLongRow(DType dtype, bool logarithm, int64_t n, const char* a, char* out) {
  const LongRow row(dtype, n);
  const Value top = row.largest(a);
  const double sum = row.sumOf([&](char* stage, int64_t count, int64_t offset) {
    char* powers = logarithm ? stage : out + offset;
    row.apply(Kernel::k_sub, count, a + offset, top, powers);
    row.apply(Kernel::k_exp, count, powers, powers);
    return powers;
  });
  const Value scale = valueOf(dtype, logarithm ? log(sum) : 1 / sum);
  row.forEachBlock([&](char*, int64_t count, int64_t offset, int64_t) {
    char* to = out + offset;
    if (logarithm) row.apply(Kernel::k_sub, count, a + offset, top, to);
    row.apply(logarithm ? Kernel::k_sub : Kernel::k_mul, count, to, scale, to);
  });
}

// dx = y (g − Σ g y), or for the logarithm g − e^y Σ g.
void softmaxGradLongRow(DType dtype, bool logarithm, int64_t n, const char* g, const char* y, char* out) {
  const LongRow row(dtype, n);
  const double sum = row.sumOf([&](char* stage, int64_t count, int64_t offset) -> const char* {
    if (logarithm) return g + offset;
    row.apply(Kernel::k_mul, count, g + offset, y + offset, stage);
    return stage;
  });
  const Value scale = valueOf(dtype, sum);
  row.forEachBlock([&](char* stage, int64_t count, int64_t offset, int64_t) {
    if (logarithm) {
      row.apply(Kernel::k_exp, count, y + offset, stage);
      row.apply(Kernel::k_mul, count, stage, scale, stage);
      row.apply(Kernel::k_sub, count, g + offset, stage, out + offset);
    } else {
      row.apply(Kernel::k_sub, count, g + offset, scale, stage);
      row.apply(Kernel::k_mul, count, stage, y + offset, out + offset);
    }
  });
}

}  // namespace quern
