// Convolution with one filter for each channel.
#pragma once
#include "conv_shape.h"

namespace quern {

// One channel and one filter a group, and planes that are not mostly padding; others are served by the
// general drivers.
bool isDepthwise(const ConvShape& shape);

// The three passes. bias may be null. False when scratch memory is exhausted.
template <class T>
bool depthwise(const ConvShape& shape, const T* x, const T* weights, const T* bias, Activation activation,
               T* y);
template <class T>
bool depthwiseGradInput(const ConvShape& shape, const T* g, const T* weights, T* dx);
template <class T>
bool depthwiseGradWeight(const ConvShape& shape, const T* x, const T* g, T* dw);

extern template bool depthwise<float>(const ConvShape&, const float*, const float*, const float*, Activation,
                                      float*);
extern template bool depthwise<double>(const ConvShape&, const double*, const double*, const double*,
                                       Activation, double*);
extern template bool depthwiseGradInput<float>(const ConvShape&, const float*, const float*, float*);
extern template bool depthwiseGradInput<double>(const ConvShape&, const double*, const double*, double*);
extern template bool depthwiseGradWeight<float>(const ConvShape&, const float*, const float*, float*);
extern template bool depthwiseGradWeight<double>(const ConvShape&, const double*, const double*, double*);

}  // namespace quern
