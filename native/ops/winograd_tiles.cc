// The cut of images into blocks of tiles, and what fast convolution costs.
#include "winograd_tiles.h"

namespace quern {
namespace {

constexpr int64_t kBlockBytes = int64_t{512} << 10;  // of transformed values: a part of a usual second cache
// Below, registers are not filled; and weights that no second cache holds are read for too few tiles.
constexpr int64_t kFewestTiles = 24, kFewestForMany = 96, kManyWeights = 128 * 128;

int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
int64_t partsOf(int64_t size, int64_t part) { return (size + part - 1) / part; }

}  // namespace

WinogradTiles::WinogradTiles(int64_t images, int64_t height, int64_t width, int64_t most)
    : ofImage(partsOf(height, kWinogradTile)),
      totalRows(images * ofImage),
      columns(partsOf(width, kWinogradTile)) {
  blockColumns = partsOf(columns, partsOf(columns, larger(1, most)));
  blockRows = larger(1, smaller(totalRows, most / blockColumns));
  blockRows = partsOf(totalRows, partsOf(totalRows, blockRows));
}

int64_t winogradFewest(int64_t channels, int64_t filters) {
  return channels * filters > kManyWeights ? kFewestForMany : kFewestTiles;
}

int64_t winogradBlock(int64_t channels, int64_t filters) {
  const int64_t ofTile = kWinogradPlaces * (channels + filters) * static_cast<int64_t>(sizeof(float));
  return larger(winogradFewest(channels, filters), kBlockBytes / ofTile);
}

bool winogradPays(int64_t images, int64_t channels, int64_t filters, int64_t height, int64_t width) {
  // In products of the direct method's kernel, as measured: a transform costs as much as 330 of them for each
  // channel and tile, and for each weight 150.
  constexpr double kTransform = 330, kWeight = 150;
  const double both = static_cast<double>(channels) * static_cast<double>(filters);
  const double tiles = static_cast<double>(images) * static_cast<double>(partsOf(height, kWinogradTile)) *
                       static_cast<double>(partsOf(width, kWinogradTile));
  const double direct = 9 * both * static_cast<double>(images) * static_cast<double>(height * width);
  const double fast =
      tiles * (kWinogradPlaces * both + kTransform * static_cast<double>(channels + filters)) +
      kWeight * both;
  return channels >= 16 && filters >= 16 && 1.25 * fast < direct;
}

}  // namespace quern
