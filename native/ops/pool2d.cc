// Drivers of two-dimensional pooling over the planes of an (N, C, H, W) tensor.
#include <atomic>

#include "../kernels/table.h"
#include "attributes.h"
#include "drivers.h"
#include "index_check.h"
#include "pool_planes.h"

namespace quern {
namespace {

// Every window reaches the input.
bool validAxis(const PoolAxis& axis) {
  for (int64_t o = 0; o < axis.out; ++o) {
    const PoolSpan span = insideSpan(axis, o);
    if (span.first >= span.last) return false;
  }
  return true;
}

// Attributes: kernel h, w, stride h, w, padding h, w.
bool readWindow(const Call& call, PoolPlanes& planes) {
  return wholeAttribute(call, 0, 1, kLargestExtent, planes.h.kernel) &&
         wholeAttribute(call, 1, 1, kLargestExtent, planes.w.kernel) &&
         wholeAttribute(call, 2, 1, kLargestExtent, planes.h.stride) &&
         wholeAttribute(call, 3, 1, kLargestExtent, planes.w.stride) &&
         wholeAttribute(call, 4, 0, kLargestExtent, planes.h.padding) &&
         wholeAttribute(call, 5, 0, kLargestExtent, planes.w.padding);
}

// A plane of a tensor with any strides.
template <class T>
struct Plane {
  T* data;
  int64_t strideH, strideW;
  T& at(int64_t h, int64_t w) const { return data[h * strideH + w * strideW]; }
};

template <class T>
Plane<T> planeOf(const View& view, int64_t plane, int64_t channels) {
  T* data = view.as<T>() + plane / channels * view.stride(0) + plane % channels * view.stride(1);
  return {data, view.stride(2), view.stride(3)};
}

// Whether all indices of operand 2 lie in their plane; says which does not.
bool checkIndices(const Call& call, const PoolPlanes& planes) {
  const View& indices = call.operand[2];
  if (indices.layout->contiguous) {
    constexpr int64_t perChunk = int64_t{1} << 15;
    const uint32_t limit = static_cast<uint32_t>(planes.inSize());
    std::atomic<bool> valid{true};
    parallelFor((indices.size() + perChunk - 1) / perChunk, [&](int64_t chunk, int) {
      const int32_t* from = indices.as<int32_t>() + chunk * perChunk;
      const int64_t rest = indices.size() - chunk * perChunk, count = rest < perChunk ? rest : perChunk;
      uint32_t outside = 0;
      for (int64_t i = 0; i < count; ++i) outside |= static_cast<uint32_t>(from[i]) >= limit;
      if (outside != 0) valid.store(false, std::memory_order_relaxed);
    });
    if (valid.load(std::memory_order_relaxed)) return true;
  }
  return indicesInRange(call, 2, planes.inSize(), 2);
}

template <class T>
const PoolKernels<T>& poolKernels();
template <>
const PoolKernels<float>& poolKernels() {
  return kernelTable().pool32;
}
template <>
const PoolKernels<double>& poolKernels() {
  return kernelTable().pool64;
}

// Windows of two that touch each other and never stick out.
inline bool halves(const PoolAxis& axis) {
  return axis.kernel == 2 && axis.stride == 2 && axis.padding == 0 && axis.dilation == 1 &&
         2 * axis.out <= axis.in;
}

// Such windows on an input whose planes have no gaps.
inline bool halvesPlanes(const PoolPlanes& planes, const View& in) {
  return halves(planes.h) && halves(planes.w) && in.stride(3) == 1 && in.stride(2) == planes.w.in;
}

// One position of the window for a row of outputs: takes over x[i · step], found at index + i · stride of its
// plane, where it is better: the first of equals stays, and of NaN the last. kStep is the step if it is 1 or
// 2, so that the compiler can vectorise, else 0.
template <int kStep, class T>
void takeMaxima(int64_t count, const T* __restrict x, int64_t anyStep, int32_t index, int32_t stride,
                T* __restrict best, int32_t* __restrict where) {
  const int64_t step = kStep > 0 ? kStep : anyStep;
  for (int64_t i = 0; i < count; ++i) {
    const T value = x[i * step], old = best[i];
    const bool better = (value > old) | (value != value) | (where[i] < 0);
    best[i] = better ? value : old;
    where[i] = better ? index + static_cast<int32_t>(i) * stride : where[i];
  }
}

template <class T>
void maxPlane(const PoolPlanes& planes, const Plane<T>& x, T* y, int32_t* indices) {
  const PoolAxis &h = planes.h, &w = planes.w;
  const int64_t step = w.stride * x.strideW;
  const int32_t stride = static_cast<int32_t>(w.stride);
  for (int64_t oh = 0; oh < h.out; ++oh, y += w.out, indices += w.out) {
    for (int64_t ow = 0; ow < w.out; ++ow) indices[ow] = -1;  // nothing yet
    const PoolSpan rows = insideSpan(h, oh);
    for (int64_t kh = rows.first; kh < rows.last; ++kh) {
      const int64_t ih = oh * h.stride - h.padding + kh * h.dilation;
      for (int64_t kw = 0; kw < w.kernel; ++kw) {
        const int64_t shift = kw * w.dilation - w.padding;  // of the input column against ow · stride
        const int64_t first = windowCeil(-shift, w.stride), end = windowCeil(w.in - shift, w.stride);
        const int64_t count = (end < w.out ? end : w.out) - first;
        if (count <= 0) continue;
        const int64_t iw = first * w.stride + shift;
        const auto take = step == 1 ? takeMaxima<1, T> : step == 2 ? takeMaxima<2, T> : takeMaxima<0, T>;
        take(count, &x.at(ih, iw), step, static_cast<int32_t>(ih * w.in + iw), stride, y + first,
             indices + first);
      }
    }
  }
}

template <class T>
Status maxPool(const Call& call, const PoolPlanes& planes) {
  const View &y = call.operand[0], &indices = call.operand[1], &x = call.operand[2];
  const PoolKernels<T>& kernels = poolKernels<T>();
  if (halvesPlanes(planes, x)) {
    forPlanes(planes, planes.inSize() / 2, [&](int64_t plane) {
      kernels.maximum(planes.h.out, planes.w.out, planes.w.in, planeOf<T>(x, plane, planes.channels).data,
                      y.as<T>() + plane * planes.outSize(), indices.as<int32_t>() + plane * planes.outSize());
    });
    return Status::kOk;
  }
  forPlanes(planes, planes.outSize() * 4 + planes.inSize(), [&](int64_t plane) {
    maxPlane<T>(planes, planeOf<T>(x, plane, planes.channels), y.as<T>() + plane * planes.outSize(),
                indices.as<int32_t>() + plane * planes.outSize());
  });
  return Status::kOk;
}

template <class T>
void zeroRow(T* row, int64_t from, int64_t to) {
  for (int64_t i = from; i < to; ++i) row[i] = T(0);
}

// The last row and column of an odd plane, which halving windows leave out.
template <class T>
void zeroUncovered(const PoolPlanes& planes, T* plane) {
  const int64_t columns = 2 * planes.w.out, rows = 2 * planes.h.out;
  if (columns < planes.w.in) {
    for (int64_t row = 0; row < rows; ++row) {
      zeroRow(plane + row * planes.w.in, columns, planes.w.in);
    }
  }
  zeroRow(plane, rows * planes.w.in, planes.inSize());
}

// dx = 0, then each gradient is added where its maximum was found.
template <class T>
Status maxPoolGrad(const Call& call, const PoolPlanes& planes) {
  const View &dx = call.operand[0], &g = call.operand[1], &indices = call.operand[2];
  forPlanes(planes, planes.outSize() + planes.inSize(), [&](int64_t plane) {
    T* to = dx.as<T>() + plane * planes.inSize();
    const Plane<T> from = planeOf<T>(g, plane, planes.channels);
    const Plane<int32_t> at = planeOf<int32_t>(indices, plane, planes.channels);
    for (int64_t i = 0; i < planes.inSize(); ++i) to[i] = T(0);
    for (int64_t h = 0; h < planes.h.out; ++h) {
      for (int64_t w = 0; w < planes.w.out; ++w) to[at.at(h, w)] += from.at(h, w);
    }
  });
  return Status::kOk;
}

template <class T>
Status gatherPlanes(const Call& call, const PoolPlanes& planes) {
  const View &y = call.operand[0], &x = call.operand[1], &indices = call.operand[2];
  forPlanes(planes, planes.outSize(), [&](int64_t plane) {
    T* to = y.as<T>() + plane * planes.outSize();
    const Plane<T> from = planeOf<T>(x, plane, planes.channels);
    const Plane<int32_t> at = planeOf<int32_t>(indices, plane, planes.channels);
    for (int64_t h = 0; h < planes.h.out; ++h) {
      for (int64_t w = 0; w < planes.w.out; ++w) {
        const int64_t index = at.at(h, w);
        *to++ = from.at(index / planes.w.in, index % planes.w.in);
      }
    }
  });
  return Status::kOk;
}

// PyTorch's window: it may reach over the right padding only as far as the padding goes, and that is its size
// where padding counts.
struct AverageWindow {
  PoolSpan rows, columns;  // inside the input, as coordinates
  double divisor;
};

struct AverageRule {
  bool countPadding = true;
  double divisorOverride = 0;  // 0: none
};

inline PoolSpan clip(int64_t start, int64_t end, int64_t size) {
  return {start > 0 ? start : 0, end < size ? end : size};
}

inline AverageWindow averageWindow(const PoolPlanes& planes, const AverageRule& rule, int64_t oh,
                                   int64_t ow) {
  const PoolAxis &h = planes.h, &w = planes.w;
  const int64_t top = oh * h.stride - h.padding, left = ow * w.stride - w.padding;
  const int64_t bottom = top + h.kernel < h.in + h.padding ? top + h.kernel : h.in + h.padding;
  const int64_t right = left + w.kernel < w.in + w.padding ? left + w.kernel : w.in + w.padding;
  AverageWindow window = {clip(top, bottom, h.in), clip(left, right, w.in), rule.divisorOverride};
  if (window.divisor == 0) {
    const int64_t rows = rule.countPadding ? bottom - top : window.rows.last - window.rows.first;
    const int64_t columns = rule.countPadding ? right - left : window.columns.last - window.columns.first;
    window.divisor = static_cast<double>(rows) * static_cast<double>(columns);
  }
  return window;
}

bool readRule(const Call& call, AverageRule& rule) {
  int64_t countPadding, ceilMode;
  if (!wholeAttribute(call, 6, 0, 1, countPadding) || !wholeAttribute(call, 8, 0, 1, ceilMode)) return false;
  rule.countPadding = countPadding == 1;
  rule.divisorOverride = call.attributes[7];
  return isFiniteNumber(rule.divisorOverride);
}

template <class T>
Status averagePool(const Call& call, const PoolPlanes& planes, const AverageRule& rule) {
  const View &y = call.operand[0], &x = call.operand[1];
  const T divisor = static_cast<T>(rule.divisorOverride != 0 ? rule.divisorOverride : 4);
  if (halvesPlanes(planes, x)) {
    forPlanes(planes, planes.inSize() / 2, [&](int64_t plane) {
      poolKernels<T>().average(planes.h.out, planes.w.out, planes.w.in, divisor,
                               planeOf<T>(x, plane, planes.channels).data,
                               y.as<T>() + plane * planes.outSize());
    });
    return Status::kOk;
  }
  forPlanes(planes, planes.outSize() * 4 + planes.inSize(), [&](int64_t plane) {
    T* to = y.as<T>() + plane * planes.outSize();
    const Plane<T> from = planeOf<T>(x, plane, planes.channels);
    for (int64_t oh = 0; oh < planes.h.out; ++oh) {
      for (int64_t ow = 0; ow < planes.w.out; ++ow) {
        const AverageWindow window = averageWindow(planes, rule, oh, ow);
        T sum = T(0);
        for (int64_t h = window.rows.first; h < window.rows.last; ++h) {
          for (int64_t w = window.columns.first; w < window.columns.last; ++w) sum += from.at(h, w);
        }
        *to++ = sum / static_cast<T>(window.divisor);
      }
    }
  });
  return Status::kOk;
}

template <class T>
Status averagePoolGrad(const Call& call, const PoolPlanes& planes, const AverageRule& rule) {
  const View &dx = call.operand[0], &g = call.operand[1];
  const T divisor = static_cast<T>(rule.divisorOverride != 0 ? rule.divisorOverride : 4);
  if (halvesPlanes(planes, dx) && g.layout->contiguous) {
    forPlanes(planes, planes.inSize() / 2, [&](int64_t plane) {
      T* to = dx.as<T>() + plane * planes.inSize();
      poolKernels<T>().averageGrad(planes.h.out, planes.w.out, planes.w.in, divisor,
                                   g.as<T>() + plane * planes.outSize(), to);
      zeroUncovered(planes, to);
    });
    return Status::kOk;
  }
  forPlanes(planes, planes.outSize() * 4 + planes.inSize(), [&](int64_t plane) {
    T* to = dx.as<T>() + plane * planes.inSize();
    const Plane<T> from = planeOf<T>(g, plane, planes.channels);
    for (int64_t i = 0; i < planes.inSize(); ++i) to[i] = T(0);
    for (int64_t oh = 0; oh < planes.h.out; ++oh) {
      for (int64_t ow = 0; ow < planes.w.out; ++ow) {
        const AverageWindow window = averageWindow(planes, rule, oh, ow);
        const T share = from.at(oh, ow) / static_cast<T>(window.divisor);
        for (int64_t h = window.rows.first; h < window.rows.last; ++h) {
          for (int64_t w = window.columns.first; w < window.columns.last; ++w)
            to[h * planes.w.in + w] += share;
        }
      }
    }
  });
  return Status::kOk;
}

// Indices that the output lies upon would change after they were checked.
bool overwritesIndices(const Call& call) {
  return overlaps(call.operand[0], itemSize(call.dtype), call.operand[2], itemSize(DType::kInt32));
}

}  // namespace

Status run_maxPool2d(const Call& call) {
  const View &y = call.operand[0], &indices = call.operand[1], &x = call.operand[2];
  PoolPlanes planes;
  if (!readPlanes(x, y, planes) || !sameDims(y, indices)) return Status::kShapeMismatch;
  if (!y.layout->contiguous || !indices.layout->contiguous) return Status::kShapeMismatch;
  if (!readWindow(call, planes) || !wholeAttribute(call, 6, 1, kLargestExtent, planes.h.dilation) ||
      !wholeAttribute(call, 7, 1, kLargestExtent, planes.w.dilation)) {
    return Status::kBadAttribute;
  }
  if (y.size() == 0) return Status::kOk;
  if (!validAxis(planes.h) || !validAxis(planes.w)) return Status::kShapeMismatch;
  return call.dtype == DType::kFloat32 ? maxPool<float>(call, planes) : maxPool<double>(call, planes);
}

Status run_maxPool2dGrad(const Call& call) {
  const View &dx = call.operand[0], &g = call.operand[1], &indices = call.operand[2];
  PoolPlanes planes;
  if (!readPlanes(dx, g, planes) || !sameDims(g, indices) || !dx.layout->contiguous)
    return Status::kShapeMismatch;
  if (overwritesIndices(call)) return Status::kShapeMismatch;
  if (!checkIndices(call, planes)) return Status::kIndexOutOfRange;
  if (dx.size() == 0) return Status::kOk;
  return call.dtype == DType::kFloat32 ? maxPoolGrad<float>(call, planes) : maxPoolGrad<double>(call, planes);
}

Status run_planeGather(const Call& call) {
  const View &y = call.operand[0], &x = call.operand[1], &indices = call.operand[2];
  PoolPlanes planes;
  if (!readPlanes(x, y, planes) || !sameDims(y, indices) || !y.layout->contiguous)
    return Status::kShapeMismatch;
  if (overwritesIndices(call)) return Status::kShapeMismatch;
  if (!checkIndices(call, planes)) return Status::kIndexOutOfRange;
  if (y.size() == 0) return Status::kOk;
  return call.dtype == DType::kFloat32 ? gatherPlanes<float>(call, planes)
                                       : gatherPlanes<double>(call, planes);
}

Status run_avgPool2d(const Call& call) {
  const View &y = call.operand[0], &x = call.operand[1];
  PoolPlanes planes;
  AverageRule rule;
  if (!readPlanes(x, y, planes) || !y.layout->contiguous) return Status::kShapeMismatch;
  if (!readWindow(call, planes) || !readRule(call, rule)) return Status::kBadAttribute;
  if (y.size() == 0) return Status::kOk;
  if (!validAxis(planes.h) || !validAxis(planes.w)) return Status::kShapeMismatch;
  return call.dtype == DType::kFloat32 ? averagePool<float>(call, planes, rule)
                                       : averagePool<double>(call, planes, rule);
}

Status run_avgPool2dGrad(const Call& call) {
  const View &dx = call.operand[0], &g = call.operand[1];
  PoolPlanes planes;
  AverageRule rule;
  if (!readPlanes(dx, g, planes) || !dx.layout->contiguous) return Status::kShapeMismatch;
  if (!readWindow(call, planes) || !readRule(call, rule)) return Status::kBadAttribute;
  if (dx.size() == 0) return Status::kOk;
  if (!validAxis(planes.h) || !validAxis(planes.w)) return Status::kShapeMismatch;
  return call.dtype == DType::kFloat32 ? averagePoolGrad<float>(call, planes, rule)
                                       : averagePoolGrad<double>(call, planes, rule);
}

}  // namespace quern
