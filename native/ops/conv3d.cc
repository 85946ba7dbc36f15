// Drivers of three-dimensional convolution and of its two gradients, on those of two-dimensional convolution.
//
// A plane of the output meets as many planes of each channel as the kernel is deep. With those laid side by
// side as channels, the weight (O, C, KD, KH, KW) is that of a two-dimensional convolution, (O, C · KD, KH,
// KW), as it lies. Planes are laid out a batch at a time: never the whole volume, let alone patches of it.
// Copying costs one value per KH · KW · O products.
#include <string.h>

#include <initializer_list>

#include "../core/scratch.h"
#include "../core/thread_pool.h"
#include "attributes.h"
#include "bf16.h"
#include "conv_shape.h"
#include "drivers.h"

namespace quern {
namespace {

constexpr int64_t kBatchBytes = int64_t{8} << 20;  // of planes laid out: what a usual last cache holds
constexpr int64_t kChunkBytes = int64_t{1} << 16;  // of copies worth a thread

int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

Layout denseLayout(int64_t a, int64_t b, int64_t c, int64_t d) {
  Layout layout;
  layout.rank = 4;
  const int64_t dims[4] = {a, b, c, d};
  int64_t stride = 1;
  for (int axis = 3; axis >= 0; --axis) {
    layout.dims[axis] = dims[axis];
    layout.strides[axis] = stride;
    stride = cappedProduct(stride, dims[axis]);
  }
  completeLayout(layout);
  return layout;
}

// The volumes of a convolution: x (N, C, D, H, W), w (O, C/g, KD, KH, KW), y (N, O, OD, OH, OW).
struct Volumes {
  View x, w, y;
  ConvAxis depth;
  double attributes[kAttributeCount] = {};  // of the planes' convolution

  int64_t images() const { return x.dim(0); }
  int64_t channels() const { return x.dim(1); }
  int64_t filters() const { return w.dim(0); }
  int64_t inPlane() const { return x.dim(3) * x.dim(4); }
  int64_t outPlane() const { return y.dim(3) * y.dim(4); }
  int64_t inItem() const {  // elements that one output plane meets
    return cappedProduct(cappedProduct(channels(), depth.kernel), inPlane());
  }
  int64_t outItem() const { return cappedProduct(filters(), outPlane()); }
  int64_t items() const { return images() * depth.out; }
  int64_t batch(DType dtype) const {  // by the shape alone
    const int64_t bytes = cappedProduct(inItem() + outItem(), itemSize(dtype));
    return smaller(items(), larger(1, kBatchBytes / larger(1, bytes)));
  }
};

// Attributes: stride d, h, w, padding d, h, w, dilation d, h, w, groups; the activation's code. Those of the
// planes, whose sums are complete, are checked by the drivers of two dimensions.
Status readVolumes(const Call& call, const View& x, const View& w, const View& y, Volumes& v) {
  for (const View* view : {&x, &w, &y}) {
    if (view->rank() != 5 || !view->layout->contiguous) return Status::kShapeMismatch;
  }
  int64_t groups;
  if (!wholeAttribute(call, 0, 1, kLargestExtent, v.depth.stride) ||
      !wholeAttribute(call, 3, 0, kLargestExtent, v.depth.padding) ||
      !wholeAttribute(call, 6, 1, kLargestExtent, v.depth.dilation) ||
      !wholeAttribute(call, 9, 1, kLargestExtent, groups)) {
    return Status::kBadAttribute;
  }
  for (int of = 0; of < 3; ++of) {
    v.attributes[2 * of] = call.attributes[3 * of + 1];
    v.attributes[2 * of + 1] = call.attributes[3 * of + 2];
  }
  v.attributes[6] = call.attributes[9];
  v.attributes[7] = call.attributes[10];
  v.attributes[kPrecisionAttribute] = call.attributes[kPrecisionAttribute];
  v.x = x, v.w = w, v.y = y;
  v.depth.in = x.dim(2), v.depth.kernel = w.dim(2), v.depth.out = y.dim(2);
  if (!fitsAxis(v.depth) || y.dim(0) != x.dim(0) || y.dim(1) != w.dim(0)) return Status::kShapeMismatch;
  if (w.dim(1) != x.dim(1) / groups || x.dim(1) % groups != 0) return Status::kShapeMismatch;
  return Status::kOk;
}

// What an output plane's taps meet of one channel: body(tap, plane of the channel), −1 beyond its ends.
template <class Body>
void forTaps(const ConvAxis& depth, int64_t out, const Body& body) {
  for (int64_t tap = 0; tap < depth.kernel; ++tap) {
    const int64_t in = out * depth.stride - depth.padding + tap * depth.dilation;
    body(tap, in >= 0 && in < depth.in ? in : -1);
  }
}

// Calls body(i) for i < count, each of which moves `bytes`.
template <class Body>
void forCopies(int64_t count, int64_t bytes, const Body& body) {
  const int64_t perChunk = 1 + kChunkBytes / (bytes + 1);
  parallelFor((count + perChunk - 1) / perChunk, [&](int64_t chunk, int) {
    for (int64_t i = chunk * perChunk; i < smaller(count, (chunk + 1) * perChunk); ++i) body(i);
  });
}

// A batch of output planes and what they meet, in scratch memory.
template <class T>
class Batch {
 public:
  explicit Batch(const Volumes& v) : v_(v) {}

