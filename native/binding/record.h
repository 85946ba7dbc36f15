// Where things stand in the call record, the array of doubles shared with lib/backend/record.ts.
#pragma once
#include <stdint.h>

namespace quern {

constexpr int kRecordLength = 512;

constexpr int kAtStatus = 0;
constexpr int kAtKernel = 1;
constexpr int kAtDType = 2;
constexpr int kAtCount = 3;
constexpr int kAtOperands = 4;  // three a piece: buffer, offset in elements, layout
constexpr int kAtAttributes = 24;
constexpr int kAtFailure = 40;
constexpr int kAtLayouts = 64;  // rank, dims, strides; a negative layout number names such a place

constexpr int kRowsAttribute = 15;  // of a list kernel

// The largest number that JavaScript's doubles and our products of sizes both hold without loss.
constexpr int64_t kLargestWhole = int64_t{1} << 52;

// False unless `value` is a whole number in [0, limit]. Tests before converting: out of range the conversion
// itself would be undefined. `limit` is at most kLargestWhole.
inline bool wholeNumber(double value, int64_t limit, int64_t& out) {
  if (!(value >= 0 && value <= static_cast<double>(limit))) return false;
  out = static_cast<int64_t>(value);
  return static_cast<double>(out) == value;
}

}  // namespace quern
