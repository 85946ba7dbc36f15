// Products of bfloat16 pairs (bf16_table.h): the tiles of the float products, with one instruction exchanged.
#pragma once
#include "conv_grad.inl"
#include "gemm_vector.inl"

namespace {

// Where tiles hold operands, sixteen pairs; where they hold sums, sixteen floats.
struct Pairs {
  using Scalar = float;
  static constexpr int kLanes = F32x16::kLanes;

  F32x16 v;

  static Pairs broadcast(float x) { return {F32x16::broadcast(x)}; }
  static Pairs load(const float* p) { return {F32x16::load(p)}; }
  static Pairs load(const float* p, int n) { return {F32x16::load(p, n)}; }
  void store(float* p) const { v.store(p); }
  void store(float* p, int n) const { v.store(p, n); }
};

inline Pairs operator+(Pairs a, Pairs b) { return {a.v + b.v}; }
inline Pairs maximum(Pairs a, Pairs b) { return {maximum(a.v, b.v)}; }
inline Pairs mulAdd(Pairs a, Pairs b, Pairs c) {
  return {{_mm512_dpbf16_ps(c.v.v, reinterpret_cast<__m512bh>(a.v.v), reinterpret_cast<__m512bh>(b.v.v))}};
}
template <int k>
inline Pairs swapLanes(Pairs a) {
  return {swapLanes<k>(a.v)};
}
inline float first(Pairs a) { return first(a.v); }

template <>
struct GemmVecOf<float, Pairs::kLanes> {
  using Type = Pairs;
};
template <>
struct ConvVecOf<float> {
  using Type = Pairs;
};

}  // namespace

#include "bf16_few.inl"
#include "gemm_tile.inl"

namespace {

void bf16PairAlong(int64_t n, const float* from, float* pairs) {
  constexpr int64_t lanes = F32x16::kLanes;
  int64_t i = 0;
  const auto join = [](F32x16 lower, F32x16 upper) -> F32x16 {
    return {reinterpret_cast<__m512>(_mm512_cvtne2ps_pbh(upper.v, lower.v))};
  };
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    join(F32x16::load(from + i), F32x16::load(from + i + lanes)).store(pairs + i / 2);
  }
  if (i == n) return;
  const int rest = static_cast<int>(n - i), lower = rest < lanes ? rest : static_cast<int>(lanes);
  const F32x16 upper =
      rest > lanes ? F32x16::load(from + i + lanes, rest - static_cast<int>(lanes)) : F32x16::broadcast(0);
  join(F32x16::load(from + i, lower), upper).store(pairs + i / 2, (rest + 1) / 2);
}

void bf16PairAcross(int64_t n, const float* first, const float* second, float* pairs) {
  constexpr int64_t lanes = F32x16::kLanes;
  const auto halves = [](F32x16 x) {
    return _mm512_cvtepu16_epi32(reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(x.v)));
  };
  for (int64_t i = 0; i < n; i += lanes) {
    const int count = static_cast<int>(n - i < lanes ? n - i : lanes);
    __m512i both = halves(F32x16::load(first + i, count));
    if (second) both = _mm512_or_si512(both, _mm512_slli_epi32(halves(F32x16::load(second + i, count)), 16));
    F32x16{_mm512_castsi512_ps(both)}.store(pairs + i, count);
  }
}

// Tiles alone; what merely moves operands is the base's.
void fillBf16Pairs(quern::KernelTable& table) {
  quern::Bf16Kernels& kernels = table.bf16;
  kernels.pairAlong = bf16PairAlong;
  kernels.pairAcross = bf16PairAcross;
  fillBf16Few(kernels);
  kernels.gemm = table.gemm32;
  kernels.gemm.multiply = gemmMultiply<float>;
  kernels.gemm.dot = nullptr;
  kernels.conv = table.conv32;
  kernels.conv.correlate = convCorrelate<float>;
  kernels.conv.shiftedProducts = convShiftedProducts<float>;
  kernels.conv.dotProducts = convDotProducts<float>;
}

}  // namespace
