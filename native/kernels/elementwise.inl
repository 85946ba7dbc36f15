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
QUERN_UNARY(exp2, exp2(x))
QUERN_UNARY(expm1, expm1(x))
QUERN_UNARY(log, log(x))
QUERN_UNARY(log1p, log1p(x))
QUERN_UNARY(log2, log2(x))
QUERN_UNARY(log10, log10(x))
QUERN_UNARY(sin, sin(x))
QUERN_UNARY(cos, cos(x))
QUERN_UNARY(tan, tan(x))
QUERN_UNARY(asin, asin(x))
QUERN_UNARY(acos, acos(x))
QUERN_UNARY(atan, atan(x))
QUERN_UNARY(sinh, sinh(x))
QUERN_UNARY(cosh, cosh(x))
QUERN_UNARY(tanh, tanh(x))
QUERN_UNARY(asinh, asinh(x))
QUERN_UNARY(acosh, acosh(x))
QUERN_UNARY(atanh, atanh(x))
QUERN_UNARY(sigmoid, sigmoid(x))
QUERN_UNARY(softplus, softplus(x))
QUERN_UNARY(gelu, activate<Activation::kGelu>(x))
QUERN_UNARY(geluTanh, activate<Activation::kGeluTanh>(x))
QUERN_UNARY(mish, mish(x))
QUERN_UNARY(hardswish, hardswish(x))
QUERN_UNARY(hardsigmoid, hardsigmoid(x))
QUERN_UNARY(silu, silu(x))
QUERN_UNARY(erf, erf(x))
QUERN_UNARY(erfc, erfc(x))
QUERN_UNARY(lgamma, lgamma(x))
QUERN_UNARY(digamma, digamma(x))
QUERN_UNARY(floor, floor(x))
QUERN_UNARY(ceil, ceil(x))
QUERN_UNARY(round, roundEven(x))
QUERN_UNARY(trunc, trunc(x))
QUERN_UNARY(frac, x - trunc(x))
#undef QUERN_UNARY

// Up to three numbers that a functor takes from the call's attributes.
template <class V>
struct Parameters {
  V p, q, r;
  explicit Parameters(const double* attributes)
      : p(broadcast(attributes[0])), q(broadcast(attributes[1])), r(broadcast(attributes[2])) {}
  static V broadcast(double x) { return V::broadcast(convert<typename V::Scalar>(x)); }
};

#define QUERN_UNARY_OF(name, expression)               \
  template <class V>                                   \
  struct Unary<Kernel::k_##name, V> : Parameters<V> {  \
    using Parameters<V>::Parameters, Parameters<V>::p; \
    using Parameters<V>::q, Parameters<V>::r;          \
    V operator()(V x) const { return expression; }     \
  };

// The bounds.
QUERN_UNARY_OF(clamp, minimum(maximum(x, p), q))
// The slope below 0.
QUERN_UNARY_OF(leakyRelu, select(x > constant<V>(0), x, (x) * (p)))
QUERN_UNARY_OF(elu, elu(x, p, q, r))
// How far the values around 0 reach.
QUERN_UNARY_OF(softshrink, softshrink(x, p))
QUERN_UNARY_OF(hardshrink, hardshrink(x, p))
// The bound, and what stands for values up to it.
QUERN_UNARY_OF(threshold, select(x <= p, q, x))
// For NaN and the two infinities.
QUERN_UNARY_OF(nanToNum,
               select(x != x, p,
                      select(x == constant<V>(INFINITY), q, select(x == constant<V>(-INFINITY), r, x))))
#undef QUERN_UNARY_OF

// Attribute 0: the order, 1 to kMostOrder; others have no values.
template <class V>
struct Unary<Kernel::k_polygamma, V> {
  int order;
  explicit Unary(const double* attributes)
      : order(attributes[0] >= 1 && attributes[0] <= kMostOrder ? static_cast<int>(attributes[0]) : 0) {}
  V operator()(V x) const {
    return eachDouble(x, [this](double v) { return order == 0 ? NAN : polygammaOf(order, v); });
  }
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

template <class T>
inline Lane<T> bitAnd(Lane<T> a, Lane<T> b) {
  return {static_cast<T>(a.v & b.v)};
}
template <class T>
inline Lane<T> bitOr(Lane<T> a, Lane<T> b) {
  return {static_cast<T>(a.v | b.v)};
}
template <class T>
inline Lane<T> bitXor(Lane<T> a, Lane<T> b) {
  return {static_cast<T>(a.v ^ b.v)};
}

// Shifts by less than none or by all bits leave what shifting one by one would: 0, or the sign.
template <class T>
inline bool shifts(Lane<T> by) {
  return by.v >= 0 && by.v < static_cast<T>(8 * sizeof(T));
}
template <class T>
inline Lane<T> shiftLeft(Lane<T> a, Lane<T> by) {
  return {shifts(by) ? static_cast<T>(a.calc() << by.v) : T(0)};
}
template <class T>
inline Lane<T> shiftRight(Lane<T> a, Lane<T> by) {
  return {static_cast<T>(shifts(by) ? a.v >> by.v : a.v < 0 ? -1 : 0)};
}

// 0 times any logarithm but NaN is 0.
template <class V>
inline V xLogY(V a, V b) {
  return select((a == constant<V>(0)) & (b == b), constant<V>(0), a * log(b));
}

#define QUERN_BINARY(name, expression)                  \
  template <class V>                                    \
  struct Binary<Kernel::k_##name, V> {                  \
    explicit Binary(const double*) {}                   \
    V operator()(V a, V b) const { return expression; } \
  };

