// Convolutions: forward, and the gradients of the input and of the weight. Flops are those of the direct sum:
// a method that needs fewer may go beyond the peak.
#include "suite.h"

namespace bench {
namespace {

struct Shape {
  int64_t images, channels, size, filters, kernel, stride, padding, groups;
};

constexpr Shape kShapes[] = {
    {64, 1, 28, 32, 3, 1, 1, 1},  {64, 32, 14, 64, 3, 1, 1, 1},   {16, 64, 32, 64, 3, 1, 1, 1},
    {16, 64, 32, 64, 1, 1, 0, 1}, {32, 128, 14, 256, 1, 1, 0, 1}, {16, 64, 32, 64, 3, 1, 1, 64},
    {4, 3, 224, 64, 7, 2, 3, 1},
};

std::string nameOf(const Shape& s) {
  std::string name = std::to_string(s.images) + "x" + std::to_string(s.channels) + "-" +
                     std::to_string(s.filters) + " " + std::to_string(s.size) + "x" + std::to_string(s.size) +
                     " k" + std::to_string(s.kernel);
  if (s.stride > 1) name += " s" + std::to_string(s.stride);
  if (s.groups > 1) name += " depthwise";
  return name;
}

}  // namespace

void addConvolutions(std::vector<Case>& cases) {
  for (const Shape& s : kShapes) {
    const int64_t out = (s.size + 2 * s.padding - s.kernel) / s.stride + 1;
    const int64_t taps = s.channels / s.groups * s.kernel * s.kernel;
    const double flops =
        2.0 * static_cast<double>(s.images * s.filters * out * out) * static_cast<double>(taps);
    const Dims x = {s.images, s.channels, s.size, s.size};
    const Dims w = {s.filters, s.channels / s.groups, s.kernel, s.kernel};
    const Dims y = {s.images, s.filters, out, out};
    const auto addPass = [&](const char* group, const char* kernel, const Dims& a, const Dims& b,
                             const Dims& c) {
      const auto build = [=](DriverCall& call) {
        call.operand(a).operand(b).operand(c);
        for (int axis = 0; axis < 2; ++axis) {
          call.attribute(axis, static_cast<double>(s.stride))
              .attribute(2 + axis, static_cast<double>(s.padding));
          call.attribute(4 + axis, 1);
        }
        call.attribute(6, static_cast<double>(s.groups));
      };
      cases.push_back({group, nameOf(s), kernel, build, flops, Limit::kArithmetic});
    };
    addPass("conv2d", "conv2d", y, x, w);
    addPass("conv2d dx", "conv2dGradInput", x, y, w);
    addPass("conv2d dw", "conv2dGradWeight", w, x, y);
  }
}

}  // namespace bench