  bool take(ScratchFrame& frame, int64_t most) {
    in_ = frame.take<T>(cappedProduct(v_.inItem(), most));
    out_ = frame.take<T>(cappedProduct(v_.outItem(), most));
    return in_ && out_;
  }

  // Of the output planes [first, first + count), counted over all images.
  void aim(int64_t first, int64_t count) {
    first_ = first;
    count_ = count;
    inLayout_ = denseLayout(count, v_.channels() * v_.depth.kernel, v_.x.dim(3), v_.x.dim(4));
    outLayout_ = denseLayout(count, v_.filters(), v_.y.dim(3), v_.y.dim(4));
  }

  View in() const { return {in_, &inLayout_}; }
  View out() const { return {out_, &outLayout_}; }

  void gatherInput() {
    const int64_t channels = v_.channels(), plane = v_.inPlane(), taps = v_.depth.kernel;
    const size_t bytes = static_cast<size_t>(plane) * sizeof(T);
    forCopies(count_ * channels, taps * plane * itemBytes, [&](int64_t i) {
      const int64_t item = first_ + i / channels, image = item / v_.depth.out;
      const T* from = v_.x.as<T>() + (image * channels + i % channels) * v_.depth.in * plane;
      T* to = in_ + i * taps * plane;
      forTaps(v_.depth, item % v_.depth.out, [&](int64_t tap, int64_t in) {
        if (in < 0) {
          memset(to + tap * plane, 0, bytes);
        } else {
          memcpy(to + tap * plane, from + in * plane, bytes);
        }
      });
    });
  }

  // Adds what lies in the batch's input to x. A channel's planes are one chunk's, in the order of the output.
  void addInput() {
    const int64_t channels = v_.channels(), plane = v_.inPlane(), taps = v_.depth.kernel;
    const int64_t firstImage = first_ / v_.depth.out;
    const int64_t images = (first_ + count_ - 1) / v_.depth.out - firstImage + 1;
    forCopies(images * channels, count_ * taps * plane * itemBytes / images, [&](int64_t i) {
      const int64_t image = firstImage + i / channels, channel = i % channels;
      const int64_t begin = larger(first_, image * v_.depth.out);
      const int64_t end = smaller(first_ + count_, (image + 1) * v_.depth.out);
      T* to = v_.x.as<T>() + (image * channels + channel) * v_.depth.in * plane;
      for (int64_t item = begin; item < end; ++item) {
        const T* from = in_ + ((item - first_) * channels + channel) * taps * plane;
        forTaps(v_.depth, item % v_.depth.out, [&](int64_t tap, int64_t in) {
          if (in < 0) return;
          T* sums = to + in * plane;
          const T* terms = from + tap * plane;
          for (int64_t p = 0; p < plane; ++p) sums[p] += terms[p];
        });
      }
    });
  }

  void gatherOutput() {
    forOutput([](T* batch, T* y, size_t bytes) { memcpy(batch, y, bytes); });
  }
  void scatterOutput() {
    forOutput([](T* batch, T* y, size_t bytes) { memcpy(y, batch, bytes); });
  }

 private:
  static constexpr int64_t itemBytes = static_cast<int64_t>(sizeof(T));

  template <class Move>
  void forOutput(const Move& move) {
    const int64_t filters = v_.filters(), plane = v_.outPlane();
    forCopies(count_ * filters, plane * itemBytes, [&](int64_t i) {
      const int64_t item = first_ + i / filters, image = item / v_.depth.out;
      const int64_t place = (image * filters + i % filters) * v_.depth.out + item % v_.depth.out;
      move(out_ + i * plane, v_.y.as<T>() + place * plane, static_cast<size_t>(plane) * sizeof(T));
    });
  }

