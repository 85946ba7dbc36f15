// The driver of attention's gradient: the scores of each tile are computed again, from the log-sum-exp that
// the forward pass left (Dao et al. 2022, FlashAttention).
#include <atomic>

#include "../core/thread_pool.h"
#include "attention.h"
#include "attributes.h"
#include "drivers.h"

namespace quern {
namespace {

constexpr int64_t kKeyBlock = 64;
constexpr int64_t kChunkProducts = int64_t{1} << 18;  // multiplications that are worth a chunk

// The operands of one head as its tiles read them, and room for a tile.
template <class T>
struct Head {
  Rows<T> dq, dk, dv;
  Rows<const T> q, k, v, g;
  T *turnedQ, *turnedG;  // blocks of queries, each transposed; q is scaled
  T *logSum, *dot;       // of each query; g · out
  T *scores, *slopes, *masked;
};

// Copies, transposes and dots that all tiles share. False when scratch memory is exhausted.
template <class T>
bool prepareHead(const Call& call, const AttentionShape& shape, int64_t index, const AttentionTools<T>& tools,
                 ScratchFrame& frame, Head<T>& head) {
  const int64_t width = stepped(shape.queries), features = shape.features, values = shape.values;
  T* rooms[4];
  const int64_t sizes[4] = {shape.queries * features, shape.keys * features, shape.keys * values,
                            shape.queries * values};
  for (int i = 0; i < 4; ++i) {
    rooms[i] = frame.take<T>(sizes[i]);
    if (!rooms[i]) return false;
  }
  head.turnedQ = frame.take<T>(width * features);
  head.turnedG = frame.take<T>(width * values);
  head.logSum = frame.take<T>(width);
  head.dot = frame.take<T>(width);
  head.scores = frame.take<T>(kKeyBlock * kQueryBlock);
  head.slopes = frame.take<T>(kKeyBlock * kQueryBlock);
  head.masked = frame.take<T>(kKeyBlock * kQueryBlock);
  if (!head.turnedQ || !head.turnedG || !head.logSum || !head.dot || !head.scores || !head.slopes ||
      !head.masked) {
    return false;
  }
  head.dq = matrixOf<T>(call.operand[0], index);
  head.dk = matrixOf<T>(call.operand[1], index);
  head.dv = matrixOf<T>(call.operand[2], index);
  head.q = nearRows(tools, matrixOf<const T>(call.operand[6], index), shape.queries, features, rooms[0]);
  head.k = nearRows(tools, matrixOf<const T>(call.operand[7], index), shape.keys, features, rooms[1]);
  head.v = nearRows(tools, matrixOf<const T>(call.operand[8], index), shape.keys, values, rooms[2]);
  head.g = nearRows(tools, matrixOf<const T>(call.operand[3], index), shape.queries, values, rooms[3]);
  // Where g is about to be transposed there is room for the output until then.
  const Rows<const T> out =
      nearRows(tools, matrixOf<const T>(call.operand[4], index), shape.queries, values, head.turnedG);
  tools.kernels.rowDots(shape.queries, values, head.g.data, head.g.row, out.data, out.row, head.dot);
  const T* logSum = call.operand[5].as<const T>() + index * shape.queries;
  for (int64_t i = 0; i < shape.queries; ++i) head.logSum[i] = logSum[i];
  for (int64_t i = shape.queries; i < width; ++i) {
    head.logSum[i] = static_cast<T>(INFINITY);  // e^−∞ leaves nothing of the columns beyond the queries
    head.dot[i] = T(0);
  }
  for (int64_t i = 0; i < shape.queries; i += kQueryBlock) {
    const int64_t queries = smallerOf(kQueryBlock, shape.queries - i);
    turnRows<T>(tools, head.q.from(i), queries, features, stepped(queries), static_cast<T>(shape.scale),
                head.turnedQ + i * features);
    turnRows<T>(tools, head.g.from(i), queries, values, stepped(queries), T(1), head.turnedG + i * values);
  }
  return true;
}

// rows (keys × columns) += scores · B (queries × columns), over the queries that see a key.
template <class T>
void addOverQueries(const AttentionTools<T>& tools, const ScoreTile& tile, int64_t queries, int64_t columns,
                    const T* scores, Rows<const T> b, Rows<T> rows) {
  forSeenRows(tile, [&](int64_t row, int64_t count, int64_t column) {
    if (column >= queries) return;
    tools.gemm.multiply(count, columns, queries - column, scores + row * tile.ld + column, tile.ld, 1,
                        b.data + column * b.row, b.row, rows.data + row * rows.row, rows.row, true, nullptr);
  });
}

// Keys outside, queries inside: an element of dq is a sum over blocks of keys in ascending order, one of dk
// or dv over blocks of queries.
template <class T>
bool differentiateHead(const Call& call, const AttentionShape& shape, int64_t index) {
  const AttentionTools<T> tools = attentionTools<T>();
  ScratchFrame frame;
  Head<T> head = {};
  if (!prepareHead(call, shape, index, tools, frame, head)) return false;
  clearRows(head.dq, shape.queries, shape.features);
  clearRows(head.dk, shape.keys, shape.features);
  clearRows(head.dv, shape.keys, shape.values);
  for (int64_t j0 = 0; j0 < shape.keys; j0 += kKeyBlock) {
    const int64_t keys = smallerOf(kKeyBlock, shape.keys - j0);
    const int64_t first = shape.causal ? j0 / kQueryBlock * kQueryBlock : 0;
    for (int64_t i0 = first; i0 < shape.queries; i0 += kQueryBlock) {
      const int64_t queries = smallerOf(kQueryBlock, shape.queries - i0);
      const ScoreTile tile = shape.tile(i0, queries, j0, keys);
      if (shape.mask) maskScores(tools, shape, tile, index, i0, queries, j0, head.masked, head.scores);
      multiplySeen(tools, tile, shape.features, head.k.from(j0), head.turnedQ + i0 * shape.features,
                   head.scores, shape.mask != nullptr);
      multiplySeen(tools, tile, shape.values, head.v.from(j0), head.turnedG + i0 * shape.values, head.slopes,
                   false);
      tools.kernels.softmaxGrad(tile, head.scores, head.slopes, head.logSum + i0, head.dot + i0,
                                static_cast<T>(shape.scale));
      addOverQueries(tools, tile, queries, shape.values, head.scores, head.g.from(i0), head.dv.from(j0));
      addOverQueries(tools, tile, queries, shape.features, head.slopes, head.q.from(i0), head.dk.from(j0));
      addOverKeys(tools, tile, queries, shape.features, head.slopes, head.k.from(j0), head.dq.from(i0));
    }
  }
  return true;
}

template <class T>
Status differentiate(const Call& call, const AttentionShape& shape) {
  const double products = static_cast<double>(shape.queries + 1) * static_cast<double>(shape.keys + 1) *
                          static_cast<double>(3 * shape.features + 2 * shape.values + 1);
  const int64_t perChunk =
      products > kChunkProducts ? 1 : 1 + kChunkProducts / static_cast<int64_t>(products);
  std::atomic<bool> enough{true};
  parallelFor((shape.heads + perChunk - 1) / perChunk, [&](int64_t chunk, int) {
    const int64_t end = smallerOf(shape.heads, (chunk + 1) * perChunk);
    for (int64_t head = chunk * perChunk; head < end; ++head) {
      if (!differentiateHead<T>(call, shape, head)) enough.store(false, std::memory_order_relaxed);
    }
  });
  return enough.load(std::memory_order_relaxed) ? Status::kOk : Status::kOutOfMemory;
}

}  // namespace

// dq, dk, dv, of the dims of q, k, v; g and out (…, T, Ev), logSum (…, T), q (…, T, E), k (…, S, E), v (…, S,
// Ev), mask (…, T, S) optional. Attributes as attention's.
Status run_attentionGrad(const Call& call) {
  AttentionShape shape;
  const Status status = readAttention(call, 6, 3, shape);
  if (status != Status::kOk) return status;
  const View &logSum = call.operand[5], &q = call.operand[6];
  for (int i = 0; i < 3; ++i) {
    if (!sameDims(call.operand[i], call.operand[6 + i])) return Status::kShapeMismatch;
  }
  if (!isOutputOf(shape, call.operand[3], logSum, q) || !isOutputOf(shape, call.operand[4], logSum, q)) {
    return Status::kShapeMismatch;
  }
  if (call.operand[0].size() == 0 && call.operand[1].size() == 0 && call.operand[2].size() == 0) {
    return Status::kOk;
  }
  return call.dtype == DType::kFloat32 ? differentiate<float>(call, shape)
                                       : differentiate<double>(call, shape);
}

}  // namespace quern
