// What the machine can do at most, measured: the yardstick of every figure in this program.
#pragma once
#include "kernels/isa.h"

namespace bench {

// The rate of fused (scalar: separate) multiply-adds in flops a nanosecond, on one thread, of one short burst
// of independent chains in registers of that instruction set. `bytes` is the element's size, 4 or 8.
double peakBurst(quern::Isa isa, int bytes);

}  // namespace bench