  const Volumes& v_;
  T *in_ = nullptr, *out_ = nullptr;
  int64_t first_ = 0, count_ = 0;
  Layout inLayout_, outLayout_;
};

// Calls body(batch, the planes' call with the weight's layout in it) for one batch after another.
template <class T, class Body>
Status forBatches(const Call& call, const Volumes& v, const Body& body) {
  ScratchFrame frame;
  Batch<T> batch(v);
  const int64_t most = v.batch(call.dtype);
  if (!batch.take(frame, most)) return Status::kOutOfMemory;
  const Layout weight = denseLayout(v.filters(), v.w.dim(1) * v.depth.kernel, v.w.dim(3), v.w.dim(4));
  for (int64_t first = 0; first < v.items(); first += most) {
    batch.aim(first, smaller(most, v.items() - first));
    Call planes;
    planes.dtype = call.dtype;
    planes.count = 3;
    planes.attributes = v.attributes;
    planes.failure = call.failure;
    const Status status = body(batch, planes, View{v.w.data, &weight});
    if (status != Status::kOk) return status;
  }
  return Status::kOk;
}

Status zero(const View& out, DType dtype) {
  memset(out.data, 0, static_cast<size_t>(out.size() * itemSize(dtype)));
  return Status::kOk;
}

template <class T>
Status forward(const Call& call, const Volumes& v) {
  return forBatches<T>(call, v, [&](Batch<T>& batch, Call& planes, const View& w) {
    batch.gatherInput();
    planes.kernel = static_cast<int>(Kernel::k_conv2d);
    planes.count = call.count;
    planes.operand[0] = batch.out();
    planes.operand[1] = batch.in();
    planes.operand[2] = w;
    planes.operand[3] = call.operand[3];
    const Status status = run_conv2d(planes);
    if (status == Status::kOk) batch.scatterOutput();
    return status;
  });
}

template <class T>
Status gradInput(const Call& call, const Volumes& v) {
  zero(v.x, call.dtype);
  return forBatches<T>(call, v, [&](Batch<T>& batch, Call& planes, const View& w) {
    batch.gatherOutput();
    planes.kernel = static_cast<int>(Kernel::k_conv2dGradInput);
    planes.operand[0] = batch.in();
    planes.operand[1] = batch.out();
    planes.operand[2] = w;
    const Status status = run_conv2dGradInput(planes);
    if (status == Status::kOk) batch.addInput();
    return status;
  });
}

template <class T>
Status gradWeight(const Call& call, const Volumes& v) {
  ScratchFrame frame;
  const int64_t size = v.w.size();
  T* part = frame.take<T>(size);
  if (!part) return Status::kOutOfMemory;
  T* dw = v.w.as<T>();
  zero(v.w, call.dtype);
  return forBatches<T>(call, v, [&](Batch<T>& batch, Call& planes, const View& w) {
    batch.gatherInput();
    batch.gatherOutput();
    planes.kernel = static_cast<int>(Kernel::k_conv2dGradWeight);
    planes.operand[0] = {part, w.layout};
    planes.operand[1] = batch.in();
    planes.operand[2] = batch.out();
    const Status status = run_conv2dGradWeight(planes);
    if (status == Status::kOk) {
      for (int64_t i = 0; i < size; ++i) dw[i] += part[i];
    }
    return status;
  });
}

}  // namespace

Status run_conv3d(const Call& call) {
  Volumes v;
  const Status status = readVolumes(call, call.operand[1], call.operand[2], call.operand[0], v);
  if (status != Status::kOk) return status;
  if (call.operand[0].size() == 0) return Status::kOk;
  return call.dtype == DType::kFloat32 ? forward<float>(call, v) : forward<double>(call, v);
}

Status run_conv3dGradInput(const Call& call) {
  Volumes v;
  const Status status = readVolumes(call, call.operand[0], call.operand[2], call.operand[1], v);
  if (status != Status::kOk) return status;
  if (call.operand[0].size() == 0) return Status::kOk;
  if (call.operand[2].size() == 0) return zero(call.operand[0], call.dtype);  // no filters
  return call.dtype == DType::kFloat32 ? gradInput<float>(call, v) : gradInput<double>(call, v);
}

Status run_conv3dGradWeight(const Call& call) {
  Volumes v;
  const Status status = readVolumes(call, call.operand[1], call.operand[0], call.operand[2], v);
  if (status != Status::kOk) return status;
  if (call.operand[0].size() == 0) return Status::kOk;
  return call.dtype == DType::kFloat32 ? gradWeight<float>(call, v) : gradWeight<double>(call, v);
}

}  // namespace quern
