// How images are cut into tiles, and tiles into blocks, for fast 3×3 convolution.
#pragma once
#include "../kernels/winograd_table.h"
#include "conv_shape.h"

namespace quern {

// Tile rows of all images in one sequence. A block is some of them, and some of their tiles' columns.
struct WinogradTiles {
  // `most`: tiles of a block, as far as a tile row may be cut for it.
  WinogradTiles(int64_t images, int64_t height, int64_t width, int64_t most);

  int64_t ofImage;             // tile rows
  int64_t totalRows, columns;  // tile rows of all images; tiles of each
  int64_t blockRows, blockColumns;

  int64_t rowBlocks() const { return (totalRows + blockRows - 1) / blockRows; }
  int64_t columnBlocks() const { return (columns + blockColumns - 1) / blockColumns; }
  int64_t ofBlock() const { return blockRows * blockColumns; }
};

// Whether the transforms cost clearly less than the products that they spare.
bool winogradPays(int64_t images, int64_t channels, int64_t filters, int64_t height, int64_t width);

// Elements from a row of so many to the next: an odd number of cache lines, for rows that are a power of two
// apart would share a few sets of the first cache.
inline int64_t winogradStep(int64_t size) { return ((size + 15) / 16 | 1) * 16; }

// Tiles of a block that its products need to be fast.
int64_t winogradFewest(int64_t channels, int64_t filters);

// Tiles of a block, so that what its transforms hold stays in the second cache.
int64_t winogradBlock(int64_t channels, int64_t filters);

}  // namespace quern
