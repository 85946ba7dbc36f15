// The loops of elementwise kernels: contiguous ones over vectors; other strides pass through a small stage.
#pragma once
#include "../simd/math.h"

namespace {

// Elements that a stage holds: 4 KB of doubles for two operands and the result, well inside the first cache.
constexpr int64_t kStage = 256;

template <class T>
inline void gatherStrided(int64_t n, const T* from, int64_t stride, T* to) {
  for (int64_t i = 0; i < n; i++) to[i] = from[i * stride];
}

template <class T>
inline void scatterStrided(int64_t n, const T* from, T* to, int64_t stride) {
  for (int64_t i = 0; i < n; i++) to[i * stride] = from[i];
}

template <class T>
inline void put(T* to, Lane<T> value) {
  *to = value.v;
}
inline void put(uint8_t* to, LaneMask mask) { *to = mask.bit; }

// out[i] = f(a[i]). Two vectors at a time hide the latency of long formulas; one-lane types are left to the
// compiler.
template <class V, class F, class O>
inline void unaryLoop(const F& f, int64_t n, const typename V::Scalar* a, O* out) {
  if constexpr (V::kLanes == 1) {
    for (int64_t i = 0; i < n; i++) put(out + i, f(V::load(a + i)));
  } else {
    constexpr int64_t step = V::kLanes;
    int64_t i = 0;
    for (; i + 2 * step <= n; i += 2 * step) {
      const V low = f(V::load(a + i)), high = f(V::load(a + i + step));
      low.store(out + i);
      high.store(out + i + step);
    }
    if (i + step <= n) {
      f(V::load(a + i)).store(out + i);
      i += step;
    }
    const int rest = static_cast<int>(n - i);
    if (rest > 0) f(V::load(a + i, rest)).store(out + i, rest);
  }
}

// out[i] = f(a[i], b[i]), where a fixed operand is one value for all i.
template <class V, bool fixedA, bool fixedB, class F, class O>
inline void binaryLoop(const F& f, int64_t n, const typename V::Scalar* a, const typename V::Scalar* b,
                       O* out) {
  if constexpr (V::kLanes == 1) {
    const V firstA = V::load(a), firstB = V::load(b);
    for (int64_t i = 0; i < n; i++) {
      put(out + i, f(fixedA ? firstA : V::load(a + i), fixedB ? firstB : V::load(b + i)));
    }
  } else {
    constexpr int64_t step = V::kLanes;
    const V everyA = V::broadcast(*a), everyB = V::broadcast(*b);
    int64_t i = 0;
    for (; i + 2 * step <= n; i += 2 * step) {
      const V low = f(fixedA ? everyA : V::load(a + i), fixedB ? everyB : V::load(b + i));
      const V high = f(fixedA ? everyA : V::load(a + i + step), fixedB ? everyB : V::load(b + i + step));
      low.store(out + i);
      high.store(out + i + step);
    }
    if (i + step <= n) {
      f(fixedA ? everyA : V::load(a + i), fixedB ? everyB : V::load(b + i)).store(out + i);
      i += step;
    }
    const int rest = static_cast<int>(n - i);
    if (rest > 0) {
      f(fixedA ? everyA : V::load(a + i, rest), fixedB ? everyB : V::load(b + i, rest)).store(out + i, rest);
    }
  }
}

// Calls body(count, a, out) on contiguous pieces of any strides: one piece where nothing needs the stage, so
// that the body, which is inlined, stands here once.
template <class A, class O, class Body>
inline void stageUnary(int64_t n, const A* a, int64_t sa, O* out, int64_t so, const Body& body) {
  A stageA[kStage];
  O stageOut[kStage];
  const int64_t piece = sa == 1 && so == 1 ? n : kStage;
  for (int64_t i = 0; i < n; i += piece) {
    const int64_t count = n - i < piece ? n - i : piece;
    if (sa != 1) gatherStrided(count, a + i * sa, sa, stageA);
    body(count, sa == 1 ? a + i : stageA, so == 1 ? out + i : stageOut);
    if (so != 1) scatterStrided(count, stageOut, out + i * so, so);
  }
}

// The same for body(count, a, b, out, fixedA, fixedB): an operand of stride 0 stays where it is, unless both
// have it.
template <class A, class O, class Body>
inline void stageBinary(int64_t n, const A* a, int64_t sa, const A* b, int64_t sb, O* out, int64_t so,
                        const Body& body) {
  const bool fixedB = sb == 0, fixedA = sa == 0 && !fixedB;
  const bool stagesA = sa != 1 && !fixedA, stagesB = sb != 1 && !fixedB;
  A stageA[kStage], stageB[kStage];
  O stageOut[kStage];
  const int64_t piece = !stagesA && !stagesB && so == 1 ? n : kStage;
  for (int64_t i = 0; i < n; i += piece) {
    const int64_t count = n - i < piece ? n - i : piece;
    if (stagesA) gatherStrided(count, a + i * sa, sa, stageA);
    if (stagesB) gatherStrided(count, b + i * sb, sb, stageB);
    body(count, stagesA ? stageA : a + i * sa, stagesB ? stageB : b + i * sb, so == 1 ? out + i : stageOut,
         fixedA, fixedB);
    if (so != 1) scatterStrided(count, stageOut, out + i * so, so);
  }
}

template <class V, class F, class O>
void unaryKernel(int64_t n, const void* a, int64_t sa, void* out, int64_t so, const double* attributes) {
  using T = typename V::Scalar;
  const F f(attributes);
  stageUnary(n, static_cast<const T*>(a), sa, static_cast<O*>(out), so,
             [&f](int64_t count, const T* from, O* to) { unaryLoop<V>(f, count, from, to); });
}

template <class V, class F, class O>
void binaryKernel(int64_t n, const void* a, int64_t sa, const void* b, int64_t sb, void* out, int64_t so,
                  const double* attributes) {
  using T = typename V::Scalar;
  const F f(attributes);
  stageBinary(n, static_cast<const T*>(a), sa, static_cast<const T*>(b), sb, static_cast<O*>(out), so,
              [&f](int64_t count, const T* x, const T* y, O* to, bool fixedA, bool fixedB) {
                if (fixedA) return binaryLoop<V, true, false>(f, count, x, y, to);
                if (fixedB) return binaryLoop<V, false, true>(f, count, x, y, to);
                binaryLoop<V, false, false>(f, count, x, y, to);
              });
}

// out[i] = f(a[i], b[i], c[i]).
template <class V, bool fixedC, class F, class T>
inline void ternaryLoop(const F& f, int64_t n, const T* a, const T* b, const T* c, T* out) {
  constexpr int64_t step = V::kLanes;
  const V every = V::broadcast(*c);
  int64_t i = 0;
  for (; i + step <= n; i += step) {
    f(V::load(a + i), V::load(b + i), fixedC ? every : V::load(c + i)).store(out + i);
  }
  const int rest = static_cast<int>(n - i);
  if (rest > 0) {
    f(V::load(a + i, rest), V::load(b + i, rest), fixedC ? every : V::load(c + i, rest)).store(out + i, rest);
  }
}

// Operands of other strides than 1 pass through the stage, but for a last one that is one value for all i.
template <class V, class F>
void ternaryKernel(int64_t n, const void* a, int64_t sa, const void* b, int64_t sb, const void* c, int64_t sc,
                   void* out, int64_t so, const double* attributes) {
  using T = typename V::Scalar;
  const F f(attributes);
  T stage[4][kStage];
  const T* from[3] = {static_cast<const T*>(a), static_cast<const T*>(b), static_cast<const T*>(c)};
  const int64_t strides[3] = {sa, sb, sc};
  const bool fixed = sc == 0;
  const int64_t piece = sa == 1 && sb == 1 && (sc == 1 || fixed) && so == 1 ? n : kStage;
  for (int64_t i = 0; i < n; i += piece) {
    const int64_t count = n - i < piece ? n - i : piece;
    const T* at[3];
    for (int k = 0; k < 3; k++) {
      at[k] = from[k] + i * strides[k];
      if (strides[k] == 1 || (k == 2 && fixed)) continue;
      gatherStrided(count, at[k], strides[k], stage[k]);
      at[k] = stage[k];
    }
    T* to = so == 1 ? static_cast<T*>(out) + i : stage[3];
    if (fixed) {
      ternaryLoop<V, true>(f, count, at[0], at[1], at[2], to);
    } else {
      ternaryLoop<V, false>(f, count, at[0], at[1], at[2], to);
    }
    if (so != 1) scatterStrided(count, to, static_cast<T*>(out) + i * so, so);
  }
}

template <class T, int64_t sa, int64_t sb>
inline void whereLoop(int64_t n, const uint8_t* c, const T* a, const T* b, T* out) {
  for (int64_t i = 0; i < n; i++) {
    const T x = a[i * sa], y = b[i * sb];  // both read first: then the compiler may choose by a mask
    out[i] = c[i] != 0 ? x : y;
  }
}

template <class T>
void whereKernel(int64_t n, const uint8_t* c, int64_t sc, const void* a, int64_t sa, const void* b,
                 int64_t sb, void* out, int64_t so) {
  const T* x = static_cast<const T*>(a);
  const T* y = static_cast<const T*>(b);
  T* to = static_cast<T*>(out);
  if (sc == 1 && so == 1 && sa == 1 && sb == 1) return whereLoop<T, 1, 1>(n, c, x, y, to);
  if (sc == 1 && so == 1 && sa == 0 && sb == 1) return whereLoop<T, 0, 1>(n, c, x, y, to);
  if (sc == 1 && so == 1 && sa == 1 && sb == 0) return whereLoop<T, 1, 0>(n, c, x, y, to);
  if (sc == 1 && so == 1 && sa == 0 && sb == 0) return whereLoop<T, 0, 0>(n, c, x, y, to);
  for (int64_t i = 0; i < n; i++) to[i * so] = c[i * sc] != 0 ? x[i * sa] : y[i * sb];
}

}  // namespace
