// Shapes of attention checked, and the products of a tile of scores.
#include "attention.h"
#include "attributes.h"

namespace quern {
namespace {

// Strides in bytes from which on rows are copied together: farther apart each lies in a page of its own.
constexpr int64_t kFarRows = 2048;

template <class T>
const GemmBlocks<T>& blocksOf(const KernelTable& table);
template <>
const GemmBlocks<float>& blocksOf(const KernelTable& table) {
  return table.gemm32;
}
template <>
const GemmBlocks<double>& blocksOf(const KernelTable& table) {
  return table.gemm64;
}

template <class T>
const AttentionKernels<T>& kernelsOf(const KernelTable& table);
template <>
const AttentionKernels<float>& kernelsOf(const KernelTable& table) {
  return table.attention32;
}
template <>
const AttentionKernels<double>& kernelsOf(const KernelTable& table) {
  return table.attention64;
}

// Whether a view has the leading dimensions of `like`, and these as its last two.
bool hasDims(const View& view, const View& like, int64_t rows, int64_t columns) {
  const int rank = like.rank();
  if (view.rank() != rank || view.dim(rank - 2) != rows || view.dim(rank - 1) != columns) return false;
  for (int axis = 0; axis < rank - 2; ++axis) {
    if (view.dim(axis) != like.dim(axis)) return false;
  }
  return true;
}

// Whether rows can be written into one by one.
bool isWritable(const View& view) {
  const int last = view.rank() - 1;
  if (view.size() == 0) return true;
  for (int axis = 0; axis < last; ++axis) {
    if (view.dim(axis) > 1 && view.stride(axis) == 0) return false;
  }
  return view.dim(last) <= 1 || view.stride(last) == 1;
}

}  // namespace

Status readAttention(const Call& call, int q, int outputs, AttentionShape& shape) {
  const View &query = call.operand[q], &key = call.operand[q + 1], &value = call.operand[q + 2];
  const int rank = query.rank();
  if (rank < 2 || key.rank() != rank || value.rank() != rank) return Status::kShapeMismatch;
  shape.queries = query.dim(rank - 2);
  shape.features = query.dim(rank - 1);
  shape.keys = key.dim(rank - 2);
  shape.values = value.dim(rank - 1);
  if (!hasDims(key, query, shape.keys, shape.features) || !hasDims(value, query, shape.keys, shape.values)) {
    return Status::kShapeMismatch;
  }
  for (int axis = 0; axis < rank - 2; ++axis) shape.heads *= query.dim(axis);
  for (int i = 0; i < outputs; ++i) {
    if (call.operand[i].rank() != rank || !isWritable(call.operand[i])) return Status::kShapeMismatch;
  }
  if (call.count > q + 3) {
    shape.mask = &call.operand[q + 3];
    if (!hasDims(*shape.mask, query, shape.queries, shape.keys)) return Status::kShapeMismatch;
    shape.truths = call.attributes[0] == static_cast<double>(DType::kBool);
    if (!shape.truths && call.attributes[0] != static_cast<double>(call.dtype)) return Status::kBadAttribute;
  }
  int64_t causal;
  if (!isFiniteNumber(call.attributes[1]) || !wholeAttribute(call, 2, 0, 1, causal)) {
    return Status::kBadAttribute;
  }
  shape.scale = call.attributes[1];
  shape.causal = causal != 0;
  return Status::kOk;
}

bool isOutputOf(const AttentionShape& shape, const View& out, const View& logSum, const View& q) {
  const int last = q.rank() - 1;
  if (!hasDims(out, q, shape.queries, shape.values) || logSum.rank() != last || !logSum.layout->contiguous) {
    return false;
  }
  for (int axis = 0; axis < last; ++axis) {
    if (logSum.dim(axis) != q.dim(axis)) return false;
  }
  return true;
}

template <class T>
AttentionTools<T> attentionTools() {
  const KernelTable& table = kernelTable();
  return {blocksOf<T>(table), kernelsOf<T>(table)};
}

template <class T>
Rows<const T> nearRows(const AttentionTools<T>& tools, Rows<const T> from, int64_t rows, int64_t columns,
                       T* room) {
  if (from.column == 1 && from.row * static_cast<int64_t>(sizeof(T)) < kFarRows) return from;
  tools.gemm.pack(rows, columns, from.data, from.row, from.column, room, columns);
  return {room, columns, 1};
}

template <class T>
void turnRows(const AttentionTools<T>& tools, Rows<const T> from, int64_t rows, int64_t features,
              int64_t width, T factor, T* to) {
  tools.gemm.pack(features, rows, from.data, from.column, from.row, to, width);
  for (int64_t j = 0; j < features && rows < width; ++j) {
    for (int64_t i = rows; i < width; ++i) to[j * width + i] = T(0);
  }
  if (factor != T(1)) tools.kernels.scale(features * width, factor, to);
}

template <class T>
void multiplySeen(const AttentionTools<T>& tools, const ScoreTile& tile, int64_t depth, Rows<const T> a,
                  const T* b, T* scores, bool accumulate) {
  forSeenRows(tile, [&](int64_t row, int64_t count, int64_t column) {
    tools.gemm.multiply(count, tile.queries - column, depth, a.data + row * a.row, a.row, a.column,
                        b + column, tile.queries, scores + row * tile.ld + column, tile.ld, accumulate,
                        nullptr);
  });
}

template <class T>
void addOverKeys(const AttentionTools<T>& tools, const ScoreTile& tile, int64_t queries, int64_t columns,
                 const T* a, Rows<const T> b, Rows<T> c) {
  for (int64_t i = 0; i < queries;) {
    const int64_t keys = seenRows(tile, i);
    const int64_t rows = keys == tile.keys ? queries - i : smallerOf(queries - i, kAttentionStep);
    if (keys > 0) {
      tools.gemm.multiply(rows, columns, keys, a + i, 1, tile.ld, b.data, b.row, c.data + i * c.row, c.row,
                          true, nullptr);
    }
    i += rows;
  }
}

template <class T>
void maskScores(const AttentionTools<T>& tools, const AttentionShape& shape, const ScoreTile& tile,
                int64_t head, int64_t i0, int64_t queries, int64_t j0, T* room, T* scores) {
  const int64_t size = shape.truths ? 1 : static_cast<int64_t>(sizeof(T));
  const Rows<char> bytes = shape.truths
                               ? matrixOf<char>(*shape.mask, head)
                               : Rows<char>{reinterpret_cast<char*>(matrixOf<T>(*shape.mask, head).data),
                                            shape.mask->stride(shape.mask->rank() - 2),
                                            shape.mask->stride(shape.mask->rank() - 1)};
  tools.kernels.mask(shape.truths, queries, tile.keys,
                     bytes.data + (i0 * bytes.row + j0 * bytes.column) * size, bytes.row, bytes.column, room,
                     tile.keys);
  clearRows<T>({room + queries * tile.keys, tile.keys, 1}, tile.queries - queries, tile.keys);
  tools.gemm.transpose(tile.queries, tile.keys, room, tile.keys, scores, tile.ld);
}

#define QUERN_ATTENTION(T)                                                                                \
  template AttentionTools<T> attentionTools<T>();                                                         \
  template Rows<const T> nearRows<T>(const AttentionTools<T>&, Rows<const T>, int64_t, int64_t, T*);      \
  template void turnRows<T>(const AttentionTools<T>&, Rows<const T>, int64_t, int64_t, int64_t, T, T*);   \
  template void multiplySeen<T>(const AttentionTools<T>&, const ScoreTile&, int64_t, Rows<const T>,       \
                                const T*, T*, bool);                                                      \
  template void addOverKeys<T>(const AttentionTools<T>&, const ScoreTile&, int64_t, int64_t, const T*,    \
                               Rows<const T>, Rows<T>);                                                   \
  template void maskScores<T>(const AttentionTools<T>&, const AttentionShape&, const ScoreTile&, int64_t, \
                              int64_t, int64_t, int64_t, T*, T*);
QUERN_ATTENTION(float)
QUERN_ATTENTION(double)
#undef QUERN_ATTENTION

}  // namespace quern
