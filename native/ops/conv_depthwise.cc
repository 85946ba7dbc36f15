// Drivers of depthwise convolution: each plane is copied once into a zero-padded one, band by band, in which
// every tap is an offset.
#include "conv_depthwise.h"

#include <string.h>

#include "../core/scratch.h"
#include "../core/thread_pool.h"
#include "conv_phase.h"

namespace quern {
namespace {

constexpr int64_t kBandValues = 6144;  // of a padded plane: three quarters of a usual first cache
constexpr int64_t kChunkProducts = int64_t{1} << 17;  // some microseconds, memory included
constexpr int64_t kMostStride = 4, kMostTaps = 16;    // of an axis
constexpr int64_t kMostParts = 16;                    // of the images, whose weight gradients are added

int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
int64_t partsOf(int64_t size, int64_t part) { return (size + part - 1) / part; }

int64_t span(const ConvLine& line, int64_t outputs) {
  return (outputs - 1) * line.stride + (line.taps - 1) * line.step + 1;
}

// A band of a padded plane in scratch memory. Columns of the same residue modulo the stride lie side by side,
// each residue in a plane of its own, so that adjacent outputs meet adjacent values with every tap.
template <class T>
class PaddedBand {
 public:
  PaddedBand(const ConvLine& h, const ConvLine& w) : h_(h), w_(w), width_(partsOf(span(w, w.out), w.stride)) {
    int64_t rows = (kBandValues / (width_ * w.stride) - (h.taps - 1) * h.step - 1) / h.stride + 1;
    rows = larger(1, smaller(rows, h.out));
    bands_ = partsOf(h.out, rows);
    rows_ = partsOf(h.out, bands_);
    planeSize_ = cappedProduct(span(h_, rows_), width_);
  }

  bool take(ScratchFrame& frame) {
    const int64_t size = cappedProduct(planeSize_, w_.stride) + 64;  // a vector may read beyond the last row
    padded_ = frame.take<T>(size);
    offsets_ = frame.take<int64_t>(h_.taps * w_.taps);
    if (!padded_ || !offsets_) return false;
    memset(padded_, 0, static_cast<size_t>(size) * sizeof(T));  // the sides: once, for all planes
    for (int64_t i = 0; i < h_.taps; ++i) {
      for (int64_t j = 0; j < w_.taps; ++j) {
        const int64_t column = j * w_.step;
        offsets_[i * w_.taps + j] =
            column % w_.stride * planeSize_ + i * h_.step * width_ + column / w_.stride;
      }
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
    for (int64_t residue = 0; residue < w_.stride; ++residue) {
      // Place p of this residue is column p · stride + start.
      const int64_t start = w_.first + residue;
      const int64_t left = smaller(width_, start < 0 ? partsOf(-start, w_.stride) : 0);
      const int64_t right =
          larger(left, smaller(width_, start < w_.in ? partsOf(w_.in - start, w_.stride) : 0));
      const T* from = plane + (above + first) * w_.in + start + left * w_.stride;
      T* to = padded_ + residue * planeSize_;
      const bool any = left < right && first < last;
      if (w_.stride > 1) {
        const ConvSpan none = {0, 0}, inside = {first, last};
        kernels.unfold({1, 0, 0}, width_, any ? inside : none, lines, {left, right}, any ? from : plane,
                       w_.in, w_.stride, to);
        continue;
      }
      memset(to, 0, static_cast<size_t>(first * width_) * sizeof(T));
      memset(to + last * width_, 0, static_cast<size_t>((lines - last) * width_) * sizeof(T));
      if (!any) continue;
      kernels.copyRows(last - first, right - left, from, w_.in, to + first * width_ + left, width_);
    }
  }

 private:
  const ConvLine h_, w_;
  const int64_t width_;  // of a residue
  int64_t rows_, bands_;
  int64_t planeSize_;
  T* padded_ = nullptr;
  int64_t* offsets_ = nullptr;
};

bool fits(const ConvAxis& axis) {
  const ConvLine line = forwardLine(axis);
  return line.stride <= kMostStride && line.taps <= kMostTaps && line.step <= 16 &&
         2 * axis.padding <= line.step * (line.taps - 1) && span(line, line.out) <= 4 * (line.in + 16);
}

// Phases of one axis; those that no tap meets have none.
struct Phases {
  explicit Phases(const ConvAxis& axis) {
    for (int64_t start = 0; start < smaller(axis.stride, axis.in); ++start) {
      ConvPhase& phase = all[count++];
      if (phaseOf(axis, start, phase)) continue;
      phase.start = start;
      phase.line.taps = 0;
      phase.line.out = partsOf(axis.in - start, axis.stride);
    }
  }
  ConvPhase all[kMostStride];
  int64_t count = 0;
};

// y = each plane of x along the lines h and w; tap t of a channel is weights[t · weightStep].
template <class T>
bool correlatePlanes(const ConvShape& s, const ConvLine& h, const ConvLine& w, const T* x, const T* weights,
                     int64_t weightStep, const T* bias, Activation activation, T* y) {
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
      T* to = y + (plane * h.out + top) * w.out;
      kernels.depthwise(rows, w.out, band.taps(), weights + channel * s.kernelSize(), weightStep,
                        bias ? bias[channel] : T(0), band.data(), band.rowStep(), to);
      activateInPlace(activation, rows * w.out, to);
    }
  });
  return outcome.enough();
}

