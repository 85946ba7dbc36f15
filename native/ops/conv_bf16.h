// Convolutions of operands rounded to bfloat16.
#pragma once
#include "../core/scratch.h"
#include "conv_shape.h"

namespace quern {

// What a convolution multiplies, and how: changed together where the operands are rounded.
template <class T>
struct ConvFactors {
  ConvShape shape;
  const T* a;
  const T* b;
  const ConvKernels<T>* kernels;
};

// What the products of a convolution are summed along: in a and b alike the middle of (outer, depth, lanes),
// and in the shape the number `depth`.
struct ConvDepth {
  int64_t ConvShape::* depth;
  int64_t outerA, lanesA;
  int64_t outerB, lanesB;
};

// The factors rounded to bfloat16, in scratch memory: pairs along the depth, which is then half, where the
// processor multiplies pairs; else floats. False when that memory is exhausted.
bool roundConvFactors(ConvFactors<float>& factors, const ConvDepth& depth, ScratchFrame& frame);

}  // namespace quern
