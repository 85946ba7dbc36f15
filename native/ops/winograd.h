// Fast 3×3 convolution of float32 (kernels/winograd.inl tells the method): where it pays, and the drivers.
//
// An output differs from the exact sum by at most 40 · ε · n · max|x| · max|w|, where n is the number of
// products (9 · channels), the maxima are over the inputs of its tile (6×6, all channels) and the weights, and
// ε is 2⁻²⁴. The usual error is twice that of the direct sum. Tiles whose outputs are not all finite are computed
// again by the direct method: so NaN and infinities go where they belong and nowhere else, and finite values
// whose transform overflows are no loss.
#pragma once
#include "conv_correlate.h"

namespace quern {

bool winogradSuits(const Correlation<float>& correlation);

// False when scratch memory is exhausted.
bool winogradCorrelate(const Correlation<float>& correlation);

bool winogradSuits(const ConvShape& shape);

// dw as of convGradWeight. `finite` is false, and dw undefined, where a sum is not finite.
bool winogradGradWeight(const ConvShape& shape, const float* x, const float* g, float* dw, bool& finite);

}  // namespace quern
