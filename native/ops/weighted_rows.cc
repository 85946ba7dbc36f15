// Drivers of weighted sums of a table's rows, and their gradients: sampling at points, and bags of
// embeddings.
#include "../core/thread_pool.h"
#include "attributes.h"
#include "drivers.h"
#include "index_check.h"

namespace quern {
namespace {

constexpr int64_t kChunkWork = 16384;  // elements: less is not worth a thread
constexpr int64_t kMostChunks = 64;
constexpr int64_t kColumnUnit = 32;  // two cache lines: threads don't share one
constexpr int kLanes = 8;

int64_t smallerOf(int64_t a, int64_t b) { return a < b ? a : b; }

// A matrix in memory.
template <class T>
struct Matrix {
  T* data;
  int64_t row, column;

  explicit Matrix(const View& view) : data(view.as<T>()), row(view.stride(0)), column(view.stride(1)) {}
  T* at(int64_t i, int64_t j) const { return data + i * row + j * column; }
};

// Lists (terms, count) of rows of a table (rows, columns), of which each place of the list is made.
struct Mix {
  int64_t rows, columns, terms, count;
  int64_t blank;  // the index that has no part, which may be `rows`; −1: none
};

// `mixed` is (count, columns), `lists` (terms, count) the weights or what stands in their place.
Status readMix(const Call& call, const View& table, const View& mixed, const View& lists, Mix& mix) {
  const View& index = call.operand[2];
  if (table.rank() != 2 || mixed.rank() != 2 || lists.rank() != 2 || index.rank() != 2 ||
      index.dim(0) != lists.dim(0) || index.dim(1) != lists.dim(1) || index.dim(1) != mixed.dim(0) ||
      table.dim(1) != mixed.dim(1)) {
    return Status::kShapeMismatch;
  }
  const View& out = call.operand[0];
  if (!out.layout->contiguous) return Status::kShapeMismatch;
  mix = {table.dim(0), table.dim(1), index.dim(0), index.dim(1), -1};
  if (!wholeAttribute(call, 0, -1, mix.rows, mix.blank)) return Status::kBadAttribute;
  for (int operand = 1; operand < 4; ++operand) {
    const int64_t size = itemSize(operand == 2 ? DType::kInt32 : call.dtype);
    if (overlaps(out, itemSize(call.dtype), call.operand[operand], size)) return Status::kShapeMismatch;
  }
  const int64_t limit = mix.rows + (mix.blank == mix.rows ? 1 : 0);
  return indicesInRange(call, 2, limit, 0) ? Status::kOk : Status::kIndexOutOfRange;
}

template <class T>
void addScaled(int64_t count, T weight, const T* __restrict from, int64_t step, T* __restrict to) {
  if (step == 1) {
    for (int64_t j = 0; j < count; ++j) to[j] += weight * from[j];
  } else {
    for (int64_t j = 0; j < count; ++j) to[j] += weight * from[j * step];
  }
}

template <class T>
T dot(int64_t count, const T* a, int64_t stepA, const T* b, int64_t stepB) {
  T sums[kLanes] = {};
  int64_t j = 0;
  if (stepA == 1 && stepB == 1) {
    for (; j + kLanes <= count; j += kLanes) {
      for (int lane = 0; lane < kLanes; ++lane) sums[lane] += a[j + lane] * b[j + lane];
    }
  } else {
    for (; j + kLanes <= count; j += kLanes) {
      for (int lane = 0; lane < kLanes; ++lane) {
        sums[lane] += a[(j + lane) * stepA] * b[(j + lane) * stepB];
      }
    }
  }
  for (; j < count; ++j) sums[j % kLanes] += a[j * stepA] * b[j * stepB];
  for (int half = kLanes / 2; half > 0; half /= 2) {
    for (int lane = 0; lane < half; ++lane) sums[lane] += sums[lane + half];
  }
  return sums[0];
}

// Calls body(i) for each place of the list, on as many threads as its work is worth.
template <class Body>
void forEachPlace(const Mix& mix, const Body& body) {
  const int64_t perChunk = 1 + kChunkWork / (1 + mix.columns * mix.terms);
  parallelFor((mix.count + perChunk - 1) / perChunk, [&](int64_t chunk, int) {
    const int64_t end = smallerOf(mix.count, (chunk + 1) * perChunk);
    for (int64_t i = chunk * perChunk; i < end; ++i) body(i);
  });
}

template <class T>
void sumUp(const Call& call, const Mix& mix) {
  T* out = call.operand[0].as<T>();
  const Matrix<T> table(call.operand[1]), weights(call.operand[3]);
  const Matrix<int32_t> index(call.operand[2]);
  forEachPlace(mix, [&](int64_t i) {
    T* to = out + i * mix.columns;
    for (int64_t j = 0; j < mix.columns; ++j) to[j] = T(0);
    for (int64_t k = 0; k < mix.terms; ++k) {
      const int64_t row = *index.at(k, i);
      if (row != mix.blank) addScaled(mix.columns, *weights.at(k, i), table.at(row, 0), table.column, to);
    }
  });
}

// Threads take columns of the whole table, or where it has few, rows: what meets in a row is added in the
// order of the list all the same.
template <class T>
void addUp(const Call& call, const Mix& mix) {
  T* table = call.operand[0].as<T>();
  const Matrix<T> gradient(call.operand[1]), weights(call.operand[3]);
  const Matrix<int32_t> index(call.operand[2]);
  const int64_t units = (mix.columns + kColumnUnit - 1) / kColumnUnit;
  const int64_t work = (mix.count * mix.terms + mix.rows) * mix.columns;
  const int64_t chunks = smallerOf(1 + work / kChunkWork, kMostChunks);
  const bool byColumns = units >= chunks;
  parallelFor(chunks, [&](int64_t chunk, int) {
    const int64_t begin = byColumns ? units * chunk / chunks * kColumnUnit : 0;
    const int64_t end =
        byColumns ? smallerOf(mix.columns, units * (chunk + 1) / chunks * kColumnUnit) : mix.columns;
    const int64_t first = byColumns ? 0 : mix.rows * chunk / chunks;
    const int64_t last = byColumns ? mix.rows : mix.rows * (chunk + 1) / chunks;
    for (int64_t row = first; row < last; ++row) {
      T* to = table + row * mix.columns;
      for (int64_t j = begin; j < end; ++j) to[j] = T(0);
    }
    for (int64_t i = 0; i < mix.count; ++i) {
      for (int64_t k = 0; k < mix.terms; ++k) {
        const int64_t row = *index.at(k, i);
        if (row == mix.blank || row < first || row >= last) continue;
        addScaled(end - begin, *weights.at(k, i), gradient.at(i, begin), gradient.column,
                  table + row * mix.columns + begin);
      }
    }
  });
}

template <class T>
void compare(const Call& call, const Mix& mix) {
  T* out = call.operand[0].as<T>();
  const Matrix<T> table(call.operand[1]), gradient(call.operand[3]);
  const Matrix<int32_t> index(call.operand[2]);
  forEachPlace(mix, [&](int64_t i) {
    for (int64_t k = 0; k < mix.terms; ++k) {
      const int64_t row = *index.at(k, i);
      out[k * mix.count + i] = row == mix.blank ? T(0)
                                                : dot(mix.columns, table.at(row, 0), table.column,
                                                      gradient.at(i, 0), gradient.column);
    }
  });
}

}  // namespace

// out (N, D) = Σ over k of weights (K, N) · table (V, D) at index (K, N); attribute 0: an index that has no
// part, which may be V, or −1.
Status run_weightedRows(const Call& call) {
  Mix mix;
  const Status status = readMix(call, call.operand[1], call.operand[0], call.operand[3], mix);
  if (status != Status::kOk || call.operand[0].size() == 0) return status;
  call.dtype == DType::kFloat32 ? sumUp<float>(call, mix) : sumUp<double>(call, mix);
  return Status::kOk;
}

// table (V, D) = Σ of weights (K, N) · g (N, D), by index (K, N).
Status run_weightedRowsGradTable(const Call& call) {
  Mix mix;
  const Status status = readMix(call, call.operand[0], call.operand[1], call.operand[3], mix);
  if (status != Status::kOk || call.operand[0].size() == 0) return status;
  call.dtype == DType::kFloat32 ? addUp<float>(call, mix) : addUp<double>(call, mix);
  return Status::kOk;
}

// out (K, N) = the products of g (N, D) with the rows of table (V, D) at index (K, N).
Status run_weightedRowsGradWeights(const Call& call) {
  Mix mix;
  const Status status = readMix(call, call.operand[1], call.operand[3], call.operand[0], mix);
  if (status != Status::kOk || call.operand[0].size() == 0) return status;
  call.dtype == DType::kFloat32 ? compare<float>(call, mix) : compare<double>(call, mix);
  return Status::kOk;
}

}  // namespace quern
