// Reductions: a tree of fixed shape for every length, so that a result depends on the shape alone.
#pragma once
#include "entries.inl"
#include "loops.inl"

namespace {

// How each reduction combines two values, and what it makes of none.
template <Kernel kernel>
struct Reducer;
template <>
struct Reducer<Kernel::k_sum> {
  template <class V>
  static V combine(V a, V b) {
    return a + b;
  }
  template <class T>
  static T identity() {
    return T(0);
  }
};
// A mean is a sum that its driver divides.
template <>
struct Reducer<Kernel::k_mean> : Reducer<Kernel::k_sum> {};
template <>
struct Reducer<Kernel::k_prod> {
  template <class V>
  static V combine(V a, V b) {
    return a * b;
  }
  template <class T>
  static T identity() {
    return T(1);
  }
};
template <>
struct Reducer<Kernel::k_amax> {
  template <class V>
  static V combine(V a, V b) {
    return maximum(a, b);
  }
  template <class T>
  static T identity() {
    return convert<T>(-static_cast<double>(INFINITY));
  }
};
template <>
struct Reducer<Kernel::k_amin> {
  template <class V>
  static V combine(V a, V b) {
    return minimum(a, b);
  }
  template <class T>
  static T identity() {
    return convert<T>(static_cast<double>(INFINITY));
  }
};
template <>
struct Reducer<Kernel::k_any> {
  static Lane<uint8_t> combine(Lane<uint8_t> a, Lane<uint8_t> b) { return {static_cast<uint8_t>(a.v | b.v)}; }
  template <class T>
  static T identity() {
    return 0;
  }
};
template <>
struct Reducer<Kernel::k_all> {
  static Lane<uint8_t> combine(Lane<uint8_t> a, Lane<uint8_t> b) { return {static_cast<uint8_t>(a.v & b.v)}; }
  template <class T>
  static T identity() {
    return 1;
  }
};

template <class V>
constexpr bool kIsInteger = static_cast<typename V::Scalar>(0.5) == 0;

// Values that vectors add up by themselves before their sum goes to the carry.
constexpr int64_t kBlockLength = 4096;
constexpr int64_t kBlockRows = 128;
constexpr int kAccumulators = 8;  // enough to hide the latency of an addition

// Combines all lanes; every lane then holds the result.
template <class R, class V>
inline V foldLanes(V v) {
  if constexpr (V::kLanes > 8) v = R::combine(v, swapLanes<8>(v));
  if constexpr (V::kLanes > 4) v = R::combine(v, swapLanes<4>(v));
  if constexpr (V::kLanes > 2) v = R::combine(v, swapLanes<2>(v));
  if constexpr (V::kLanes > 1) v = R::combine(v, swapLanes<1>(v));
  return v;
}

// The reduction of n contiguous values.
template <class R, class V>
inline typename V::Scalar reduceBlock(int64_t n, const typename V::Scalar* a) {
  const V identity = V::broadcast(R::template identity<typename V::Scalar>());
  V total = identity;
  int64_t i = 0;
  if constexpr (kIsInteger<V>) {
    for (; i < n; i++) total = R::combine(total, V::load(a + i));
    return first(total);
  } else {
    constexpr int64_t step = V::kLanes;
    if (n >= kAccumulators * step) {
      V sums[kAccumulators];
      for (int k = 0; k < kAccumulators; k++) sums[k] = V::load(a + k * step);
      for (i = kAccumulators * step; i + kAccumulators * step <= n; i += kAccumulators * step) {
        for (int k = 0; k < kAccumulators; k++) sums[k] = R::combine(sums[k], V::load(a + i + k * step));
      }
      for (int width = kAccumulators / 2; width > 0; width /= 2) {
        for (int k = 0; k < width; k++) sums[k] = R::combine(sums[k], sums[k + width]);
      }
      total = sums[0];
    }
    for (; i + step <= n; i += step) total = R::combine(total, V::load(a + i));
    const int rest = static_cast<int>(n - i);
    if (rest > 0) total = R::combine(total, select(V::firstLanes(rest), V::load(a + i, rest), identity));
    return first(foldLanes<R>(total));
  }
}

template <class R, class C>
inline C combineValues(C a, C b) {
  return R::combine(Lane<C>{a}, Lane<C>{b}).v;
}

// carry combined with the reduction of one row.
template <class R, class V, class C>
inline C reduceRow(int64_t n, const typename V::Scalar* a, int64_t stride, C carry) {
  using T = typename V::Scalar;
  if (stride == 1) {
    for (int64_t i = 0; i < n; i += kBlockLength) {
      const int64_t count = n - i < kBlockLength ? n - i : kBlockLength;
      carry = combineValues<R, C>(carry, reduceBlock<R, V>(count, a + i));
    }
    return carry;
  }
  T stage[kStage];
  for (int64_t i = 0; i < n; i += kStage) {
    const int64_t count = n - i < kStage ? n - i : kStage;
    gatherStrided(count, a + i * stride, stride, stage);
    carry = combineValues<R, C>(carry, reduceBlock<R, V>(count, stage));
  }
  return carry;
}

// carry[j] combined with the reduction of column j, for `vectors` vectors of columns (`columns` columns of a
// last, partial one). Narrow strips keep several sums for a column, or each row would wait for the one
// before.
template <class R, class V, int vectors, class C>
inline void reduceStrip(int64_t rows, const typename V::Scalar* a, int64_t rowStride, int columns, C* carry) {
  using T = typename V::Scalar;
  constexpr int ways = kAccumulators / vectors;
  constexpr int lanes = V::kLanes;
  const auto read = [=](const T* p, int v) {
    return vectors == 1 && columns < lanes ? V::load(p, columns) : V::load(p + v * lanes);
  };
  for (int64_t start = 0; start < rows; start += kBlockRows) {
    const int64_t end = rows - start < kBlockRows ? rows : start + kBlockRows;
    V sums[ways][vectors];
    for (int w = 0; w < ways; w++) {
      for (int v = 0; v < vectors; v++) sums[w][v] = V::broadcast(R::template identity<T>());
    }
    int64_t r = start;
    for (; r + ways <= end; r += ways) {
      for (int w = 0; w < ways; w++) {
        for (int v = 0; v < vectors; v++) {
          sums[w][v] = R::combine(sums[w][v], read(a + (r + w) * rowStride, v));
        }
      }
    }
    for (; r < end; r++) {
      for (int v = 0; v < vectors; v++) sums[0][v] = R::combine(sums[0][v], read(a + r * rowStride, v));
    }
    for (int width = ways / 2; width > 0; width /= 2) {
      for (int w = 0; w < width; w++) {
        for (int v = 0; v < vectors; v++) sums[w][v] = R::combine(sums[w][v], sums[w + width][v]);
      }
    }
    T block[vectors * lanes];
    for (int v = 0; v < vectors; v++) sums[0][v].store(block + v * lanes);
    for (int j = 0; j < columns; j++) carry[j] = combineValues<R, C>(carry[j], block[j]);
  }
}

template <class R, class V, class C>
inline void reduceColumns(int64_t columns, int64_t rows, const typename V::Scalar* a, int64_t rowStride,
                          C* carry) {
  if constexpr (kIsInteger<V>) {
    for (int64_t r = 0; r < rows; r++) {
      for (int64_t j = 0; j < columns; j++) carry[j] = combineValues<R, C>(carry[j], a[r * rowStride + j]);
    }
  } else {
    constexpr int lanes = V::kLanes;
    int64_t j = 0;
    for (; j + 4 * lanes <= columns; j += 4 * lanes) {
      reduceStrip<R, V, 4>(rows, a + j, rowStride, 4 * lanes, carry + j);
    }
    for (; j < columns; j += lanes) {
      const int count = static_cast<int>(columns - j < lanes ? columns - j : lanes);
      reduceStrip<R, V, 1>(rows, a + j, rowStride, count, carry + j);
    }
  }
}

template <class R, class V, class C>
void reduceKernel(int64_t kept, int64_t keptStride, int64_t reduced, int64_t reducedStride, const void* a,
                  bool accumulate, void* carry) {
  const auto* from = static_cast<const typename V::Scalar*>(a);
  C* to = static_cast<C*>(carry);
  if (!accumulate) {
    for (int64_t k = 0; k < kept; k++) to[k] = R::template identity<C>();
  }
  if (keptStride == 1 && reducedStride != 1 && kept > 1) {
    reduceColumns<R, V>(kept, reduced, from, reducedStride, to);
  } else {
    for (int64_t k = 0; k < kept; k++)
      to[k] = reduceRow<R, V>(reduced, from + k * keptStride, reducedStride, to[k]);
  }
}

// What argmax and argmin look for: R finds the extreme of a block, exceeds tells whether x displaces the best
// so far.
struct ArgMax {
  using R = Reducer<Kernel::k_amax>;
  template <class T>
  static bool exceeds(T x, T best) {
    return (x > best) | ((x != x) & (best == best));
  }
};
struct ArgMin {
  using R = Reducer<Kernel::k_amin>;
  template <class T>
  static bool exceeds(T x, T best) {
    return (x < best) | ((x != x) & (best == best));
  }
};

// Short: a block that holds a new best is read twice.
constexpr int64_t kSearchLength = 1024;

template <class T>
inline int64_t firstIndexOf(const T* a, T value) {
  int64_t i = 0;
  if (value != value) {
    while (a[i] == a[i]) i++;
  } else {
    while (!(a[i] == value)) i++;
  }
  return i;
}

// `found` tells whether best and index hold a candidate already.
template <class A, class V>
inline void argReduceRow(int64_t n, const typename V::Scalar* a, int64_t stride, int64_t base, bool found,
                         typename V::Scalar& best, int32_t& index) {
  using T = typename V::Scalar;
  T stage[kStage];
  const int64_t piece = stride == 1 ? kSearchLength : kStage;
  for (int64_t i = 0; i < n; i += piece) {
    const int64_t count = n - i < piece ? n - i : piece;
    if (stride != 1) gatherStrided(count, a + i * stride, stride, stage);
    const T* from = stride == 1 ? a + i : stage;
    const T extreme = reduceBlock<typename A::R, V>(count, from);
    if (found && !A::exceeds(extreme, best)) continue;
    found = true;
    best = extreme;
    index = static_cast<int32_t>(base + i + firstIndexOf(from, extreme));
  }
}

template <class A, class T>
inline void argReduceColumns(int64_t columns, int64_t rows, const T* a, int64_t rowStride, int64_t base,
                             bool found, T* best, int32_t* index) {
  for (int64_t r = 0; r < rows; r++) {
    const T* row = a + r * rowStride;
    const int32_t here = static_cast<int32_t>(base + r);
    const bool any = r == 0 && !found;
    for (int64_t j = 0; j < columns; j++) {
      const bool takes = any | A::exceeds(row[j], best[j]);
      index[j] = takes ? here : index[j];
      best[j] = takes ? row[j] : best[j];
    }
  }
}

template <class A, class V>
void argReduceKernel(int64_t kept, int64_t keptStride, int64_t reduced, int64_t reducedStride, const void* a,
                     int64_t base, bool accumulate, void* values, int32_t* indices) {
  using T = typename V::Scalar;
  const T* from = static_cast<const T*>(a);
  T* best = static_cast<T*>(values);
  if (keptStride == 1 && reducedStride != 1 && kept > 1) {
    argReduceColumns<A, T>(kept, reduced, from, reducedStride, base, accumulate, best, indices);
  } else {
    for (int64_t k = 0; k < kept; k++) {
      argReduceRow<A, V>(reduced, from + k * keptStride, reducedStride, base, accumulate, best[k],
                         indices[k]);
    }
  }
}

template <Kernel kernel, Family family, DType dtype>
struct ReduceEntry {
  static void fill(quern::KernelTable& table) {
    using T = ElementOf<dtype>;
    using V = WidestVec<T>;
    if constexpr (kernel == Kernel::k_any || kernel == Kernel::k_all) {
      enter<kernel, dtype>(table, &reduceKernel<Reducer<kernel>, Lane<uint8_t>, uint8_t>);
    } else if constexpr (family == Family::kReduce) {
      using Carry = ElementOf<quern::carryType(kernel, dtype)>;
      enter<kernel, dtype>(table, &reduceKernel<Reducer<kernel>, V, Carry>);
    } else if constexpr (kernel == Kernel::k_argmax) {
      enter<kernel, dtype>(table, &argReduceKernel<ArgMax, V>);
    } else if constexpr (kernel == Kernel::k_argmin) {
      enter<kernel, dtype>(table, &argReduceKernel<ArgMin, V>);
    }
  }
};

void fillReduce(quern::KernelTable& table) {
#define QUERN_KERNEL(name, driver, signature, dtypes) \
  fillRow<ReduceEntry, Kernel::k_##name, familyOf(#driver, signature), k##dtypes>(table);
#include "kernels.def"
#undef QUERN_KERNEL
}

}  // namespace