// Rows of the columns' phases, one after the other in `parts`, to one row with the columns in turns.
template <class T>
void mergeRow(const Phases& columns, const T* const* parts, int64_t row, int64_t stride, T* to) {
  if (columns.count == 2 && stride == 2) {
    const int64_t evens = columns.all[0].line.out, odds = columns.all[1].line.out;
    const T *even = parts[0] + row * evens, *odd = parts[1] + row * odds;
    for (int64_t o = 0; o < odds; ++o) {
      to[2 * o] = even[o];
      to[2 * o + 1] = odd[o];
    }
    if (evens > odds) to[2 * odds] = even[odds];
    return;
  }
  for (int64_t phase = 0; phase < columns.count; ++phase) {
    const int64_t count = columns.all[phase].line.out;
    for (int64_t o = 0; o < count; ++o) to[phase + o * stride] = parts[phase][row * count + o];
  }
}

// The gradient of a strided convolution's input, planes [begin, end): the rows that `h` says.
template <class T>
bool spreadRows(const ConvShape& s, const ConvPhase& h, const Phases& columns, int64_t begin, int64_t end,
                const T* g, const T* weights, T* dx) {
  const ConvKernels<T>& kernels = convKernels<T>();
  for (int64_t plane = begin; plane < end; ++plane) {
    ScratchFrame frame;
    T* parts[kMostStride];
    for (int64_t i = 0; i < columns.count; ++i) {
      const ConvPhase& v = columns.all[i];
      const int64_t size = h.line.out * v.line.out;
      parts[i] = frame.take<T>(size);
      if (!parts[i]) return false;
      if (h.line.taps == 0 || v.line.taps == 0) {
        memset(parts[i], 0, static_cast<size_t>(size) * sizeof(T));
        continue;
      }
      T taps[kMostTaps * kMostTaps];
      const T* kernel = weights + plane % s.groups * s.kernelSize() + h.lastTap * s.w.kernel + v.lastTap;
      for (int64_t j = 0; j < h.line.taps; ++j) {
        for (int64_t k = 0; k < v.line.taps; ++k) {
          taps[j * v.line.taps + k] = kernel[-j * h.tapStep * s.w.kernel - k * v.tapStep];
        }
      }
      PaddedBand<T> band(h.line, v.line);
      if (!band.take(frame)) return false;
      for (int64_t top = 0; top < h.line.out; top += band.rows()) {
        const int64_t rows = smaller(band.rows(), h.line.out - top);
        band.fill(kernels, g + plane * s.pixels(), top, rows);
        kernels.depthwise(rows, v.line.out, band.taps(), taps, 1, T(0), band.data(), band.rowStep(),
                          parts[i] + top * v.line.out);
      }
    }
    for (int64_t row = 0; row < h.line.out; ++row) {
      mergeRow<T>(columns, parts, row, s.w.stride,
                  dx + plane * s.plane() + (h.start + row * s.h.stride) * s.w.in);
    }
  }
  return true;
}

}  // namespace

bool isDepthwise(const ConvShape& s) {
  return s.channels == 1 && s.filters == 1 && s.groups > 1 && fits(s.h) && fits(s.w);
}

template <class T>
bool depthwise(const ConvShape& s, const T* x, const T* weights, const T* bias, Activation activation, T* y) {
  return correlatePlanes(s, forwardLine(s.h), forwardLine(s.w), x, weights, 1, bias, activation, y);
}

template <class T>
bool depthwiseGradInput(const ConvShape& s, const T* g, const T* weights, T* dx) {
  const Phases rows(s.h), columns(s.w);
  if (s.h.stride == 1 && s.w.stride == 1) {
    return correlatePlanes<T>(s, rows.all[0].line, columns.all[0].line, g, weights + s.kernelSize() - 1, -1,
                              nullptr, Activation::kNone, dx);
  }
  const int64_t planes = s.images * s.groups;
  const int64_t perChunk = larger(1, kChunkProducts / (s.kernelSize() * s.pixels()));
  ConvOutcome outcome;
  parallelFor(partsOf(planes, perChunk), [&](int64_t chunk, int) {
    for (int64_t i = 0; i < rows.count; ++i) {
      if (!spreadRows(s, rows.all[i], columns, chunk * perChunk, smaller((chunk + 1) * perChunk, planes), g,
                      weights, dx)) {
        return outcome.outOfMemory();
      }
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

template bool depthwise<float>(const ConvShape&, const float*, const float*, const float*, Activation,
                               float*);
template bool depthwise<double>(const ConvShape&, const double*, const double*, const double*, Activation,
                                double*);
template bool depthwiseGradInput<float>(const ConvShape&, const float*, const float*, float*);
template bool depthwiseGradInput<double>(const ConvShape&, const double*, const double*, double*);
template bool depthwiseGradWeight<float>(const ConvShape&, const float*, const float*, float*);
template bool depthwiseGradWeight<double>(const ConvShape&, const double*, const double*, double*);

}  // namespace quern
