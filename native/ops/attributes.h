// Reading a call's scalar attributes: doubles from JavaScript that may be anything.
#pragma once
#include "../core/call.h"

namespace quern {

// Sizes, strides and paddings above this mean nothing, and products of two of them still fit an int64_t.
constexpr int64_t kLargestExtent = int64_t{1} << 30;

// Whether attribute `index` is a whole number in [low, high]; both are below 2^53. NaN fails the comparison.
inline bool wholeAttribute(const Call& call, int index, int64_t low, int64_t high, int64_t& value) {
  const double number = call.attributes[index];
  if (!(number >= static_cast<double>(low) && number <= static_cast<double>(high))) return false;
  value = static_cast<int64_t>(number);
  return static_cast<double>(value) == number;
}

inline bool isFiniteNumber(double x) { return x - x == 0; }

inline bool sameDims(const View& a, const View& b) {
  if (a.rank() != b.rank()) return false;
  for (int axis = 0; axis < a.rank(); ++axis) {
    if (a.dim(axis) != b.dim(axis)) return false;
  }
  return true;
}

}  // namespace quern
