// Driver of products rounded to bfloat16: operands become pairs, where the processor multiplies those, or
// rounded floats; the product then goes the way of every other.
#include "bf16.h"

#include "../core/scratch.h"
#include "../core/thread_pool.h"
#include "../kernels/table.h"

namespace quern {
namespace {

constexpr int64_t kChunk = int64_t{1} << 15;  // elements that a thread converts: some microseconds
constexpr int64_t kFewestLanes = 16;          // fewer rows or columns waste vectors of pairs
constexpr int64_t kFewestProducts = 1 << 15;  // m · n · k from which making pairs pays
constexpr int64_t kFewDepth = 32;             // from which on a few rows fill vectors of pairs
constexpr int64_t kFewColumns = 144;          // that a thread takes together: mostly whole tiles

int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
int64_t partsOf(int64_t size, int64_t part) { return (size + part - 1) / part; }

// body(begin, end) over lines of `length` elements, by all threads where the work is worth it.
template <class Body>
void forLines(int64_t lines, int64_t length, GemmThreads threads, const Body& body) {
  const int64_t perChunk = 1 + kChunk / (length + 1);
  if (threads == GemmThreads::kOne || lines <= perChunk) return body(int64_t{0}, lines);
  parallelFor(partsOf(lines, perChunk),
              [&](int64_t chunk, int) { body(chunk * perChunk, smaller(lines, (chunk + 1) * perChunk)); });
}

// A factor of a product: `lanes` rows of A or columns of B, `depth` long.
struct Factor {
  int64_t lanes, depth;
  const float* data;
  int64_t lane, along;  // strides from lane to lane and along the depth
};

// Lanes one after the other, each contiguous.
void gather(Factor& factor, float* to, GemmThreads threads) {
  forLines(factor.lanes, factor.depth, threads, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const float* from = factor.data + i * factor.lane;
      for (int64_t p = 0; p < factor.depth; ++p) to[i * factor.depth + p] = from[p * factor.along];
    }
  });
  factor = {factor.lanes, factor.depth, to, factor.depth, 1};
}

// Whether neither lanes nor depth lie side by side.
bool isSpread(const Factor& factor) { return factor.lane != 1 && factor.along != 1; }

// A rounded copy, whose lanes or depth lie side by side.
bool roundFactor(Factor& factor, ScratchFrame& frame, GemmThreads threads) {
  float* to = frame.take<float>(factor.lanes * factor.depth);
  if (!to) return false;
  if (isSpread(factor)) gather(factor, to, threads);
  const bool upright = factor.along == 1;
  const int64_t lines = upright ? factor.lanes : factor.depth, length = upright ? factor.depth : factor.lanes;
  const int64_t step = upright ? factor.lane : factor.along;
  const Bf16Kernels& kernels = kernelTable().bf16;
  forLines(lines, length, threads, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) kernels.round(length, factor.data + i * step, to + i * length);
  });
  factor = {factor.lanes, factor.depth, to, upright ? length : 1, upright ? 1 : length};
  return true;
}

// Pairs along the depth, which is then half.
bool pairFactor(Factor& factor, ScratchFrame& frame, GemmThreads threads) {
  const int64_t lanes = factor.lanes, depth = factor.depth, half = (depth + 1) / 2;
  float* pairs = frame.take<float>(lanes * half);
  if (!pairs) return false;
  if (isSpread(factor)) {
    float* copy = frame.take<float>(lanes * depth);
    if (!copy) return false;
    gather(factor, copy, threads);
  }
  const Bf16Kernels& kernels = kernelTable().bf16;
  const float* data = factor.data;
  if (factor.along == 1) {
    forLines(lanes, depth, threads, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        kernels.pairAlong(depth, data + i * factor.lane, pairs + i * half);
      }
    });
    factor = {lanes, half, pairs, half, 1};
  } else {
    forLines(half, 2 * lanes, threads, [&](int64_t begin, int64_t end) {
      for (int64_t p = begin; p < end; ++p) {
        const float* first = data + 2 * p * factor.along;
        kernels.pairAcross(lanes, first, 2 * p + 1 < depth ? first + factor.along : nullptr,
                           pairs + p * lanes);
      }
    });
    factor = {lanes, half, pairs, 1, lanes};
  }
  return true;
}

