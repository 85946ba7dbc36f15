// The inner kernels of attention that each ISA fills in: what happens to a tile of scores between two
// products.
#pragma once
#include <stdint.h>

namespace quern {

// Columns that are treated alike: where rows end, and where products of a tile on the diagonal are cut.
constexpr int64_t kAttentionStep = 16;

// A tile of scores lies transposed, a row for each key and a column for each query, so that what belongs to a
// query stays in one lane of every row. `queries` is a multiple of kAttentionStep. Causality: row r is seen
// from column first + r on; first ≤ −keys: all are seen. first is a multiple of kAttentionStep too. In the
// columns of a step only the rows are touched that one of its queries sees: seenRows.
struct ScoreTile {
  int64_t keys, queries, first, ld;
};

// Rows that the columns of the step at `column` have.
constexpr int64_t seenRows(const ScoreTile& tile, int64_t column) {
  const int64_t rows = column + kAttentionStep - tile.first;
  return rows < 0 ? 0 : rows < tile.keys ? rows : tile.keys;
}

template <class T>
struct AttentionKernels {
  // One step of the online softmax: `top` and `sum` of each query go on over this tile, whose scores become
  // e^(score − top), 0 where a key isn't seen. What was summed before is to be multiplied by `factor`.
  using Softmax = void (*)(const ScoreTile& tile, T* scores, T* top, T* sum, T* factor);
  // scores becomes p = e^(score − logSum), and slopes, the gradient of p, becomes p · (slope − dot) · scale.
  using SoftmaxGrad = void (*)(const ScoreTile& tile, T* scores, T* slopes, const T* logSum, const T* dot,
                               T scale);
  // top and sum of a query, once all keys went by: what to multiply its sum of values with, and ln Σ e^score.
  // A query that sees no key has 0 and +∞.
  using Finish = void (*)(int64_t queries, const T* top, const T* sum, T* factor, T* logSum);
  // Row i of x times factor[i].
  using ScaleRows = void (*)(int64_t rows, int64_t columns, const T* factor, T* x, int64_t ld);
  using Scale = void (*)(int64_t n, T factor, T* x);
  // out[i] = Σ over columns of a[i, column] · b[i, column]
  using RowDots = void (*)(int64_t rows, int64_t columns, const T* a, int64_t lda, const T* b, int64_t ldb,
                           T* out);
  // What a mask adds to scores, a row for each query: its values, or, of truths, 0 where true and −∞
  // elsewhere.
  using Mask = void (*)(bool truths, int64_t queries, int64_t keys, const void* mask, int64_t rowStride,
                        int64_t columnStride, T* to, int64_t ld);

  Softmax softmax = nullptr;
  SoftmaxGrad softmaxGrad = nullptr;
  Finish finish = nullptr;
  ScaleRows scaleRows = nullptr;
  Scale scale = nullptr;
  RowDots rowDots = nullptr;
  Mask mask = nullptr;
};

}  // namespace quern
