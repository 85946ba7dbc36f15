// Drivers of embeddings: rows of a table by index, and the table's gradient in one pass over it.
#include "../core/thread_pool.h"
#include "attributes.h"
#include "drivers.h"
#include "index_check.h"

namespace quern {
namespace {

constexpr int64_t kChunkWork = 16384;  // elements: less is not worth a thread
constexpr int64_t kMostChunks = 64;
constexpr int64_t kColumnUnit = 32;  // two cache lines: threads don't share one

int64_t smallerOf(int64_t a, int64_t b) { return a < b ? a : b; }

// A table (rows, columns) and a list of indices with a row of values for each.
struct Lookup {
  int64_t rows, columns, count;
  int64_t padding;  // the row that has neither values nor a gradient; −1: none
  const int32_t* index;
  int64_t indexStep;
};

Status readLookup(const Call& call, const View& table, const View& list, int indexOperand, Lookup& lookup) {
  const View& index = call.operand[indexOperand];
  if (table.rank() != 2 || list.rank() != 2 || index.rank() != 1 || index.dim(0) != list.dim(0) ||
      table.dim(1) != list.dim(1)) {
    return Status::kShapeMismatch;
  }
  if (!call.operand[0].layout->contiguous) return Status::kShapeMismatch;
  lookup.rows = table.dim(0);
  lookup.columns = table.dim(1);
  lookup.count = list.dim(0);
  if (!wholeAttribute(call, 0, -1, lookup.rows - 1, lookup.padding)) return Status::kBadAttribute;
  // Written over, indices that were checked would change.
  if (overlaps(call.operand[0], itemSize(call.dtype), index, itemSize(DType::kInt32))) {
    return Status::kShapeMismatch;
  }
  if (!indicesInRange(call, indexOperand, lookup.rows, 0)) return Status::kIndexOutOfRange;
  lookup.index = index.as<int32_t>();
  lookup.indexStep = index.stride(0);
  return Status::kOk;
}

template <class T>
void lookUp(const Lookup& lookup, const View& table, T* out) {
  const T* from = table.as<T>();
  const int64_t row = table.stride(0), column = table.stride(1), columns = lookup.columns;
  const int64_t perChunk = 1 + kChunkWork / columns;
  parallelFor((lookup.count + perChunk - 1) / perChunk, [&](int64_t chunk, int) {
    const int64_t end = smallerOf(lookup.count, (chunk + 1) * perChunk);
    for (int64_t i = chunk * perChunk; i < end; ++i) {
      const int64_t at = lookup.index[i * lookup.indexStep];
      const T* values = from + at * row;
      T* to = out + i * columns;
      if (at == lookup.padding) {
        for (int64_t j = 0; j < columns; ++j) to[j] = T(0);
      } else if (column == 1) {
        for (int64_t j = 0; j < columns; ++j) to[j] = values[j];
      } else {
        for (int64_t j = 0; j < columns; ++j) to[j] = values[j * column];
      }
    }
  });
}

// Threads take columns of the whole table, so that values that meet in a row are added in the order of the
// list.
template <class T>
void addUp(const Lookup& lookup, const View& gradient, T* table) {
  const T* from = gradient.as<T>();
  const int64_t row = gradient.stride(0), column = gradient.stride(1), columns = lookup.columns;
  const int64_t units = (columns + kColumnUnit - 1) / kColumnUnit;
  const int64_t wanted = 1 + (lookup.count + lookup.rows) * columns / kChunkWork;
  const int64_t chunks = smallerOf(smallerOf(units, wanted), kMostChunks);
  parallelFor(chunks, [&](int64_t chunk, int) {
    const int64_t begin = units * chunk / chunks * kColumnUnit;
    const int64_t width = smallerOf(columns, units * (chunk + 1) / chunks * kColumnUnit) - begin;
    for (int64_t i = 0; i < lookup.rows; ++i) {
      T* to = table + i * columns + begin;
      for (int64_t j = 0; j < width; ++j) to[j] = T(0);
    }
    for (int64_t i = 0; i < lookup.count; ++i) {
      const int64_t at = lookup.index[i * lookup.indexStep];
      if (at == lookup.padding) continue;
      const T* values = from + i * row + begin * column;
      T* to = table + at * columns + begin;
      if (column == 1) {
        for (int64_t j = 0; j < width; ++j) to[j] += values[j];
      } else {
        for (int64_t j = 0; j < width; ++j) to[j] += values[j * column];
      }
    }
  });
}

}  // namespace

// out (N, D), table (V, D), index (N); attribute 0: a row that reads as zeros, or −1.
Status run_embedding(const Call& call) {
  Lookup lookup;
  const Status status = readLookup(call, call.operand[1], call.operand[0], 2, lookup);
  if (status != Status::kOk || call.operand[0].size() == 0) return status;
  if (call.dtype == DType::kFloat32) {
    lookUp<float>(lookup, call.operand[1], call.operand[0].as<float>());
  } else {
    lookUp<double>(lookup, call.operand[1], call.operand[0].as<double>());
  }
  return Status::kOk;
}

// table (V, D) = Σ over the list of g (N, D), by index (N); attribute 0: a row that stays zero, or −1.
Status run_embeddingGrad(const Call& call) {
  Lookup lookup;
  const Status status = readLookup(call, call.operand[0], call.operand[2], 1, lookup);
  if (status != Status::kOk || call.operand[0].size() == 0) return status;
  if (call.dtype == DType::kFloat32) {
    addUp<float>(lookup, call.operand[2], call.operand[0].as<float>());
  } else {
    addUp<double>(lookup, call.operand[2], call.operand[0].as<double>());
  }
  return Status::kOk;
}

}  // namespace quern
