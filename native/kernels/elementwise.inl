// Elementwise kernels: a functor for each row of kernels.def, over the vector classes, and the table entries.
#pragma once
#include "activation.inl"
#include "entries.inl"
#include "loops.inl"

namespace {

// Functors of one operand. x is a vector of the call's dtype.
template <Kernel kernel, class V>
struct Unary;

#define QUERN_UNARY(name, expression)              \
  template <class V>                               \
  struct Unary<Kernel::k_##name, V> {              \
    explicit Unary(const double*) {}               \
    V operator()(V x) const { return expression; } \
  };

QUERN_UNARY(neg, -x)
QUERN_UNARY(abs, abs(x))
QUERN_UNARY(sign, select(x > constant<V>(0), constant<V>(1),
                         select(x < constant<V>(0), constant<V>(-1), constant<V>(0))))
QUERN_UNARY(square, (x) * (x))
QUERN_UNARY(relu, maximum(x, constant<V>(0)))
QUERN_UNARY(sqrt, sqrt(x))
QUERN_UNARY(rsqrt, constant<V>(1) / sqrt(x))
QUERN_UNARY(reciprocal, constant<V>(1) / x)
QUERN_UNARY(exp, exp(x))
QUERN_UNARY(expm1, expm1(x))
QUERN_UNARY(log, log(x))
QUERN_UNARY(log1p, log1p(x))
QUERN_UNARY(log2, log2(x))
QUERN_UNARY(log10, log10(x))
QUERN_UNARY(sin, sin(x))
QUERN_UNARY(cos, cos(x))
QUERN_UNARY(tan, tan(x))
QUERN_UNARY(tanh, tanh(x))
QUERN_UNARY(sigmoid, sigmoid(x))
QUERN_UNARY(softplus, softplus(x))
QUERN_UNARY(gelu, activate<Activation::kGelu>(x))
QUERN_UNARY(geluTanh, activate<Activation::kGeluTanh>(x))
QUERN_UNARY(silu, silu(x))
QUERN_UNARY(erf, erf(x))
QUERN_UNARY(floor, floor(x))
QUERN_UNARY(ceil, ceil(x))
QUERN_UNARY(round, roundEven(x))
QUERN_UNARY(trunc, trunc(x))
#undef QUERN_UNARY

// Attributes 0 and 1: the bounds.
template <class V>
struct Unary<Kernel::k_clamp, V> {
  using T = typename V::Scalar;
  V low, high;
  explicit Unary(const double* attributes)
      : low(V::broadcast(convert<T>(attributes[0]))), high(V::broadcast(convert<T>(attributes[1]))) {}
  V operator()(V x) const { return minimum(maximum(x, low), high); }
};

// Functors that answer a truth value: one operand, on single lanes, whose loops the compiler turns into
// vectors.
template <Kernel kernel, class V>
struct Predicate;

#define QUERN_PREDICATE(name, expression)                 \
  template <class V>                                      \
  struct Predicate<Kernel::k_##name, V> {                 \
    explicit Predicate(const double*) {}                  \
    LaneMask operator()(V x) const { return expression; } \
  };

QUERN_PREDICATE(isNaN, x != x)
QUERN_PREDICATE(isFinite, abs(x) < constant<V>(INFINITY))
QUERN_PREDICATE(isInf, abs(x) == constant<V>(INFINITY))
QUERN_PREDICATE(logicalNot, x == constant<V>(0))
#undef QUERN_PREDICATE

// For integers by squaring, modulo 2^32, where a negative exponent leaves 0 but for a = ±1.
inline Lane<int32_t> power(Lane<int32_t> a, Lane<int32_t> b) {
  if (b.v < 0) return {a.v == 1 ? 1 : a.v == -1 ? (b.v % 2 == 0 ? 1 : -1) : 0};
  uint32_t result = 1, base = static_cast<uint32_t>(a.v);
  for (uint32_t e = static_cast<uint32_t>(b.v); e != 0; e >>= 1, base *= base) {
    if ((e & 1) != 0) result *= base;
  }
  return {static_cast<int32_t>(result)};
}

// Functors of two operands.
template <Kernel kernel, class V>
struct Binary;

#define QUERN_BINARY(name, expression)                  \
  template <class V>                                    \
  struct Binary<Kernel::k_##name, V> {                  \
    V operator()(V a, V b) const { return expression; } \
  };

QUERN_BINARY(add, a + b)
QUERN_BINARY(sub, a - b)
QUERN_BINARY(mul, (a) * (b))
QUERN_BINARY(div, a / b)
QUERN_BINARY(pow, power(a, b))
QUERN_BINARY(maximum, maximum(a, b))
QUERN_BINARY(minimum, minimum(a, b))
// Gradients: a is the incoming gradient, b the activation's output, or its input for the last three.
QUERN_BINARY(reluGrad, select(b <= constant<V>(0), constant<V>(0), a))
QUERN_BINARY(tanhGrad, (a) * (constant<V>(1) - b * b))
QUERN_BINARY(sigmoidGrad, (a) * (b) * (constant<V>(1) - b))
QUERN_BINARY(geluGrad, (a) * (geluSlope(b)))
QUERN_BINARY(geluTanhGrad, (a) * (geluTanhSlope(b)))
QUERN_BINARY(siluGrad, (a) * (siluSlope(b)))
#undef QUERN_BINARY

