// The matrix product's driver: which operand is packed or swapped, how the product is blocked and split over
// threads.
#include "gemm.h"

#include <atomic>

#include "../core/scratch.h"
#include "../core/thread_pool.h"
#include "../kernels/table.h"

namespace quern {
namespace {

template <class T>
struct Matrix {
  const T* data;
  int64_t row, column;  // strides

  const T* at(int64_t i, int64_t j) const { return data + i * row + j * column; }
  Matrix from(int64_t i, int64_t j) const { return {at(i, j), row, column}; }
  Matrix turned() const { return {data, column, row}; }
};

template <class T>
const GemmBlocks<T>& blocksOf(const KernelTable& table);
template <>
const GemmBlocks<float>& blocksOf(const KernelTable& table) {
  return table.gemm32;
}
template <>
const GemmBlocks<double>& blocksOf(const KernelTable& table) {
  return table.gemm64;
}

// m · n · k of a chunk: some microseconds, less is not worth a thread.
constexpr int64_t kChunkProducts = int64_t{1} << 18;
constexpr int64_t kMostChunks = 64;
constexpr int64_t kSlabBytes = int64_t{16} << 20;   // of packed B at a time
constexpr int64_t kSecondCache = int64_t{1} << 20;  // of a core: B beyond it is packed where many rows use it
constexpr int64_t kFarRows =
    1024;  // strides in bytes from which on rows share cache sets, and pages don't last
constexpr int64_t kStripRows = 8;       // of B, read side by side from end to end where C is a row or two
constexpr double kTransposeCost = 0.5;  // of an element, in multiplications of vectors
constexpr int64_t kSmallPanel = 1024;   // elements of B that are packed on the stack

int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
int64_t partsOf(int64_t size, int64_t part) { return (size + part - 1) / part; }
int64_t roundUp(int64_t size, int64_t unit) { return partsOf(size, unit) * unit; }

// Where part i of `parts` begins, in elements: whole units, shared out evenly.
int64_t partStart(int64_t size, int64_t unit, int64_t parts, int64_t i) {
  return smaller(partsOf(size, unit) * i / parts * unit, size);
}

struct Cut {
  int64_t rows = 1, columns = 1;  // parts
};

// As many chunks as keep the threads evenly busy, of whole units. Each element is computed within one chunk,
// in the same order of k, so the cut is free to follow the number of threads.
Cut cutProduct(int64_t m, int64_t n, int64_t k, int64_t rowUnit, int64_t columnUnit, GemmThreads threads) {
  const int64_t workers = threads == GemmThreads::kOne || m * n < 2 * kChunkProducts / k ? 1 : threadCount();
  if (workers == 1) return {};
  const int64_t most =
      smaller(smaller(m * n / partsOf(kChunkProducts, k), kMostChunks), workers == 1 ? 1 : 4 * workers);
  const int64_t rowUnits = partsOf(m, rowUnit), columnUnits = partsOf(n, columnUnit);
  Cut best;
  double bestCost = static_cast<double>(m * n + 2 * (m + n));
  for (int64_t columns = 1; columns <= smaller(most, columnUnits); ++columns) {
    for (int64_t rows = 1; rows * columns <= most && rows <= rowUnits; ++rows) {
      // The largest chunk as often as the busiest thread takes one, and for each chunk what it reads once.
      const int64_t height = smaller(m, partsOf(rowUnits, rows) * rowUnit);
      const int64_t width = smaller(n, partsOf(columnUnits, columns) * columnUnit);
      const double turns = static_cast<double>(partsOf(rows * columns, workers));
      const double cost = turns * static_cast<double>(height * width + 2 * (height + width));
      if (cost < bestCost) {
        bestCost = cost;
        best = {rows, columns};
      }
    }
  }
  return best;
}

// Calls body(i0, i1, j0, j1) for each chunk of C.
template <class Body>
void forCut(int64_t m, int64_t n, int64_t rowUnit, int64_t columnUnit, const Cut& cut, const Body& body) {
  parallelFor(cut.rows * cut.columns, [&](int64_t chunk, int) {
    const int64_t row = chunk / cut.columns, column = chunk % cut.columns;
    body(partStart(m, rowUnit, cut.rows, row), partStart(m, rowUnit, cut.rows, row + 1),
         partStart(n, columnUnit, cut.columns, column), partStart(n, columnUnit, cut.columns, column + 1));
  });
}

template <class T>
struct Product {
  const GemmBlocks<T>& blocks;
  int64_t m, n, k;
  Matrix<T> a, b;
  T* c;
  int64_t ldc;
  bool turned;  // element (i, j) of C lies at j · ldc + i
  Epilogue<T> epilogue;
  GemmThreads threads;

