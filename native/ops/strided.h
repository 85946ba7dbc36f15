// Elementwise iteration over views of any strides: as few and as long inner loops as their layouts allow.
#pragma once
#include "../core/layout.h"
#include "../core/thread_pool.h"
#include "runs.h"

namespace quern {

// Elements that are worth a chunk of their own, and the most chunks a job is cut into.
constexpr int64_t kGrain = 1 << 15;
constexpr int64_t kMostChunks = 64;
// Cuts fall on multiples of this, so that two threads never write to one cache line of a contiguous output.
constexpr int64_t kCutMultiple = 64;

constexpr int kMaxLoopOperands = 4;

// Dimensions after dropping those of one element, ordering by the output's strides and joining what lies
// adjacent in every operand. rank ≥ 1.
struct StridedLoop {
  int rank;
  int64_t size;
  int64_t dims[kMaxRank];
  int64_t strides[kMaxLoopOperands][kMaxRank];
  int64_t base[kMaxLoopOperands];  // where each operand's element of index zero lies
};

// The loop of operand 0, the output, over which the others are broadcast. False when their dims do not fit,
// or when the output repeats an element.
bool broadcastLoop(const View* operands, int count, StridedLoop& loop);

// An operand that strides far along the last axis but not along another one (a transpose) would touch a new
// cache line, and a new page, for every element. Cuts such a loop into parts that walk both axes in tiles,
// and returns their number: 0 when there is no need to.
constexpr int kMostParts = 4;
int tileLoop(const StridedLoop& loop, int count, StridedLoop (&parts)[kMostParts]);

// How many chunks `size` elements are cut into, and where chunk `index` begins.
inline int64_t chunkCount(int64_t size) {
  const int64_t chunks = size / kGrain;
  return chunks < 1 ? 1 : chunks > kMostChunks ? kMostChunks : chunks;
}
inline int64_t chunkStart(int64_t size, int64_t chunks, int64_t index, int64_t multiple = kCutMultiple) {
  if (index >= chunks) return size;
  const int64_t units = size / multiple;
  return (units / chunks * index + units % chunks * index / chunks) * multiple;
}

// Calls body(n, offsets) for all inner loops, by several threads where there is much to do; operand v's
// elements start at offsets[v] and lie loop.strides[v][loop.rank - 1] apart.
template <int kOperands, class Body>
void runLoop(const StridedLoop& loop, const Body& body) {
  if (loop.size == 0) return;
  const int64_t* strides[kOperands];
  for (int v = 0; v < kOperands; ++v) strides[v] = loop.strides[v];
  const auto range = [&](int64_t begin, int64_t end) {
    forEachRun(loop.rank, loop.dims, strides, begin, end, [&](int64_t, int64_t n, const int64_t* offsets) {
      int64_t based[kOperands];
      for (int v = 0; v < kOperands; ++v) based[v] = offsets[v] + loop.base[v];
      body(n, based);
    });
  };
  const int64_t chunks = chunkCount(loop.size);
  if (chunks == 1) return range(0, loop.size);
  parallelFor(chunks, [&](int64_t chunk, int) {
    range(chunkStart(loop.size, chunks, chunk), chunkStart(loop.size, chunks, chunk + 1));
  });
}

// The same, in tiles where that spares cache lines. body(n, offsets, strides) also gets the inner strides.
template <int kOperands, class Body>
void runTiled(const StridedLoop& loop, const Body& body) {
  const auto run = [&](const StridedLoop& part) {
    int64_t inner[kOperands];
    for (int v = 0; v < kOperands; ++v) inner[v] = part.strides[v][part.rank - 1];
    runLoop<kOperands>(part, [&](int64_t n, const int64_t* offsets) { body(n, offsets, inner); });
  };
  StridedLoop parts[kMostParts];
  const int count = tileLoop(loop, kOperands, parts);
  if (count == 0) return run(loop);
  for (int i = 0; i < count; ++i) run(parts[i]);
}

}  // namespace quern
