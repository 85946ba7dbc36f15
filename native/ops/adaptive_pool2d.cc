// Drivers of adaptive pooling: as many windows as the output has places, spread evenly over each plane.
//
// Output o of an axis sees the inputs [⌊o · in / out⌋, ⌈(o + 1) · in / out⌉): windows differ by one in size
// and may share an input. Rows are summed first, side by side, and then the columns of their sum.
#include <string.h>

#include "../core/scratch.h"
#include "conv_shape.h"
#include "drivers.h"
#include "pool_planes.h"

namespace quern {
namespace {

inline PoolSpan adaptiveSpan(const PoolAxis& axis, int64_t o) {
  return {o * axis.in / axis.out, ((o + 1) * axis.in + axis.out - 1) / axis.out};
}

bool readAdaptive(const View& in, const View& out, PoolPlanes& planes) {
  if (!readPlanes(in, out, planes) || !in.layout->contiguous || !out.layout->contiguous) return false;
  return out.size() == 0 || (planes.h.in > 0 && planes.w.in > 0);
}

template <class T>
void averagePlane(const PoolPlanes& planes, const T* x, T* line, T* y) {
  const int64_t width = planes.w.in;
  for (int64_t oh = 0; oh < planes.h.out; ++oh) {
    const PoolSpan rows = adaptiveSpan(planes.h, oh);
    memcpy(line, x + rows.first * width, static_cast<size_t>(width) * sizeof(T));
    for (int64_t h = rows.first + 1; h < rows.last; ++h) {
      const T* row = x + h * width;
      for (int64_t w = 0; w < width; ++w) line[w] += row[w];
    }
    for (int64_t ow = 0; ow < planes.w.out; ++ow) {
      const PoolSpan columns = adaptiveSpan(planes.w, ow);
      T sum = line[columns.first];
      for (int64_t w = columns.first + 1; w < columns.last; ++w) sum += line[w];
      *y++ = sum / static_cast<T>((rows.last - rows.first) * (columns.last - columns.first));
    }
  }
}

template <class T>
void averagePlaneGrad(const PoolPlanes& planes, const T* g, T* line, T* dx) {
  const int64_t width = planes.w.in;
  memset(dx, 0, static_cast<size_t>(planes.inSize()) * sizeof(T));
  for (int64_t oh = 0; oh < planes.h.out; ++oh) {
    const PoolSpan rows = adaptiveSpan(planes.h, oh);
    memset(line, 0, static_cast<size_t>(width) * sizeof(T));
    for (int64_t ow = 0; ow < planes.w.out; ++ow) {
      const PoolSpan columns = adaptiveSpan(planes.w, ow);
      const T share = *g++ / static_cast<T>((rows.last - rows.first) * (columns.last - columns.first));
      for (int64_t w = columns.first; w < columns.last; ++w) line[w] += share;
    }
    for (int64_t h = rows.first; h < rows.last; ++h) {
      T* row = dx + h * width;
      for (int64_t w = 0; w < width; ++w) row[w] += line[w];
    }
  }
}

// The first of equals stays, and of NaN the last.
template <class T>
void maxPlane(const PoolPlanes& planes, const T* x, T* y, int32_t* indices) {
  for (int64_t oh = 0; oh < planes.h.out; ++oh) {
    const PoolSpan rows = adaptiveSpan(planes.h, oh);
    for (int64_t ow = 0; ow < planes.w.out; ++ow) {
      const PoolSpan columns = adaptiveSpan(planes.w, ow);
      int64_t where = rows.first * planes.w.in + columns.first;
      T best = x[where];
      for (int64_t h = rows.first; h < rows.last; ++h) {
        for (int64_t w = columns.first; w < columns.last; ++w) {
          const T value = x[h * planes.w.in + w];
          if (value > best || value != value) {
            best = value;
            where = h * planes.w.in + w;
          }
        }
      }
      *y++ = best;
      *indices++ = static_cast<int32_t>(where);
    }
  }
}

// Calls body(plane, a line as wide as the input) for each plane.
template <class T, class Body>
Status forPlanesWithLine(const PoolPlanes& planes, const Body& body) {
  ConvOutcome outcome;
  forPlanes(planes, planes.inSize() + planes.outSize(), [&](int64_t plane) {
    ScratchFrame frame;
    T* line = frame.take<T>(planes.w.in);
    if (!line) return outcome.outOfMemory();
    body(plane, line);
  });
  return outcome.enough() ? Status::kOk : Status::kOutOfMemory;
}

template <class T>
Status average(const Call& call, const PoolPlanes& planes) {
  const T* x = call.operand[1].as<T>();
  T* y = call.operand[0].as<T>();
  return forPlanesWithLine<T>(planes, [&](int64_t plane, T* line) {
    averagePlane(planes, x + plane * planes.inSize(), line, y + plane * planes.outSize());
  });
}

template <class T>
Status averageGrad(const Call& call, const PoolPlanes& planes) {
  const T* g = call.operand[1].as<T>();
  T* dx = call.operand[0].as<T>();
  return forPlanesWithLine<T>(planes, [&](int64_t plane, T* line) {
    averagePlaneGrad(planes, g + plane * planes.outSize(), line, dx + plane * planes.inSize());
  });
}

template <class T>
Status maximum(const Call& call, const PoolPlanes& planes) {
  const T* x = call.operand[2].as<T>();
  T* y = call.operand[0].as<T>();
  int32_t* indices = call.operand[1].as<int32_t>();
  forPlanes(planes, planes.inSize() + planes.outSize(), [&](int64_t plane) {
    maxPlane(planes, x + plane * planes.inSize(), y + plane * planes.outSize(),
             indices + plane * planes.outSize());
  });
  return Status::kOk;
}

}  // namespace

Status run_adaptiveAvgPool2d(const Call& call) {
  const View &y = call.operand[0], &x = call.operand[1];
  PoolPlanes planes;
  if (!readAdaptive(x, y, planes)) return Status::kShapeMismatch;
  if (y.size() == 0) return Status::kOk;
  return call.dtype == DType::kFloat32 ? average<float>(call, planes) : average<double>(call, planes);
}

Status run_adaptiveAvgPool2dGrad(const Call& call) {
  const View &dx = call.operand[0], &g = call.operand[1];
  PoolPlanes planes;
  if (!readAdaptive(dx, g, planes)) return Status::kShapeMismatch;
  if (dx.size() == 0) return Status::kOk;
  return call.dtype == DType::kFloat32 ? averageGrad<float>(call, planes) : averageGrad<double>(call, planes);
}

Status run_adaptiveMaxPool2d(const Call& call) {
  const View &y = call.operand[0], &indices = call.operand[1], &x = call.operand[2];
  PoolPlanes planes;
  if (!readAdaptive(x, y, planes) || !sameDims(y, indices) || !indices.layout->contiguous)
    return Status::kShapeMismatch;
  if (y.size() == 0) return Status::kOk;
  return call.dtype == DType::kFloat32 ? maximum<float>(call, planes) : maximum<double>(call, planes);
}

}  // namespace quern
