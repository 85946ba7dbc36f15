// Drivers of two-dimensional convolution and of its two gradients.
#include <string.h>

#include <initializer_list>

#include "attributes.h"
#include "bf16.h"
#include "conv_bf16.h"
#include "conv_correlate.h"
#include "conv_depthwise.h"
#include "conv_grad_weight.h"
#include "conv_phase.h"
#include "drivers.h"

namespace quern {
namespace {

// x (N, C, H, W), w (O, C/g, KH, KW), y (N, O, OH, OW); attributes: stride h, w, padding h, w, dilation h, w,
// groups.
Status readShape(const Call& call, const View& x, const View& w, const View& y, ConvShape& shape) {
  for (const View* view : {&x, &w, &y}) {
    if (view->rank() != 4 || !view->layout->contiguous) return Status::kShapeMismatch;
  }
  ConvAxis &h = shape.h, &v = shape.w;
  if (!wholeAttribute(call, 0, 1, kLargestExtent, h.stride) ||
      !wholeAttribute(call, 1, 1, kLargestExtent, v.stride) ||
      !wholeAttribute(call, 2, 0, kLargestExtent, h.padding) ||
      !wholeAttribute(call, 3, 0, kLargestExtent, v.padding) ||
      !wholeAttribute(call, 4, 1, kLargestExtent, h.dilation) ||
      !wholeAttribute(call, 5, 1, kLargestExtent, v.dilation) ||
      !wholeAttribute(call, 6, 1, kLargestExtent, shape.groups)) {
    return Status::kBadAttribute;
  }
  shape.images = x.dim(0);
  h.in = x.dim(2), h.kernel = w.dim(2), h.out = y.dim(2);
  v.in = x.dim(3), v.kernel = w.dim(3), v.out = y.dim(3);
  if (!fitsAxis(h) || !fitsAxis(v)) return Status::kShapeMismatch;
  if (x.dim(1) % shape.groups != 0 || w.dim(0) % shape.groups != 0) return Status::kShapeMismatch;
  shape.channels = x.dim(1) / shape.groups;
  shape.filters = w.dim(0) / shape.groups;
  if (w.dim(1) != shape.channels || y.dim(0) != x.dim(0) || y.dim(1) != w.dim(0))
    return Status::kShapeMismatch;
  return Status::kOk;
}

Status zeroOutput(const Call& call) {
  const View& out = call.operand[0];
  memset(out.data, 0, static_cast<size_t>(out.size() * itemSize(call.dtype)));
  return Status::kOk;
}

Status statusOf(bool enough) { return enough ? Status::kOk : Status::kOutOfMemory; }

// A call's factors in the precision that it asks for; false when memory is exhausted.
template <class T>
bool takeFactors(const Call& call, Precision precision, const ConvDepth& depth, ConvFactors<T>& factors,
                 ScratchFrame& frame) {
  factors.a = call.operand[1].as<T>();
  factors.b = call.operand[2].as<T>();
  factors.kernels = &convKernels<T>();
  if constexpr (sizeof(T) == sizeof(float)) {
    if (precision == Precision::kBf16) return roundConvFactors(factors, depth, frame);
  }
  return true;
}

template <class T>
Status forward(const Call& call, const ConvShape& shape, Activation activation, Precision precision) {
  const View& y = call.operand[0];
  const T* bias = call.count > 3 ? call.operand[3].as<T>() : nullptr;
  ScratchFrame frame;
  ConvFactors<T> factors = {shape, nullptr, nullptr, nullptr};
  const ConvDepth depth = {&ConvShape::channels, shape.images * shape.groups, shape.plane(),
                           shape.groups * shape.filters, shape.kernelSize()};
  if (!takeFactors(call, precision, depth, factors, frame)) return Status::kOutOfMemory;
  const ConvShape& s = factors.shape;
  if (isDepthwise(shape)) {
    return statusOf(depthwise(s, factors.a, factors.b, bias, activation, y.as<T>()));
  }
  Correlation<T> c;
  c.images = s.images;
  c.groups = s.groups;
  c.channels = s.channels;
  c.filters = s.filters;
  c.h = forwardLine(s.h);
  c.w = forwardLine(s.w);
  c.x = factors.a;
  c.weights = {factors.b, s.weightSize(), s.taps(), s.kernelSize(), s.w.kernel, 1};
  c.bias = bias;
  c.y = y.as<T>();
  c.yPlane = s.pixels();
  c.yRow = s.w.out;
  c.yColumn = 1;
  c.activation = activation;
  if (s.channels > 0) return statusOf(correlate(c, *factors.kernels));
  for (int64_t plane = 0; plane < s.images * s.groups * s.filters; ++plane) {  // sums over nothing
    const T value = c.bias ? c.bias[plane % (s.groups * s.filters)] : T(0);
    for (int64_t i = 0; i < s.pixels(); ++i) c.y[plane * s.pixels() + i] = value;
  }
  activateInPlace(activation, y.size(), c.y);
  return Status::kOk;
}

template <class T>
Status gradInput(const Call& call, const ConvShape& shape, Precision precision) {
  ScratchFrame frame;
  ConvFactors<T> factors = {shape, nullptr, nullptr, nullptr};
  const ConvDepth depth = {&ConvShape::filters, shape.images * shape.groups, shape.pixels(), shape.groups,
                           shape.taps()};
  if (!takeFactors(call, precision, depth, factors, frame)) return Status::kOutOfMemory;
  const ConvShape& s = factors.shape;
  Correlation<T> c;
  c.images = s.images;
  c.groups = s.groups;
  c.channels = s.filters;
  c.filters = s.channels;
  c.x = factors.a;
  c.bias = nullptr;
  c.yPlane = s.plane();
  c.yRow = s.h.stride * s.w.in;
  c.yColumn = s.w.stride;
  const T* w = factors.b;
  T* dx = call.operand[0].as<T>();
  ConvPhase h, v;
  if (isDepthwise(shape)) return statusOf(depthwiseGradInput(s, c.x, w, dx));
  // Inputs beyond the last window, or between windows further apart than they are wide, keep their zeros.
  if (s.h.stride > 1 || s.w.stride > 1) zeroOutput(call);
  for (int64_t row = 0; row < s.h.stride && row < s.h.in; ++row) {
    if (!phaseOf(s.h, row, h)) continue;
    for (int64_t column = 0; column < s.w.stride && column < s.w.in; ++column) {
      if (!phaseOf(s.w, column, v)) continue;
      c.h = h.line;
      c.w = v.line;
      c.weights = {w + h.lastTap * s.w.kernel + v.lastTap,
                   s.weightSize(),
                   s.kernelSize(),
                   s.taps(),
                   -h.tapStep * s.w.kernel,
                   -v.tapStep};
      c.y = dx + row * s.w.in + column;
      if (!correlate(c, *factors.kernels)) return Status::kOutOfMemory;
    }
  }
  return Status::kOk;
}

template <class T>
Status gradWeight(const Call& call, const ConvShape& shape, Precision precision) {
  ScratchFrame frame;
  ConvFactors<T> factors = {shape, nullptr, nullptr, nullptr};
  const ConvDepth depth = {&ConvShape::images, 1, shape.groups * shape.inputSize(), 1,
                           shape.groups * shape.outputSize()};
  if (!takeFactors(call, precision, depth, factors, frame)) return Status::kOutOfMemory;
  return statusOf(convGradWeight(factors, call.operand[0].as<T>()));
}

}  // namespace

// Attribute 7: the code of the activation that the sums end with.
Status run_conv2d(const Call& call) {
  ConvShape shape;
  Precision precision;
  int64_t activation;
  const Status status = readShape(call, call.operand[1], call.operand[2], call.operand[0], shape);
  if (status != Status::kOk) return status;
  if (!readPrecision(call, precision)) return Status::kBadAttribute;
  if (!wholeAttribute(call, 7, 0, kActivationCount - 1, activation)) return Status::kBadAttribute;
  if (call.count > 3) {
    const View& bias = call.operand[3];
    if (bias.rank() != 1 || bias.dim(0) != shape.filters * shape.groups || !bias.layout->contiguous) {
      return Status::kShapeMismatch;
    }
  }
  if (call.operand[0].size() == 0) return Status::kOk;
  const Activation ending = static_cast<Activation>(activation);
  return call.dtype == DType::kFloat32 ? forward<float>(call, shape, ending, precision)
                                       : forward<double>(call, shape, ending, precision);
}

Status run_conv2dGradInput(const Call& call) {
  ConvShape shape;
  Precision precision;
  const Status status = readShape(call, call.operand[0], call.operand[2], call.operand[1], shape);
  if (status != Status::kOk) return status;
  if (!readPrecision(call, precision)) return Status::kBadAttribute;
  if (call.operand[0].size() == 0) return Status::kOk;
  if (call.operand[2].size() == 0) return zeroOutput(call);  // no filters
  return call.dtype == DType::kFloat32 ? gradInput<float>(call, shape, precision)
                                       : gradInput<double>(call, shape, precision);
}

Status run_conv2dGradWeight(const Call& call) {
  ConvShape shape;
  Precision precision;
  const Status status = readShape(call, call.operand[1], call.operand[0], call.operand[2], shape);
  if (status != Status::kOk) return status;
  if (!readPrecision(call, precision)) return Status::kBadAttribute;
  if (call.operand[0].size() == 0) return Status::kOk;
  if (shape.images == 0) return zeroOutput(call);
  return call.dtype == DType::kFloat32 ? gradWeight<float>(call, shape, precision)
                                       : gradWeight<double>(call, shape, precision);
}

}  // namespace quern
