// Losses: of scores for classes, along contiguous rows or side by side, and of differences.
#pragma once
#include "loss_table.h"
#include "norm.inl"

namespace {

using quern::Scores;

template <class T>
void lossLogSumExp(const Scores& s, const T* x, T* largest, T* logs) {
  using V = Vec<T>;
  if (s.stride == 1) {
    for (int64_t r = 0; r < s.positions; r++, x += s.classes) {
      largest[r] = reduceBlock<Top, V>(s.classes, x);
      const V top = V::broadcast(largest[r]);
      const double sum = sumRow<V>(
          s.classes, [=](int64_t i, int count) { return expOfNegative(loadUpTo<V>(x + i, count) - top); });
      logs[r] = first(log(V::broadcast(static_cast<T>(sum))));
    }
    return;
  }
  forStrips<V>(s.positions, [=](int64_t j, int64_t columns) {
    const T* from = x + j;
    Strip<V> strip{columns, {}};
    V top[kStrip];
    strip.forEach([&](int64_t i, int v, int count) { top[v] = loadUpTo<V>(from + i, count); });
    for (int64_t c = 1; c < s.classes; c++) {
      strip.forEach([&](int64_t i, int v, int count) {
        top[v] = greater(top[v], loadUpTo<V>(from + c * s.stride + i, count));
      });
    }
    strip.sumOver(s.classes, [&](int64_t c, int64_t i, int v, int count) {
      return expOfNegative(loadUpTo<V>(from + c * s.stride + i, count) - top[v]);
    });
    strip.forEach([&](int64_t i, int v, int count) {
      storeUpTo(top[v], largest + j + i, count);
      storeUpTo(log(strip.sums[v]), logs + j + i, count);
    });
  });
}

template <class T>
void lossSpread(const Scores& s, const T* x, const T* largest, const T* logs, const T* weight, T* sums) {
  using V = Vec<T>;
  if (s.stride == 1) {
    for (int64_t r = 0; r < s.positions; r++, x += s.classes) {
      const V top = V::broadcast(largest[r]), rest = V::broadcast(logs[r]);
      sums[r] = static_cast<T>(sumRow<V>(s.classes, [=](int64_t i, int count) {
        const V distance = top - loadUpTo<V>(x + i, count) + rest;
        return weight ? distance * loadUpTo<V>(weight + i, count) : distance;
      }));
    }
    return;
  }
  forStrips<V>(s.positions, [=](int64_t j, int64_t columns) {
    Strip<V> strip{columns, {}};
    strip.sumOver(s.classes, [=](int64_t c, int64_t i, int, int count) {
      const V distance = loadUpTo<V>(largest + j + i, count) - loadUpTo<V>(x + c * s.stride + j + i, count) +
                         loadUpTo<V>(logs + j + i, count);
      return weight ? distance * V::broadcast(weight[c]) : distance;
    });
    strip.forEach([&](int64_t i, int v, int count) { storeUpTo(strip.sums[v], sums + j + i, count); });
  });
}

template <class V>
inline V scaledSoftmax(V x, V top, V log, V factor) {
  const V zero = V::broadcast(0);
  return select(factor == zero, zero, factor * exp(x - top - log));
}

template <class T>
void lossGrad(const Scores& s, const T* x, const T* largest, const T* logs, const T* factors, const T* evens,
              const T* weight, T* dx) {
  using V = Vec<T>;
  if (s.stride == 1) {
    for (int64_t r = 0; r < s.positions; r++, x += s.classes, dx += s.classes) {
      const V top = V::broadcast(largest[r]), log = V::broadcast(logs[r]), factor = V::broadcast(factors[r]);
      const V even = V::broadcast(evens ? -evens[r] : T(0));
      forVectors<V>(s.classes, [=](int64_t i, int count) {
        V value = scaledSoftmax(loadUpTo<V>(x + i, count), top, log, factor);
        if (evens) value = weight ? mulAdd(even, loadUpTo<V>(weight + i, count), value) : value + even;
        storeUpTo(value, dx + i, count);
      });
    }
    return;
  }
  forStrips<V>(s.positions, [=](int64_t j, int64_t columns) {
    for (int64_t c = 0; c < s.classes; c++) {
      const T* from = x + c * s.stride + j;
      T* to = dx + c * s.stride + j;
      const V share = V::broadcast(weight ? -weight[c] : T(-1));
      forVectors<V>(columns, [=](int64_t i, int count) {
        V value = scaledSoftmax(loadUpTo<V>(from + i, count), loadUpTo<V>(largest + j + i, count),
                                loadUpTo<V>(logs + j + i, count), loadUpTo<V>(factors + j + i, count));
        if (evens) value = mulAdd(loadUpTo<V>(evens + j + i, count), share, value);
        storeUpTo(value, to + i, count);
      });
    }
  });
}

// f and f' of the losses of differences.
struct SquaredLoss {
  template <class V>
  static V value(V d) {
    return d * d;
  }
  template <class V>
  static V slope(V d) {
    return d + d;
  }
};
struct AbsoluteLoss {
  template <class V>
  static V value(V d) {
    return abs(d);
  }
  template <class V>
  static V slope(V d) {
    const V zero = V::broadcast(0);
    return select(d == zero, zero, copySign(constant<V>(1), d));
  }
};

template <class L, class T>
double pairSum(int64_t n, const T* x, const T* y) {
  using V = Vec<T>;
  return sumRow<V>(n, [=](int64_t i, int count) {
    return L::value(loadUpTo<V>(x + i, count) - loadUpTo<V>(y + i, count));
  });
}

template <class L, class T>
void pairEach(int64_t n, const T* x, const T* y, T* out) {
  using V = Vec<T>;
  forVectors<V>(n, [=](int64_t i, int count) {
    storeUpTo(L::value(loadUpTo<V>(x + i, count) - loadUpTo<V>(y + i, count)), out + i, count);
  });
}

template <class L, class T>
void pairGrad(int64_t n, const T* g, int64_t step, T factor, const T* x, const T* y, T* dx) {
  using V = Vec<T>;
  const V scale = V::broadcast(factor), one = V::broadcast(*g);
  forVectors<V>(n, [=](int64_t i, int count) {
    const V gradient = step == 0 ? one : loadUpTo<V>(g + i, count);
    const V slope = L::slope(loadUpTo<V>(x + i, count) - loadUpTo<V>(y + i, count));
    storeUpTo(gradient * scale * slope, dx + i, count);
  });
}

template <class T>
void fillLossKernels(quern::LossKernels<T>& kernels) {
  kernels.logSumExp = lossLogSumExp<T>;
  kernels.spread = lossSpread<T>;
  kernels.grad = lossGrad<T>;
  kernels.squared = {pairSum<SquaredLoss, T>, pairEach<SquaredLoss, T>, pairGrad<SquaredLoss, T>};
  kernels.absolute = {pairSum<AbsoluteLoss, T>, pairEach<AbsoluteLoss, T>, pairGrad<AbsoluteLoss, T>};
}

void fillLoss(quern::KernelTable& table) {
  fillLossKernels(table.loss32);
  fillLossKernels(table.loss64);
}

}  // namespace
