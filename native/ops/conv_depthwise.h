// Convolution with one filter for each channel.
#pragma once
#include "conv_shape.h"

namespace quern {

// One channel and one filter a group, and a padded plane that is adjacent along its rows; others are served
// by the general drivers.
bool isDepthwise(const ConvShape& shape);

// y = the correlation of each plane of x with its channel's taps, along the given lines: the forward pass, or
// with reversed taps (weightStep −1, `weights` at the last) the gradient of the input. bias may be null.
// False when scratch memory is exhausted.
template <class T>
bool depthwise(const ConvShape& shape, const ConvLine& h, const ConvLine& w, const T* x, const T* weights,
               int64_t weightStep, const T* bias, T* y);

template <class T>
bool depthwiseGradWeight(const ConvShape& shape, const T* x, const T* g, T* dw);

extern template bool depthwise<float>(const ConvShape&, const ConvLine&, const ConvLine&, const float*,
                                      const float*, int64_t, const float*, float*);
extern template bool depthwise<double>(const ConvShape&, const ConvLine&, const ConvLine&, const double*,
                                       const double*, int64_t, const double*, double*);
extern template bool depthwiseGradWeight<float>(const ConvShape&, const float*, const float*, float*);
extern template bool depthwiseGradWeight<double>(const ConvShape&, const double*, const double*, double*);

}  // namespace quern
