// Driver of the weight gradient: a product over output pixels, of the gradient with the shifted input.
//
// Where a kernel row's taps of all channels fill vectors, the input is transposed once so that channels lie
// side by side: at an output pixel these taps are then adjacent in memory, and the product is one of matrices
// whose rows overlap. Else (a first layer, a depthwise one) taps are few and each is a dot product along the
// pixels, over the copies that the forward pass uses.
//
// The pixels are cut into parts by the shape alone, and the parts' sums are added in a fixed tree: so the
// bits don't depend on the threads.
#include "conv_grad_weight.h"

#include <string.h>

#include "../core/scratch.h"
#include "../core/thread_pool.h"
#include "conv_depthwise.h"
#include "conv_patch.h"
#include "winograd.h"

namespace quern {
namespace {

constexpr int64_t kUnitBytes = int64_t{256} << 10;    // of input laid out at a time
constexpr int64_t kPartialBytes = int64_t{64} << 20;  // of partial sums
constexpr int64_t kMostParts = 16;
constexpr int64_t kPartPixels = 256;  // below, adding the partial sums would show

int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
int64_t partsOf(int64_t size, int64_t part) { return (size + part - 1) / part; }

// A unit is some rows of one image or some whole images; a part is some units.
struct Cut {
  int64_t images, rows;  // of a unit
  int64_t bands;         // units of an image
  int64_t units, parts;
};

// sizeOf(rows): elements of one image's input laid out for that many output rows.
template <class T, class Size>
Cut cutOf(const ConvShape& s, const Size& sizeOf) {
  const int64_t budget = kUnitBytes / static_cast<int64_t>(sizeof(T));
  const int64_t weights = s.weightSize() * s.groups;
  Cut cut;
  cut.parts = smaller(kMostParts, cappedProduct(s.images, s.pixels()) / kPartPixels);
  cut.parts = larger(1, smaller(cut.parts, kPartialBytes / static_cast<int64_t>(sizeof(T)) / weights));
  int64_t low = 1, high = s.h.out;
  if (s.images < cut.parts) high = partsOf(s.h.out, partsOf(cut.parts, s.images));
  while (low < high) {
    const int64_t middle = (low + high + 1) / 2;
    if (sizeOf(middle) <= budget)
      low = middle;
    else
      high = middle - 1;
  }
  cut.bands = partsOf(s.h.out, low);
  cut.rows = partsOf(s.h.out, cut.bands);
  cut.bands = partsOf(s.h.out, cut.rows);
  cut.images = 1;
  if (cut.bands == 1) {
    cut.images = larger(1, smaller(budget / larger(1, sizeOf(cut.rows)), s.images / cut.parts));
  }
  cut.units = partsOf(s.images, cut.images) * cut.bands;
  cut.parts = smaller(cut.parts, cut.units);
  return cut;
}

// The sums of one group, laid out as the method that fills them likes it, over a range of units.
template <class T>
class ShiftedSums {
 public:
  ShiftedSums(const ConvShape& s, const ConvKernels<T>& kernels)
      : s_(s), kernels_(kernels), width_((s.w.out - 1) * s.w.stride + (s.w.kernel - 1) * s.w.dilation + 1) {
    segments_ = s.w.dilation == 1 ? 1 : s.w.kernel;
    n_ = s.w.dilation == 1 ? s.channels * s.w.kernel : s.channels;
  }

  // Whether vectors are well filled, and the padded image is not mostly padding.
  static bool suits(const ConvShape& s, const ConvKernels<T>& kernels) {
    const ShiftedSums sums(s, kernels);
    const int64_t vectors = partsOf(sums.n_, kernels.lanes);
    if (3 * sums.n_ < 2 * vectors * kernels.lanes) return false;
    return sums.width_ <= 4 * (s.w.in + s.w.kernel) && sums.height(s.h.out) <= 4 * (s.h.in + s.h.kernel);
  }

  int64_t size(int64_t rows) const { return cappedProduct(cappedProduct(height(rows), width_), s_.channels); }

