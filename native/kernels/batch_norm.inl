// Normalisation of channels over a batch: moments and sums of one channel, and the maps of its values.
#pragma once
#include "norm.inl"
#include "norm_table.h"

namespace {

using quern::Moments;
using quern::Segments;

// The moments of two sets of values together (Chan, Golub and LeVeque 1983).
inline Moments together(const Moments& a, const Moments& b) {
  if (a.count == 0) return b;
  const double count = a.count + b.count, distance = b.mean - a.mean;
  return {count, a.mean + distance * (b.count / count),
          a.squares + b.squares + distance * distance * (a.count * b.count / count)};
}

// Calls f(offset, images, n) for blocks of a channel: whole segments, or parts of one that is long.
template <class F>
inline void forBlocks(const Segments& s, const F& f) {
  const int64_t images = s.n < kSumBlock ? kSumBlock / s.n : 1;
  for (int64_t image = 0; image < s.images; image += images) {
    const int64_t count = s.images - image < images ? s.images - image : images;
    for (int64_t i = 0; i < s.n; i += kSumBlock) {
      f(image * s.step + i, count, s.n - i < kSumBlock ? s.n - i : kSumBlock);
    }
  }
}

// Each block is read twice, for its own mean and for the distances from it.
template <class T>
Moments channelMoments(const Segments& segments, const T* x) {
  using V = Vec<T>;
  Moments all = {0, 0, 0};
  forBlocks(segments, [&](int64_t offset, int64_t images, int64_t n) {
    const T* from = x + offset;
    const double count = static_cast<double>(images * n);
    const double total = sumSegments<V>(images, n, segments.step,
                                        [=](int64_t i, int lanes) { return loadUpTo<V>(from + i, lanes); });
    const T centre = static_cast<T>(total / count);
    const V middle = V::broadcast(centre);
    const double squares = sumSegments<V>(images, n, segments.step, [=](int64_t i, int lanes) {
      const V distance = loadUpTo<V>(from + i, lanes) - middle;
      return distance * distance;
    });
    all = together(all, {count, total / count, squares});
  });
  return all;
}

template <class T>
void channelDots(const Segments& segments, const T* g, const T* x, T mean, double* sums) {
  using V = Vec<T>;
  const V middle = V::broadcast(mean);
  sums[0] = sums[1] = 0;
  forBlocks(segments, [&](int64_t offset, int64_t images, int64_t n) {
    sumPair<V>(
        images, n, segments.step,
        [=](int64_t i, int count, V& gradient, V& distance) {
          gradient = loadUpTo<V>(g + offset + i, count);
          distance = loadUpTo<V>(x + offset + i, count) - middle;
        },
        sums);
  });
}

template <class T>
void channelScale(int64_t n, const T* x, T mean, T factor, T shift, T* y) {
  using V = Vec<T>;
  const V middle = V::broadcast(mean), slope = V::broadcast(factor), constant = V::broadcast(shift);
  forVectors<V>(n, [=](int64_t i, int count) {
    storeUpTo(mulAdd(loadUpTo<V>(x + i, count) - middle, slope, constant), y + i, count);
  });
}

template <class T>
void channelGrad(int64_t n, const T* g, const T* x, T mean, T factor, T first, T second, T* dx) {
  using V = Vec<T>;
  const V middle = V::broadcast(mean), scale = V::broadcast(factor);
  const V shift = V::broadcast(first), slope = V::broadcast(-second);
  forVectors<V>(n, [=](int64_t i, int count) {
    const V distance = loadUpTo<V>(x + i, count) - middle;
    storeUpTo(mulAdd(distance, slope, loadUpTo<V>(g + i, count) - shift) * scale, dx + i, count);
  });
}

// Rows whose columns are added up in vectors before they go to doubles.
constexpr int64_t kColumnRows = 2048;

// Calls f(row, rows, column, columns) for blocks of rows of each strip of columns.
template <class V, class F>
inline void forColumnBlocks(int64_t rows, int64_t columns, const F& f) {
  forStrips<V>(columns, [&](int64_t j, int64_t width) {
    for (int64_t r = 0; r < rows; r += kColumnRows) {
      f(r, rows - r < kColumnRows ? rows - r : kColumnRows, j, width);
    }
  });
}

template <class T>
void columnMoments(int64_t rows, int64_t n, int64_t columns, const T* x, Moments* moments) {
  using V = Vec<T>;
  for (int64_t j = 0; j < columns; j++) moments[j] = {0, 0, 0};
  forColumnBlocks<V>(rows, columns, [=](int64_t r, int64_t height, int64_t j, int64_t width) {
    const T* from = x + r * n + j;
    const V scale = constant<V>(1.0 / static_cast<double>(height));
    T means[kStrip * V::kLanes], squares[kStrip * V::kLanes];
    V middle[kStrip];
    Strip<V> strip{width, {}};
    strip.sumOver(height, [=](int64_t row, int64_t i, int, int count) {
      return loadUpTo<V>(from + row * n + i, count);
    });
    strip.forEach([&](int64_t i, int v, int count) {
      middle[v] = strip.sums[v] * scale;
      storeUpTo(middle[v], means + i, count);
    });
    strip.sumOver(height, [&](int64_t row, int64_t i, int v, int count) {
      const V distance = loadUpTo<V>(from + row * n + i, count) - middle[v];
      return distance * distance;
    });
    strip.forEach([&](int64_t i, int v, int count) { storeUpTo(strip.sums[v], squares + i, count); });
    for (int64_t i = 0; i < width; i++) {
      moments[j + i] = together(moments[j + i], {static_cast<double>(height), static_cast<double>(means[i]),
                                                 static_cast<double>(squares[i])});
    }
  });
}

template <class T>
void columnDots(int64_t rows, int64_t n, int64_t columns, const T* g, const T* x, const T* means,
                double* sums, double* dots) {
  using V = Vec<T>;
  for (int64_t j = 0; j < columns; j++) sums[j] = dots[j] = 0;
  forColumnBlocks<V>(rows, columns, [=](int64_t r, int64_t height, int64_t j, int64_t width) {
    const T* gradients = g + r * n + j;
    const T* from = x + r * n + j;
    T block[kStrip * V::kLanes];
    Strip<V> strip{width, {}};
    const auto flush = [&](double* to) {
      strip.forEach([&](int64_t i, int v, int count) { storeUpTo(strip.sums[v], block + i, count); });
      for (int64_t i = 0; i < width; i++) to[j + i] += static_cast<double>(block[i]);
    };
    strip.sumOver(height, [=](int64_t row, int64_t i, int, int count) {
      return loadUpTo<V>(gradients + row * n + i, count);
    });
    flush(sums);
    strip.sumOver(height, [=](int64_t row, int64_t i, int, int count) {
      const V distance = loadUpTo<V>(from + row * n + i, count) - loadUpTo<V>(means + j + i, count);
      return loadUpTo<V>(gradients + row * n + i, count) * distance;
    });
    flush(dots);
  });
}

template <class T>
void columnScale(int64_t columns, const T* x, const T* means, const T* factors, const T* shifts, T* y) {
  using V = Vec<T>;
  forVectors<V>(columns, [=](int64_t i, int count) {
    const V distance = loadUpTo<V>(x + i, count) - loadUpTo<V>(means + i, count);
    storeUpTo(mulAdd(distance, loadUpTo<V>(factors + i, count), loadUpTo<V>(shifts + i, count)), y + i,
              count);
  });
}

template <class T>
void columnGrad(int64_t columns, const T* g, const T* x, const T* means, const T* factors, const T* firsts,
                const T* seconds, T* dx) {
  using V = Vec<T>;
  forVectors<V>(columns, [=](int64_t i, int count) {
    const V distance = loadUpTo<V>(x + i, count) - loadUpTo<V>(means + i, count);
    const V rest = loadUpTo<V>(g + i, count) - loadUpTo<V>(firsts + i, count);
    storeUpTo(mulAdd(distance, -loadUpTo<V>(seconds + i, count), rest) * loadUpTo<V>(factors + i, count),
              dx + i, count);
  });
}

template <class T>
void fillNormKernels(quern::NormKernels<T>& kernels) {
  kernels.rows = normRows<T>;
  kernels.rowsGrad = normRowsGrad<T>;
  kernels.rowsGradWeight = normRowsGradWeight<T>;
  kernels.channelMoments = channelMoments<T>;
  kernels.channelDots = channelDots<T>;
  kernels.channelScale = channelScale<T>;
  kernels.channelGrad = channelGrad<T>;
  kernels.columnMoments = columnMoments<T>;
  kernels.columnDots = columnDots<T>;
  kernels.columnScale = columnScale<T>;
  kernels.columnGrad = columnGrad<T>;
}

void fillNorm(quern::KernelTable& table) {
  fillNormKernels(table.norm32);
  fillNormKernels(table.norm64);
}

}  // namespace
