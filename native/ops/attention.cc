// The driver of attention: blocks of queries over blocks of keys with an online softmax, so that no matrix of
// all scores ever exists (Dao et al. 2022, FlashAttention).
#include "attention.h"

#include <atomic>

#include "../core/thread_pool.h"
#include "drivers.h"

namespace quern {
namespace {

constexpr int64_t kKeyBlock = 128;
constexpr int64_t kChunkProducts = int64_t{1} << 18;  // multiplications that are worth a chunk

// One block of queries of one head: softmax(scale · q · kᵀ + mask) · v.
template <class T>
bool attendBlock(const Call& call, const AttentionShape& shape, int64_t head, int64_t i0) {
  const AttentionTools<T> tools = attentionTools<T>();
  const int64_t queries = smallerOf(kQueryBlock, shape.queries - i0), width = stepped(queries);
  const int64_t keys = shape.keysBefore(i0 + queries), most = smallerOf(kKeyBlock, keys);
  ScratchFrame frame;
  T* turned = frame.take<T>(shape.features * width);
  T* scores = frame.take<T>(most * kQueryBlock);
  T* room = frame.take<T>(most * (shape.features + shape.values));
  T* masked = shape.mask ? frame.take<T>(most * width) : scores;
  if (!turned || !scores || !room || !masked) return false;

  const Rows<const T> k = matrixOf<const T>(call.operand[3], head),
                      v = matrixOf<const T>(call.operand[4], head);
  const Rows<T> out = matrixOf<T>(call.operand[0], head).from(i0);
  T top[kQueryBlock], sum[kQueryBlock] = {}, factor[kQueryBlock];
  for (T& value : top) value = -static_cast<T>(INFINITY);
  turnRows<T>(tools, matrixOf<const T>(call.operand[2], head).from(i0), queries, shape.features, width,
              static_cast<T>(shape.scale), turned);
  clearRows(out, queries, shape.values);
  for (int64_t j0 = 0; j0 < keys; j0 += kKeyBlock) {
    const ScoreTile tile = shape.tile(i0, queries, j0, smallerOf(kKeyBlock, keys - j0));
    const Rows<const T> nearK = nearRows(tools, k.from(j0), tile.keys, shape.features, room);
    const Rows<const T> nearV =
        nearRows(tools, v.from(j0), tile.keys, shape.values, room + most * shape.features);
    if (shape.mask) maskScores(tools, shape, tile, head, i0, queries, j0, masked, scores);
    multiplySeen(tools, tile, shape.features, nearK, turned, scores, shape.mask != nullptr);
    tools.kernels.softmax(tile, scores, top, sum, factor);
    if (j0 > 0) tools.kernels.scaleRows(queries, shape.values, factor, out.data, out.row);
    addOverKeys(tools, tile, queries, shape.values, scores, nearV, out);
  }
  tools.kernels.finish(queries, top, sum, factor, call.operand[1].as<T>() + head * shape.queries + i0);
  tools.kernels.scaleRows(queries, shape.values, factor, out.data, out.row);
  return true;
}

template <class T>
Status attend(const Call& call, const AttentionShape& shape) {
  const int64_t blocks = (shape.queries + kQueryBlock - 1) / kQueryBlock, tasks = shape.heads * blocks;
  const int64_t products =
      smallerOf(kQueryBlock, shape.queries) * (shape.keys + 1) * (shape.features + shape.values + 1);
  const int64_t perChunk = 1 + kChunkProducts / products;
  std::atomic<bool> enough{true};
  parallelFor((tasks + perChunk - 1) / perChunk, [&](int64_t chunk, int) {
    const int64_t end = smallerOf(tasks, (chunk + 1) * perChunk);
    for (int64_t task = chunk * perChunk; task < end; ++task) {
      // Head by head, as its blocks read the same keys. Later blocks see more of them: the longest first, so
      // that no thread is left with one at the end.
      const int64_t block = blocks - 1 - task % blocks;
      if (!attendBlock<T>(call, shape, task / blocks, block * kQueryBlock)) {
        enough.store(false, std::memory_order_relaxed);
      }
    }
  });
  return enough.load(std::memory_order_relaxed) ? Status::kOk : Status::kOutOfMemory;
}

}  // namespace

// out (…, T, Ev), logSum (…, T), q (…, T, E), k (…, S, E), v (…, S, Ev), mask (…, T, S) optional; attribute
// 0: the mask's dtype, bool or that of the call, 1: scale, 2: whether query i sees keys 0 to i alone.
Status run_attention(const Call& call) {
  AttentionShape shape;
  const Status status = readAttention(call, 2, 1, shape);
  if (status != Status::kOk) return status;
  if (!isOutputOf(shape, call.operand[0], call.operand[1], call.operand[2])) return Status::kShapeMismatch;
  if (shape.heads == 0 || shape.queries == 0) return Status::kOk;
  return call.dtype == DType::kFloat32 ? attend<float>(call, shape) : attend<double>(call, shape);
}

}  // namespace quern
