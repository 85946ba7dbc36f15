// Driver of correlation: packs the weights, cuts the images into bands, and runs the tiles over each.
//
// A band of an image is copied once per kernel column (conv_shape.h), so that the values that one tap meets
// over all output pixels of the band are adjacent in memory; a product over taps then needs only a table of
// offsets (as in Cho and Brand, "MEC: memory-efficient convolution", 2017). Copying costs a few percent of
// the product, where unfolding every tap costs a multiple of it.
#include "conv_correlate.h"

#include "../core/scratch.h"
#include "../core/thread_pool.h"
#include "winograd.h"

namespace quern {
namespace {

constexpr int64_t kBandBytes = int64_t{256} << 10;  // of copies at a time: a part of a usual second cache
constexpr int64_t kBlockTaps = 576;   // of a block of channels: a panel of weights stays in the first cache
constexpr int64_t kFewestTaps = 144;  // a tile's loads and stores of y are lost in as many products
constexpr int64_t kChunkProducts = int64_t{1} << 18;  // some microseconds; less is not worth a thread

int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
int64_t partsOf(int64_t size, int64_t part) { return (size + part - 1) / part; }

struct Plan {
  bool direct;       // the input needs no copies: its rows are the output's
  int64_t channels;  // of a block
  int64_t rows, bands;
  int64_t columns, segments;  // of a band; all columns where it has several rows
  int64_t filterParts;        // of a group's filters, in whole panels
  int64_t itemsPerChunk;      // images and groups
};

// Whether every tap of every output lies in the input, and adjacent outputs meet adjacent inputs.
bool needsNoCopies(const ConvLine& h, const ConvLine& w) {
  return w.taps == 1 && w.stride == 1 && w.first == 0 && w.in == w.out && h.stride == 1 && h.first >= 0 &&
         h.first + (h.taps - 1) * h.step + h.out <= h.in;
}

template <class T>
Plan planOf(const Correlation<T>& c, const ConvKernels<T>& kernels) {
  Plan plan;
  plan.direct = needsNoCopies(c.h, c.w);
  const int64_t taps = c.h.taps * c.w.taps;
  plan.channels = smaller(c.channels, larger(1, kBlockTaps / taps));
  // The rows whose copies fit; fewer channels at a time where the kernel's rows would be copied over and
  // over.
  const auto fitting = [&](int64_t channels) {
    int64_t low = 1, high = c.h.out;
    while (low < high) {
      const int64_t middle = (low + high + 1) / 2;
      const int64_t size = cappedProduct(ConvBand<T>(c.h, c.w, middle).channelSize(), channels);
      if (size <= kBandBytes / static_cast<int64_t>(sizeof(T)))
        low = middle;
      else
        high = middle - 1;
    }
    return low;
  };
  plan.rows = fitting(plan.channels);
  while (plan.rows < smaller(c.h.out, 4 * c.h.taps) && plan.channels * taps >= 2 * kFewestTaps) {
    plan.channels = (plan.channels + 1) / 2;
    plan.rows = fitting(plan.channels);
  }
  plan.channels = partsOf(c.channels, partsOf(c.channels, plan.channels));
  const int64_t lineBytes =
      cappedProduct(ConvBand<T>(c.h, c.w, 1).channelSize(), plan.channels * static_cast<int64_t>(sizeof(T)));
  plan.segments = 1;
  if (plan.rows == 1 && lineBytes > kBandBytes) {
    plan.segments = smaller(partsOf(lineBytes, kBandBytes), partsOf(c.w.out, 2 * kernels.tilePixels));
  }
  plan.columns = partsOf(partsOf(c.w.out, plan.segments), kernels.tilePixels) * kernels.tilePixels;
  if (plan.segments == 1 || plan.columns > c.w.out) plan.columns = c.w.out;
  plan.segments = partsOf(c.w.out, plan.columns);
  // Enough chunks for the threads, as long as each has work. An output belongs to one chunk and its products
  // have one order, so the cut is free.
  const int64_t items = c.images * c.groups;
  const int64_t lineProducts = c.filters * c.channels * taps * c.w.out;
  const int64_t itemProducts = cappedProduct(lineProducts, c.h.out);
  const int64_t wanted = threadCount() > 1 ? 4 * threadCount() : 1;
  plan.itemsPerChunk = 1;
  plan.filterParts = 1;
  if (itemProducts < kChunkProducts) {
    plan.itemsPerChunk = kChunkProducts / larger(1, itemProducts);
  } else if (items < wanted) {
    const int64_t fewest = partsOf(2 * kernels.tilePixels, c.w.out);
    plan.rows = smaller(plan.rows, larger(fewest, partsOf(c.h.out, partsOf(wanted, items))));
  }
  plan.bands = partsOf(c.h.out, plan.rows);
  plan.rows = partsOf(c.h.out, plan.bands);
  plan.bands = partsOf(c.h.out, plan.rows);
  const int64_t chunks = items * plan.bands * plan.segments, products = cappedProduct(itemProducts, items);
  if (chunks < wanted && products > chunks * kChunkProducts) {
    plan.filterParts = smaller(partsOf(wanted, chunks), partsOf(c.filters, kernels.tileFilters));
  }
  return plan;
}

// Panels of tileFilters filters: weights[tap][filter], taps of all channels in order.
template <class T>
void packWeights(const Correlation<T>& c, int64_t tileFilters, int64_t panels, int64_t panel, T* packed) {
  const int64_t ofPanel = c.channels * c.h.taps * c.w.taps;
  const int64_t perChunk = larger(1, (int64_t{1} << 14) / ofPanel / tileFilters);
  parallelFor(partsOf(c.groups * panels, perChunk), [&](int64_t chunk, int) {
    for (int64_t i = chunk * perChunk; i < smaller((chunk + 1) * perChunk, c.groups * panels); ++i) {
      const int64_t f0 = i % panels * tileFilters, count = smaller(tileFilters, c.filters - f0);
      const T* from = c.weights.data + i / panels * c.weights.group + f0 * c.weights.filter;
      T* to = packed + i * panel;
      for (int64_t channel = 0; channel < c.channels; ++channel) {
        for (int64_t h = 0; h < c.h.taps; ++h) {
          const T* tap = from + channel * c.weights.channel + h * c.weights.h;
          for (int64_t w = 0; w < c.w.taps; ++w, tap += c.weights.w, to += tileFilters) {
            for (int64_t f = 0; f < count; ++f) to[f] = tap[f * c.weights.filter];
          }
        }
      }
    }
  });
}

template <class T>
class Runner {
 public:
  Runner(const Correlation<T>& c, const ConvKernels<T>& kernels)
      : c_(c),
        kernels_(kernels),
        plan_(planOf(c, kernels)),
        band_(c.h, widthOf(c.w, plan_.columns), plan_.rows) {}

