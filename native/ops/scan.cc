// Drivers of scans along one axis: cumsum, cumprod, logcumsumexp, cummax, cummin and linear recurrences.
#include <math.h>

#include "../core/thread_pool.h"
#include "../kernels/table.h"
#include "attributes.h"
#include "drivers.h"
#include "strided.h"

namespace quern {
namespace {

// Rows that are walked together: one alone would wait for its own last sum at each step.
constexpr int64_t kTogether = 16;

// A number of rows that the compiler knows.
template <int64_t value>
struct Known {
  constexpr operator int64_t() const { return value; }
};

// Calls run(count), for the usual counts with one that the compiler knows.
template <class Run>
void withCount(int64_t count, const Run& run) {
  if (count == kTogether) {
    run(Known<kTogether>{});
  } else if (count == 1) {
    run(Known<1>{});
  } else {
    run(count);
  }
}

// Dense operands seen as [outer][n][inner], the middle one being the axis. A lane is one row along it.
struct Lanes {
  int64_t outer = 1, n = 1, inner = 1;
  bool reverse = false;
};

Status readLanes(const Call& call, int operands, Lanes& lanes) {
  if (call.count != operands) return Status::kWrongCount;
  const View& out = call.operand[0];
  int64_t axis, reverse;
  if (!wholeAttribute(call, 0, 0, out.rank() - 1, axis) || !wholeAttribute(call, 1, 0, 1, reverse)) {
    return Status::kBadAttribute;
  }
  for (int i = 0; i < operands; ++i) {
    if (!call.operand[i].layout->contiguous || !sameDims(call.operand[i], out)) return Status::kShapeMismatch;
  }
  for (int d = 0; d < out.rank(); ++d) {
    int64_t& part = d < axis ? lanes.outer : d == axis ? lanes.n : lanes.inner;
    part *= out.dim(d);
  }
  lanes.reverse = reverse != 0;
  return lanes.n > INT32_MAX ? Status::kShapeMismatch : Status::kOk;
}

// Calls body(count, start, laneStep, step) for groups of lanes, so many together at most: where the first
// begins, how far the next lane lies from it, and how far a lane's next element.
template <class Body>
void forGroups(const Lanes& lanes, int64_t together, const Body& body) {
  const int64_t total = lanes.outer * lanes.inner, size = total * lanes.n;
  if (size == 0) return;
  int64_t chunks = chunkCount(size);
  if (chunks > total) chunks = total;
  const bool rows = lanes.inner == 1;
  const int64_t step = lanes.reverse ? -lanes.inner : lanes.inner;
  // Cut through a group, two threads would write to one cache line.
  const int64_t multiple = total / chunks < kTogether ? 1 : kTogether;
  parallelFor(chunks, [&](int64_t chunk, int) {
    const int64_t end = chunkStart(total, chunks, chunk + 1, multiple);
    int64_t lane = chunkStart(total, chunks, chunk, multiple);
    while (lane < end) {
      const int64_t within = lane % lanes.inner;
      int64_t count = rows ? end - lane : lanes.inner - within;
      if (count > end - lane) count = end - lane;
      if (count > together) count = together;
      const int64_t first = lane / lanes.inner * lanes.n * lanes.inner + within;
      const int64_t start = lanes.reverse ? first + (lanes.n - 1) * lanes.inner : first;
      withCount(count, [&](auto known) {
        if (rows) {
          body(known, start, lanes.n, step);
        } else {
          body(known, start, Known<1>{}, step);
        }
      });
      lane += count;
    }
  });
}

// What a scan carries from one element to the next: float32 in doubles, so that a long sum keeps its
// accuracy.
template <class T>
struct CarryOf {
  using Type = double;
};
template <>
struct CarryOf<int32_t> {
  using Type = uint32_t;  // modulo 2^32
};

struct Sum {
  template <class C>
  static C first() {
    return 0;
  }
  template <class C>
  static C next(C carry, C x) {
    return carry + x;
  }
};

struct Product {
  template <class C>
  static C first() {
    return 1;
  }
  template <class C>
  static C next(C carry, C x) {
    return carry * x;
  }
};

struct LogSumExp {
  template <class C>
  static C first() {
    return -INFINITY;
  }
  // Of equal infinities there is no difference.
  template <class C>
  static C next(C carry, C x) {
    const C top = carry > x || carry != carry ? carry : x;
    const C low = carry > x || carry != carry ? x : carry;
    if (top == low && top - top != 0) return top;
    return top + log1p(exp(low - top));
  }
};

template <class Scan, class T>
void scanLanes(const Lanes& lanes, const Call& call) {
  using Carry = typename CarryOf<T>::Type;
  T* const out = call.operand[0].as<T>();
  const T* const x = call.operand[1].as<T>();
  forGroups(lanes, kTogether, [&](auto count, int64_t start, auto laneStep, int64_t step) {
    Carry carry[kTogether];
    for (int64_t lane = 0; lane < count; ++lane) carry[lane] = Scan::template first<Carry>();
    for (int64_t i = 0, at = start; i < lanes.n; ++i, at += step) {
      for (int64_t lane = 0; lane < count; ++lane) {
        carry[lane] = Scan::template next<Carry>(carry[lane], static_cast<Carry>(x[at + lane * laneStep]));
        out[at + lane * laneStep] = static_cast<T>(carry[lane]);
      }
    }
  });
}

bool isNumber(float x) { return x == x; }
bool isNumber(double x) { return x == x; }
bool isNumber(int32_t) { return true; }

// The extreme value so far and the last index at which it stood; a NaN is more extreme than any number.
template <bool largest, class T>
void scanExtremes(const Lanes& lanes, const Call& call) {
  T* const values = call.operand[0].as<T>();
  int32_t* const indices = call.operand[1].as<int32_t>();
  const T* const x = call.operand[2].as<T>();
  // Comparisons wait for nothing: a row that is dense goes best alone.
  forGroups(lanes, lanes.inner == 1 ? 1 : kTogether,
            [&](auto count, int64_t start, auto laneStep, int64_t step) {
              T best[kTogether];
              int32_t where[kTogether] = {};
              for (int64_t lane = 0; lane < count; ++lane) best[lane] = x[start + lane * laneStep];
              for (int64_t i = 0, at = start; i < lanes.n; ++i, at += step) {
                for (int64_t lane = 0; lane < count; ++lane) {
                  const T value = x[at + lane * laneStep], held = best[lane];
                  const bool better = largest ? !(value < held) : !(value > held);
                  if (!isNumber(value) || (better && isNumber(held))) {
                    best[lane] = value;
                    where[lane] = static_cast<int32_t>(i);
                  }
                  values[at + lane * laneStep] = best[lane];
                  indices[at + lane * laneStep] = where[lane];
                }
              }
            });
}

// out = a · (out before) + b, beginning with b: the first a is not read.
template <class T>
void recur(const Lanes& lanes, const Call& call) {
  T* const out = call.operand[0].as<T>();
  const T* const a = call.operand[1].as<T>();
  const T* const b = call.operand[2].as<T>();
  forGroups(lanes, kTogether, [&](auto count, int64_t start, auto laneStep, int64_t step) {
    double carry[kTogether];
    for (int64_t i = 0, at = start; i < lanes.n; ++i, at += step) {
      for (int64_t lane = 0; lane < count; ++lane) {
        const int64_t place = at + lane * laneStep;
        const double added = static_cast<double>(b[place]);
        carry[lane] = i == 0 ? added : static_cast<double>(a[place]) * carry[lane] + added;
        out[place] = static_cast<T>(carry[lane]);
      }
    }
  });
}

template <class Scan>
void scanFloats(const Lanes& lanes, const Call& call) {
  if (call.dtype == DType::kFloat32) {
    scanLanes<Scan, float>(lanes, call);
  } else {
    scanLanes<Scan, double>(lanes, call);
  }
}

template <class Scan>
void scanNumbers(const Lanes& lanes, const Call& call) {
  if (call.dtype == DType::kInt32) {
    scanLanes<Scan, int32_t>(lanes, call);
  } else {
    scanFloats<Scan>(lanes, call);
  }
}

template <bool largest>
void scanExtremesOf(const Lanes& lanes, const Call& call) {
  if (call.dtype == DType::kFloat32) {
    scanExtremes<largest, float>(lanes, call);
  } else if (call.dtype == DType::kFloat64) {
    scanExtremes<largest, double>(lanes, call);
  } else {
    scanExtremes<largest, int32_t>(lanes, call);
  }
}

}  // namespace

// Attributes of all: the axis, and 1 to go from its end to its beginning.

Status run_scan(const Call& call) {
  Lanes lanes;
  const Status status = readLanes(call, 2, lanes);
  if (status != Status::kOk) return status;
  if (call.kernel == static_cast<int>(Kernel::k_cumsum)) {
    scanNumbers<Sum>(lanes, call);
  } else if (call.kernel == static_cast<int>(Kernel::k_cumprod)) {
    scanNumbers<Product>(lanes, call);
  } else {
    scanFloats<LogSumExp>(lanes, call);
  }
  return Status::kOk;
}

// The indices are steps of the walk.
Status run_scanExtreme(const Call& call) {
  Lanes lanes;
  const Status status = readLanes(call, 3, lanes);
  if (status != Status::kOk) return status;
  if (call.kernel == static_cast<int>(Kernel::k_cummax)) {
    scanExtremesOf<true>(lanes, call);
  } else {
    scanExtremesOf<false>(lanes, call);
  }
  return Status::kOk;
}

Status run_recurrence(const Call& call) {
  Lanes lanes;
  const Status status = readLanes(call, 3, lanes);
  if (status != Status::kOk) return status;
  if (call.dtype == DType::kFloat32) {
    recur<float>(lanes, call);
  } else {
    recur<double>(lanes, call);
  }
  return Status::kOk;
}

}  // namespace quern
