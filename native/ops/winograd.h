// Fast 3×3 convolution of float32 (kernels/winograd.inl tells the method): where it pays, and the drivers.
//
// The error of an output is at most 564 · ε · C · (C + 20) · max|x| · max|w| with ε = 2⁻²⁴ and C channels,
// the maxima over the inputs of its tile (6×6, all channels) and the weights; of a weight's gradient the same
// with 803, the number of tiles for C, and max|g| for max|w|. (Squares of the largest Σ|Aᵀ|·Σ|G|·Σ|Bᵀ|.) What
// is usual is twice the direct sum's. Tiles whose outputs are not all finite are computed again by the direct
// method: so NaN and infinities go where they belong and nowhere else, and finite values whose transform
// overflows are no loss.
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
