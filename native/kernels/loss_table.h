// The inner kernels of losses that each ISA fills in.
#pragma once
#include <stdint.h>

namespace quern {

// Positions that have a score for each of `classes` classes: the scores of one position lie `stride` elements
// apart, those of the next position begin 1 further where stride > 1, else `classes` further.
struct Scores {
  int64_t positions, classes, stride;
};

template <class T>
struct LossKernels {
  // The largest score of each position, and ln Σ e^(score − largest).
  using LogSumExp = void (*)(const Scores& scores, const T* x, T* largest, T* logs);
  // Σ over classes of weight · (largest − score + log); weight may be null, for ones.
  using Spread = void (*)(const Scores& scores, const T* x, const T* largest, const T* logs, const T* weight,
                          T* sums);
  // dx = factor · e^(score − largest − log) − even · weight, a position's factor and even; where factor is 0
  // the first term is too, whatever the scores. weight and evens may be null, for ones and noughts.
  using Grad = void (*)(const Scores& scores, const T* x, const T* largest, const T* logs, const T* factors,
                        const T* evens, const T* weight, T* dx);

  // Of differences d = x − y: Σ f(d), each f(d), and g · factor · f'(d), where g advances by `step`.
  using PairSum = double (*)(int64_t n, const T* x, const T* y);
  using PairEach = void (*)(int64_t n, const T* x, const T* y, T* out);
  using PairGrad = void (*)(int64_t n, const T* g, int64_t step, T factor, const T* x, const T* y, T* dx);
  struct Pair {
    PairSum sum = nullptr;
    PairEach each = nullptr;
    PairGrad grad = nullptr;
  };

  LogSumExp logSumExp = nullptr;
  Spread spread = nullptr;
  Grad grad = nullptr;
  Pair squared;   // f(d) = d²
  Pair absolute;  // f(d) = |d|, f'(0) = 0
};

}  // namespace quern
