// Drivers of two-dimensional convolution and of its two gradients, as matrix products over unfolded images.
//
// For one image and group, with R = C/g · KH · KW and P = OH · OW, let U (R × P) hold for each kernel
// position the input value that each output pixel meets there. Then out (O/g × P) = W · U, dU = Wᵀ · dOut,
// and dWᵀ = U · dOutᵀ. U exists only in scratch memory, a band of output rows at a time, so that it stays in
// the caches between being written and being read. A 1×1 kernel with stride 1 and no padding needs no U: it
// is the input itself.
#include <string.h>

#include <atomic>
#include <initializer_list>

#include "../core/scratch.h"
#include "../core/thread_pool.h"
#include "attributes.h"
#include "drivers.h"
#include "gemm.h"

namespace quern {
namespace {

struct Axis {
  int64_t in, kernel, out;
  int64_t stride, padding, dilation;
};

struct Shape {
  int64_t images, groups;
  int64_t channels, filters;  // of one group
  Axis h, w;

  int64_t pixels() const { return h.out * w.out; }
  int64_t unfolded() const { return channels * h.kernel * w.kernel; }
  int64_t plane() const { return h.in * w.in; }
  int64_t inputSize() const { return channels * plane(); }  // of one image and group
  int64_t outputSize() const { return filters * pixels(); }
  int64_t weightSize() const { return filters * unfolded(); }
  bool pointwise() const {
    return h.kernel == 1 && w.kernel == 1 && h.stride == 1 && w.stride == 1 && h.padding == 0 &&
           w.padding == 0;
  }
};

constexpr int64_t kBandBytes = int64_t{256} << 10;    // of U at a time: half of a usual second cache
constexpr int64_t kPartialBytes = int64_t{64} << 20;  // of partial weight gradients
constexpr int64_t kMostPartials = 16;

bool fitsAxis(const Axis& axis) {
  if (axis.in > kLargestExtent || axis.kernel > kLargestExtent || axis.out > kLargestExtent) return false;
  if (axis.kernel < 1) return false;
  const int64_t reach = axis.in + 2 * axis.padding - axis.dilation * (axis.kernel - 1) - 1;
  return reach >= 0 && axis.out == reach / axis.stride + 1;
}

// x (N, C, H, W), w (O, C/g, KH, KW), y (N, O, OH, OW); attributes: stride h, w, padding h, w, dilation h, w,
// groups.
Status readShape(const Call& call, const View& x, const View& w, const View& y, Shape& shape) {
  for (const View* view : {&x, &w, &y}) {
    if (view->rank() != 4 || !view->layout->contiguous) return Status::kShapeMismatch;
  }
  Axis &h = shape.h, &v = shape.w;
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

// Whether one line of U's output rows, the least that is unfolded at a time, is of a size that a machine
// could have.
bool affordable(const Shape& shape) { return shape.w.out <= (int64_t{1} << 46) / (shape.unfolded() + 1); }

// The outputs o in [first, last) that meet the input at kernel position k.
struct Range {
  int64_t first, last;
};

Range meeting(const Axis& axis, int64_t k) {
  const int64_t shift = axis.padding - k * axis.dilation;  // input coordinate = o · stride − shift
  const int64_t first = shift > 0 ? (shift + axis.stride - 1) / axis.stride : 0;
  const int64_t end = axis.in + shift;
  const int64_t last = end > 0 ? (end + axis.stride - 1) / axis.stride : 0;
  const int64_t clipped = last < axis.out ? last : axis.out;
  return {first < clipped ? first : clipped, clipped};
}

// The part of one row of U, for the output rows [top, bottom), that meets the input: `rows` × `columns` of
// it, from the input value at `start` (of output column 0, so it may itself lie in the padding); the rest is
// padding.
struct Patch {
  Range rows, columns;  // rows count from `top`
  int64_t start;
};

// Calls body(row of U, its patch) for each row of U in order.
template <class Body>
void forPatches(const Shape& shape, int64_t top, int64_t bottom, const Body& body) {
  const Axis &h = shape.h, &w = shape.w;
  int64_t row = 0;
  for (int64_t c = 0; c < shape.channels; ++c) {
    for (int64_t kh = 0; kh < h.kernel; ++kh) {
      Range rows = meeting(h, kh);
      rows.first = rows.first < top ? top : rows.first > bottom ? bottom : rows.first;
      rows.last = rows.last > bottom ? bottom : rows.last < rows.first ? rows.first : rows.last;
      const int64_t line = c * h.in + rows.first * h.stride - h.padding + kh * h.dilation;
      for (int64_t kw = 0; kw < w.kernel; ++kw, ++row) {
        body(row, Patch{{rows.first - top, rows.last - top},
                        meeting(w, kw),
                        line * w.in + kw * w.dilation - w.padding});
      }
    }
  }
}

// Where output rows are as wide as input rows and stride is 1, a patch of whole rows is one run of memory:
// only the values that wrapped round from the neighbouring rows are wrong, and those belong to the padding.
bool isOneRun(const Shape& shape) {
  return shape.h.stride == 1 && shape.w.stride == 1 && shape.w.out == shape.w.in;
}

template <class T>
void zeroMargins(const Patch& patch, int64_t width, T* block) {
  for (int64_t i = patch.rows.first; i < patch.rows.last; ++i) {
    for (int64_t o = 0; o < patch.columns.first; ++o) block[i * width + o] = T(0);
    for (int64_t o = patch.columns.last; o < width; ++o) block[i * width + o] = T(0);
  }
}

// U for the output rows [top, bottom) of one image and group.
template <class T>
void unfold(const Shape& shape, const T* x, int64_t top, int64_t bottom, T* u) {
  const int64_t width = shape.w.out, size = (bottom - top) * width, stride = shape.w.stride;
  const int64_t step = shape.h.stride * shape.w.in;  // from one output row's input to the next one's
  const bool oneRun = isOneRun(shape);
  forPatches(shape, top, bottom, [&](int64_t row, const Patch& patch) {
    T* block = u + row * size;
    const Range &rows = patch.rows, &columns = patch.columns;
    for (int64_t i = 0; i < rows.first * width; ++i) block[i] = T(0);
    for (int64_t i = rows.last * width; i < size; ++i) block[i] = T(0);
    zeroMargins(patch, width, block);
    const int64_t count = columns.last - columns.first;
    if (count <= 0 || rows.first >= rows.last) return;
    T* to = block + rows.first * width;
    if (oneRun) {
      // The margins between the rows are overwritten with their neighbours; they are zeroed again.
      const int64_t run = (rows.last - rows.first - 1) * width + count;
      memcpy(to + columns.first, x + patch.start + columns.first, static_cast<size_t>(run) * sizeof(T));
      zeroMargins(patch, width, block);
      return;
    }
    for (int64_t i = 0; i < rows.last - rows.first; ++i, to += width) {
      const int64_t from = patch.start + i * step;
      for (int64_t o = columns.first; o < columns.last; ++o) to[o] = x[from + o * stride];
    }
  });
}

// The transpose of unfold: adds each value of dU to the input pixel that it was read from. May change dU's
// margins.
template <class T>
void fold(const Shape& shape, T* du, int64_t top, int64_t bottom, T* dx) {
  const int64_t width = shape.w.out, size = (bottom - top) * width, stride = shape.w.stride;
  const int64_t step = shape.h.stride * shape.w.in;
  const bool oneRun = isOneRun(shape);
  forPatches(shape, top, bottom, [&](int64_t row, const Patch& patch) {
    T* block = du + row * size;
    const Range &rows = patch.rows, &columns = patch.columns;
    const int64_t count = columns.last - columns.first;
    if (count <= 0 || rows.first >= rows.last) return;
    if (oneRun) {
      zeroMargins(patch, width, block);  // what would wrap round to the neighbouring rows
      const T* from = block + rows.first * width + columns.first;
      T* to = dx + patch.start + columns.first;
      const int64_t run = (rows.last - rows.first - 1) * width + count;
      for (int64_t i = 0; i < run; ++i) to[i] += from[i];
      return;
    }
    for (int64_t i = 0; i < rows.last - rows.first; ++i) {
      const T* from = block + (rows.first + i) * width;
      const int64_t to = patch.start + i * step;
      for (int64_t o = columns.first; o < columns.last; ++o) dx[to + o * stride] += from[o];
    }
  });
}

// How an image's output rows are cut into bands: by the shape alone.
struct Bands {
  int64_t rows;  // of one band
  int64_t count;
};

Bands bandsOf(const Shape& shape, int64_t itemSize) {
  const int64_t line = shape.unfolded() * shape.w.out * itemSize;
  int64_t rows = line > 0 ? kBandBytes / line : shape.h.out;
  rows = rows < 1 ? 1 : rows > shape.h.out ? shape.h.out : rows;
  const int64_t count = (shape.h.out + rows - 1) / rows;
  return {(shape.h.out + count - 1) / count, count};
}

// Several images' threads work at a time; each takes its own scratch memory and may fail to get it.
class Outcome {
 public:
  void outOfMemory() { enough_.store(false, std::memory_order_relaxed); }
  Status status() const {
    return enough_.load(std::memory_order_relaxed) ? Status::kOk : Status::kOutOfMemory;
  }

 private:
  std::atomic<bool> enough_{true};
};

template <class T>
Status forward(const Call& call, const Shape& shape) {
  const T* x = call.operand[1].as<T>();
  const T* w = call.operand[2].as<T>();
  const T* bias = call.count > 3 ? call.operand[3].as<T>() : nullptr;
  T* y = call.operand[0].as<T>();
  const int64_t pixels = shape.pixels(), unfolded = shape.unfolded();
  const Bands bands = bandsOf(shape, sizeof(T));
  Outcome outcome;
  parallelFor(shape.images * shape.groups * bands.count, [&](int64_t chunk, int) {
    const int64_t item = chunk / bands.count, group = item % shape.groups;
    const int64_t top = chunk % bands.count * bands.rows;
    const int64_t bottom = top + bands.rows < shape.h.out ? top + bands.rows : shape.h.out;
    if (top >= bottom) return;
    const int64_t count = (bottom - top) * shape.w.out;
    const T* image = x + item * shape.inputSize();
    T* out = y + item * shape.outputSize() + top * shape.w.out;
    if (bias) {
      for (int64_t o = 0; o < shape.filters; ++o) {
        for (int64_t i = 0; i < count; ++i) out[o * pixels + i] = bias[group * shape.filters + o];
      }
    }
    ScratchFrame frame;
    const T* u = image + top * shape.w.out;
    int64_t ldu = shape.plane();
    if (!shape.pointwise()) {
      T* band = frame.take<T>(unfolded * count);
      if (!band) return outcome.outOfMemory();
      unfold(shape, image, top, bottom, band);
      u = band;
      ldu = count;
    }
    if (!gemm<T>(shape.filters, count, unfolded, w + group * shape.weightSize(), unfolded, 1, u, ldu, 1, out,
                 pixels, bias != nullptr, GemmThreads::kOne)) {
      outcome.outOfMemory();
    }
  });
  return outcome.status();
}

// dX: images and groups in parallel; inside one, bands overlap in the input and are added in order.
template <class T>
Status gradInput(const Call& call, const Shape& shape) {
  const T* g = call.operand[1].as<T>();
  const T* w = call.operand[2].as<T>();
  T* dx = call.operand[0].as<T>();
  const int64_t pixels = shape.pixels(), unfolded = shape.unfolded();
  const Bands bands = bandsOf(shape, sizeof(T));
  Outcome outcome;
  parallelFor(shape.images * shape.groups, [&](int64_t item, int) {
    const T* weight = w + item % shape.groups * shape.weightSize();
    const T* gradient = g + item * shape.outputSize();
    T* image = dx + item * shape.inputSize();
    if (shape.pointwise()) {
      if (!gemm<T>(unfolded, pixels, shape.filters, weight, 1, unfolded, gradient, pixels, 1, image, pixels,
                   false, GemmThreads::kOne)) {
        outcome.outOfMemory();
      }
      return;
    }
    ScratchFrame frame;
    T* du = frame.take<T>(unfolded * bands.rows * shape.w.out);
    if (!du) return outcome.outOfMemory();
    for (int64_t i = 0; i < shape.inputSize(); ++i) image[i] = T(0);
    for (int64_t top = 0; top < shape.h.out; top += bands.rows) {
      const int64_t bottom = top + bands.rows < shape.h.out ? top + bands.rows : shape.h.out;
      const int64_t count = (bottom - top) * shape.w.out;
      if (!gemm<T>(unfolded, count, shape.filters, weight, 1, unfolded, gradient + top * shape.w.out, pixels,
                   1, du, count, false, GemmThreads::kOne)) {
        return outcome.outOfMemory();
      }
      fold(shape, du, top, bottom, image);
    }
  });
  return outcome.status();
}

// dWᵀ (R × O/g) of one group, summed over the images [from, to) in order.
template <class T>
bool sumGradWeight(const Shape& shape, const Bands& bands, const T* x, const T* g, int64_t group,
                   int64_t from, int64_t to, T* sum) {
  ScratchFrame frame;
  const int64_t pixels = shape.pixels(), unfolded = shape.unfolded();
  T* band = nullptr;
  if (!shape.pointwise()) {
    band = frame.take<T>(unfolded * bands.rows * shape.w.out);
    if (!band) return false;
  }
  bool accumulate = false;
  for (int64_t image = from; image < to; ++image) {
    const int64_t item = image * shape.groups + group;
    for (int64_t top = 0; top < shape.h.out; top += bands.rows) {
      const int64_t bottom = top + bands.rows < shape.h.out ? top + bands.rows : shape.h.out;
      const int64_t count = (bottom - top) * shape.w.out;
      const T* u = x + item * shape.inputSize() + top * shape.w.out;
      int64_t ldu = shape.plane();
      if (band) {
        unfold(shape, x + item * shape.inputSize(), top, bottom, band);
        u = band;
        ldu = count;
      }
      const T* gradient = g + item * shape.outputSize() + top * shape.w.out;
      if (!gemm<T>(unfolded, shape.filters, count, u, ldu, 1, gradient, 1, pixels, sum, shape.filters,
                   accumulate)) {
        return false;
      }
      accumulate = true;
    }
  }
  return true;
}

// The images are cut into a number of parts that depends on the shape alone; each is summed in order, and the
// parts in a fixed tree: so the bits don't depend on the threads.
template <class T>
Status gradWeight(const Call& call, const Shape& shape) {
  const T* x = call.operand[1].as<T>();
  const T* g = call.operand[2].as<T>();
  T* dw = call.operand[0].as<T>();
  const int64_t unfolded = shape.unfolded(), size = shape.weightSize() * shape.groups;
  int64_t parts = kPartialBytes / static_cast<int64_t>(sizeof(T)) / size;
  parts = parts < 1 ? 1 : parts > kMostPartials ? kMostPartials : parts;
  if (parts > shape.images) parts = shape.images;
  ScratchFrame frame;
  T* partial = frame.take<T>(parts * size);
  if (!partial) return Status::kOutOfMemory;
  const Bands bands = bandsOf(shape, sizeof(T));
  Outcome outcome;
  parallelFor(parts * shape.groups, [&](int64_t chunk, int) {
    const int64_t part = chunk / shape.groups, group = chunk % shape.groups;
    if (!sumGradWeight(shape, bands, x, g, group, shape.images * part / parts,
                       shape.images * (part + 1) / parts,
                       partial + part * size + group * shape.weightSize())) {
      outcome.outOfMemory();
    }
  });
  for (int64_t distance = 1; distance < parts; distance *= 2) {
    for (int64_t part = 0; part + distance < parts; part += 2 * distance) {
      T* to = partial + part * size;
      const T* from = partial + (part + distance) * size;
      for (int64_t i = 0; i < size; ++i) to[i] += from[i];
    }
  }
  for (int64_t group = 0; group < shape.groups; ++group) {
    const T* from = partial + group * shape.weightSize();
    T* to = dw + group * shape.weightSize();
    for (int64_t o = 0; o < shape.filters; ++o) {
      for (int64_t r = 0; r < unfolded; ++r) to[o * unfolded + r] = from[r * shape.filters + o];
    }
  }
  return outcome.status();
}

}  // namespace

Status run_conv2d(const Call& call) {
  Shape shape;
  const Status status = readShape(call, call.operand[1], call.operand[2], call.operand[0], shape);
  if (status != Status::kOk) return status;
  if (call.count > 3) {
    const View& bias = call.operand[3];
    if (bias.rank() != 1 || bias.dim(0) != shape.filters * shape.groups || !bias.layout->contiguous) {
      return Status::kShapeMismatch;
    }
  }
  if (call.operand[0].size() == 0) return Status::kOk;
  if (!affordable(shape)) return Status::kOutOfMemory;
  return call.dtype == DType::kFloat32 ? forward<float>(call, shape) : forward<double>(call, shape);
}

Status run_conv2dGradInput(const Call& call) {
  Shape shape;
  const Status status = readShape(call, call.operand[0], call.operand[2], call.operand[1], shape);
  if (status != Status::kOk) return status;
  if (call.operand[0].size() == 0) return Status::kOk;
  if (call.operand[2].size() == 0) {  // no filters
    memset(call.operand[0].data, 0, static_cast<size_t>(call.operand[0].size() * itemSize(call.dtype)));
    return Status::kOk;
  }
  if (!affordable(shape)) return Status::kOutOfMemory;
  return call.dtype == DType::kFloat32 ? gradInput<float>(call, shape) : gradInput<double>(call, shape);
}

Status run_conv2dGradWeight(const Call& call) {
  Shape shape;
  const Status status = readShape(call, call.operand[1], call.operand[0], call.operand[2], shape);
  if (status != Status::kOk) return status;
  if (call.operand[0].size() == 0) return Status::kOk;
  if (shape.images == 0) {
    memset(call.operand[0].data, 0, static_cast<size_t>(call.operand[0].size() * itemSize(call.dtype)));
    return Status::kOk;
  }
  if (!affordable(shape)) return Status::kOutOfMemory;
  return call.dtype == DType::kFloat32 ? gradWeight<float>(call, shape) : gradWeight<double>(call, shape);
}

}  // namespace quern