QUERN_BINARY(add, a + b)
QUERN_BINARY(sub, a - b)
QUERN_BINARY(mul, (a) * (b))
QUERN_BINARY(div, a / b)
QUERN_BINARY(divTrunc, divTrunc(a, b))
QUERN_BINARY(divFloor, divFloor(a, b))
QUERN_BINARY(remainder, remainder(a, b))
QUERN_BINARY(fmod, fmod(a, b))
QUERN_BINARY(pow, power(a, b))
QUERN_BINARY(atan2, atan2(a, b))
QUERN_BINARY(hypot, hypot(a, b))
QUERN_BINARY(copysign, copySign(a, b))
QUERN_BINARY(xlogy, xLogY(a, b))
QUERN_BINARY(logaddexp, logAddExp(a, b))
QUERN_BINARY(maximum, maximum(a, b))
QUERN_BINARY(minimum, minimum(a, b))
QUERN_BINARY(prelu, select(a > constant<V>(0), a, (a) * (b)))
QUERN_BINARY(bitwiseAnd, bitAnd(a, b))
QUERN_BINARY(bitwiseOr, bitOr(a, b))
QUERN_BINARY(bitwiseXor, bitXor(a, b))
QUERN_BINARY(bitwiseLeftShift, shiftLeft(a, b))
QUERN_BINARY(bitwiseRightShift, shiftRight(a, b))
// Gradients: a is the incoming gradient, b the activation's output, or from geluGrad on its input.
QUERN_BINARY(reluGrad, select(b <= constant<V>(0), constant<V>(0), a))
QUERN_BINARY(tanhGrad, (a) * (constant<V>(1) - b * b))
QUERN_BINARY(sigmoidGrad, (a) * (b) * (constant<V>(1) - b))
QUERN_BINARY(geluGrad, (a) * (geluSlope(b)))
QUERN_BINARY(geluTanhGrad, (a) * (geluTanhSlope(b)))
QUERN_BINARY(siluGrad, (a) * (siluSlope(b)))
QUERN_BINARY(mishGrad, (a) * (mishSlope(b)))
QUERN_BINARY(hardswishGrad, (a) * (hardswishSlope(b)))
#undef QUERN_BINARY

#define QUERN_BINARY_OF(name, expression)               \
  template <class V>                                    \
  struct Binary<Kernel::k_##name, V> : Parameters<V> {  \
    using Parameters<V>::Parameters, Parameters<V>::p;  \
    using Parameters<V>::q, Parameters<V>::r;           \
    V operator()(V a, V b) const { return expression; } \
  };

QUERN_BINARY_OF(leakyReluGrad, select(b > constant<V>(0), a, (a) * (p)))
QUERN_BINARY_OF(eluGrad, (a) * (eluSlope(b, p, q, r)))
// r times the gradient strictly between p and q, and nothing elsewhere.
QUERN_BINARY_OF(gateGrad, select((b <= p) | (b >= q), constant<V>(0), (a) * (r)))
#undef QUERN_BINARY_OF

// Functors of three operands. Attribute 0 is a factor.
template <Kernel kernel, class V>
struct Ternary;

#define QUERN_TERNARY(name, expression)                      \
  template <class V>                                         \
  struct Ternary<Kernel::k_##name, V> : Parameters<V> {      \
    using Parameters<V>::Parameters, Parameters<V>::p;       \
    V operator()(V a, V b, V c) const { return expression; } \
  };

// From the nearer end, so that both ends are met exactly.
QUERN_TERNARY(lerp, select(abs(c) < constant<V>(0.5), a + (c) * (b - a), b - (b - a) * (constant<V>(1) - c)))
QUERN_TERNARY(addcmul, a + (p) * (b) * (c))
QUERN_TERNARY(addcdiv, a + (p) * (b) / c)
#undef QUERN_TERNARY

// Functors of two operands that answer a truth value, on single lanes.
template <Kernel kernel, class V>
struct Compare;

#define QUERN_COMPARE(name, expression)                        \
  template <class V>                                           \
  struct Compare<Kernel::k_##name, V> {                        \
    explicit Compare(const double*) {}                         \
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
    } else if constexpr (family == Family::kTernary) {
      enter<kernel, dtype>(table, &ternaryKernel<V, Ternary<kernel, V>>);
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
