// Drivers that order the elements along one axis: sort, topk, kthvalue with the medians, mode.
#include <atomic>

#include "../core/scratch.h"
#include "../core/thread_pool.h"
#include "../kernels/table.h"
#include "attributes.h"
#include "drivers.h"
#include "row_order.h"

namespace quern {
namespace {

constexpr int64_t kChunkWork = 8192;  // elements: less is not worth a thread
constexpr int64_t kMostChunks = 64;
constexpr int64_t kLongest = INT32_MAX;  // indices are int32

// The rows of x along an axis, and those of the results, which are dense: [outer][length][inner].
struct Rows {
  const View* in = nullptr;
  int axis = 0;
  int64_t n = 0;       // of x along the axis
  int64_t step = 0;    // its stride there
  int64_t length = 0;  // of the results
  int64_t count = 1;   // rows
  int64_t inner = 1;

  int64_t inputStart(int64_t row) const {
    int64_t at = 0;
    for (int d = in->rank() - 1; d >= 0; --d) {
      if (d == axis) continue;
      at += row % in->dim(d) * in->stride(d);
      row /= in->dim(d);
    }
    return at;
  }
  int64_t outputStart(int64_t row) const { return row / inner * length * inner + row % inner; }
};

// Operands: values, indices, x. The results have x's dims but for `length` along the axis (−1: x's own).
Status readRows(const Call& call, int64_t length, Rows& rows) {
  if (call.count != 3) return Status::kWrongCount;
  const View& values = call.operand[0];
  const View& indices = call.operand[1];
  rows.in = &call.operand[2];
  int64_t axis;
  if (!wholeAttribute(call, 0, 0, rows.in->rank() - 1, axis)) return Status::kBadAttribute;
  rows.axis = static_cast<int>(axis);
  rows.n = rows.in->dim(rows.axis);
  rows.step = rows.in->stride(rows.axis);
  rows.length = length < 0 ? rows.n : length;
  if (rows.n > kLongest || values.rank() != rows.in->rank() || !sameDims(values, indices) ||
      !values.layout->contiguous || !indices.layout->contiguous) {
    return Status::kShapeMismatch;
  }
  for (int d = 0; d < rows.in->rank(); ++d) {
    if (values.dim(d) != (d == rows.axis ? rows.length : rows.in->dim(d))) return Status::kShapeMismatch;
    if (d != rows.axis) rows.count *= rows.in->dim(d);
    if (d > rows.axis) rows.inner *= rows.in->dim(d);
  }
  return Status::kOk;
}

// Elements that are compared together, in vectors, before any is looked at alone.
constexpr int64_t kGlance = 32;

// One row at work: x's elements, and where the results go.
template <class T>
struct Row {
  const T* x;
  int64_t step, n;
  T* values;
  int32_t* indices;
  int64_t stride;
  typename OrderKey<T>::Key flip;

  using Key = OrderKey<T>;
  using Item = Ordered<typename Key::Key>;
  static constexpr int kBytes = Key::kBytes;

