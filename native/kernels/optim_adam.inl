// Steps of Adam and its kin: they follow a mean of the gradient, scaled by a mean of its square or greatest
// size.
#include "norm.inl"
#include "optim.inl"

namespace {

// m += (1 − β₁)(g − m); v = β₂ v + (1 − β₂) g², by attributes 3 and 4.
template <class V>
struct Means {
  V share1, beta2, share2;

  explicit Means(const double* attributes)
      : share1(constant(1.0 - attributes[3])),
        beta2(constant(attributes[4])),
        share2(constant(1.0 - attributes[4])) {}

  static V constant(double x) { return V::broadcast(static_cast<typename V::Scalar>(x)); }
  V mean(V m, V g) const { return mulAdd(share1, g - m, m); }
  V square(V v, V g) const { return mulAdd(beta2, v, share2 * g * g); }
};

// What weight decay does in all of them but LAMB: decoupled (attribute 6) it shrinks the parameter, else it
// pulls at the gradient.
template <class V>
struct Decay {
  Direction<V> direction;
  V shrink;

  explicit Decay(const double* attributes)
      : direction(attributes[6] != 0 ? 0.0 : attributes[1], attributes[2] != 0),
        shrink(Means<V>::constant(attributes[6] != 0 ? 1.0 - attributes[0] * attributes[1] : 1.0)) {}
};

// p −= (lr / c₁) m / (√v / √c₂ + ε), with the bias corrections c; kMax takes the greatest v so far. Kingma
// and Ba 2015; Loshchilov and Hutter 2019; Reddi et al. 2018.
template <class T, bool kMax>
void adamStep(int64_t begin, int64_t n, void* const* arrays, const double* attributes) {
  using V = Vec<T>;
  T* p = column<T>(arrays, 0);
  const T* g = column<T>(arrays, 1);
  T* first = column<T>(arrays, 2);
  T* second = column<T>(arrays, 3);
  T* greatest = kMax ? column<T>(arrays, 4) : nullptr;
  const Means<V> means(attributes);
  const Decay<V> decay(attributes);
  const V epsilon = Means<V>::constant(attributes[5]);
  const V step = Means<V>::constant(attributes[0] / attributes[7]);
  const V scale = Means<V>::constant(1.0 / ::sqrt(attributes[8]));
  forVectors<V>(begin, n, [&](int64_t i, auto lanes) {
    const V parameter = decay.shrink * lanes.load(p + i);
    const V gradient = decay.direction.of(lanes.load(g + i), parameter);
    const V mean = means.mean(lanes.load(first + i), gradient);
    const V square = means.square(lanes.load(second + i), gradient);
    V bound = square;
    if constexpr (kMax) {
      bound = maximum(lanes.load(greatest + i), square);
      lanes.store(bound, greatest + i);
    }
    const V denominator = mulAdd(sqrt(bound), scale, epsilon);
    lanes.store(mean, first + i);
    lanes.store(square, second + i);
    lanes.store(parameter - step * mean / denominator, p + i);
  });
}

// p −= (s₁ g + s₂ m) / (√(v / c₂) + ε), with shares s of gradient and mean. Dozat 2016.
template <class T>
void nadamStep(int64_t begin, int64_t n, void* const* arrays, const double* attributes) {
  using V = Vec<T>;
  T* p = column<T>(arrays, 0);
  const T* g = column<T>(arrays, 1);
  T* first = column<T>(arrays, 2);
  T* second = column<T>(arrays, 3);
  const Means<V> means(attributes);
  const Decay<V> decay(attributes);
  const V epsilon = Means<V>::constant(attributes[5]);
  const V ofGradient = Means<V>::constant(attributes[7]), ofMean = Means<V>::constant(attributes[8]);
  const V scale = Means<V>::constant(1.0 / ::sqrt(attributes[9]));
  forVectors<V>(begin, n, [&](int64_t i, auto lanes) {
    const V parameter = decay.shrink * lanes.load(p + i);
    const V gradient = decay.direction.of(lanes.load(g + i), parameter);
    const V mean = means.mean(lanes.load(first + i), gradient);
    const V square = means.square(lanes.load(second + i), gradient);
    const V denominator = mulAdd(sqrt(square), scale, epsilon);
    lanes.store(mean, first + i);
    lanes.store(square, second + i);
    lanes.store(parameter - mulAdd(ofGradient, gradient, ofMean * mean) / denominator, p + i);
  });
}

// p −= (lr / c₁) m · r √c₂ / (√v + ε) with the rectification r; where that is 0, as too few steps tell the
// variance, p −= (lr / c₁) m. Liu et al. 2020.
template <class T>
void radamStep(int64_t begin, int64_t n, void* const* arrays, const double* attributes) {
  using V = Vec<T>;
  T* p = column<T>(arrays, 0);
  const T* g = column<T>(arrays, 1);
  T* first = column<T>(arrays, 2);
  T* second = column<T>(arrays, 3);
  const Means<V> means(attributes);
  const Decay<V> decay(attributes);
  const V epsilon = Means<V>::constant(attributes[5]);
  const bool rectified = attributes[9] != 0;
  const double rate = attributes[0] / attributes[7];
  const V step = Means<V>::constant(rectified ? rate * attributes[9] * ::sqrt(attributes[8]) : rate);
  const V one = V::broadcast(1);
  forVectors<V>(begin, n, [&](int64_t i, auto lanes) {
    const V parameter = decay.shrink * lanes.load(p + i);
    const V gradient = decay.direction.of(lanes.load(g + i), parameter);
    const V mean = means.mean(lanes.load(first + i), gradient);
    const V square = means.square(lanes.load(second + i), gradient);
    const V denominator = rectified ? sqrt(square) + epsilon : one;
    lanes.store(mean, first + i);
    lanes.store(square, second + i);
    lanes.store(parameter - step * mean / denominator, p + i);
  });
}

// u = max(β₂ u, |g| + ε); p −= (lr / c₁) m / u. Kingma and Ba 2015, section 7.1.
template <class T>
void adamaxStep(int64_t begin, int64_t n, void* const* arrays, const double* attributes) {
  using V = Vec<T>;
  T* p = column<T>(arrays, 0);
  const T* g = column<T>(arrays, 1);
  T* first = column<T>(arrays, 2);
  T* greatest = column<T>(arrays, 3);
  const Means<V> means(attributes);
  const Direction<V> direction(attributes[1], attributes[2] != 0);
  const V epsilon = Means<V>::constant(attributes[5]);
  const V step = Means<V>::constant(attributes[0] / attributes[6]);
  forVectors<V>(begin, n, [&](int64_t i, auto lanes) {
    const V parameter = lanes.load(p + i);
    const V gradient = direction.of(lanes.load(g + i), parameter);
    const V mean = means.mean(lanes.load(first + i), gradient);
    const V size = maximum(means.beta2 * lanes.load(greatest + i), abs(gradient) + epsilon);
    lanes.store(mean, first + i);
    lanes.store(size, greatest + i);
    lanes.store(parameter - step * mean / size, p + i);
  });
}

// LAMB's direction u = (m / c₁) / (√v / √c₂ + ε) + decay · p, the same wherever it is asked for.
template <class V>
struct LambDirection {
  using T = typename V::Scalar;
  const T *p, *first, *second;
  V decay, correction, scale, epsilon;

