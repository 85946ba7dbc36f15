// Drivers of depthwise convolution: each plane is copied once into a zero-padded one, band by band, in which
// every tap is an offset.
#include "conv_depthwise.h"

#include <string.h>

#include "../core/scratch.h"
#include "../core/thread_pool.h"

namespace quern {
namespace {

constexpr int64_t kBandValues = 6144;  // of a padded plane: three quarters of a usual first cache
constexpr int64_t kChunkProducts = int64_t{1} << 17;  // some microseconds, memory included
constexpr int64_t kMostParts = 16;                    // of the images, whose weight gradients are added

int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
int64_t partsOf(int64_t size, int64_t part) { return (size + part - 1) / part; }

int64_t span(const ConvLine& line, int64_t outputs) {
  return (outputs - 1) * line.stride + (line.taps - 1) * line.step + 1;
}

// A band of a padded plane in scratch memory: zeros at the sides are written once, for all planes.
template <class T>
class PaddedBand {
 public:
  PaddedBand(const ConvLine& h, const ConvLine& w) : h_(h), w_(w), width_(span(w, w.out)) {
    int64_t rows = (kBandValues / width_ - (h.taps - 1) * h.step - 1) / h.stride + 1;
    rows = larger(1, smaller(rows, h.out));
    bands_ = partsOf(h.out, rows);
    rows_ = partsOf(h.out, bands_);
  }

  bool take(ScratchFrame& frame) {
    const int64_t size =
        cappedProduct(span(h_, rows_), width_) + 64;  // a vector may read beyond the last row
    padded_ = frame.take<T>(size);
    offsets_ = frame.take<int64_t>(h_.taps * w_.taps);
    if (!padded_ || !offsets_) return false;
    memset(padded_, 0, static_cast<size_t>(size) * sizeof(T));
    for (int64_t i = 0; i < h_.taps; ++i) {
      for (int64_t j = 0; j < w_.taps; ++j) offsets_[i * w_.taps + j] = i * h_.step * width_ + j * w_.step;
    }
    return true;
  }

  int64_t rows() const { return rows_; }
  int64_t bands() const { return bands_; }
  int64_t rowStep() const { return h_.stride * width_; }
  const T* data() const { return padded_; }
  ConvTaps taps() const { return {h_.taps * w_.taps, offsets_}; }

  // What the output rows [top, top + rows) meet.
  void fill(const ConvKernels<T>& kernels, const T* plane, int64_t top, int64_t rows) {
    const int64_t above = top * h_.stride + h_.first, lines = span(h_, rows);
    const int64_t first = smaller(lines, larger(0, -above));
    const int64_t last = larger(first, smaller(lines, h_.in - above));
    const int64_t left = smaller(width_, larger(0, -w_.first)), skipped = larger(0, w_.first);
    const int64_t columns = smaller(width_ - left, w_.in - skipped);
    memset(padded_, 0, static_cast<size_t>(first * width_) * sizeof(T));
    memset(padded_ + last * width_, 0, static_cast<size_t>((lines - last) * width_) * sizeof(T));
    if (columns <= 0 || first >= last) return;
    kernels.copyRows(last - first, columns, plane + (above + first) * w_.in + skipped, w_.in,
                     padded_ + first * width_ + left, width_);
  }

