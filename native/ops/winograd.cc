// Driver of fast 3×3 convolution, the forward pass and the input's gradient.
//
// Blocks of tiles go through all stages one after the other, so that the transformed values stay in the
// second cache: inputs with their channels side by side, Bᵀ, a product of matrices (tiles × channels by
// channels × filters) at each of the 36 places, Aᵀ, and the outputs back to planes.
#include "winograd.h"

#include <string.h>

#include "../core/scratch.h"
#include "../core/thread_pool.h"
#include "conv_patch.h"
#include "winograd_tiles.h"

namespace quern {
namespace {

constexpr int64_t kPartFilters = 64;  // of a part: with fewer, transforming the inputs for each would show

int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
int64_t partsOf(int64_t size, int64_t part) { return (size + part - 1) / part; }

class Runner {
 public:
  Runner(const Correlation<float>& c, int64_t group)
      : c_(c),
        table_(kernelTable()),
        tiles_(c.images, c.h.out, c.w.out, blockOf(c)),
        group_(group),
        parts_(partsFor(c, tiles_)),
        dataStep_(winogradStep(c.channels)),
        sumStep_(winogradStep(c.filters)),
        weightPlace_(winogradStep(c.channels * sumStep_)),
        dataPlace_(winogradStep(tiles_.ofBlock() * dataStep_)),
        sumPlace_(winogradStep(tiles_.ofBlock() * sumStep_)) {}

  bool run() {
    ScratchFrame frame;
    const int64_t columnBlocks = tiles_.columnBlocks(), marks = tiles_.totalRows * columnBlocks * parts_;
    weights_ = frame.take<float>(cappedProduct(kWinogradPlaces, weightPlace_));
    direct_ = frame.take<uint8_t>(marks);
    if (!weights_ || !direct_) return false;
    memset(direct_, 0, static_cast<size_t>(marks));
    ConvOutcome outcome;
    transformWeights(outcome);
    if (!outcome.enough()) return false;
    parallelFor(tiles_.rowBlocks() * columnBlocks * parts_, [&](int64_t chunk, int) {
      const int64_t block = chunk / parts_, part = chunk % parts_;
      if (!runBlock(block / columnBlocks, block % columnBlocks, part)) outcome.outOfMemory();
    });
    return outcome.enough() && repeatDirectly();
  }

 private:
  // An output belongs to one block and its sums have one order, so the cut is free.
  static int64_t blockOf(const Correlation<float>& c) {
    const int64_t most = winogradBlock(c.channels, c.filters);
    const int64_t tiles = c.images * partsOf(c.h.out, kWinogradTile) * partsOf(c.w.out, kWinogradTile);
    const int64_t fewest = smaller(most, winogradFewest(c.channels, c.filters));
    return threadCount() == 1 ? most : larger(fewest, smaller(most, partsOf(tiles, 4 * threadCount())));
  }

  // Where blocks are few, several threads share one's filters.
  static int64_t partsFor(const Correlation<float>& c, const WinogradTiles& tiles) {
    const int64_t blocks = tiles.rowBlocks() * tiles.columnBlocks();
    if (threadCount() == 1 || blocks >= 2 * threadCount()) return 1;
    return larger(1, smaller(partsOf(4 * threadCount(), blocks), c.filters / kPartFilters));
  }

  void transformWeights(ConvOutcome& outcome) const {
    const ConvWeights<float>& w = c_.weights;
    const int64_t perChunk = larger(1, (int64_t{1} << 12) / c_.filters);
    parallelFor(partsOf(c_.channels, perChunk), [&](int64_t chunk, int) {
      ScratchFrame frame;
      float* taps = frame.take<float>(9 * c_.filters);
      if (!taps) return outcome.outOfMemory();
      for (int64_t c = chunk * perChunk; c < smaller((chunk + 1) * perChunk, c_.channels); ++c) {
        // The nine taps of a filter are adjacent, in one order or the other.
        const float* from = w.data + group_ * w.group + c * w.channel + (w.w < 0 ? 8 * w.w : 0);
        table_.gemm32.transpose(c_.filters, 9, from, w.filter, taps, c_.filters);
        table_.winograd.weights(c_.filters, w.w < 0 ? taps + 8 * c_.filters : taps, w.w * c_.filters,
                                weights_ + c * sumStep_, weightPlace_);
      }
    });
  }

