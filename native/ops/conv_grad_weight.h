// The weight gradient of a convolution.
#pragma once
#include "conv_shape.h"

namespace quern {

// dw (groups · filters, channels, KH, KW) from x and the output's gradient g. False when scratch memory is
// exhausted. images > 0. The order of summation depends on the shape alone.
template <class T>
bool convGradWeight(const ConvShape& shape, const T* x, const T* g, T* dw);

extern template bool convGradWeight<float>(const ConvShape&, const float*, const float*, float*);
extern template bool convGradWeight<double>(const ConvShape&, const double*, const double*, double*);

}  // namespace quern