  bool run() {
    ScratchFrame frame;
    const int64_t taps = c_.h.taps * c_.w.taps, tile = kernels_.tileFilters;
    const int64_t panels = partsOf(c_.filters, tile);
    panel_ = cappedProduct(c_.channels * taps, tile);
    T* packed = frame.take<T>(cappedProduct(panel_, panels * c_.groups));
    int64_t* offsets = frame.take<int64_t>(plan_.channels * taps);
    if (!packed || !offsets) return false;
    packWeights(c_, tile, panels, panel_, packed);
    packed_ = packed;
    offsets_ = offsets;
    for (int64_t channel = 0; channel < plan_.channels; ++channel) {
      for (int64_t i = 0; i < c_.h.taps; ++i) {
        for (int64_t j = 0; j < c_.w.taps; ++j) {
          *offsets++ = plan_.direct ? channel * c_.h.in * c_.w.in + (c_.h.first + i * c_.h.step) * c_.w.in
                                    : band_.offset(channel, i, j);
        }
      }
    }
    const int64_t items = c_.images * c_.groups;
    const int64_t itemChunks = partsOf(items, plan_.itemsPerChunk);
    ConvOutcome outcome;
    const int64_t bands = plan_.bands * plan_.segments;
    parallelFor(itemChunks * bands * plan_.filterParts, [&](int64_t chunk, int) {
      const int64_t part = chunk % plan_.filterParts, band = chunk / plan_.filterParts % bands;
      const int64_t first = chunk / plan_.filterParts / bands * plan_.itemsPerChunk;
      const int64_t top = band / plan_.segments * plan_.rows, left = band % plan_.segments * plan_.columns;
      for (int64_t item = first; item < smaller(first + plan_.itemsPerChunk, items); ++item) {
        if (!runBand(item, top, left, part)) return outcome.outOfMemory();
      }
    });
    return outcome.enough();
  }