  bool add(const Cut& cut, const T* x, const T* g, int64_t group, int64_t from, int64_t to, T* sum) const {
    ScratchFrame frame;
    const int64_t imageSize = size(cut.rows), line = width_ * s_.channels;
    T* padded = frame.take<T>(cappedProduct(imageSize, cut.images));
    if (!padded) return false;
    for (int64_t unit = from; unit < to; ++unit) {
      const int64_t image = unit / cut.bands * cut.images, top = unit % cut.bands * cut.rows;
      const int64_t images = smaller(cut.images, s_.images - image);
      const int64_t rows = smaller(cut.rows, s_.h.out - top);
      for (int64_t i = 0; i < images; ++i) {
        patch(top, rows).fill(kernels_, x + ((image + i) * s_.groups + group) * s_.inputSize(),
                              padded + i * imageSize);
      }
      const ConvWalk walk = {images,   rows,      s_.w.out,           s_.groups * s_.outputSize(),
                             s_.w.out, imageSize, s_.h.stride * line, s_.w.stride * s_.channels};
      const T* gradient = g + (image * s_.groups + group) * s_.outputSize() + top * s_.w.out;
      for (int64_t i = 0; i < s_.h.kernel; ++i) {
        for (int64_t j = 0; j < segments_; ++j) {
          kernels_.shiftedProducts(s_.filters, n_, walk, gradient, s_.pixels(),
                                   padded + i * s_.h.dilation * line + j * s_.w.dilation * s_.channels,
                                   sum + (i * segments_ + j) * s_.filters * n_, n_, unit > from);
        }
      }
    }
    return true;
  }

  // dw of one filter.
  void store(const T* sum, int64_t filter, T* dw) const {
    for (int64_t i = 0; i < s_.h.kernel; ++i) {
      for (int64_t j = 0; j < s_.w.kernel; ++j) {
        const T* from = segments_ == 1 ? sum + (i * s_.filters + filter) * n_ + j * s_.channels
                                       : sum + ((i * segments_ + j) * s_.filters + filter) * n_;
        for (int64_t c = 0; c < s_.channels; ++c) dw[(c * s_.h.kernel + i) * s_.w.kernel + j] = from[c];
      }
    }
  }

 private:
  int64_t height(int64_t rows) const {
    return (rows - 1) * s_.h.stride + (s_.h.kernel - 1) * s_.h.dilation + 1;
  }

  // The rows that the output rows [top, top + rows) meet.
  ConvPatch<T> patch(int64_t top, int64_t rows) const {
    return {s_.channels,  s_.h.in,       s_.w.in, top * s_.h.stride - s_.h.padding,
            height(rows), -s_.w.padding, width_};
  }

  const ConvShape& s_;
  const ConvKernels<T>& kernels_;
  int64_t width_;         // of a padded line
  int64_t segments_, n_;  // of a kernel row, and the adjacent values of each
};

template <class T>
class DotSums {
 public:
  DotSums(const ConvShape& s, const ConvKernels<T>& kernels) : s_(s), kernels_(kernels) {}

  int64_t size(int64_t rows) const { return cappedProduct(bandOf(rows).channelSize(), s_.channels); }

  bool add(const Cut& cut, const T* x, const T* g, int64_t group, int64_t from, int64_t to, T* sum) const {
    ScratchFrame frame;
    const ConvBand<T> band = bandOf(cut.rows);
    const int64_t imageSize = size(cut.rows);
    T* copies = frame.take<T>(cappedProduct(imageSize, cut.images));
    int64_t* offsets = frame.take<int64_t>(s_.taps());
    if (!copies || !offsets) return false;
    int64_t* offset = offsets;
    for (int64_t c = 0; c < s_.channels; ++c) {
      for (int64_t i = 0; i < s_.h.kernel; ++i) {
        for (int64_t j = 0; j < s_.w.kernel; ++j) *offset++ = band.offset(c, i, j);
      }
    }
    for (int64_t unit = from; unit < to; ++unit) {
      const int64_t image = unit / cut.bands * cut.images, top = unit % cut.bands * cut.rows;
      const int64_t images = smaller(cut.images, s_.images - image);
      const int64_t rows = smaller(cut.rows, s_.h.out - top);
      for (int64_t i = 0; i < images; ++i) {
        const T* item = x + ((image + i) * s_.groups + group) * s_.inputSize();
        band.fill(kernels_, s_.channels, item, top, rows, 0, copies + i * imageSize);
      }
      kernels_.dotProducts(s_.filters, rows * s_.w.out, s_.taps(), offsets, images,
                           g + (image * s_.groups + group) * s_.outputSize() + top * s_.w.out,
                           s_.groups * s_.outputSize(), s_.pixels(), copies, imageSize, sum, s_.taps(),
                           unit > from);
    }
    return true;
  }

