// Optimizer steps over contiguous arrays, each in one pass: parameter, gradient, and state.
#pragma once
#include "entries.inl"

namespace {

// All lanes, or the first `count` of a tail: the same formula for both, so the bits don't depend on where
// arrays are cut.
template <class V>
struct AllLanes {
  using T = typename V::Scalar;
  static V load(const T* p) { return V::load(p); }
  static void store(V v, T* p) { v.store(p); }
};

template <class V>
struct FirstLanes {
  using T = typename V::Scalar;
  int count;
  V load(const T* p) const { return V::load(p, count); }
  void store(V v, T* p) const { v.store(p, count); }
};

// Calls step(i, lanes) for vectors that begin at i.
template <class V, class Step>
inline void forVectors(int64_t begin, int64_t n, const Step& step) {
  int64_t i = begin;
  for (; i + V::kLanes <= begin + n; i += V::kLanes) step(i, AllLanes<V>{});
  if (i < begin + n) step(i, FirstLanes<V>{static_cast<int>(begin + n - i)});
}

// The gradient that a step follows: turned round to maximize, with the decay's pull toward zero.
template <class V>
struct Direction {
  V decay;
  bool decays, maximize;

  Direction(double weightDecay, bool turned)
      : decay(V::broadcast(static_cast<typename V::Scalar>(weightDecay))),
        decays(weightDecay != 0),
        maximize(turned) {}

  V of(V gradient, V parameter) const {
    const V turned = maximize ? -gradient : gradient;
    return decays ? mulAdd(decay, parameter, turned) : turned;
  }
};

template <class T>
T* column(void* const* arrays, int index) {
  return static_cast<T*>(arrays[index]);
}

// p −= lr · g
template <class T>
void sgdStep(int64_t begin, int64_t n, void* const* arrays, const double* attributes) {
  using V = Vec<T>;
  T* p = column<T>(arrays, 0);
  const T* g = column<T>(arrays, 1);
  const V minusRate = V::broadcast(static_cast<T>(-attributes[0]));
  const Direction<V> direction(attributes[1], attributes[2] != 0);
  forVectors<V>(begin, n, [&](int64_t i, auto lanes) {
    const V parameter = lanes.load(p + i);
    lanes.store(mulAdd(minusRate, direction.of(lanes.load(g + i), parameter), parameter), p + i);
  });
}

// b = momentum · b + (1 − dampening) · g, or g at the first step; p −= lr · (nesterov ? g + momentum · b : b)
template <class T>
void sgdMomentumStep(int64_t begin, int64_t n, void* const* arrays, const double* attributes) {
  using V = Vec<T>;
  T* p = column<T>(arrays, 0);
  const T* g = column<T>(arrays, 1);
  T* b = column<T>(arrays, 2);
  const V minusRate = V::broadcast(static_cast<T>(-attributes[0]));
  const Direction<V> direction(attributes[1], attributes[2] != 0);
  const V momentum = V::broadcast(static_cast<T>(attributes[3]));
  const V share = V::broadcast(static_cast<T>(1.0 - attributes[4]));
  const bool nesterov = attributes[5] != 0, first = attributes[6] != 0;
  forVectors<V>(begin, n, [&](int64_t i, auto lanes) {
    const V parameter = lanes.load(p + i);
    const V gradient = direction.of(lanes.load(g + i), parameter);
    const V buffer = first ? gradient : mulAdd(momentum, lanes.load(b + i), share * gradient);
    const V step = nesterov ? mulAdd(momentum, buffer, gradient) : buffer;
    lanes.store(buffer, b + i);
    lanes.store(mulAdd(minusRate, step, parameter), p + i);
  });
}

// a += weight · (p − a), from whichever end is nearer, as torch.lerp has it: a weight of 1 gives p itself.
template <class T>
void averageStep(int64_t begin, int64_t n, void* const* arrays, const double* attributes) {
  using V = Vec<T>;
  T* a = column<T>(arrays, 0);
  const T* p = column<T>(arrays, 1);
  const bool nearAverage = attributes[0] < 0.5;
  const V share = V::broadcast(static_cast<T>(nearAverage ? attributes[0] : attributes[0] - 1.0));
  forVectors<V>(begin, n, [&](int64_t i, auto lanes) {
    const V average = lanes.load(a + i), parameter = lanes.load(p + i);
    lanes.store(mulAdd(share, parameter - average, nearAverage ? average : parameter), a + i);
  });
}

template <Kernel kernel>
void enterSteps(quern::KernelTable& table, quern::OptimizerKernel step32, quern::OptimizerKernel step64) {
  enter<kernel, DType::kFloat32>(table, step32);
  enter<kernel, DType::kFloat64>(table, step64);
}

void fillOptim(quern::KernelTable& table) {
  enterSteps<Kernel::k_sgd>(table, sgdStep<float>, sgdStep<double>);
  enterSteps<Kernel::k_sgdMomentum>(table, sgdMomentumStep<float>, sgdMomentumStep<double>);
  enterSteps<Kernel::k_average>(table, averageStep<float>, averageStep<double>);
}

}  // namespace
