// Normalisation of rows and its gradients: each row is read again while it lies in the first cache.
#pragma once
#include "rows.inl"

namespace {

// Values whose sums vectors carry before they go to a double.
constexpr int64_t kSumBlock = 4096;
constexpr int kChains = 4;  // of additions, enough to hide their latency

// Σ f(offset, count) over `images` segments of n values, `step` apart, where f answers a vector of which
// `count` lanes count. For at most about kSumBlock values.
template <class V, class F>
inline double sumSegments(int64_t images, int64_t n, int64_t step, const F& f) {
  constexpr int64_t lanes = V::kLanes;
  V sums[kChains];
  for (V& sum : sums) sum = V::broadcast(0);
  for (int64_t image = 0; image < images; image++) {
    const int64_t base = image * step;
    int64_t i = 0;
    for (; i + kChains * lanes <= n; i += kChains * lanes) {
      for (int k = 0; k < kChains; k++) sums[k] = sums[k] + f(base + i + k * lanes, V::kLanes);
    }
    for (; i + lanes <= n; i += lanes) sums[0] = sums[0] + f(base + i, V::kLanes);
    const int rest = static_cast<int>(n - i);
    if (rest > 0) sums[1] = sums[1] + select(V::firstLanes(rest), f(base + i, rest), V::broadcast(0));
  }
  return static_cast<double>(first(foldLanes<Sum>((sums[0] + sums[1]) + (sums[2] + sums[3]))));
}

// The same for a row of any length.
template <class V, class F>
inline double sumRow(int64_t n, const F& f) {
  double total = 0;
  for (int64_t start = 0; start < n; start += kSumBlock) {
    const int64_t count = n - start < kSumBlock ? n - start : kSumBlock;
    total += sumSegments<V>(1, count, 0, [&](int64_t i, int lanes) { return f(start + i, lanes); });
  }
  return total;
}

// Σ p and Σ p·q at once, added to `totals`: f(offset, count, p, q) sets the two vectors, numbers in every
// lane.
template <class V, class F>
inline void sumPair(int64_t images, int64_t n, int64_t step, const F& f, double* totals) {
  constexpr int64_t lanes = V::kLanes;
  V a[kChains], b[kChains];
  for (int k = 0; k < kChains; k++) a[k] = b[k] = V::broadcast(0);
  const auto take = [&](int64_t offset, int count, int k) {
    V p, q;
    f(offset, count, p, q);
    if (count < V::kLanes) p = select(V::firstLanes(count), p, V::broadcast(0));
    a[k] = a[k] + p;
    b[k] = mulAdd(p, q, b[k]);
  };
  for (int64_t image = 0; image < images; image++) {
    const int64_t base = image * step;
    int64_t i = 0;
    for (; i + kChains * lanes <= n; i += kChains * lanes) {
      for (int k = 0; k < kChains; k++) take(base + i + k * lanes, V::kLanes, k);
    }
    for (; i + lanes <= n; i += lanes) take(base + i, V::kLanes, 0);
    if (i < n) take(base + i, static_cast<int>(n - i), 1);
  }
  totals[0] += static_cast<double>(first(foldLanes<Sum>((a[0] + a[1]) + (a[2] + a[3]))));
  totals[1] += static_cast<double>(first(foldLanes<Sum>((b[0] + b[1]) + (b[2] + b[3]))));
}

// The weights at i; ones where there are none.
template <bool weighted, class V>
inline V weightAt(const typename V::Scalar* weight, int64_t i, int count) {
  if constexpr (weighted) return loadUpTo<V>(weight + i, count);
  return constant<V>(1);
}

// Mean and scale of a row, from one reading: sums of the distances from its first value and of their squares.
// Where that value lies so far from the mean that the difference of the two would lose more than four bits,
// the row is read again.
template <class V>
inline void rowMoments(int64_t n, const typename V::Scalar* x, double eps, typename V::Scalar& mean,
                       typename V::Scalar& scale) {
  using T = typename V::Scalar;
  const double share = 1 / static_cast<double>(n);
  const T origin = n > 0 ? *x : T(0);
  const V start = V::broadcast(origin);
  double sums[2] = {};
  for (int64_t begin = 0; begin < n; begin += kSumBlock) {
    sumPair<V>(
        1, n - begin < kSumBlock ? n - begin : kSumBlock, 0,
        [=](int64_t i, int count, V& distance, V& same) {
          same = distance = loadUpTo<V>(x + begin + i, count) - start;
        },
        sums);
  }
  const double distance = sums[0] * share;
  mean = static_cast<T>(static_cast<double>(origin) + distance);
  double squares = sums[1] - sums[0] * distance;
  if (!(squares >= sums[1] / 16)) {
    const V middle = V::broadcast(mean);
    squares = sumRow<V>(n, [=](int64_t i, int count) {
      const V rest = loadUpTo<V>(x + i, count) - middle;
      return rest * rest;
    });
  }
  scale = static_cast<T>(1 / ::sqrt(squares * share + eps));
}

// `count` rows, for which the weights are loaded once.
template <class V, int count, bool weighted, bool biased>
inline void normLines(int64_t n, const typename V::Scalar* x, const typename V::Scalar* means,
                      const typename V::Scalar* scales, const typename V::Scalar* weight,
                      const typename V::Scalar* bias, typename V::Scalar* y) {
  V mean[count], scale[count];
  for (int r = 0; r < count; r++) {
    mean[r] = V::broadcast(means ? means[r] : 0);
    scale[r] = V::broadcast(scales[r]);
  }
  forVectors<V>(n, [&](int64_t j, int lanes) {
    V slope, shift;
    if constexpr (weighted) slope = loadUpTo<V>(weight + j, lanes);
    if constexpr (biased) shift = loadUpTo<V>(bias + j, lanes);
    for (int r = 0; r < count; r++) {
      V value = (loadUpTo<V>(x + r * n + j, lanes) - mean[r]) * scale[r];
      if constexpr (biased) {
        value = mulAdd(value, slope, shift);
      } else if constexpr (weighted) {
        value = value * slope;
      }
      storeUpTo(value, y + r * n + j, lanes);
    }
  });
}

template <class V, bool weighted, bool biased>
void normGroup(int64_t rows, int64_t n, const typename V::Scalar* x, const typename V::Scalar* means,
               const typename V::Scalar* scales, const typename V::Scalar* weight,
               const typename V::Scalar* bias, typename V::Scalar* y) {
  int64_t r = 0;
  // Two, for more rows of a whole page and their results would drive each other from the first cache.
  for (; r + 2 <= rows; r += 2) {
    normLines<V, 2, weighted, biased>(n, x + r * n, means ? means + r : nullptr, scales + r, weight, bias,
                                      y + r * n);
  }
  if (r < rows) {
    normLines<V, 1, weighted, biased>(n, x + r * n, means ? means + r : nullptr, scales + r, weight, bias,
                                      y + r * n);
  }
}

template <class T>
void normRows(int64_t rows, int64_t n, const T* x, const T* weight, const T* bias, double eps, T* y, T* means,
              T* scales) {
  using V = Vec<T>;
  const int64_t group = rowGroup(n);
  for (int64_t start = 0; start < rows; start += group) {
    const int64_t count = rows - start < group ? rows - start : group;
    for (int64_t r = start; r < start + count; r++) {
      const T* row = x + r * n;
      if (means) {
        rowMoments<V>(n, row, eps, means[r], scales[r]);
      } else {
        const double squares = sumRow<V>(n, [=](int64_t i, int lanes) {
          const V value = loadUpTo<V>(row + i, lanes);
          return value * value;
        });
        scales[r] = static_cast<T>(1 / ::sqrt(squares / static_cast<double>(n) + eps));
      }
    }
    const auto write = bias     ? normGroup<V, true, true>
                       : weight ? normGroup<V, true, false>
                                : normGroup<V, false, false>;
    write(count, n, x + start * n, means ? means + start : nullptr, scales + start, weight, bias,
          y + start * n);
  }
}

// With h = g · weight and the normalised z = (x − mean) · scale: dx = (h − mean of h − z · mean of h · z) ·
// scale; a row that is not centred lacks the middle term.
template <bool weighted, class V>
void normGroupGrad(int64_t begin, int64_t end, int64_t n, const typename V::Scalar* g,
                   const typename V::Scalar* x, const typename V::Scalar* means,
                   const typename V::Scalar* scales, const typename V::Scalar* weight,
                   typename V::Scalar* dx) {
  using T = typename V::Scalar;
  T shifts[kRowGroup], slopes[kRowGroup];
  const double share = 1 / static_cast<double>(n);
  for (int64_t r = begin; r < end; r++) {
    const T *gradients = g + r * n, *row = x + r * n;
    const V mean = V::broadcast(means ? means[r] : T(0)), scale = V::broadcast(scales[r]);
    double sums[2] = {};
    for (int64_t start = 0; start < n; start += kSumBlock) {
      sumPair<V>(
          1, n - start < kSumBlock ? n - start : kSumBlock, 0,
          [=](int64_t i, int count, V& h, V& z) {
            i += start;
            h = loadUpTo<V>(gradients + i, count) * weightAt<weighted, V>(weight, i, count);
            z = (loadUpTo<V>(row + i, count) - mean) * scale;
          },
          sums);
    }
    shifts[r - begin] = static_cast<T>(means ? sums[0] * share : 0);
    slopes[r - begin] = static_cast<T>(-sums[1] * share);
  }
  for (int64_t r = begin; r < end; r++) {
    const T *gradients = g + r * n, *row = x + r * n;
    T* to = dx + r * n;
    const V mean = V::broadcast(means ? means[r] : T(0)), scale = V::broadcast(scales[r]);
    const V shift = V::broadcast(shifts[r - begin]), slope = V::broadcast(slopes[r - begin]);
    forVectors<V>(n, [=](int64_t i, int count) {
      const V h = loadUpTo<V>(gradients + i, count) * weightAt<weighted, V>(weight, i, count);
      const V z = (loadUpTo<V>(row + i, count) - mean) * scale;
      storeUpTo(mulAdd(z, slope, h - shift) * scale, to + i, count);
    });
  }
}

template <class T>
void normRowsGrad(int64_t rows, int64_t n, const T* g, const T* x, const T* means, const T* scales,
                  const T* weight, T* dx) {
  using V = Vec<T>;
  const int64_t group = rowGroup(n);
  for (int64_t begin = 0; begin < rows; begin += group) {
    const int64_t end = rows - begin < group ? rows : begin + group;
    if (weight) {
      normGroupGrad<true, V>(begin, end, n, g, x, means, scales, weight, dx);
    } else {
      normGroupGrad<false, V>(begin, end, n, g, x, means, scales, weight, dx);
    }
  }
}

// A strip of at most `vectors` vectors of columns, of which the last may be partial.
template <class V, int vectors>
inline void normStripGradWeight(int64_t rows, int64_t n, int last, const typename V::Scalar* g,
                                const typename V::Scalar* x, const typename V::Scalar* means,
                                const typename V::Scalar* scales, typename V::Scalar* dweight,
                                typename V::Scalar* dbias) {
  constexpr int lanes = V::kLanes;
  V products[vectors], sums[vectors];
  for (int v = 0; v < vectors; v++) products[v] = sums[v] = V::broadcast(0);
  // In blocks, so that many rows keep their accuracy.
  for (int64_t start = 0; start < rows; start += kBlockRows) {
    const int64_t end = rows - start < kBlockRows ? rows : start + kBlockRows;
    V blockProducts[vectors], blockSums[vectors];
    for (int v = 0; v < vectors; v++) blockProducts[v] = blockSums[v] = V::broadcast(0);
    for (int64_t r = start; r < end; r++) {
      const V mean = V::broadcast(means ? means[r] : typename V::Scalar(0)), scale = V::broadcast(scales[r]);
      for (int v = 0; v < vectors; v++) {
        const int count = v + 1 < vectors ? lanes : last;
        const V gradient = loadUpTo<V>(g + r * n + v * lanes, count);
        const V z = (loadUpTo<V>(x + r * n + v * lanes, count) - mean) * scale;
        blockProducts[v] = mulAdd(gradient, z, blockProducts[v]);
        blockSums[v] = blockSums[v] + gradient;
      }
    }
    for (int v = 0; v < vectors; v++) {
      products[v] = products[v] + blockProducts[v];
      sums[v] = sums[v] + blockSums[v];
    }
  }
  for (int v = 0; v < vectors; v++) {
    const int count = v + 1 < vectors ? lanes : last;
    storeUpTo(products[v], dweight + v * lanes, count);
    if (dbias) storeUpTo(sums[v], dbias + v * lanes, count);
  }
}

template <class T>
void normRowsGradWeight(int64_t rows, int64_t n, int64_t columns, const T* g, const T* x, const T* means,
                        const T* scales, T* dweight, T* dbias) {
  using V = Vec<T>;
  constexpr int lanes = V::kLanes;
  const auto strip = [=](auto kernel, int64_t j, int last) {
    kernel(rows, n, last, g + j, x + j, means, scales, dweight + j, dbias ? dbias + j : nullptr);
  };
  int64_t j = 0;
  for (; j + 4 * lanes <= columns; j += 4 * lanes) strip(normStripGradWeight<V, 4>, j, lanes);
  for (; j < columns; j += lanes) {
    strip(normStripGradWeight<V, 1>, j, static_cast<int>(columns - j < lanes ? columns - j : lanes));
  }
}

}  // namespace