  void store(const T* sum, int64_t filter, T* dw) const {
    memcpy(dw, sum + filter * s_.taps(), static_cast<size_t>(s_.taps()) * sizeof(T));
  }

 private:
  ConvBand<T> bandOf(int64_t rows) const { return {forwardLine(s_.h), forwardLine(s_.w), rows}; }

  const ConvShape& s_;
  const ConvKernels<T>& kernels_;
};

template <class T, class Sums>
bool sumParts(const ConvShape& s, const Sums& sums, const T* x, const T* g, T* dw) {
  const Cut cut = cutOf<T>(s, [&](int64_t rows) { return sums.size(rows); });
  const int64_t ofGroup = s.weightSize(), size = ofGroup * s.groups;
  ScratchFrame frame;
  T* partial = frame.take<T>(cut.parts * size);
  if (!partial) return false;
  ConvOutcome outcome;
  parallelFor(cut.parts * s.groups, [&](int64_t chunk, int) {
    const int64_t part = chunk / s.groups, group = chunk % s.groups;
    if (!sums.add(cut, x, g, group, cut.units * part / cut.parts, cut.units * (part + 1) / cut.parts,
                  partial + part * size + group * ofGroup)) {
      outcome.outOfMemory();
    }
  });
  if (!outcome.enough()) return false;
  constexpr int64_t perChunk = int64_t{1} << 13;
  parallelFor(partsOf(size, perChunk), [&](int64_t chunk, int) {
    const int64_t begin = chunk * perChunk, end = smaller(size, begin + perChunk);
    for (int64_t distance = 1; distance < cut.parts; distance *= 2) {
      for (int64_t part = 0; part + distance < cut.parts; part += 2 * distance) {
        T* to = partial + part * size;
        const T* from = partial + (part + distance) * size;
        for (int64_t i = begin; i < end; ++i) to[i] += from[i];
      }
    }
  });
  const int64_t filters = larger(1, perChunk / s.taps());
  parallelFor(partsOf(s.groups * s.filters, filters), [&](int64_t chunk, int) {
    for (int64_t f = chunk * filters; f < smaller((chunk + 1) * filters, s.groups * s.filters); ++f) {
      sums.store(partial + f / s.filters * ofGroup, f % s.filters, dw + f * s.taps());
    }
  });
  return true;
}

}  // namespace

template <class T>
bool convGradWeight(const ConvFactors<T>& factors, T* dw) {
  const ConvShape& shape = factors.shape;
  const ConvKernels<T>& kernels = *factors.kernels;
  if (isDepthwise(shape)) return depthwiseGradWeight(shape, factors.a, factors.b, dw);
  if constexpr (sizeof(T) == sizeof(float)) {
    // Pairs of rounded values are no numbers that could be transformed.
    if (&kernels == &convKernels<float>() && winogradSuits(shape)) {
      bool finite;
      const bool enough = winogradGradWeight(shape, factors.a, factors.b, dw, finite);
      if (!enough || finite) return enough;
    }
  }
  if (ShiftedSums<T>::suits(shape, kernels)) {
    return sumParts<T>(shape, ShiftedSums<T>(shape, kernels), factors.a, factors.b, dw);
  }
  return sumParts<T>(shape, DotSums<T>(shape, kernels), factors.a, factors.b, dw);
}

template bool convGradWeight<float>(const ConvFactors<float>&, float*);
template bool convGradWeight<double>(const ConvFactors<double>&, double*);

}  // namespace quern
