// Weight gradients of convolution: products of the output's gradient with the shifted input, summed over
// pixels, and the transposition that puts an image's channels side by side.
#pragma once
#include "conv.inl"

namespace {

// sum[R, columns] = or += over the walk's pixels, g of R filters × the input values that lie at the pixel.
template <class T, int R, int V, ConvEdge kEdge>
void convGradTile(const quern::ConvWalk& walk, const T* g, int64_t gPlane, const T* x, T* sum, int64_t ldSum,
                  int last, bool accumulate) {
  ConvRow<T, V, kEdge> total[R], near;
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) total[r].fill(T(0));
  const int64_t columns = walk.columns, xColumn = walk.xColumn;
  for (int64_t image = 0; image < walk.images; ++image) {
    for (int64_t row = 0; row < walk.rows; ++row) {
      const T* a = g + image * walk.gImage + row * walk.gRow;
      const T* b = x + image * walk.xImage + row * walk.xRow;
      for (int64_t column = 0; column < columns; ++column) {
        near.load(b, last);
#pragma GCC unroll 16
        for (int r = 0; r < R; ++r) total[r].addProduct(a[r * gPlane], near);
        ++a;
        b += xColumn;
      }
    }
  }
  if (accumulate) {
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      near.load(sum + r * ldSum, last);
      total[r].addBefore(near);
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) total[r].store(sum + r * ldSum, last);
}

template <class T>
using ConvGradFunction = void (*)(const quern::ConvWalk& walk, const T* g, int64_t gPlane, const T* x, T* sum,
                                  int64_t ldSum, int last, bool accumulate);

template <class T, ConvEdge kEdge, int V, int R = ConvTile<T>::kFilters>
ConvGradFunction<T> convGradOf(int64_t filters) {
  if constexpr (R > 1) {
    if (filters < R) return convGradOf<T, kEdge, V, R - 1>(filters);
  }
  return convGradTile<T, R, V, kEdge>;
}

template <class T, ConvEdge kEdge, int V = ConvTile<T>::kVectors>
ConvGradFunction<T> convGradFor(int64_t filters, int64_t vectors) {
  if constexpr (V > 1) {
    if (vectors != V) return convGradFor<T, kEdge, V - 1>(filters, vectors);
  }
  return convGradOf<T, kEdge, V>(filters);
}

template <class T>
ConvGradFunction<T> convGradWithLast(int64_t filters, int64_t vectors, int last) {
  const ConvEdge edge = convEdgeOf<T>(last);
  if constexpr (kHasHalf<ConvVec<T>>) {
    if (edge == ConvEdge::kHalf) return convGradFor<T, ConvEdge::kHalf>(filters, vectors);
  }
  return edge == ConvEdge::kNone ? convGradFor<T, ConvEdge::kNone>(filters, vectors)
                                 : convGradFor<T, ConvEdge::kMasked>(filters, vectors);
}

template <class T>
void convShiftedProducts(int64_t filters, int64_t n, const quern::ConvWalk& walk, const T* g, int64_t gPlane,
                         const T* x, T* sum, int64_t ldSum, bool accumulate) {
  constexpr int64_t lanes = Vec<T>::kLanes, most = ConvTile<T>::kFilters;
  const int64_t vectors = (n + lanes - 1) / lanes;
  const int64_t tiles = (vectors + ConvTile<T>::kVectors - 1) / ConvTile<T>::kVectors;
  for (int64_t tile = 0; tile < tiles; ++tile) {
    const int64_t begin = vectors * tile / tiles, end = vectors * (tile + 1) / tiles, j = begin * lanes;
    const int last = tile == tiles - 1 ? static_cast<int>((n - 1) % lanes) + 1 : static_cast<int>(lanes);
    for (int64_t f = 0; f < filters; f += most) {
      convGradWithLast<T>(filters - f, end - begin, last)(walk, g + f * gPlane, gPlane, x + j,
                                                          sum + f * ldSum + j, ldSum, last, accumulate);
    }
  }
}

// Tiles of dot products along the pixels: for few taps, where side by side they would leave lanes idle.
template <class T>
struct ConvDot {
  static constexpr int kFilters = ConvTile<T>::kManyRegisters ? 4 : 2;
  static constexpr int tapsFor(int filters) {
    if (filters == 1) return 9;
    return ConvTile<T>::kManyRegisters && filters < 4 ? 9 - filters : 5;
  }
};

template <class V>
inline typename V::Scalar convAcross(V v) {
  if constexpr (V::kLanes > 8) v = v + swapLanes<8>(v);
  if constexpr (V::kLanes > 4) v = v + swapLanes<4>(v);
  if constexpr (V::kLanes > 2) v = v + swapLanes<2>(v);
  if constexpr (V::kLanes > 1) v = v + swapLanes<1>(v);
  return first(v);
}

