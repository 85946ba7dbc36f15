// Steps that scale each element by its own history: RMSprop, Adagrad, Adadelta, Rprop; and those that need no
// such scale: averaged descent and Lion.
#include "optim.inl"

namespace {

// −1, 0 or 1; NaN stays NaN.
template <class V>
inline V signOf(V x) {
  const V zero = V::broadcast(0);
  return select(x > zero, V::broadcast(1), select(x < zero, V::broadcast(-1), x));
}

// v = α v + (1 − α) g²; p −= lr · g / (√v + ε). Centred, √(v − m²) with the mean m of the gradient; with
// momentum, what is taken from p is lr · b, b = momentum · b + g / (√v + ε). Tieleman and Hinton 2012.
template <class T, bool kCentered, bool kMomentum>
void rmspropStep(int64_t begin, int64_t n, void* const* arrays, const double* attributes) {
  using V = Vec<T>;
  T* p = column<T>(arrays, 0);
  const T* g = column<T>(arrays, 1);
  T* second = column<T>(arrays, 2);
  T* first = kCentered ? column<T>(arrays, 3) : nullptr;
  T* b = kMomentum ? column<T>(arrays, kCentered ? 4 : 3) : nullptr;
  const V minusRate = V::broadcast(static_cast<T>(-attributes[0]));
  const Direction<V> direction(attributes[1], attributes[2] != 0);
  const V alpha = V::broadcast(static_cast<T>(attributes[3]));
  const V share = V::broadcast(static_cast<T>(1.0 - attributes[3]));
  const V epsilon = V::broadcast(static_cast<T>(attributes[4]));
  const V momentum = V::broadcast(static_cast<T>(attributes[5]));
  forVectors<V>(begin, n, [&](int64_t i, auto lanes) {
    const V parameter = lanes.load(p + i);
    const V gradient = direction.of(lanes.load(g + i), parameter);
    const V square = mulAdd(alpha, lanes.load(second + i), share * gradient * gradient);
    lanes.store(square, second + i);
    V variance = square;
    if constexpr (kCentered) {
      const V before = lanes.load(first + i);
      const V mean = mulAdd(share, gradient - before, before);
      lanes.store(mean, first + i);
      variance = square - mean * mean;
    }
    V step = gradient / (sqrt(variance) + epsilon);
    if constexpr (kMomentum) {
      step = mulAdd(momentum, lanes.load(b + i), step);
      lanes.store(step, b + i);
    }
    lanes.store(mulAdd(minusRate, step, parameter), p + i);
  });
}

// s += g²; p −= lr · g / (√s + ε). Duchi, Hazan and Singer 2011.
template <class T>
void adagradStep(int64_t begin, int64_t n, void* const* arrays, const double* attributes) {
  using V = Vec<T>;
  T* p = column<T>(arrays, 0);
  const T* g = column<T>(arrays, 1);
  T* s = column<T>(arrays, 2);
  const V rate = V::broadcast(static_cast<T>(attributes[0]));
  const Direction<V> direction(attributes[1], attributes[2] != 0);
  const V epsilon = V::broadcast(static_cast<T>(attributes[3]));
  forVectors<V>(begin, n, [&](int64_t i, auto lanes) {
    const V parameter = lanes.load(p + i);
    const V gradient = direction.of(lanes.load(g + i), parameter);
    const V total = mulAdd(gradient, gradient, lanes.load(s + i));
    lanes.store(total, s + i);
    lanes.store(parameter - rate * gradient / (sqrt(total) + epsilon), p + i);
  });
}

// v = ρ v + (1 − ρ) g²; d = g √(u + ε) / √(v + ε); u = ρ u + (1 − ρ) d²; p −= lr · d. Zeiler 2012.
template <class T>
void adadeltaStep(int64_t begin, int64_t n, void* const* arrays, const double* attributes) {
  using V = Vec<T>;
  T* p = column<T>(arrays, 0);
  const T* g = column<T>(arrays, 1);
  T* second = column<T>(arrays, 2);
  T* moved = column<T>(arrays, 3);
  const V minusRate = V::broadcast(static_cast<T>(-attributes[0]));
  const Direction<V> direction(attributes[1], attributes[2] != 0);
  const V rho = V::broadcast(static_cast<T>(attributes[3]));
  const V share = V::broadcast(static_cast<T>(1.0 - attributes[3]));
  const V epsilon = V::broadcast(static_cast<T>(attributes[4]));
  forVectors<V>(begin, n, [&](int64_t i, auto lanes) {
    const V parameter = lanes.load(p + i);
    const V gradient = direction.of(lanes.load(g + i), parameter);
    const V square = mulAdd(rho, lanes.load(second + i), share * gradient * gradient);
    const V before = lanes.load(moved + i);
    const V step = sqrt(before + epsilon) / sqrt(square + epsilon) * gradient;
    lanes.store(square, second + i);
    lanes.store(mulAdd(rho, before, share * step * step), moved + i);
    lanes.store(mulAdd(minusRate, step, parameter), p + i);
  });
}

// s grows by η₊ where the gradient kept its sign, shrinks by η₋ where it turned, within bounds; p −= s sign
// g, but where it turned p stays and the gradient counts as 0 next time. Riedmiller and Braun 1993.
template <class T>
void rpropStep(int64_t begin, int64_t n, void* const* arrays, const double* attributes) {
  using V = Vec<T>;
  T* p = column<T>(arrays, 0);
  const T* g = column<T>(arrays, 1);
  T* previous = column<T>(arrays, 2);
  T* size = column<T>(arrays, 3);
  const Direction<V> direction(attributes[1], attributes[2] != 0);
  const V shrink = V::broadcast(static_cast<T>(attributes[3]));
  const V grow = V::broadcast(static_cast<T>(attributes[4]));
  const V least = V::broadcast(static_cast<T>(attributes[5]));
  const V most = V::broadcast(static_cast<T>(attributes[6]));
  const V zero = V::broadcast(0), one = V::broadcast(1);
  forVectors<V>(begin, n, [&](int64_t i, auto lanes) {
    const V parameter = lanes.load(p + i);
    const V gradient = direction.of(lanes.load(g + i), parameter);
    const V agreement = gradient * lanes.load(previous + i);
    const auto turned = agreement < zero;
    const V factor = select(agreement > zero, grow, select(turned, shrink, one));
    const V step = minimum(maximum(lanes.load(size + i) * factor, least), most);
    const V followed = select(turned, zero, gradient);
    lanes.store(followed, previous + i);
    lanes.store(step, size + i);
    lanes.store(parameter - signOf(followed) * step, p + i);
  });
}

// p = (1 − λ η) p − η g; a += μ (p − a). Polyak and Juditsky 1992.
template <class T>
void asgdStep(int64_t begin, int64_t n, void* const* arrays, const double* attributes) {
  using V = Vec<T>;
  T* p = column<T>(arrays, 0);
  const T* g = column<T>(arrays, 1);
  T* a = column<T>(arrays, 2);
  const V minusRate = V::broadcast(static_cast<T>(-attributes[0]));
  const Direction<V> direction(attributes[1], attributes[2] != 0);
  const V shrink = V::broadcast(static_cast<T>(1.0 - attributes[3] * attributes[0]));
  const V share = V::broadcast(static_cast<T>(attributes[4]));
  const bool copies = attributes[4] == 1;
  forVectors<V>(begin, n, [&](int64_t i, auto lanes) {
    const V before = lanes.load(p + i);
    const V gradient = direction.of(lanes.load(g + i), before);
    const V parameter = mulAdd(minusRate, gradient, shrink * before);
    const V average = lanes.load(a + i);
    lanes.store(parameter, p + i);
    lanes.store(copies ? parameter : mulAdd(share, parameter - average, average), a + i);
  });
}

// p = (1 − lr · decay) p − lr · sign(β₁ m + (1 − β₁) g); m = β₂ m + (1 − β₂) g. Chen et al. 2023.
template <class T>
void lionStep(int64_t begin, int64_t n, void* const* arrays, const double* attributes) {
  using V = Vec<T>;
  T* p = column<T>(arrays, 0);
  const T* g = column<T>(arrays, 1);
  T* m = column<T>(arrays, 2);
  const V minusRate = V::broadcast(static_cast<T>(-attributes[0]));
  const V shrink = V::broadcast(static_cast<T>(1.0 - attributes[0] * attributes[1]));
  const bool maximize = attributes[2] != 0;
  const V beta1 = V::broadcast(static_cast<T>(attributes[3]));
  const V share1 = V::broadcast(static_cast<T>(1.0 - attributes[3]));
  const V beta2 = V::broadcast(static_cast<T>(attributes[4]));
  const V share2 = V::broadcast(static_cast<T>(1.0 - attributes[4]));
  forVectors<V>(begin, n, [&](int64_t i, auto lanes) {
    const V gradient = maximize ? -lanes.load(g + i) : lanes.load(g + i);
    const V mean = lanes.load(m + i);
    const V step = signOf(beta1 * mean + share1 * gradient);
    lanes.store(beta2 * mean + share2 * gradient, m + i);
    lanes.store(mulAdd(minusRate, step, shrink * lanes.load(p + i)), p + i);
  });
}

void fillOptimScaled(quern::KernelTable& table) {
  enterSteps<Kernel::k_rmsprop>(table, rmspropStep<float, false, false>, rmspropStep<double, false, false>);
  enterSteps<Kernel::k_rmspropMomentum>(table, rmspropStep<float, false, true>,
                                        rmspropStep<double, false, true>);
  enterSteps<Kernel::k_rmspropCentered>(table, rmspropStep<float, true, false>,
                                        rmspropStep<double, true, false>);
  enterSteps<Kernel::k_rmspropCenteredMomentum>(table, rmspropStep<float, true, true>,
                                                rmspropStep<double, true, true>);
  enterSteps<Kernel::k_adagrad>(table, adagradStep<float>, adagradStep<double>);
  enterSteps<Kernel::k_adadelta>(table, adadeltaStep<float>, adadeltaStep<double>);
  enterSteps<Kernel::k_rprop>(table, rpropStep<float>, rpropStep<double>);
  enterSteps<Kernel::k_asgd>(table, asgdStep<float>, asgdStep<double>);
  enterSteps<Kernel::k_lion>(table, lionStep<float>, lionStep<double>);
}

}  // namespace
