// What the drivers of pooling share: windows along an axis, and the planes of an (N, C, H, W) tensor.
#pragma once
#include <stdint.h>

#include <limits>

#include "../core/call.h"
#include "../core/thread_pool.h"
#include "attributes.h"

namespace quern {

// One axis of a pooling window.
struct PoolAxis {
  int64_t in = 0, out = 0;  // sizes
  int64_t kernel = 1, stride = 1, padding = 0, dilation = 1;
};

// The window positions k in [first, last) of output o that lie inside the input.
struct PoolSpan {
  int64_t first, last;
};

inline int64_t windowCeil(int64_t a, int64_t b) { return a > 0 ? (a + b - 1) / b : 0; }

inline PoolSpan insideSpan(const PoolAxis& axis, int64_t o) {
  const int64_t start = o * axis.stride - axis.padding;
  if (start >= 0 && start + (axis.kernel - 1) * axis.dilation < axis.in) return {0, axis.kernel};
  const int64_t first = windowCeil(-start, axis.dilation);
  const int64_t last = windowCeil(axis.in - start, axis.dilation);
  return {first, last < axis.kernel ? last : axis.kernel};
}

struct PoolPlanes {
  PoolAxis h, w;
  int64_t count = 0;     // N · C
  int64_t channels = 1;  // C

  int64_t outSize() const { return h.out * w.out; }
  int64_t inSize() const { return h.in * w.in; }
};

// Sizes of a pair of (N, C, ·, ·) tensors that agree on N and C; flat indices of a plane must fit an int32.
inline bool readPlanes(const View& in, const View& out, PoolPlanes& planes) {
  if (in.rank() != 4 || out.rank() != 4 || in.dim(0) != out.dim(0) || in.dim(1) != out.dim(1)) return false;
  for (int axis = 0; axis < 4; ++axis) {  // no product below overflows
    if (in.dim(axis) > kLargestExtent || out.dim(axis) > kLargestExtent) return false;
  }
  planes.channels = in.dim(1);
  planes.count = in.dim(0) * in.dim(1);
  planes.h.in = in.dim(2);
  planes.w.in = in.dim(3);
  planes.h.out = out.dim(2);
  planes.w.out = out.dim(3);
  return planes.inSize() <= std::numeric_limits<int32_t>::max();
}

// Calls body(plane) for each plane, in chunks of enough work for a thread. PoolPlanes are independent of each
// other.
template <class Body>
void forPlanes(const PoolPlanes& planes, int64_t workPerPlane, const Body& body) {
  constexpr int64_t chunkWork = 16384;
  const int64_t perChunk = 1 + chunkWork / (workPerPlane + 1);
  parallelFor((planes.count + perChunk - 1) / perChunk, [&](int64_t chunk, int) {
    const int64_t end = (chunk + 1) * perChunk < planes.count ? (chunk + 1) * perChunk : planes.count;
    for (int64_t plane = chunk * perChunk; plane < end; ++plane) body(plane);
  });
}

}  // namespace quern
