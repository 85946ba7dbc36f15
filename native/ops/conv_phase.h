// The gradient of a strided convolution's input, as correlations of stride 1.
#pragma once
#include "conv_shape.h"

namespace quern {

// The inputs at `start`, start + stride, ... of one axis: they meet the same taps of the kernel, so that
// their gradient is a correlation of stride 1 over the output's gradient.
struct ConvPhase {
  ConvLine line;
  int64_t start;
  int64_t lastTap, tapStep;  // the line's tap t is the kernel's tap lastTap − t · tapStep
};

// False when no tap meets these inputs.
bool phaseOf(const ConvAxis& axis, int64_t start, ConvPhase& phase);

}  // namespace quern
