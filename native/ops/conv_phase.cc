// Which taps the inputs of one residue modulo the stride meet.
#include "conv_phase.h"

namespace quern {

bool phaseOf(const ConvAxis& axis, int64_t start, ConvPhase& phase) {
  // Input i meets output (i + padding − k · dilation) / stride with tap k, where that is whole.
  int64_t first = 0;
  while (first < axis.kernel && (start + axis.padding - first * axis.dilation) % axis.stride != 0) {
    if (++first > axis.stride) return false;
  }
  if (first >= axis.kernel) return false;
  int64_t period = 1;
  while (period < axis.kernel && period * axis.dilation % axis.stride != 0) ++period;
  const int64_t taps = (axis.kernel - 1 - first) / period + 1;
  phase.start = start;
  phase.tapStep = period;
  phase.lastTap = first + (taps - 1) * period;
  const int64_t step = taps > 1 ? period * axis.dilation / axis.stride : 1;
  phase.line = {axis.out,
                (axis.in - start + axis.stride - 1) / axis.stride,
                1,
                taps,
                (start + axis.padding - phase.lastTap * axis.dilation) / axis.stride,
                step};
  return true;
}

}  // namespace quern