  bool runBlock(int64_t rowBlock, int64_t columnBlock, int64_t part) const {
    const int64_t first = rowBlock * tiles_.blockRows, column = columnBlock * tiles_.blockColumns;
    const int64_t rows = smaller(tiles_.blockRows, tiles_.totalRows - first);
    const int64_t columns = smaller(tiles_.blockColumns, tiles_.columns - column);
    const int64_t f0 = c_.filters * part / parts_, f1 = c_.filters * (part + 1) / parts_;
    ScratchFrame frame;
    const int64_t wide = kWinogradTile * columns;
    float* data = frame.take<float>(kWinogradPlaces * dataPlace_);
    float* sums = frame.take<float>(kWinogradPlaces * sumPlace_);
    float* patch = frame.take<float>(
        larger(kWinogradReach * (wide + 2) * c_.channels, kWinogradTile * wide * c_.filters));
    if (!data || !sums || !patch) return false;
    for (int64_t row = 0; row < rows; ++row) {
      const int64_t image = (first + row) / tiles_.ofImage,
                    top = (first + row) % tiles_.ofImage * kWinogradTile;
      const ConvPatch<float> input = {c_.channels,      c_.h.in,        c_.w.in,
                                      top + c_.h.first, kWinogradReach, column * kWinogradTile + c_.w.first,
                                      wide + 2};
      input.fill(table_.conv32, c_.x + (image * c_.groups + group_) * c_.channels * c_.h.in * c_.w.in, patch);
      table_.winograd.data(c_.channels, columns, patch, input.line(), data + row * columns * dataStep_,
                           dataStep_, dataPlace_);
    }
    multiply(rows * columns, f0, f1, data, sums);
    for (int64_t row = 0; row < rows; ++row) {
      const float* bias = c_.bias ? c_.bias + group_ * c_.filters + f0 : nullptr;
      const bool finite = table_.winograd.outputs(f1 - f0, columns, sums + row * columns * sumStep_, sumStep_,
                                                  sumPlace_, bias, patch, wide * (f1 - f0));
      if (!finite) direct_[((first + row) * tiles_.columnBlocks() + columnBlock) * parts_ + part] = 1;
      activateInPlace(c_.activation, kWinogradTile * wide * (f1 - f0), patch);
      store(first + row, column, f0, f1 - f0, patch, wide);
    }
    return true;
  }

  void multiply(int64_t tiles, int64_t f0, int64_t f1, const float* data, float* sums) const {
    const int64_t most = table_.gemm32.kc;
    for (int64_t place = 0; place < kWinogradPlaces; ++place) {
      for (int64_t c = 0; c < c_.channels; c += most) {
        table_.gemm32.multiply(tiles, f1 - f0, smaller(most, c_.channels - c), data + place * dataPlace_ + c,
                               dataStep_, 1, weights_ + place * weightPlace_ + c * sumStep_ + f0, sumStep_,
                               sums + place * sumPlace_, sumStep_, c > 0, nullptr);
      }
    }
  }

  // A row of tiles, with `filters` filters from f0 on side by side, to the outputs' planes.
  void store(int64_t tileRow, int64_t column, int64_t f0, int64_t filters, const float* patch,
             int64_t wide) const {
    const int64_t image = tileRow / tiles_.ofImage, top = tileRow % tiles_.ofImage * kWinogradTile;
    const int64_t left = column * kWinogradTile;
    const int64_t rows = smaller(kWinogradTile, c_.h.out - top), width = smaller(wide, c_.w.out - left);
    const int64_t plane = (image * c_.groups + group_) * c_.filters + f0;
    float* y = c_.y + plane * c_.yPlane + top * c_.yRow + left;
    if (width == wide && width == c_.yRow) {
      table_.gemm32.transpose(rows * wide, filters, patch, filters, y, c_.yPlane);
      return;
    }
    for (int64_t row = 0; row < rows; ++row) {
      table_.gemm32.transpose(width, filters, patch + row * wide * filters, filters, y + row * c_.yRow,
                              c_.yPlane);
    }
  }

  // The tile rows that hold values which are not finite, runs of them in an image at once.
  bool repeatDirectly() const {
    const auto marked = [&](int64_t row) {
      const int64_t blocks = tiles_.columnBlocks() * parts_;
      return memchr(direct_ + row * blocks, 1, static_cast<size_t>(blocks)) != nullptr;
    };
    for (int64_t row = 0; row < tiles_.totalRows; ++row) {
      if (!marked(row)) continue;
      const int64_t image = row / tiles_.ofImage, first = row % tiles_.ofImage;
      while (row + 1 < (image + 1) * tiles_.ofImage && marked(row + 1)) ++row;
      const int64_t top = first * kWinogradTile;
      Correlation<float> part = c_;
      part.images = part.groups = 1;
      part.h.first += top;
      part.h.out = smaller(c_.h.out, (row % tiles_.ofImage + 1) * kWinogradTile) - top;
      part.x += (image * c_.groups + group_) * c_.channels * c_.h.in * c_.w.in;
      part.weights.data += group_ * c_.weights.group;
      if (part.bias) part.bias += group_ * c_.filters;
      part.y += (image * c_.groups + group_) * c_.filters * c_.yPlane + top * c_.yRow;
      if (!correlateDirectly(part, convKernels<float>())) return false;
    }
    return true;
  }

  const Correlation<float>& c_;
  const KernelTable& table_;
  const WinogradTiles tiles_;
  const int64_t group_;
  const int64_t parts_;               // of the filters
  const int64_t dataStep_, sumStep_;  // from tile to tile; sumStep_ also from channel to channel of weights_
  const int64_t weightPlace_, dataPlace_, sumPlace_;
  float* weights_ = nullptr;   // [place][channel][filter]
  uint8_t* direct_ = nullptr;  // [tile row][block of columns][part]: to be computed again
};

}  // namespace

bool winogradSuits(const Correlation<float>& c) {
  const auto fits = [](const ConvLine& line) { return line.taps == 3 && line.stride == 1 && line.step == 1; };
  const bool adjacent = (c.weights.w == 1 || c.weights.w == -1) && c.weights.h == 3 * c.weights.w;
  return fits(c.h) && fits(c.w) && adjacent && c.yColumn == 1 &&
         winogradPays(c.images, c.channels, c.filters, c.h.out, c.w.out);
}

bool winogradCorrelate(const Correlation<float>& c) {
  for (int64_t group = 0; group < c.groups; ++group) {
    if (!Runner(c, group).run()) return false;
  }
  return true;
}

}  // namespace quern