 private:
  const ConvLine h_, w_;
  const int64_t width_;
  int64_t rows_, bands_;
  T* padded_ = nullptr;
  int64_t* offsets_ = nullptr;
};

bool fits(const ConvLine& line) {
  return line.stride == 1 && line.taps <= 16 && span(line, line.out) <= 4 * (line.in + 16);
}

}  // namespace

bool isDepthwise(const ConvShape& s) {
  return s.channels == 1 && s.filters == 1 && s.groups > 1 && s.h.kernel <= 16 && s.h.dilation <= 16 &&
         fits(forwardLine(s.w)) && 2 * s.w.padding <= s.w.dilation * (s.w.kernel - 1) &&
         2 * s.h.padding <= s.h.dilation * (s.h.kernel - 1);
}

template <class T>
bool depthwise(const ConvShape& s, const ConvLine& h, const ConvLine& w, const T* x, const T* weights,
               int64_t weightStep, const T* bias, T* y) {
  const ConvKernels<T>& kernels = convKernels<T>();
  const int64_t bands = PaddedBand<T>(h, w).bands(), items = s.images * s.groups * bands;
  const int64_t products = h.taps * w.taps * partsOf(h.out, bands) * w.out;
  const int64_t perChunk = larger(1, kChunkProducts / products);
  ConvOutcome outcome;
  parallelFor(partsOf(items, perChunk), [&](int64_t chunk, int) {
    ScratchFrame frame;
    PaddedBand<T> band(h, w);
    if (!band.take(frame)) return outcome.outOfMemory();
    for (int64_t item = chunk * perChunk; item < smaller((chunk + 1) * perChunk, items); ++item) {
      const int64_t plane = item / bands, channel = plane % s.groups, top = item % bands * band.rows();
      const int64_t rows = smaller(band.rows(), h.out - top);
      if (rows <= 0) continue;
      band.fill(kernels, x + plane * h.in * w.in, top, rows);
      kernels.depthwise(rows, w.out, band.taps(), weights + channel * s.kernelSize(), weightStep,
                        bias ? bias[channel] : T(0), band.data(), band.rowStep(),
                        y + (plane * h.out + top) * w.out);
    }
  });
  return outcome.enough();
}

// The images are cut into parts by their number alone; each part's sums are in order, and the parts are added
// in a fixed tree.
template <class T>
bool depthwiseGradWeight(const ConvShape& s, const T* x, const T* g, T* dw) {
  const ConvKernels<T>& kernels = convKernels<T>();
  const ConvLine h = forwardLine(s.h), w = forwardLine(s.w);
  const int64_t size = s.groups * s.kernelSize(), parts = smaller(s.images, kMostParts);
  ScratchFrame outer;
  T* partial = outer.take<T>(parts * size);
  if (!partial) return false;
  memset(partial, 0, static_cast<size_t>(parts * size) * sizeof(T));
  const int64_t perChunk =
      larger(1, kChunkProducts / (s.kernelSize() * s.pixels() * partsOf(s.images, parts)));
  const int64_t chunks = partsOf(s.groups, perChunk);
  ConvOutcome outcome;
  parallelFor(parts * chunks, [&](int64_t chunk, int) {
    ScratchFrame frame;
    PaddedBand<T> band(h, w);
    if (!band.take(frame)) return outcome.outOfMemory();
    const int64_t part = chunk / chunks, first = chunk % chunks * perChunk;
    for (int64_t image = s.images * part / parts; image < s.images * (part + 1) / parts; ++image) {
      for (int64_t channel = first; channel < smaller(first + perChunk, s.groups); ++channel) {
        const int64_t plane = image * s.groups + channel;
        for (int64_t top = 0; top < h.out; top += band.rows()) {
          const int64_t rows = smaller(band.rows(), h.out - top);
          band.fill(kernels, x + plane * s.plane(), top, rows);
          kernels.depthwiseGrad(rows, w.out, band.taps(), g + (plane * h.out + top) * w.out, band.data(),
                                band.rowStep(), partial + part * size + channel * s.kernelSize());
        }
      }
    }
  });
  for (int64_t distance = 1; distance < parts; distance *= 2) {
    for (int64_t part = 0; part + distance < parts; part += 2 * distance) {
      for (int64_t i = 0; i < size; ++i) partial[part * size + i] += partial[(part + distance) * size + i];
    }
  }
  memcpy(dw, partial, static_cast<size_t>(size) * sizeof(T));
  return outcome.enough();
}

template bool depthwise<float>(const ConvShape&, const ConvLine&, const ConvLine&, const float*, const float*,
                               int64_t, const float*, float*);
template bool depthwise<double>(const ConvShape&, const ConvLine&, const ConvLine&, const double*,
                                const double*, int64_t, const double*, double*);
template bool depthwiseGradWeight<float>(const ConvShape&, const float*, const float*, float*);
template bool depthwiseGradWeight<double>(const ConvShape&, const double*, const double*, double*);

}  // namespace quern