  Item item(int64_t i) const { return Item::make(Key::of(x[i * step]) ^ flip, i); }
  // Whether none of the next kGlance elements comes before a key; false where that cannot be told at a
  // glance.
  bool nonePasses(int64_t i, typename Key::Key last) const {
    if (step != 1 || i + kGlance > n) return false;
    typename Key::Key passing = 0;
    for (int64_t j = i; j < i + kGlance; ++j) passing |= (Key::of(x[j]) ^ flip) < last ? 1 : 0;
    return passing == 0;
  }
  void load(Item* items) const {
    for (int64_t i = 0; i < n; ++i) items[i] = item(i);
  }
  void store(int64_t at, const Item& item) const {
    const auto key = static_cast<typename Key::Key>(item.key() ^ flip);
    values[at * stride] = Key::tells(key) ? Key::value(key) : x[item.index() * step];
    indices[at * stride] = item.index();
  }
};

// Calls action(row, scratch) for every row, with scratch memory for `items` items.
template <class T, class Action>
Status forRows(const Call& call, const Rows& rows, bool descending, int64_t items, const Action& action) {
  using Item = typename Row<T>::Item;
  if (rows.count == 0) return Status::kOk;
  int64_t chunks = rows.count * rows.n / kChunkWork;
  chunks = chunks < 1 ? 1 : chunks > kMostChunks ? kMostChunks : chunks;
  if (chunks > rows.count) chunks = rows.count;
  std::atomic<bool> failed{false};
  parallelFor(chunks, [&](int64_t chunk, int) {
    ScratchFrame frame;
    Item* scratch = frame.take<Item>(items);
    if (!scratch) {
      failed.store(true);
      return;
    }
    const int64_t end = rows.count * (chunk + 1) / chunks;
    for (int64_t r = rows.count * chunk / chunks; r < end; ++r) {
      const int64_t to = rows.outputStart(r);
      const typename OrderKey<T>::Key flip = descending ? ~typename OrderKey<T>::Key{0} : 0;
      action(Row<T>{rows.in->as<T>() + rows.inputStart(r), rows.step, rows.n, call.operand[0].as<T>() + to,
                    call.operand[1].as<int32_t>() + to, rows.inner, flip},
             scratch);
    }
  });
  return failed.load() ? Status::kOutOfMemory : Status::kOk;
}

template <class Function>
Status forDType(DType dtype, const Function& function) {
  if (dtype == DType::kFloat32) return function(float{});
  if (dtype == DType::kFloat64) return function(double{});
  if (dtype == DType::kInt32) return function(int32_t{});
  return function(uint8_t{});
}

template <class T>
void sortRow(const Row<T>& row, typename Row<T>::Item* scratch) {
  row.load(scratch);
  const auto* sorted = sortItems<Row<T>::kBytes>(scratch, scratch + row.n, row.n);
  for (int64_t i = 0; i < row.n; ++i) row.store(i, sorted[i]);
}

// How many items are looked at together in search of the k first: enough that selecting among them is rare.
int64_t poolOf(int64_t k, int64_t n) {
  const int64_t pool = 4 * k + 1024;
  return pool < n ? pool : n;
}

// The k first go through a pool: what does not come before the k-th of those seen so far is passed over, for
// of equal elements the earlier ones win.
template <class T>
void topRow(const Row<T>& row, int64_t k, typename Row<T>::Item* scratch) {
  using Item = typename Row<T>::Item;
  const int64_t capacity = poolOf(k, row.n);
  Item* const pool = scratch;
  Item* const chosen = scratch + capacity;
  int64_t next = 0;
  for (; next < capacity; ++next) pool[next] = row.item(next);
  for (int64_t filled = capacity;;) {
    const Boundary found = selectItems<Row<T>::kBytes>(pool, filled, k, chosen);
    for (int64_t i = found.before; i < k; ++i) chosen[i] = pool[i - found.before];
    if (next == row.n) break;
    auto last = chosen[0].key();
    for (int64_t i = 0; i < k; ++i) {
      last = chosen[i].key() > last ? chosen[i].key() : last;
      pool[i] = chosen[i];
    }
    for (filled = k; next < row.n && filled < capacity;) {
      const int64_t end = next + kGlance < row.n ? next + kGlance : row.n;
      if (row.nonePasses(next, last)) next = end;
      for (; next < end && filled < capacity; ++next) {
        const Item item = row.item(next);
        if (item.key() < last) pool[filled++] = item;
      }
    }
  }
  const Item* const best = sortItems<Row<T>::kBytes>(chosen, pool, k);
  for (int64_t i = 0; i < k; ++i) row.store(i, best[i]);
}

// Which of a row's elements in ascending order is wanted.
enum Wanted : int64_t { kKth, kMedian, kNanMedian };

// The lower median where there are two; a NaN is the median, or counts for nothing.
template <class T>
void kthRow(const Row<T>& row, Wanted wanted, int64_t k, typename Row<T>::Item* items) {
  row.load(items);
  if (wanted != kKth) {
    int64_t nans = 0, firstNan = -1;
    for (int64_t i = row.n - 1; i >= 0; --i) {
      if (!OrderKey<T>::isNaN(items[i].key())) continue;
      ++nans;
      firstNan = i;
    }
    if (nans == row.n || (nans > 0 && wanted == kMedian)) return row.store(0, items[firstNan]);
    k = (row.n - nans + 1) / 2;
  }
  const Boundary found = selectItems<Row<T>::kBytes>(items, row.n, k, static_cast<decltype(items)>(nullptr));
  row.store(0, items[k - found.before - 1]);
}

// The most frequent element, of several the smallest, at its last index. No NaN equals another; among
// elements that all occur once a NaN is chosen.
template <class T>
void modeRow(const Row<T>& row, typename Row<T>::Item* scratch) {
  row.load(scratch);
  const auto* const sorted = sortItems<Row<T>::kBytes>(scratch, scratch + row.n, row.n);
  int64_t best = 0, most = 0, start = 0;
  while (start < row.n && !OrderKey<T>::isNaN(sorted[start].key())) {
    int64_t end = start + 1;
    while (end < row.n && sorted[end].key() == sorted[start].key()) ++end;
    if (end - start > most) {
      most = end - start;
      best = end - 1;
    }
    start = end;
  }
  if (most <= 1 && start < row.n) best = start;
  row.store(0, sorted[best]);
}

}  // namespace

Status run_sort(const Call& call) {
  Rows rows;
  int64_t descending;
  const Status status = readRows(call, -1, rows);
  if (status != Status::kOk) return status;
  if (!wholeAttribute(call, 1, 0, 1, descending)) return Status::kBadAttribute;
  return forDType(call.dtype, [&](auto zero) {
    return forRows<decltype(zero)>(call, rows, descending != 0, 2 * rows.n,
                                   [](const auto& row, auto* scratch) { sortRow(row, scratch); });
  });
}

Status run_topk(const Call& call) {
  Rows rows;
  int64_t k, largest;
  if (!wholeAttribute(call, 1, 0, kLongest, k) || !wholeAttribute(call, 2, 0, 1, largest)) {
    return Status::kBadAttribute;
  }
  const Status status = readRows(call, k, rows);
  if (status != Status::kOk) return status;
  if (k > rows.n) return Status::kBadAttribute;
  if (k == 0) return Status::kOk;
  return forDType(call.dtype, [&](auto zero) {
    return forRows<decltype(zero)>(call, rows, largest != 0, 2 * poolOf(k, rows.n),
                                   [&](const auto& row, auto* scratch) { topRow(row, k, scratch); });
  });
}

Status run_kthvalue(const Call& call) {
  Rows rows;
  int64_t wanted, k;
  const Status status = readRows(call, 1, rows);
  if (status != Status::kOk) return status;
  if (rows.n == 0) return Status::kShapeMismatch;
  if (!wholeAttribute(call, 1, 1, rows.n, k) || !wholeAttribute(call, 2, kKth, kNanMedian, wanted)) {
    return Status::kBadAttribute;
  }
  return forDType(call.dtype, [&](auto zero) {
    return forRows<decltype(zero)>(call, rows, false, rows.n, [&](const auto& row, auto* scratch) {
      kthRow(row, static_cast<Wanted>(wanted), k, scratch);
    });
  });
}

Status run_mode(const Call& call) {
  Rows rows;
  const Status status = readRows(call, 1, rows);
  if (status != Status::kOk) return status;
  if (rows.n == 0) return Status::kShapeMismatch;
  return forDType(call.dtype, [&](auto zero) {
    return forRows<decltype(zero)>(call, rows, false, 2 * rows.n,
                                   [](const auto& row, auto* scratch) { modeRow(row, scratch); });
  });
}

}  // namespace quern
