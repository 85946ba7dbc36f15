// The weight gradient of a convolution.
#pragma once
#include "conv_bf16.h"

namespace quern {

// dw (groups · filters, channels, KH, KW) from a, the input x, and b, the output's gradient g. False when
// scratch memory is exhausted. images > 0. The order of summation depends on the shape alone.
template <class T>
bool convGradWeight(const ConvFactors<T>& factors, T* dw);

extern template bool convGradWeight<float>(const ConvFactors<float>&, float*);
extern template bool convGradWeight<double>(const ConvFactors<double>&, double*);

}  // namespace quern
