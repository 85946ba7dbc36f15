// Softmax, its logarithm and their gradients: along contiguous rows, or along an outer axis.
#pragma once
#include "reduce.inl"

namespace {

using Sum = Reducer<Kernel::k_sum>;

// The largest value of a row. What becomes of NaN here does not matter: it makes the row's sum NaN, and so
// the row.
struct Top {
  template <class V>
  static V combine(V a, V b) {
    return greater(a, b);
  }
  template <class T>
  static T identity() {
    return -static_cast<T>(INFINITY);
  }
};

// Values that a group of rows holds.
constexpr int64_t kGroupValues = 2048;
// Values summed in vectors before their sum goes to a double.
constexpr int64_t kRowBlock = 1024;

// Σ f(i, n), where f answers the vector of values at i, of which n lanes count; f may store what it computed.
template <class V, class F>
inline typename V::Scalar sumOver(int64_t n, const F& f) {
  constexpr int64_t step = V::kLanes;
  double total = 0;
  for (int64_t start = 0; start < n; start += kRowBlock) {
    const int64_t end = n - start < kRowBlock ? n : start + kRowBlock;
    V even = V::broadcast(0), odd = even;
    int64_t i = start;
    for (; i + 2 * step <= end; i += 2 * step) {
      even = even + f(i, V::kLanes);
      odd = odd + f(i + step, V::kLanes);
    }
    for (; i < end; i += step) {
      const int count = static_cast<int>(end - i < step ? end - i : step);
      even = even + select(V::firstLanes(count), f(i, count), V::broadcast(0));
    }
    total += static_cast<double>(first(foldLanes<Sum>(even + odd)));
  }
  return static_cast<typename V::Scalar>(total);
}

// Calls f(i, n) for the vectors of n values.
template <class V, class F>
inline void forVectors(int64_t n, const F& f) {
  int64_t i = 0;
  for (; i + V::kLanes <= n; i += V::kLanes) f(i, V::kLanes);
  if (i < n) f(i, static_cast<int>(n - i));
}

template <class V>
inline V loadUpTo(const typename V::Scalar* p, int n) {
  return n == V::kLanes ? V::load(p) : V::load(p, n);
}
template <class V>
inline void storeUpTo(V value, typename V::Scalar* p, int n) {
  if (n == V::kLanes) {
    value.store(p);
  } else {
    value.store(p, n);
  }
}

// Rows that go through each pass together: one row's last folds and division then wait beside the next row's
// first. They stay in the first cache.
constexpr int64_t kRowGroup = 8;

inline int64_t rowGroup(int64_t n) {
  const int64_t fit = kGroupValues / (n < 1 ? 1 : n);
  return fit < 1 ? 1 : fit < kRowGroup ? fit : kRowGroup;
}

// Rows of at most one vector, each from its loading to its storing in registers.
template <class V, bool logarithm>
inline void softmaxShort(int64_t rows, int n, const typename V::Scalar* a, typename V::Scalar* out) {
  const auto inside = V::firstLanes(n);
  const V none = V::broadcast(Top::identity<typename V::Scalar>());
  for (int64_t r = 0; r < rows; r++) {
    const V x = loadUpTo<V>(a + r * n, n);
    const V less = x - foldLanes<Top>(select(inside, x, none));
    const V e = expOfNegative(less);
    const V sum = foldLanes<Sum>(select(inside, e, V::broadcast(0)));
    storeUpTo(logarithm ? less - log(sum) : e * (constant<V>(1) / sum), out + r * n, n);
  }
}

// At most kRowGroup rows.
template <class V, bool logarithm>
inline void softmaxGroup(int64_t rows, int64_t n, const typename V::Scalar* a, typename V::Scalar* out) {
  using T = typename V::Scalar;
  T tops[kRowGroup], sums[kRowGroup];
  for (int64_t r = 0; r < rows; r++) tops[r] = reduceBlock<Top, V>(n, a + r * n);
  for (int64_t r = 0; r < rows; r++) {
    const T* from = a + r * n;
    T* to = out + r * n;
    const V top = V::broadcast(tops[r]);
    sums[r] = sumOver<V>(n, [=](int64_t i, int count) {
      const V e = expOfNegative(loadUpTo<V>(from + i, count) - top);
      if constexpr (!logarithm) storeUpTo(e, to + i, count);
      return e;
    });
  }
  for (int64_t r = 0; r < rows; r++) {
    const T* from = a + r * n;
    T* to = out + r * n;
    const V top = V::broadcast(tops[r]), sum = V::broadcast(sums[r]);
    const V scale = logarithm ? log(sum) : constant<V>(1) / sum;
    forVectors<V>(n, [=](int64_t i, int count) {
      const V value =
          logarithm ? loadUpTo<V>(from + i, count) - top - scale : loadUpTo<V>(to + i, count) * scale;
      storeUpTo(value, to + i, count);
    });
  }
}

// dx = y (g − Σ g y), or for the logarithm g − e^y Σ g.
template <class V, bool logarithm>
inline void softmaxGradRow(int64_t n, const typename V::Scalar* g, const typename V::Scalar* y,
                           typename V::Scalar* out) {
  const V sum = V::broadcast(sumOver<V>(n, [=](int64_t i, int count) {
    const V gradient = loadUpTo<V>(g + i, count);
    return logarithm ? gradient : gradient * loadUpTo<V>(y + i, count);
  }));
  forVectors<V>(n, [=](int64_t i, int count) {
    const V gradient = loadUpTo<V>(g + i, count), value = loadUpTo<V>(y + i, count);
    storeUpTo(logarithm ? gradient - exp(value) * sum : value * (gradient - sum), out + i, count);
  });
}

// Vectors of columns that are walked together along the axis: as much of each row as memory likes to give at
// once.
constexpr int kStrip = 8;

// One accumulator for each vector of a strip, of `columns` columns in all.
template <class V>
struct Strip {
  int64_t columns;
  V sums[kStrip];

