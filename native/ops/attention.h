// What attention and its gradient share: their operands' shapes, and tiles of scores.
#pragma once
#include <math.h>

#include "../core/call.h"
#include "../core/scratch.h"
#include "../kernels/table.h"

namespace quern {

// Queries of a tile: with as many keys, or twice as many, scores and the rows of all operands stay in the
// second cache.
constexpr int64_t kQueryBlock = 64;

inline int64_t smallerOf(int64_t a, int64_t b) { return a < b ? a : b; }
inline int64_t stepped(int64_t size) { return (size + kAttentionStep - 1) / kAttentionStep * kAttentionStep; }

// Of each of the `heads` matrices that the leading dimensions number.
struct AttentionShape {
  int64_t heads = 1;
  int64_t queries = 0, keys = 0;
  int64_t features = 0;  // of a query and of a key
  int64_t values = 0;    // of a value and of an output
  double scale = 1;
  bool causal = false;
  const View* mask = nullptr;
  bool truths = false;  // the mask's elements are truth values, not terms

  // Keys that the queries before `end` see.
  int64_t keysBefore(int64_t end) const { return causal ? smallerOf(keys, end) : keys; }
  // The tile of some keys from j0 on by queries from i0 on, both on a step.
  ScoreTile tile(int64_t i0, int64_t queryCount, int64_t j0, int64_t keyCount) const {
    return {keyCount, stepped(queryCount), causal ? j0 - i0 : -stepped(keyCount), kQueryBlock};
  }
};

// Reads the shape off q, k, v and, where `masked`, the mask behind them. Every matrix of `call`'s operands
// before q that `outputs` counts must have rows whose elements are adjacent, and none of them repeated.
Status readAttention(const Call& call, int q, int outputs, AttentionShape& shape);

// Whether these are the dims of an output for q, and of its log-sum-exp, which is contiguous.
bool isOutputOf(const AttentionShape& shape, const View& out, const View& logSum, const View& q);

// A matrix of an operand, by the number of its head.
template <class T>
struct Rows {
  T* data = nullptr;
  int64_t row = 0, column = 0;  // strides

  Rows from(int64_t i) const { return {data + i * row, row, column}; }
};

// The matrix of the last two dimensions that belongs to a head.
template <class T>
Rows<T> matrixOf(const View& view, int64_t head) {
  const int last = view.rank() - 1;
  T* data = view.as<T>();
  for (int axis = last - 2; axis >= 0; --axis) {
    data += head % view.dim(axis) * view.stride(axis);
    head /= view.dim(axis);
  }
  return {data, view.stride(last - 1), view.stride(last)};
}

template <class T>
struct AttentionTools {
  const GemmBlocks<T>& gemm;
  const AttentionKernels<T>& kernels;
};
template <class T>
AttentionTools<T> attentionTools();

// `rows` of a matrix with adjacent elements, near one another: as they lie, or copied to `room`.
template <class T>
Rows<const T> nearRows(const AttentionTools<T>& tools, Rows<const T> from, int64_t rows, int64_t columns,
                       T* room);

// to[features, width] = factor times the transpose of `rows` rows, and zeros in the columns beyond them.
template <class T>
void turnRows(const AttentionTools<T>& tools, Rows<const T> from, int64_t rows, int64_t features,
              int64_t width, T factor, T* to);

// Calls body(row, count, column) for runs of a tile's rows with the first column that sees one of them: those
// that the first step sees together, on the diagonal a few at a time.
template <class Body>
void forSeenRows(const ScoreTile& tile, const Body& body) {
  int64_t row = 0, column = tile.first < 0 ? 0 : tile.first;
  int64_t count = tile.first < 0 ? kAttentionStep - tile.first : kAttentionStep;
  while (row < tile.keys && column < tile.queries) {
    count = smallerOf(count, tile.keys - row);
    body(row, count, column);
    row += count;
    column = tile.first + row;
    count = kAttentionStep;
  }
}

// scores[keys, queries] = or += A (keys × depth) · B (depth × queries), where a key is seen at all.
template <class T>
void multiplySeen(const AttentionTools<T>& tools, const ScoreTile& tile, int64_t depth, Rows<const T> a,
                  const T* b, T* scores, bool accumulate);

// C (queries × columns) += Aᵀ · B for A (keys × queries), B (keys × columns), over the keys that are seen.
template <class T>
void addOverKeys(const AttentionTools<T>& tools, const ScoreTile& tile, int64_t queries, int64_t columns,
                 const T* a, Rows<const T> b, Rows<T> c);

// The scores of a tile before any product: what the mask adds to them, by way of `room` for as many.
template <class T>
void maskScores(const AttentionTools<T>& tools, const AttentionShape& shape, const ScoreTile& tile,
                int64_t head, int64_t i0, int64_t queries, int64_t j0, T* room, T* scores);

template <class T>
void clearRows(Rows<T> rows, int64_t count, int64_t columns) {
  for (int64_t i = 0; i < count; ++i) {
    for (int64_t j = 0; j < columns; ++j) rows.data[i * rows.row + j] = T(0);
  }
}

}  // namespace quern