  // The depth of a block: the same for all, so that none is shallow.
  int64_t depth() const {
    if (m <= 2 && k * n * static_cast<int64_t>(sizeof(T)) > 4 * kSecondCache) return kStripRows;
    const int64_t parts = larger(1, (k + blocks.kc / 2) / blocks.kc);
    return partsOf(k, parts);
  }
  // Cᵀ = Bᵀ · Aᵀ.
  Product swapped() const {
    return {blocks, n, m, k, b.turned(), a.turned(), c, ldc, !turned, quern::turned(epilogue), threads};
  }
};

// B, or a slab of its columns, as the tiles read it.
template <class T>
struct Panels {
  const T* data;
  int64_t width;  // of a panel; 0 for B as it lies
  int64_t ld;     // between rows of a panel

  // Panels follow each other whole, k deep.
  const T* at(int64_t k, int64_t p, int64_t j) const {
    return width == 0 ? data + p * ld + j : data + j * k + p * ld;
  }
};

// Whether A lies in columns so far apart that a tile's few values of each would push each other out of the
// cache, and is read often enough to be copied.
template <class T>
bool liesFarApart(const Product<T>& product, int64_t columns) {
  const int64_t stride = product.a.column * static_cast<int64_t>(sizeof(T));
  return product.a.row == 1 && stride >= kFarRows && columns >= 256 && product.k >= 64;
}

constexpr int64_t kRowGap = 16;  // elements between the copied rows: not all in the same sets of the cache

// One chunk of C into memory in order.
template <class T>
bool multiplyChunk(const Product<T>& product, const Panels<T>& b, int64_t i0, int64_t i1, int64_t j0,
                   int64_t j1) {
  const GemmBlocks<T>& blocks = product.blocks;
  const int64_t step = product.depth(), high = smaller(blocks.mc, i1 - i0);
  ScratchFrame frame;
  T* copy = nullptr;
  if (liesFarApart(product, j1 - j0)) {
    copy = frame.take<T>(high * (step + kRowGap));
    if (!copy) return false;
  }
  const int64_t width = b.width == 0 ? j1 - j0 : b.width;
  for (int64_t p = 0; p < product.k; p += step) {
    const int64_t depth = smaller(step, product.k - p);
    const bool last = p + depth == product.k && finishes(product.epilogue);
    for (int64_t i = i0; i < i1; i += high) {
      const int64_t rows = smaller(high, i1 - i);
      Matrix<T> a = product.a.from(i, p);
      if (copy) {
        blocks.transpose(depth, rows, a.data, a.column, copy, step + kRowGap);
        a = {copy, step + kRowGap, 1};
      }
      for (int64_t j = j0; j < j1; j += width) {
        const Epilogue<T> epilogue = epilogueFrom(product.epilogue, i, j);
        blocks.multiply(rows, smaller(width, j1 - j), depth, a.data, a.row, a.column, b.at(product.k, p, j),
                        b.ld, product.c + i * product.ldc + j, product.ldc,
                        product.epilogue.accumulate || p > 0, last ? &epilogue : nullptr);
      }
    }
  }
  return true;
}

// One chunk of C into memory across: by way of a stage that stays in the first caches.
template <class T>
bool multiplyTurnedChunk(const Product<T>& product, const Panels<T>& b, int64_t i0, int64_t i1, int64_t j0,
                         int64_t j1) {
  const GemmBlocks<T>& blocks = product.blocks;
  const int64_t step = product.depth(), high = smaller(blocks.mc, i1 - i0);
  const int64_t width = b.width == 0 ? smaller(2 * blocks.nr, j1 - j0) : b.width;
  ScratchFrame frame;
  T* stage = frame.take<T>(high * width);
  if (!stage) return false;
  for (int64_t i = i0; i < i1; i += high) {
    const int64_t rows = smaller(high, i1 - i);
    for (int64_t j = j0; j < j1; j += width) {
      const int64_t columns = smaller(width, j1 - j);
      T* c = product.c + j * product.ldc + i;
      if (product.epilogue.accumulate) blocks.transpose(columns, rows, c, product.ldc, stage, width);
      const Epilogue<T> epilogue = epilogueFrom(product.epilogue, i, j);
      for (int64_t p = 0; p < product.k; p += step) {
        const int64_t depth = smaller(step, product.k - p);
        const bool last = p + depth == product.k && finishes(epilogue);
        blocks.multiply(rows, columns, depth, product.a.at(i, p), product.a.row, product.a.column,
                        b.at(product.k, p, j), b.ld, stage, width, epilogue.accumulate || p > 0,
                        last ? &epilogue : nullptr);
      }
      blocks.transpose(rows, columns, stage, width, c, product.ldc);
    }
  }
  return true;
}

template <class T>
bool multiplyChunks(const Product<T>& product, const Panels<T>& b) {
  const int64_t rowUnit = product.blocks.mr;
  const int64_t columnUnit = b.width == 0 ? product.blocks.lanes : b.width;
  const Cut cut = cutProduct(product.m, product.n, product.k, rowUnit, columnUnit, product.threads);
  std::atomic<bool> enough{true};
  forCut(product.m, product.n, rowUnit, columnUnit, cut, [&](int64_t i0, int64_t i1, int64_t j0, int64_t j1) {
    const bool done = product.turned ? multiplyTurnedChunk(product, b, i0, i1, j0, j1)
                                     : multiplyChunk(product, b, i0, i1, j0, j1);
    if (!done) enough.store(false, std::memory_order_relaxed);
  });
  return enough.load(std::memory_order_relaxed);
}

// B's panels are packed by all threads, one slab of columns after the other, and then shared by all.
template <class T>
bool multiplyPacked(const Product<T>& product) {
  const GemmBlocks<T>& blocks = product.blocks;
  const int64_t k = product.k, vectors = partsOf(product.n, blocks.lanes);
  const int64_t width = partsOf(vectors, partsOf(vectors, blocks.nr / blocks.lanes)) * blocks.lanes;
  const int64_t fitting = kSlabBytes / static_cast<int64_t>(sizeof(T)) / k / width * width;
  const int64_t slab = smaller(roundUp(product.n, width), larger(fitting, 4 * width));
  ScratchFrame frame;
  T* data = frame.take<T>(k * slab);
  if (!data) return false;
  // Packed in pieces of panels, some microseconds each.
  const int64_t piece = larger(64, larger(partsOf(k, 4), smaller(k, kChunkProducts / 16 / width)));
  const int64_t pieces = partsOf(k, piece);
  for (int64_t start = 0; start < product.n; start += slab) {
    const int64_t columns = smaller(slab, product.n - start);
    const int64_t count = partsOf(columns, width) * pieces;
    const auto packPiece = [&](int64_t index) {
      const int64_t j = index / pieces * width, p = index % pieces * piece;
      blocks.pack(smaller(piece, k - p), smaller(width, columns - j), product.b.at(p, start + j),
                  product.b.row, product.b.column, data + j * k + p * width, width);
    };
    if (product.threads == GemmThreads::kOne || k * columns < kChunkProducts / 16) {
      for (int64_t index = 0; index < count; ++index) packPiece(index);
    } else {
      parallelFor(count, [&](int64_t index, int) { packPiece(index); });
    }
    Product<T> part = product;
    part.n = columns;
    part.c += product.turned ? start * product.ldc : start;
    part.epilogue = epilogueFrom(product.epilogue, 0, start);
    if (!multiplyChunks(part, {data, width, width})) return false;
  }
  return true;
}

template <class T>
bool multiply(const Product<T>& product) {
  // Packing pays where panels are reused by many rows and B as it lies would miss the caches or the page
  // table.
  const int64_t bytes = static_cast<int64_t>(sizeof(T));
  const bool large = product.m >= 256 &&
                     (product.k * product.n * bytes >= kSecondCache || product.b.row * bytes >= 4 * kFarRows);
  if (product.b.column != 1 || large) return multiplyPacked(product);
  return multiplyChunks(product, {product.b.data, 0, product.b.row});
}

// The product without packing, where the operands are contiguous along k.
template <class T>
bool multiplyDots(const Product<T>& product) {
  const Matrix<T>&a = product.a, &b = product.b;
  const bool single = product.m == 1;
  const Cut cut = cutProduct(product.m, product.n, product.k, 4, 12, product.threads);
  forCut(product.m, product.n, 4, 12, cut, [&](int64_t i0, int64_t i1, int64_t j0, int64_t j1) {
    T* c = product.c + i0 * product.ldc + j0;
    product.blocks.dot(i1 - i0, j1 - j0, product.k, a.at(i0, 0), a.row, b.at(0, j0), b.column, c, product.ldc,
                       product.epilogue.accumulate, single);
    if (finishes(product.epilogue)) {
      product.blocks.finish(i1 - i0, j1 - j0, c, product.ldc, epilogueFrom(product.epilogue, i0, j0));
    }
  });
  return true;
}

// A product so small that a frame of scratch memory would cost as much as it does.
template <class T>
void multiplySmall(const Product<T>& product) {
  T panel[kSmallPanel];
  Matrix<T> b = product.b;
  if (b.column != 1) {
    product.blocks.pack(product.k, product.n, b.data, b.row, b.column, panel, product.n);
    b = {panel, product.n, 1};
  }
  product.blocks.multiply(product.m, product.n, product.k, product.a.data, product.a.row, product.a.column,
                          b.data, b.row, product.c, product.ldc, product.epilogue.accumulate,
                          finishes(product.epilogue) ? &product.epilogue : nullptr);
}

// Chooses between the product and its transpose, and between their ways.
template <class T>
bool multiplyAny(const Product<T>& product) {
  const GemmBlocks<T>& blocks = product.blocks;
  const int64_t m = product.m, n = product.n, k = product.k;
  const Matrix<T>&a = product.a, &b = product.b;
  const int64_t narrow = blocks.lanes - blocks.lanes / 4;
  if (blocks.dot && a.column == 1 && b.row == 1 && k >= 2 * blocks.lanes && smaller(m, n) <= narrow) {
    Product<T> other = product.swapped();
    other.turned = false;  // of one row and one column alike
    return n == 1 && m > 1 && product.ldc == 1 ? multiplyDots(other) : multiplyDots(product);
  }
  if (n == 1 && product.ldc == 1) {
    Product<T> other = product.swapped();
    other.turned = false;
    return multiply(other);
  }
  // The product or its transpose: multiplications of vectors, full or not, and what is transposed on the way.
  const double area = static_cast<double>(m) * static_cast<double>(n), depth = static_cast<double>(k);
  const auto cost = [&](int64_t rows, int64_t columns, bool ready) {
    return depth * static_cast<double>(rows * partsOf(columns, blocks.lanes)) +
           (ready ? 0 : kTransposeCost * depth * static_cast<double>(columns));
  };
  const double swapped = cost(n, m, a.row == 1) + kTransposeCost * 1.5 * area;
  if (1.05 * swapped < cost(m, n, b.column == 1)) return multiply(product.swapped());
  return multiply(product);
}

}  // namespace

template <class T>
bool gemm(int64_t m, int64_t n, int64_t k, const T* a, int64_t rowA, int64_t colA, const T* b, int64_t rowB,
          int64_t colB, T* c, int64_t ldc, const Epilogue<T>& epilogue, GemmThreads threads) {
  if (m == 0 || n == 0) return true;
  const GemmBlocks<T>& blocks = blocksOf<T>(kernelTable());
  if (k == 0) {
    for (int64_t i = 0; i < m && !epilogue.accumulate; ++i) {
      for (int64_t j = 0; j < n; ++j) c[i * ldc + j] = T(0);
    }
    if (finishes(epilogue)) blocks.finish(m, n, c, ldc, epilogue);
    return true;
  }
  return gemmOn<T>(blocks, m, n, k, a, rowA, colA, b, rowB, colB, c, ldc, epilogue, threads);
}

template <class T>
bool gemmOn(const GemmBlocks<T>& blocks, int64_t m, int64_t n, int64_t k, const T* a, int64_t rowA,
            int64_t colA, const T* b, int64_t rowB, int64_t colB, T* c, int64_t ldc,
            const Epilogue<T>& epilogue, GemmThreads threads) {
  if (m == 0 || n == 0) return true;
  // A single column, row or depth has no neighbour: its stride may be what suits.
  Product<T> product = {blocks,
                        m,
                        n,
                        k,
                        {a, m == 1 ? k : rowA, k == 1 ? 1 : colA},
                        {b, k == 1 ? n : rowB, n == 1 ? 1 : colB},
                        c,
                        ldc,
                        false,
                        epilogue,
                        threads};
  if (m <= 256 && n <= 64 && k <= 64 && m * n * k <= 4096 && k * n <= kSmallPanel) {
    multiplySmall(product);
    return true;
  }
  if (product.a.row != 1 && product.a.column != 1 && n >= blocks.mr) {
    // Neither rows nor columns are adjacent: every value read would cost a cache line, once for each panel of
    // B.
    ScratchFrame frame;
    T* copy = frame.take<T>(m * k);
    if (!copy) return false;
    blocks.pack(m, k, a, rowA, colA, copy, k);
    product.a = {copy, k, 1};
    return multiplyAny(product);
  }
  return multiplyAny(product);
}

template bool gemm<float>(int64_t, int64_t, int64_t, const float*, int64_t, int64_t, const float*, int64_t,
                          int64_t, float*, int64_t, const Epilogue<float>&, GemmThreads);
template bool gemm<double>(int64_t, int64_t, int64_t, const double*, int64_t, int64_t, const double*, int64_t,
                           int64_t, double*, int64_t, const Epilogue<double>&, GemmThreads);
template bool gemmOn<float>(const GemmBlocks<float>&, int64_t, int64_t, int64_t, const float*, int64_t,
                            int64_t, const float*, int64_t, int64_t, float*, int64_t, const Epilogue<float>&,
                            GemmThreads);

}  // namespace quern