// The product of a few rows, with B as it lies. False when scratch memory is exhausted.
bool multiplyFew(Factor left, const Factor& right, float* c, int64_t ldc, const Epilogue<float>& epilogue,
                 GemmThreads threads) {
  const KernelTable& table = kernelTable();
  const int64_t m = left.lanes, n = right.lanes, k = left.depth;
  ScratchFrame frame;
  if (left.along != 1) {
    float* copy = frame.take<float>(m * k);
    if (!copy) return false;
    gather(left, copy, threads);
  }
  if (!pairFactor(left, frame, threads)) return false;
  const bool along = right.along == 1;
  const auto columns = [&](int64_t begin, int64_t end) {
    const Epilogue<float> own = epilogueFrom(epilogue, 0, begin);
    (along ? table.bf16.fewAlong : table.bf16.fewAcross)(
        m, end - begin, k, left.data, left.lane, right.data + begin * right.lane,
        along ? right.lane : right.along, c + begin, ldc, epilogue.accumulate);
    if (finishes(own)) table.gemm32.finish(m, end - begin, c + begin, ldc, own);
  };
  if (threads == GemmThreads::kOne || n * k <= kChunk) {
    columns(0, n);
  } else {
    // Each element is a chain of its own, wherever the cuts fall.
    parallelFor(partsOf(n, kFewColumns), [&](int64_t chunk, int) {
      columns(chunk * kFewColumns, smaller(n, (chunk + 1) * kFewColumns));
    });
  }
  return true;
}

}  // namespace

bool gemmBf16(int64_t m, int64_t n, int64_t k, const float* a, int64_t rowA, int64_t colA, const float* b,
              int64_t rowB, int64_t colB, float* c, int64_t ldc, const Epilogue<float>& epilogue,
              GemmThreads threads) {
  const KernelTable& table = kernelTable();
  ScratchFrame frame;
  Factor left = {m, k, a, rowA, colA}, right = {n, k, b, colB, rowB};
  const bool pairs =
      table.bf16.gemm.multiply && smaller(m, n) >= kFewestLanes && k > 1 && m * n >= kFewestProducts / k;
  if (pairs) {
    return pairFactor(left, frame, threads) && pairFactor(right, frame, threads) &&
           gemmOn<float>(table.bf16.gemm, m, n, left.depth, left.data, left.lane, left.along, right.data,
                         right.along, right.lane, c, ldc, epilogue, threads);
  }
  if (table.bf16.fewAlong && m < kFewestLanes && n >= kFewestLanes && k >= kFewDepth && !isSpread(right)) {
    return multiplyFew(left, right, c, ldc, epilogue, threads);
  }
  if (m > 0 && n > 0 && k > 0) {
    if (!roundFactor(left, frame, threads) || !roundFactor(right, frame, threads)) return false;
  }
  return gemm<float>(m, n, k, left.data, left.lane, left.along, right.data, right.along, right.lane, c, ldc,
                     epilogue, threads);
}

void roundToBf16(int64_t n, const float* from, float* to) {
  const Bf16Kernels& kernels = kernelTable().bf16;
  parallelFor(partsOf(n, kChunk), [&](int64_t chunk, int) {
    const int64_t begin = chunk * kChunk;
    kernels.round(smaller(kChunk, n - begin), from + begin, to + begin);
  });
}

void pairBf16(int64_t outer, int64_t depth, int64_t lanes, const float* from, float* pairs) {
  const Bf16Kernels& kernels = kernelTable().bf16;
  const int64_t half = (depth + 1) / 2;
  forLines(outer * half, 2 * lanes, GemmThreads::kAll, [&](int64_t begin, int64_t end) {
    for (int64_t line = begin; line < end; ++line) {
      const int64_t item = line / half, p = line % half * 2;
      const float* first = from + (item * depth + p) * lanes;
      kernels.pairAcross(lanes, first, p + 1 < depth ? first + lanes : nullptr, pairs + line * lanes);
    }
  });
}

}  // namespace quern
