// Where things stand in the call record, the array of doubles shared with lib/backend/record.ts.
#pragma once
#include <stdint.h>
#include <string.h>

namespace quern {

constexpr int kRecordLength = 544;

constexpr int kAtStatus = 0;
constexpr int kAtKernel = 1;
constexpr int kAtDType = 2;
constexpr int kAtCount = 3;
constexpr int kAtOperands = 4;  // three a piece: buffer, offset in elements, layout
constexpr int kAtAttributes = 40;
constexpr int kAtFailure = 56;
constexpr int kAtLayouts = 64;  // rank, dims, strides; a negative layout number names such a place

constexpr int kRowsAttribute = 15;  // of a list kernel

// The largest number that JavaScript's doubles and our products of sizes both hold without loss.
constexpr int64_t kLargestWhole = int64_t{1} << 52;

// False unless `value` is a whole number in [0, limit], limit at most kLargestWhole. Adding 2^52 puts a whole
// number's bits at the end of the sum, and rounds any other: this takes a third of the time of comparing,
// converting and converting back, and is defined for every double.
inline bool wholeNumber(double value, int64_t limit, int64_t& out) {
  constexpr double shift = 4503599627370496.0;
  const double sum = value + shift;
  if (sum - shift != value) return false;  // a fraction, NaN
  uint64_t bits, shiftBits;
  memcpy(&bits, &sum, sizeof bits);
  memcpy(&shiftBits, &shift, sizeof bits);
  if (bits - shiftBits > static_cast<uint64_t>(limit)) return false;  // negative ones wrap around
  out = static_cast<int64_t>(bits - shiftBits);
  return true;
}

}  // namespace quern
