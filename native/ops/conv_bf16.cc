// Driver of bfloat16 convolutions: rounds the operands; the convolution then goes the way of every other.
#include "conv_bf16.h"

#include "bf16.h"
#include "conv_depthwise.h"

namespace quern {

bool roundConvFactors(ConvFactors<float>& factors, const ConvDepth& along, ScratchFrame& frame) {
  const Bf16Kernels& kernels = kernelTable().bf16;
  const int64_t depth = factors.shape.*along.depth;
  // A filter for each channel has kernels of its own, for floats alone.
  const bool pairs = kernels.conv.correlate && depth > 1 && !isDepthwise(factors.shape);
  const int64_t rounded = pairs ? (depth + 1) / 2 : depth;
  float* a = frame.take<float>(along.outerA * rounded * along.lanesA);
  float* b = frame.take<float>(along.outerB * rounded * along.lanesB);
  if (!a || !b) return false;
  if (pairs) {
    pairBf16(along.outerA, depth, along.lanesA, factors.a, a);
    pairBf16(along.outerB, depth, along.lanesB, factors.b, b);
    factors.shape.*along.depth = rounded;
    factors.kernels = &kernels.conv;
  } else {
    roundToBf16(along.outerA * depth * along.lanesA, factors.a, a);
    roundToBf16(along.outerB * depth * along.lanesB, factors.b, b);
  }
  factors.a = a;
  factors.b = b;
  return true;
}

}  // namespace quern
