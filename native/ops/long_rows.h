// Softmax, its logarithm and their gradients along one contiguous row so long that threads share it.
#pragma once
#include <stdint.h>

#include "../core/dtype.h"

namespace quern {

// By the shape alone, for the order of the sums follows from it.
bool isLongRow(int64_t rows, int64_t n, int64_t stride);

// `out` may be `a`.
void softmaxLongRow(DType dtype, bool logarithm, int64_t n, const char* a, char* out);
void softmaxGradLongRow(DType dtype, bool logarithm, int64_t n, const char* g, const char* y, char* out);

}  // namespace quern
