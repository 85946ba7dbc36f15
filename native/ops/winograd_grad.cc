// Driver of the weight gradient of fast 3×3 convolution: at each of the 36 places the product of the
// transformed gradient with the transformed input, summed over tiles.
//
// The tiles are cut into parts by the shape alone, each part's sums are in order and transformed back to the
// nine taps, and these are added in a fixed tree: so the bits don't depend on the threads.
#include <string.h>

#include <atomic>

#include "../core/scratch.h"
#include "../core/thread_pool.h"
#include "conv_patch.h"
#include "winograd.h"
#include "winograd_tiles.h"

namespace quern {
namespace {

constexpr int64_t kMostParts = 16;
constexpr int64_t kPartTiles = 96;                    // below, transforming the sums back would show
constexpr int64_t kPartialBytes = int64_t{64} << 20;  // of partial sums

int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
int64_t partsOf(int64_t size, int64_t part) { return (size + part - 1) / part; }

class WeightSums {
 public:
  WeightSums(const ConvShape& s, const float* x, const float* g)
      : s_(s),
        table_(kernelTable()),
        tiles_(s.images, s.h.out, s.w.out, winogradBlock(s.channels, s.filters)),
        x_(x),
        g_(g),
        dataStep_(winogradStep(s.channels)),
        gradientStep_(winogradStep(s.filters)),
        dataPlace_(winogradStep(tiles_.ofBlock() * dataStep_)),
        gradientPlace_(winogradStep(tiles_.ofBlock() * gradientStep_)),
        sumPlace_(winogradStep(s.filters * dataStep_)) {}

  int64_t parts() const {
    const int64_t wanted = tiles_.totalRows * tiles_.columns / kPartTiles;
    const int64_t weights = s_.weightSize() * s_.groups * static_cast<int64_t>(sizeof(float));
    const int64_t most = smaller(smaller(kMostParts, tiles_.totalRows), kPartialBytes / weights);
    return larger(1, smaller(wanted, most));
  }

  // Adds up a part's tiles for one group into dw.
  bool add(int64_t part, int64_t parts, int64_t group, float* dw, bool& finite) const {
    ScratchFrame frame;
    const int64_t wide = kWinogradTile * tiles_.blockColumns;
    float* data = frame.take<float>(kWinogradPlaces * dataPlace_);
    float* gradient = frame.take<float>(kWinogradPlaces * gradientPlace_);
    float* sums = frame.take<float>(kWinogradPlaces * sumPlace_);
    float* patch = frame.take<float>(
        larger(kWinogradReach * (wide + 2) * s_.channels, kWinogradTile * wide * s_.filters));
    if (!data || !gradient || !sums || !patch) return false;
    const int64_t begin = tiles_.totalRows * part / parts, end = tiles_.totalRows * (part + 1) / parts;
    for (int64_t first = begin; first < end; first += tiles_.blockRows) {
      for (int64_t column = 0; column < tiles_.columns; column += tiles_.blockColumns) {
        const int64_t rows = smaller(tiles_.blockRows, end - first);
        const int64_t columns = smaller(tiles_.blockColumns, tiles_.columns - column);
        for (int64_t row = 0; row < rows; ++row) {
          transform(group, first + row, column, columns, patch, data + row * columns * dataStep_,
                    gradient + row * columns * gradientStep_);
        }
        const bool accumulate = first > begin || column > 0;
        for (int64_t place = 0; place < kWinogradPlaces; ++place) {
          table_.gemm32.multiply(s_.filters, s_.channels, rows * columns, gradient + place * gradientPlace_,
                                 1, gradientStep_, data + place * dataPlace_, dataStep_,
                                 sums + place * sumPlace_, dataStep_, accumulate, nullptr);
        }
      }
    }
    float* taps = patch;  // which is large enough: 24 values and more for each channel
    for (int64_t f = 0; f < s_.filters; ++f) {
      if (!table_.winograd.weightGradient(s_.channels, sums + f * dataStep_, sumPlace_, taps, s_.channels)) {
        finite = false;
      }
      table_.gemm32.transpose(9, s_.channels, taps, s_.channels, dw + f * s_.taps(), 9);
    }
    return true;
  }

 private:
  void transform(int64_t group, int64_t tileRow, int64_t column, int64_t columns, float* patch, float* data,
                 float* gradient) const {
    const int64_t item = tileRow / tiles_.ofImage * s_.groups + group;
    const int64_t top = tileRow % tiles_.ofImage * kWinogradTile, left = column * kWinogradTile;
    const int64_t wide = kWinogradTile * columns;
    const ConvPatch<float> input = {s_.channels,         s_.h.in, s_.w.in, top - s_.h.padding, kWinogradReach,
                                    left - s_.w.padding, wide + 2};
    input.fill(table_.conv32, x_ + item * s_.inputSize(), patch);
    table_.winograd.data(s_.channels, columns, patch, input.line(), data, dataStep_, dataPlace_);
    const ConvPatch<float> output = {s_.filters, s_.h.out, s_.w.out, top, kWinogradTile, left, wide};
    output.fill(table_.conv32, g_ + item * s_.outputSize(), patch);
    table_.winograd.gradient(s_.filters, columns, patch, output.line(), gradient, gradientStep_,
                             gradientPlace_);
  }

  const ConvShape& s_;
  const KernelTable& table_;
  const WinogradTiles tiles_;
  const float *x_, *g_;
  const int64_t dataStep_, gradientStep_;  // from tile to tile; dataStep_ also from filter to filter of sums
  const int64_t dataPlace_, gradientPlace_, sumPlace_;
};

}  // namespace

bool winogradSuits(const ConvShape& s) {
  const auto fits = [](const ConvAxis& axis) {
    return axis.kernel == 3 && axis.stride == 1 && axis.dilation == 1;
  };
  return fits(s.h) && fits(s.w) && winogradPays(s.images, s.channels, s.filters, s.h.out, s.w.out);
}

bool winogradGradWeight(const ConvShape& s, const float* x, const float* g, float* dw, bool& finite) {
  const WeightSums sums(s, x, g);
  const int64_t parts = sums.parts(), size = s.weightSize() * s.groups;
  ScratchFrame frame;
  float* partial = frame.take<float>((parts - 1) * size);
  if (!partial) return false;
  const auto at = [&](int64_t part) { return part == 0 ? dw : partial + (part - 1) * size; };
  ConvOutcome outcome;
  std::atomic<bool> allFinite{true};
  parallelFor(parts * s.groups, [&](int64_t chunk, int) {
    const int64_t part = chunk / s.groups, group = chunk % s.groups;
    bool ok = true;
    if (!sums.add(part, parts, group, at(part) + group * s.weightSize(), ok)) return outcome.outOfMemory();
    if (!ok) allFinite.store(false, std::memory_order_relaxed);
  });
  finite = allFinite.load(std::memory_order_relaxed);
  if (!outcome.enough() || !finite) return outcome.enough();
  constexpr int64_t perChunk = int64_t{1} << 13;
  parallelFor(partsOf(size, perChunk), [&](int64_t chunk, int) {
    const int64_t begin = chunk * perChunk, end = smaller(size, begin + perChunk);
    for (int64_t distance = 1; distance < parts; distance *= 2) {
      for (int64_t part = 0; part + distance < parts; part += 2 * distance) {
        float* to = at(part);
        const float* from = at(part + distance);
        for (int64_t i = begin; i < end; ++i) to[i] += from[i];
      }
    }
  });
  return true;
}

}  // namespace quern