  LambDirection(void* const* arrays, const double* attributes)
      : p(column<T>(arrays, 0)),
        first(column<T>(arrays, 2)),
        second(column<T>(arrays, 3)),
        decay(Means<V>::constant(attributes[1])),
        correction(Means<V>::constant(1.0 / attributes[6])),
        scale(Means<V>::constant(1.0 / ::sqrt(attributes[7]))),
        epsilon(Means<V>::constant(attributes[5])) {}

  template <class Lanes>
  V at(int64_t i, const Lanes& lanes) const {
    const V denominator = mulAdd(sqrt(lanes.load(second + i)), scale, epsilon);
    return mulAdd(decay, lanes.load(p + i), lanes.load(first + i) * correction / denominator);
  }
};

// Moves the means; sums[0] = Σ p², sums[1] = Σ u².
template <class T>
void lambMeasure(int64_t begin, int64_t n, void* const* arrays, const double* attributes, double* sums) {
  using V = Vec<T>;
  const T* p = column<T>(arrays, 0);
  const T* g = column<T>(arrays, 1);
  T* first = column<T>(arrays, 2);
  T* second = column<T>(arrays, 3);
  const Means<V> means(attributes);
  const Direction<V> direction(0.0, attributes[2] != 0);
  forVectors<V>(begin, n, [&](int64_t i, auto lanes) {
    const V gradient = direction.of(lanes.load(g + i), V::broadcast(0));
    lanes.store(means.mean(lanes.load(first + i), gradient), first + i);
    lanes.store(means.square(lanes.load(second + i), gradient), second + i);
  });
  const LambDirection<V> update(arrays, attributes);
  sums[0] = sumRow<V>(n, [&](int64_t i, int lanes) {
    const V parameter = FirstLanes<V>{lanes}.load(p + begin + i);
    return parameter * parameter;
  });
  sums[1] = sumRow<V>(n, [&](int64_t i, int lanes) {
    const V u = update.at(begin + i, FirstLanes<V>{lanes});
    return u * u;
  });
}

// p −= rate · u. You et al. 2020.
template <class T>
void lambMove(int64_t begin, int64_t n, void* const* arrays, const double* attributes, double rate) {
  using V = Vec<T>;
  T* p = column<T>(arrays, 0);
  const LambDirection<V> update(arrays, attributes);
  const V minusRate = Means<V>::constant(-rate);
  forVectors<V>(begin, n, [&](int64_t i, auto lanes) {
    lanes.store(mulAdd(minusRate, update.at(i, lanes), lanes.load(p + i)), p + i);
  });
}

void fillOptimAdam(quern::KernelTable& table) {
  enterSteps<Kernel::k_adam>(table, adamStep<float, false>, adamStep<double, false>);
  enterSteps<Kernel::k_adamMax>(table, adamStep<float, true>, adamStep<double, true>);
  enterSteps<Kernel::k_nadam>(table, nadamStep<float>, nadamStep<double>);
  enterSteps<Kernel::k_radam>(table, radamStep<float>, radamStep<double>);
  enterSteps<Kernel::k_adamax>(table, adamaxStep<float>, adamaxStep<double>);
  table.lamb[static_cast<int>(DType::kFloat32)] = {lambMeasure<float>, lambMove<float>};
  table.lamb[static_cast<int>(DType::kFloat64)] = {lambMeasure<double>, lambMove<double>};
}

}  // namespace
