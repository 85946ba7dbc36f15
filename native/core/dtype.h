// The element types that cross the border to JavaScript, and their sizes.
#pragma once
#include <stdint.h>

namespace quern {

// The codes are those of lib/core/dtype.ts; they travel in call records.
enum class DType : uint8_t { kFloat32 = 0, kFloat64 = 1, kInt32 = 2, kUint8 = 3, kBool = 4 };

constexpr int kDTypeCount = 5;

constexpr int64_t itemSize(DType dtype) {
  return dtype == DType::kFloat64 ? 8 : dtype == DType::kFloat32 || dtype == DType::kInt32 ? 4 : 1;
}

constexpr bool isFloating(DType dtype) { return dtype == DType::kFloat32 || dtype == DType::kFloat64; }

}  // namespace quern
