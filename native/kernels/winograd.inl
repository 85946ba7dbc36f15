// Fast 3×3 convolution: 4×4 outputs by 36 products instead of 144 (Winograd, "Arithmetic complexity of
// computations", 1980; Lavin and Gray, "Fast algorithms for convolutional neural networks", 2016).
//
// One axis: outputs y[k] = Σ w[t] · d[k + t] are coefficients of a product of polynomials, which is known
// from its values at six points. With the points 0, ±a, ±b and ∞,
//   y = Aᵀ (G w ∘ Bᵀ d),   Bᵀ: 6 inputs → 6,  G: 3 weights → 6,  Aᵀ: 6 products → 4 outputs,
// and both axes one after the other. The weights' gradient is the same with three outputs and four "weights",
// which are the outputs' gradients. Products of all channels are summed before Aᵀ, so that they are 36
// products of matrices.
//
// The rounding error depends on the points. The usual ±1, ±2 give four times the direct sum's; ±5/8, ±3/2
// give 1.8 times (root mean square), and their powers up to the fourth are exact.
//
// Lanes are channels: a transform is the same arithmetic on whole vectors.
#pragma once
#include "table.h"

namespace {

using WinogradVec = Vec<float>;

struct WinogradPoints {
  static constexpr float kA = 0.625f, kB = 1.5f;
  static constexpr float kA2 = kA * kA, kB2 = kB * kB;
  static constexpr float kA3 = kA2 * kA, kB3 = kB2 * kB;
  static constexpr float kBoth = kA2 * kB2, kSum = kA2 + kB2;
  // One over the product of a point's distances from the others: what Bᵀ lacks.
  static constexpr double kZeroScale = 1.0 / (double{kA2} * kB2);
  static constexpr double kAScale = 1.0 / (2.0 * kA2 * (double{kA2} - kB2));
  static constexpr double kBScale = 1.0 / (2.0 * kB2 * (double{kB2} - kA2));
  static constexpr double kScales[6] = {kZeroScale, kAScale, kAScale, kBScale, kBScale, 1.0};
};

template <class V>
inline V winogradTimes(float factor, V x, V added) {
  return mulAdd(V::broadcast(factor), x, added);
}

// Bᵀ d.
template <class V>
inline void winogradData(const V (&d)[6], V (&v)[6]) {
  using P = WinogradPoints;
  v[0] = winogradTimes(P::kBoth, d[0], winogradTimes(-P::kSum, d[2], d[4]));
  const V evenA = winogradTimes(-P::kB2, d[2], d[4]), oddA = winogradTimes(-P::kB2, d[1], d[3]);
  v[1] = winogradTimes(P::kA, oddA, evenA);
  v[2] = winogradTimes(-P::kA, oddA, evenA);
  const V evenB = winogradTimes(-P::kA2, d[2], d[4]), oddB = winogradTimes(-P::kA2, d[1], d[3]);
  v[3] = winogradTimes(P::kB, oddB, evenB);
  v[4] = winogradTimes(-P::kB, oddB, evenB);
  v[5] = winogradTimes(P::kBoth, d[1], winogradTimes(-P::kSum, d[3], d[5]));
}

// The values at the points of a polynomial of K coefficients: G w without its scales.
template <int K, class V>
inline void winogradValues(const V (&w)[K], V (&v)[6]) {
  using P = WinogradPoints;
  V oddA = w[1], oddB = w[1];
  if constexpr (K == 4) {
    oddA = winogradTimes(P::kA2, w[3], w[1]);
    oddB = winogradTimes(P::kB2, w[3], w[1]);
  }
  const V evenA = winogradTimes(P::kA2, w[2], w[0]), evenB = winogradTimes(P::kB2, w[2], w[0]);
  v[0] = w[0];
  v[1] = winogradTimes(P::kA, oddA, evenA);
  v[2] = winogradTimes(-P::kA, oddA, evenA);
  v[3] = winogradTimes(P::kB, oddB, evenB);
  v[4] = winogradTimes(-P::kB, oddB, evenB);
  v[5] = w[K - 1];
}

// Aᵀ m.
template <int K, class V>
inline void winogradSums(const V (&m)[6], V (&y)[K]) {
  using P = WinogradPoints;
  const V evenA = m[1] + m[2], oddA = m[1] - m[2], evenB = m[3] + m[4], oddB = m[3] - m[4];
  y[0] = m[0] + (evenA + evenB);
  y[1] = winogradTimes(P::kB, oddB, V::broadcast(P::kA) * oddA);
  y[2] = winogradTimes(P::kB2, evenB, V::broadcast(P::kA2) * evenA);
  if constexpr (K == 4) y[3] = winogradTimes(P::kB3, oddB, V::broadcast(P::kA3) * oddA);
  y[K - 1] = y[K - 1] + m[5];
}

// The lanes of one vector of channels; all of them where kWhole.
template <bool kWhole>
struct WinogradLanes {
  int count;
  WinogradVec load(const float* p) const {
    return kWhole ? WinogradVec::load(p) : WinogradVec::load(p, count);
  }
  void store(WinogradVec x, float* p) const {
    if constexpr (kWhole) {
      x.store(p);
    } else {
      x.store(p, count);
    }
  }
};

// Calls body(lanes, first channel) for each vector.
template <class Body>
inline void winogradVectors(int64_t channels, const Body& body) {
  constexpr int64_t lanes = WinogradVec::kLanes;
  int64_t c = 0;
  for (; c + lanes <= channels; c += lanes) body(WinogradLanes<true>{lanes}, c);
  if (c < channels) body(WinogradLanes<false>{static_cast<int>(channels - c)}, c);
}

// N × N values of a tile to 36, one axis after the other. `axis` is winogradData or winogradValues<4>.
template <int N, class Lanes, class Axis>
inline void winogradForward(Lanes lanes, const float* from, int64_t row, int64_t column, float* to,
                            int64_t place, const Axis& axis) {
  WinogradVec half[6][N];
#pragma GCC unroll 6
  for (int j = 0; j < N; ++j) {
    WinogradVec d[N], v[6];
#pragma GCC unroll 6
    for (int i = 0; i < N; ++i) d[i] = lanes.load(from + i * row + j * column);
    axis(d, v);
#pragma GCC unroll 6
    for (int i = 0; i < 6; ++i) half[i][j] = v[i];
  }
#pragma GCC unroll 6
  for (int i = 0; i < 6; ++i) {
    WinogradVec v[6];
    axis(half[i], v);
#pragma GCC unroll 6
    for (int j = 0; j < 6; ++j) lanes.store(v[j], to + (i * 6 + j) * place);
  }
}

// 36 sums to K × K; y[i][j] is row i, column j.
template <int K, class Lanes>
inline void winogradBack(Lanes lanes, const float* from, int64_t place, WinogradVec (&y)[K][K]) {
  WinogradVec half[K][6];
#pragma GCC unroll 6
  for (int j = 0; j < 6; ++j) {
    WinogradVec m[6], v[K];
#pragma GCC unroll 6
    for (int i = 0; i < 6; ++i) m[i] = lanes.load(from + (i * 6 + j) * place);
    winogradSums(m, v);
#pragma GCC unroll 4
    for (int i = 0; i < K; ++i) half[i][j] = v[i];
  }
#pragma GCC unroll 4
  for (int i = 0; i < K; ++i) winogradSums(half[i], y[i]);
}

void winogradDataTiles(int64_t channels, int64_t tiles, const float* patch, int64_t line, float* to,
                       int64_t step, int64_t place) {
  winogradVectors(channels, [&](auto lanes, int64_t c) {
    for (int64_t t = 0; t < tiles; ++t) {
      winogradForward<6>(lanes, patch + t * quern::kWinogradTile * channels + c, line, channels,
                         to + t * step + c, place,
                         [](const WinogradVec(&d)[6], WinogradVec(&v)[6]) { winogradData(d, v); });
    }
  });
}

void winogradGradientTiles(int64_t filters, int64_t tiles, const float* patch, int64_t line, float* to,
                           int64_t step, int64_t place) {
  winogradVectors(filters, [&](auto lanes, int64_t f) {
    for (int64_t t = 0; t < tiles; ++t) {
      winogradForward<4>(lanes, patch + t * quern::kWinogradTile * filters + f, line, filters,
                         to + t * step + f, place,
                         [](const WinogradVec(&d)[4], WinogradVec(&v)[6]) { winogradValues(d, v); });
    }
  });
}

void winogradWeights(int64_t filters, const float* taps, int64_t tapStep, float* to, int64_t place) {
  winogradVectors(filters, [&](auto lanes, int64_t f) {
    winogradForward<3>(lanes, taps + f, 3 * tapStep, tapStep, to + f, place,
                       [](const WinogradVec(&d)[3], WinogradVec(&v)[6]) { winogradValues(d, v); });
    for (int p = 0; p < quern::kWinogradPlaces; ++p) {
      const double scale = WinogradPoints::kScales[p / 6] * WinogradPoints::kScales[p % 6];
      float* at = to + p * place + f;
      lanes.store(lanes.load(at) * WinogradVec::broadcast(static_cast<float>(scale)), at);
    }
  });
}

// A vector that is NaN from the first value on that was not finite.
inline WinogradVec winogradWatch(WinogradVec x, WinogradVec seen) {
  return mulAdd(x, WinogradVec::broadcast(0.0f), seen);
}

bool winogradOutputTiles(int64_t filters, int64_t tiles, const float* products, int64_t step, int64_t place,
                         const float* bias, float* patch, int64_t line) {
  const WinogradVec zero = WinogradVec::broadcast(0.0f);
  WinogradVec seen = zero;
  winogradVectors(filters, [&](auto lanes, int64_t f) {
    const WinogradVec added = bias ? lanes.load(bias + f) : zero;
    for (int64_t t = 0; t < tiles; ++t) {
      WinogradVec y[4][4];
      winogradBack<4>(lanes, products + t * step + f, place, y);
      float* tile = patch + t * quern::kWinogradTile * filters + f;
#pragma GCC unroll 4
      for (int i = 0; i < 4; ++i) {
#pragma GCC unroll 4
        for (int j = 0; j < 4; ++j) {
          seen = winogradWatch(y[i][j], seen);
          lanes.store(y[i][j] + added, tile + i * line + j * filters);
        }
      }
    }
  });
  return !any(seen != seen);
}

bool winogradWeightGradient(int64_t channels, const float* products, int64_t place, float* taps,
                            int64_t tapStep) {
  using P = WinogradPoints;
  WinogradVec seen = WinogradVec::broadcast(0.0f);
  winogradVectors(channels, [&](auto lanes, int64_t c) {
    float scaled[quern::kWinogradPlaces * WinogradVec::kLanes];
    for (int p = 0; p < quern::kWinogradPlaces; ++p) {
      const double scale = P::kScales[p / 6] * P::kScales[p % 6];
      const WinogradVec x = lanes.load(products + p * place + c);
      (x * WinogradVec::broadcast(static_cast<float>(scale))).store(scaled + p * WinogradVec::kLanes);
    }
    WinogradVec y[3][3];
    winogradBack<3>(WinogradLanes<true>{WinogradVec::kLanes}, scaled, WinogradVec::kLanes, y);
#pragma GCC unroll 3
    for (int i = 0; i < 3; ++i) {
#pragma GCC unroll 3
      for (int j = 0; j < 3; ++j) {
        seen = winogradWatch(y[i][j], seen);
        lanes.store(y[i][j], taps + (i * 3 + j) * tapStep + c);
      }
    }
  });
  return !any(seen != seen);
}

void fillWinograd(quern::KernelTable& table) {
  table.winograd.data = winogradDataTiles;
  table.winograd.gradient = winogradGradientTiles;
  table.winograd.weights = winogradWeights;
  table.winograd.outputs = winogradOutputTiles;
  table.winograd.weightGradient = winogradWeightGradient;
}

}  // namespace