template <class T, int R, int K>
void convDotTile(int64_t pixels, const int64_t* offsets, int64_t images, const T* g, int64_t gImage,
                 int64_t gPlane, const T* x, int64_t xImage, T* sum, int64_t ldSum, bool accumulate) {
  using Vector = ConvVec<T>;
  constexpr int64_t lanes = Vector::kLanes;
  Vector total[R][K];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 16
    for (int t = 0; t < K; ++t) total[r][t] = Vector::broadcast(T(0));
  }
  const int64_t whole = pixels / lanes * lanes;
  const int rest = static_cast<int>(pixels - whole);
  for (int64_t image = 0; image < images; ++image) {
    const T* a = g + image * gImage;
    const T* b = x + image * xImage;
    for (int64_t p = 0; p < whole; p += lanes) {
      Vector gradient[R];
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) gradient[r] = Vector::load(a + r * gPlane + p);
#pragma GCC unroll 16
      for (int t = 0; t < K; ++t) {
        const Vector near = Vector::load(b + offsets[t] + p);
#pragma GCC unroll 16
        for (int r = 0; r < R; ++r) total[r][t] = mulAdd(gradient[r], near, total[r][t]);
      }
    }
    if (rest > 0) {
      Vector gradient[R];
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) gradient[r] = Vector::load(a + r * gPlane + whole, rest);
#pragma GCC unroll 16
      for (int t = 0; t < K; ++t) {
        const Vector near = Vector::load(b + offsets[t] + whole, rest);
#pragma GCC unroll 16
        for (int r = 0; r < R; ++r) total[r][t] = mulAdd(gradient[r], near, total[r][t]);
      }
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 16
    for (int t = 0; t < K; ++t) {
      const T across = convAcross(total[r][t]);
      sum[r * ldSum + t] = accumulate ? sum[r * ldSum + t] + across : across;
    }
  }
}

template <class T>
using ConvDotFunction = void (*)(int64_t pixels, const int64_t* offsets, int64_t images, const T* g,
                                 int64_t gImage, int64_t gPlane, const T* x, int64_t xImage, T* sum,
                                 int64_t ldSum, bool accumulate);

template <class T, int R, int K = ConvDot<T>::tapsFor(R)>
ConvDotFunction<T> convDotOfTaps(int64_t taps) {
  if constexpr (K > 1) {
    if (taps < K) return convDotOfTaps<T, R, K - 1>(taps);
  }
  return convDotTile<T, R, K>;
}

template <class T, int R = ConvDot<T>::kFilters>
ConvDotFunction<T> convDotFor(int64_t filters, int64_t taps) {
  if constexpr (R > 1) {
    if (filters < R) return convDotFor<T, R - 1>(filters, taps);
  }
  return convDotOfTaps<T, R>(taps);
}

template <class T>
void convDotProducts(int64_t filters, int64_t pixels, int64_t taps, const int64_t* offsets, int64_t images,
                     const T* g, int64_t gImage, int64_t gPlane, const T* x, int64_t xImage, T* sum,
                     int64_t ldSum, bool accumulate) {
  constexpr int64_t rows = ConvDot<T>::kFilters;
  for (int64_t f = 0; f < filters; f += rows) {
    const int64_t most = ConvDot<T>::tapsFor(static_cast<int>(filters - f < rows ? filters - f : rows));
    const int64_t tiles = (taps + most - 1) / most;
    for (int64_t tile = 0; tile < tiles; ++tile) {
      const int64_t begin = taps * tile / tiles, end = taps * (tile + 1) / tiles;
      convDotFor<T>(filters - f, end - begin)(pixels, offsets + begin, images, g + f * gPlane, gImage, gPlane,
                                              x, xImage, sum + f * ldSum + begin, ldSum, accumulate);
    }
  }
}

// Swaps bit `k` of row and lane between the vectors: after all bits, rows and lanes have changed places.
template <int k, class V>
inline void convExchange(V (&v)[V::kLanes]) {
  using T = typename V::Scalar;
  T pattern[V::kLanes];
  for (int i = 0; i < V::kLanes; ++i) pattern[i] = (i & k) != 0 ? T(1) : T(0);
  const auto upper = V::load(pattern) != V::broadcast(T(0));
#pragma GCC unroll 16
  for (int i = 0; i < V::kLanes; ++i) {
    if ((i & k) != 0) continue;
    const V a = v[i], b = v[i + k];
    v[i] = select(upper, swapLanes<k>(b), a);
    v[i + k] = select(upper, b, swapLanes<k>(a));
  }
}

template <class V>
inline void convTranspose(V (&v)[V::kLanes]) {
  if constexpr (V::kLanes > 8) convExchange<8>(v);
  if constexpr (V::kLanes > 4) convExchange<4>(v);
  if constexpr (V::kLanes > 2) convExchange<2>(v);
  if constexpr (V::kLanes > 1) convExchange<1>(v);
}

template <class T>
void convChannelsLast(int64_t channels, int64_t rows, int64_t columns, const T* from, int64_t plane, T* to,
                      int64_t toRow) {
  using Vector = Vec<T>;
  constexpr int64_t lanes = Vector::kLanes;
  const int64_t pixels = rows * columns;
  for (int64_t c = 0; c < channels; c += lanes) {
    const int height = static_cast<int>(channels - c < lanes ? channels - c : lanes);
    T* line = to + c;
    int64_t column = 0;
    for (int64_t p = 0; p < pixels; p += lanes) {
      const int width = static_cast<int>(pixels - p < lanes ? pixels - p : lanes);
      const T* source = from + c * plane + p;
      Vector block[lanes];
      if (height == lanes && width == lanes) {
#pragma GCC unroll 16
        for (int i = 0; i < lanes; ++i) block[i] = Vector::load(source + i * plane);
      } else {
        for (int i = 0; i < lanes; ++i)
          block[i] = i < height ? Vector::load(source + i * plane, width) : Vector::broadcast(T(0));
      }
      convTranspose(block);
      for (int i = 0; i < width; ++i) {
        T* at = line + column * channels;
        if (height == lanes) {
          block[i].store(at);
        } else {
          block[i].store(at, height);
        }
        if (++column == columns) {
          column = 0;
          line += toRow;
        }
      }
    }
  }
}

}  // namespace