  // Calls f(j, v, count) for vector v, whose count columns begin at j.
  template <class F>
  void forEach(const F& f) const {
    int v = 0;
    forVectors<V>(columns, [&](int64_t j, int count) { f(j, v++, count); });
  }

  // sums[v] = Σ over r of f(r, j, v, count): in blocks, so that a long axis keeps its accuracy.
  template <class F>
  void sumOver(int64_t n, const F& f) {
    V block[kStrip];
    for (int v = 0; v < kStrip; v++) sums[v] = V::broadcast(0);
    for (int64_t start = 0; start < n; start += kBlockRows) {
      const int64_t end = n - start < kBlockRows ? n : start + kBlockRows;
      for (int v = 0; v < kStrip; v++) block[v] = V::broadcast(0);
      for (int64_t r = start; r < end; r++) {
        forEach([&](int64_t j, int v, int count) { block[v] = block[v] + f(r, j, v, count); });
      }
      for (int v = 0; v < kStrip; v++) sums[v] = sums[v] + block[v];
    }
  }
};

// The same along an axis of n with `stride` between its elements, for one strip.
template <class V, bool logarithm>
inline void softmaxStrip(int64_t n, int64_t stride, int64_t columns, const typename V::Scalar* a,
                         typename V::Scalar* out) {
  Strip<V> strip{columns, {}};
  V top[kStrip];
  strip.forEach([&](int64_t j, int v, int count) { top[v] = loadUpTo<V>(a + j, count); });
  for (int64_t r = 1; r < n; r++) {
    strip.forEach([&](int64_t j, int v, int count) {
      top[v] = greater(top[v], loadUpTo<V>(a + r * stride + j, count));
    });
  }
  strip.sumOver(n, [&](int64_t r, int64_t j, int v, int count) {
    const V e = expOfNegative(loadUpTo<V>(a + r * stride + j, count) - top[v]);
    if constexpr (!logarithm) storeUpTo(e, out + r * stride + j, count);
    return e;
  });
  V scale[kStrip];
  strip.forEach([&](int64_t, int v, int) {
    scale[v] = logarithm ? log(strip.sums[v]) : constant<V>(1) / strip.sums[v];
  });
  for (int64_t r = 0; r < n; r++) {
    strip.forEach([&](int64_t j, int v, int count) {
      const int64_t i = r * stride + j;
      const V value =
          logarithm ? loadUpTo<V>(a + i, count) - top[v] - scale[v] : loadUpTo<V>(out + i, count) * scale[v];
      storeUpTo(value, out + i, count);
    });
  }
}

template <class V, bool logarithm>
inline void softmaxGradStrip(int64_t n, int64_t stride, int64_t columns, const typename V::Scalar* g,
                             const typename V::Scalar* y, typename V::Scalar* out) {
  Strip<V> strip{columns, {}};
  strip.sumOver(n, [&](int64_t r, int64_t j, int, int count) {
    const V gradient = loadUpTo<V>(g + r * stride + j, count);
    return logarithm ? gradient : gradient * loadUpTo<V>(y + r * stride + j, count);
  });
  for (int64_t r = 0; r < n; r++) {
    strip.forEach([&](int64_t j, int v, int count) {
      const int64_t i = r * stride + j;
      const V gradient = loadUpTo<V>(g + i, count), value = loadUpTo<V>(y + i, count), sum = strip.sums[v];
      storeUpTo(logarithm ? gradient - exp(value) * sum : value * (gradient - sum), out + i, count);
    });
  }
}

// Calls f(j, count) for the strips of so many columns.
template <class V, class F>
inline void forStrips(int64_t columns, const F& f) {
  constexpr int64_t width = kStrip * V::kLanes;
  for (int64_t j = 0; j < columns; j += width) f(j, columns - j < width ? columns - j : width);
}

template <class V, bool logarithm>
void softmaxKernel(int64_t rows, int64_t n, int64_t stride, int64_t columns, const void* a, void* out) {
  const auto* from = static_cast<const typename V::Scalar*>(a);
  auto* to = static_cast<typename V::Scalar*>(out);
  if (stride == 1 && n <= V::kLanes) {
    return softmaxShort<V, logarithm>(rows, static_cast<int>(n), from, to);
  }
  if (stride == 1) {
    const int64_t group = rowGroup(n);
    for (int64_t r = 0; r < rows; r += group) {
      softmaxGroup<V, logarithm>(rows - r < group ? rows - r : group, n, from + r * n, to + r * n);
    }
    return;
  }
  for (int64_t r = 0; r < rows; r++, from += n * stride, to += n * stride) {
    forStrips<V>(columns, [=](int64_t j, int64_t count) {
      softmaxStrip<V, logarithm>(n, stride, count, from + j, to + j);
    });
  }
}

template <class V, bool logarithm>
void softmaxGradKernel(int64_t rows, int64_t n, int64_t stride, int64_t columns, const void* g, const void* y,
                       void* out) {
  const auto* gradient = static_cast<const typename V::Scalar*>(g);
  const auto* value = static_cast<const typename V::Scalar*>(y);
  auto* to = static_cast<typename V::Scalar*>(out);
  for (int64_t r = 0; r < rows; r++, gradient += n * stride, value += n * stride, to += n * stride) {
    if (stride == 1) {
      softmaxGradRow<V, logarithm>(n, gradient, value, to);
    } else {
      forStrips<V>(columns, [=](int64_t j, int64_t count) {
        softmaxGradStrip<V, logarithm>(n, stride, count, gradient + j, value + j, to + j);
      });
    }
  }
}

template <Kernel kernel, Family family, DType dtype>
struct RowsEntry {
  static void fill(quern::KernelTable& table) {
    using V = WidestVec<ElementOf<dtype>>;
    if constexpr (family == Family::kSoftmax) {
      enter<kernel, dtype>(table, &softmaxKernel<V, kernel == Kernel::k_logSoftmax>);
    } else if constexpr (family == Family::kSoftmaxGrad) {
      enter<kernel, dtype>(table, &softmaxGradKernel<V, kernel == Kernel::k_logSoftmaxGrad>);
    }
  }
};

void fillRows(quern::KernelTable& table) {
#define QUERN_KERNEL(name, driver, signature, dtypes) \
  fillRow<RowsEntry, Kernel::k_##name, familyOf(#driver, signature), k##dtypes>(table);
#include "kernels.def"
#undef QUERN_KERNEL
}

}  // namespace
