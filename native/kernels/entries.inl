// From a row of kernels.def to its table entries: its family, its dtypes, the type of an element.
#pragma once
#include "table.h"

namespace {

using quern::DType;
using quern::Kernel;

template <DType dtype>
struct Element;
template <>
struct Element<DType::kFloat32> {
  using Type = float;
};
template <>
struct Element<DType::kFloat64> {
  using Type = double;
};
template <>
struct Element<DType::kInt32> {
  using Type = int32_t;
};
template <>
struct Element<DType::kUint8> {
  using Type = uint8_t;
};
template <>
struct Element<DType::kBool> {
  using Type = uint8_t;
};
template <DType dtype>
using ElementOf = typename Element<dtype>::Type;

// The ISA's vectors for floats; one lane for the others, whose exact arithmetic the compiler may vectorise
// freely.
template <class T>
struct Widest {
  using Type = Lane<T>;
};
template <>
struct Widest<float> {
  using Type = Vec<float>;
};
template <>
struct Widest<double> {
  using Type = Vec<double>;
};
template <class T>
using WidestVec = typename Widest<T>::Type;

// Toward zero; NaN is 0; beyond the range, its nearest end.
inline int32_t saturate(double x) {
  const double low = x < -2147483648.0 ? -2147483648.0 : x;
  const double inside = low > 2147483647.0 ? 2147483647.0 : low;
  const double number = inside == inside ? inside : 0;  // converting a NaN is undefined
  return static_cast<int32_t>(number);
}

template <class To, class From>
inline To convert(From x) {
  return static_cast<To>(x);
}
template <>
inline int32_t convert<int32_t, float>(float x) {
  return saturate(x);
}
template <>
inline int32_t convert<int32_t, double>(double x) {
  return saturate(x);
}
template <>
inline uint8_t convert<uint8_t, float>(float x) {
  return static_cast<uint8_t>(saturate(x));
}
template <>
inline uint8_t convert<uint8_t, double>(double x) {
  return static_cast<uint8_t>(saturate(x));
}

// The value as an element of a dtype: a bool's byte is 0 or 1.
template <DType to, class From>
inline ElementOf<to> convertTo(From x) {
  if constexpr (to == DType::kBool) {
    return x != From(0);
  } else {
    return convert<ElementOf<to>>(x);
  }
}

// Sets of dtypes, by the names of kernels.def: one bit for each code.
enum DTypes : int { kFloats = 3, kNumeric = 7, kIntegral = 28, kAll = 31 };

// Rows that share their kind of functor: same driver, and truth values or not.
enum class Family {
  kOther,
  kUnary,
  kPredicate,
  kNegation,
  kBinary,
  kCompare,
  kLogical,
  kWhere,
  kTernary,
  kCast,
  kFill,
  kReduce,
  kArgReduce,
  kSoftmax,
  kSoftmaxGrad
};

constexpr bool same(const char* a, const char* b) {
  while (*a != 0 && *a == *b) a++, b++;
  return *a == *b;
}

constexpr Family familyOf(const char* driver, const char* signature) {
  const bool truth = signature[0] == 'b', truths = truth && signature[1] == 'b';
  if (same(driver, "unary")) return truths ? Family::kNegation : truth ? Family::kPredicate : Family::kUnary;
  if (same(driver, "quotient")) return Family::kBinary;
  if (same(driver, "ternary")) return Family::kTernary;
  if (same(driver, "binary")) return truths ? Family::kLogical : truth ? Family::kCompare : Family::kBinary;
  if (same(driver, "where")) return Family::kWhere;
  if (same(driver, "cast")) return Family::kCast;
  if (same(driver, "fill")) return Family::kFill;
  if (same(driver, "reduce")) return Family::kReduce;
  if (same(driver, "argReduce")) return Family::kArgReduce;
  if (same(driver, "softmax")) return Family::kSoftmax;
  if (same(driver, "softmaxGrad")) return Family::kSoftmaxGrad;
  return Family::kOther;
}

template <Kernel kernel, DType dtype, class Function>
inline void enter(quern::KernelTable& table, Function function) {
  table.inner[static_cast<int>(kernel)][static_cast<int>(dtype)] =
      reinterpret_cast<quern::AnyKernel>(function);
}

// Fills one row of the table, for each dtype that it serves, by Entry<kernel, family, dtype>::fill(table).
template <template <Kernel, Family, DType> class Entry, Kernel kernel, Family family, int dtypes>
inline void fillRow(quern::KernelTable& table) {
  if constexpr (family != Family::kOther) {
    if constexpr ((dtypes & 1) != 0) Entry<kernel, family, DType::kFloat32>::fill(table);
    if constexpr ((dtypes & 2) != 0) Entry<kernel, family, DType::kFloat64>::fill(table);
    if constexpr ((dtypes & 4) != 0) Entry<kernel, family, DType::kInt32>::fill(table);
    if constexpr ((dtypes & 8) != 0) Entry<kernel, family, DType::kUint8>::fill(table);
    if constexpr ((dtypes & 16) != 0) Entry<kernel, family, DType::kBool>::fill(table);
  }
}

}  // namespace