 private:
  static ConvLine widthOf(ConvLine w, int64_t columns) {
    w.out = columns;
    return w;
  }

  bool runBand(int64_t item, int64_t top, int64_t left, int64_t part) const {
    const int64_t rows = smaller(plan_.rows, c_.h.out - top);
    const int64_t columns = smaller(plan_.columns, c_.w.out - left), pixels = rows * columns;
    const int64_t tile = kernels_.tileFilters, panels = partsOf(c_.filters, tile);
    const int64_t firstPanel = panels * part / plan_.filterParts;
    const int64_t f0 = firstPanel * tile;
    const int64_t f1 = smaller(c_.filters, panels * (part + 1) / plan_.filterParts * tile);
    if (f0 >= f1) return true;
    const bool inPlace = c_.yColumn == 1 && (c_.yRow == columns || rows == 1);
    ScratchFrame frame;
    T* copies = nullptr;
    T* out = c_.y + (item * c_.filters + f0) * c_.yPlane + top * c_.yRow + left * c_.yColumn;
    int64_t ldOut = c_.yPlane;
    if (!inPlace) {
      ldOut = pixels;
      out = frame.take<T>((f1 - f0) * pixels);
      if (!out) return false;
    }
    if (!plan_.direct) {
      copies = frame.take<T>(cappedProduct(band_.channelSize(), plan_.channels));
      if (!copies) return false;
    }
    const int64_t plane = c_.h.in * c_.w.in, taps = c_.h.taps * c_.w.taps;
    const T* weights = packed_ + (item % c_.groups * panels + firstPanel) * panel_;
    const T* bias = c_.bias ? c_.bias + item % c_.groups * c_.filters + f0 : nullptr;
    for (int64_t c0 = 0; c0 < c_.channels; c0 += plan_.channels) {
      const int64_t count = smaller(plan_.channels, c_.channels - c0);
      const bool last = c0 + count == c_.channels;
      const T* image = c_.x + (item * c_.channels + c0) * plane;
      if (copies) band_.fill(kernels_, count, image, top, rows, left, copies);
      kernels_.correlate(f1 - f0, pixels, count * taps, offsets_, weights + c0 * taps * tile, panel_,
                         copies ? copies : image + top * c_.w.in + left, c0 == 0 ? bias : nullptr, out, ldOut,
                         c0 > 0, last ? c_.activation : Activation::kNone);
    }
    for (int64_t f = f0; f < f1 && !inPlace; ++f) {
      for (int64_t row = 0; row < rows; ++row) {
        T* to = c_.y + (item * c_.filters + f) * c_.yPlane + (top + row) * c_.yRow + left * c_.yColumn;
        const T* from = out + (f - f0) * pixels + row * columns;
        for (int64_t o = 0; o < columns; ++o) to[o * c_.yColumn] = from[o];
      }
    }
    return true;
  }

  const Correlation<T>& c_;
  const ConvKernels<T>& kernels_;
  const Plan plan_;
  const ConvBand<T> band_;
  int64_t panel_ = 0;
  const T* packed_ = nullptr;
  const int64_t* offsets_ = nullptr;
};

}  // namespace

template <class T>
bool correlateDirectly(const Correlation<T>& correlation, const ConvKernels<T>& kernels) {
  return Runner<T>(correlation, kernels).run();
}

// Pairs of rounded values are no numbers that could be transformed: the faster method is for whole ones.
template <>
bool correlate(const Correlation<float>& correlation, const ConvKernels<float>& kernels) {
  const bool whole = &kernels == &convKernels<float>();
  return whole && winogradSuits(correlation) ? winogradCorrelate(correlation)
                                             : correlateDirectly(correlation, kernels);
}

template <>
bool correlate(const Correlation<double>& correlation, const ConvKernels<double>& kernels) {
  return correlateDirectly(correlation, kernels);
}

template bool correlateDirectly<float>(const Correlation<float>&, const ConvKernels<float>&);
template bool correlateDirectly<double>(const Correlation<double>&, const ConvKernels<double>&);

}  // namespace quern