// Functors of two operands that answer a truth value, on single lanes.
template <Kernel kernel, class V>
struct Compare;

#define QUERN_COMPARE(name, expression)                        \
  template <class V>                                           \
  struct Compare<Kernel::k_##name, V> {                        \
    LaneMask operator()(V a, V b) const { return expression; } \
  };

QUERN_COMPARE(eq, a == b)
QUERN_COMPARE(ne, a != b)
QUERN_COMPARE(lt, a < b)
QUERN_COMPARE(le, a <= b)
QUERN_COMPARE(gt, a > b)
QUERN_COMPARE(ge, a >= b)
QUERN_COMPARE(logicalAnd, (a != constant<V>(0)) & (b != constant<V>(0)))
QUERN_COMPARE(logicalOr, (a != constant<V>(0)) | (b != constant<V>(0)))
QUERN_COMPARE(logicalXor, LaneMask{(a.v != 0) != (b.v != 0)})
#undef QUERN_COMPARE

template <DType from, DType to>
inline void castFrom(int64_t n, const void* a, int64_t sa, void* out, int64_t so) {
  using From = ElementOf<from>;
  using To = ElementOf<to>;
  stageUnary(n, static_cast<const From*>(a), sa, static_cast<To*>(out), so,
             [](int64_t count, const From* x, To* y) {
               for (int64_t i = 0; i < count; i++) y[i] = convertTo<to>(x[i]);
             });
}

template <DType to>
void castKernel(int64_t n, const void* a, int64_t sa, void* out, int64_t so, const double* attributes) {
  switch (static_cast<DType>(attributes[0])) {
    case DType::kFloat32:
      return castFrom<DType::kFloat32, to>(n, a, sa, out, so);
    case DType::kFloat64:
      return castFrom<DType::kFloat64, to>(n, a, sa, out, so);
    case DType::kInt32:
      return castFrom<DType::kInt32, to>(n, a, sa, out, so);
    case DType::kUint8:
      return castFrom<DType::kUint8, to>(n, a, sa, out, so);
    case DType::kBool:
      return castFrom<DType::kBool, to>(n, a, sa, out, so);
  }
}

template <DType dtype>
void fillKernel(int64_t n, double value, void* out, int64_t so) {
  using T = ElementOf<dtype>;
  const T element = convertTo<dtype>(value);
  T* to = static_cast<T*>(out);
  if (so == 1) {
    for (int64_t i = 0; i < n; i++) to[i] = element;
  } else {
    for (int64_t i = 0; i < n; i++) to[i * so] = element;
  }
}

// The entry of one row for one dtype. Truth values (b in a signature) are bytes whatever the call's dtype.
template <Kernel kernel, Family family, DType dtype>
struct ElementwiseEntry {
  static void fill(quern::KernelTable& table) {
    using T = ElementOf<dtype>;
    using V = WidestVec<T>;
    using Truth = Lane<uint8_t>;
    if constexpr (family == Family::kUnary) {
      enter<kernel, dtype>(table, &unaryKernel<V, Unary<kernel, V>, T>);
    } else if constexpr (family == Family::kPredicate) {
      enter<kernel, dtype>(table, &unaryKernel<Lane<T>, Predicate<kernel, Lane<T>>, uint8_t>);
    } else if constexpr (family == Family::kNegation) {
      enter<kernel, dtype>(table, &unaryKernel<Truth, Predicate<kernel, Truth>, uint8_t>);
    } else if constexpr (family == Family::kBinary) {
      enter<kernel, dtype>(table, &binaryKernel<V, Binary<kernel, V>, T>);
    } else if constexpr (family == Family::kCompare) {
      enter<kernel, dtype>(table, &binaryKernel<Lane<T>, Compare<kernel, Lane<T>>, uint8_t>);
    } else if constexpr (family == Family::kLogical) {
      enter<kernel, dtype>(table, &binaryKernel<Truth, Compare<kernel, Truth>, uint8_t>);
    } else if constexpr (family == Family::kWhere) {
      enter<kernel, dtype>(table, &whereKernel<T>);
    } else if constexpr (family == Family::kCast) {
      enter<kernel, dtype>(table, &castKernel<dtype>);
    } else if constexpr (family == Family::kFill) {
      enter<kernel, dtype>(table, &fillKernel<dtype>);
    }
  }
};

void fillElementwise(quern::KernelTable& table) {
#define QUERN_KERNEL(name, driver, signature, dtypes) \
  fillRow<ElementwiseEntry, Kernel::k_##name, familyOf(#driver, signature), k##dtypes>(table);
#include "kernels.def"
#undef QUERN_KERNEL
}

}  // namespace
