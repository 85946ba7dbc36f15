// The matrix product's driver: which operand is packed or swapped, how the product is blocked and split over
// threads.
#include "gemm.h"

#include "../core/scratch.h"
#include "../core/thread_pool.h"
#include "../kernels/table.h"

namespace quern {
namespace {

template <class T>
struct Matrix {
  const T* data;
  int64_t row, column;  // strides
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

constexpr int64_t kChunkProducts = int64_t{1}
                                   << 18;  // m · n · k: some microseconds, less is not worth a thread
constexpr int64_t kMostChunks = 64;
constexpr int64_t kSlabBytes = int64_t{16} << 20;  // of packed B at a time

int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

int64_t tilesOf(int64_t size, int64_t tile) { return (size + tile - 1) / tile; }

// Where part i of `parts` begins, in elements: whole tiles, shared out evenly.
int64_t partStart(int64_t size, int64_t tile, int64_t parts, int64_t i) {
  return smaller(tilesOf(size, tile) * i / parts * tile, size);
}

struct Cut {
  int64_t rows = 1, columns = 1;  // parts
};

// Halves the longer side until there are enough chunks. Each element is computed within one chunk, in the
// same order of k, so the cut is free to follow the number of threads.
template <class T>
Cut cutProduct(const GemmBlocks<T>& blocks, int64_t m, int64_t n, int64_t k, GemmThreads threads) {
  Cut cut;
  if (threads == GemmThreads::kOne || m * n < kChunkProducts / k) return cut;
  const int64_t wanted = smaller(smaller(m * n / tilesOf(kChunkProducts, k), kMostChunks), 4 * threadCount());
  const int64_t rowTiles = tilesOf(m, blocks.mr), columnTiles = tilesOf(n, blocks.nr);
  while (cut.rows * cut.columns < wanted) {
    const bool rowsLeft = cut.rows * 2 <= rowTiles, columnsLeft = cut.columns * 2 <= columnTiles;
    if (rowsLeft && (m / cut.rows >= n / cut.columns || !columnsLeft))
      cut.rows *= 2;
    else if (columnsLeft)
      cut.columns *= 2;
    else
      break;
  }
  return cut;
}

// Copies `columns` columns of B into a panel of k rows of `width`, which the micro-kernel reads in order.
template <class T>
void packPanel(const Matrix<T>& b, int64_t k, int64_t columns, int64_t width, T* panel) {
  if (b.column == 1) {
    for (int64_t p = 0; p < k; ++p) {
      const T* from = b.data + p * b.row;
      for (int64_t j = 0; j < columns; ++j) panel[p * width + j] = from[j];
    }
    return;
  }
  // Transposing: bands of rows, so that a band of the panel stays in the first cache while its columns are
  // filled.
  constexpr int64_t band = 16;
  for (int64_t start = 0; start < k; start += band) {
    const int64_t end = smaller(start + band, k);
    for (int64_t j = 0; j < columns; ++j) {
      const T* from = b.data + j * b.column;
      for (int64_t p = start; p < end; ++p) panel[p * width + j] = from[p * b.row];
    }
  }
}

// One chunk of C, from A and an unpacked B (columns adjacent).
template <class T>
void multiplyRows(const GemmBlocks<T>& blocks, int64_t m, int64_t n, int64_t k, const Matrix<T>& a,
                  const T* b, int64_t ldb, T* c, int64_t ldc, bool accumulate) {
  for (int64_t p = 0; p < k; p += blocks.kc) {
    const int64_t depth = smaller(blocks.kc, k - p);
    for (int64_t i = 0; i < m; i += blocks.mc) {
      blocks.micro(smaller(blocks.mc, m - i), n, depth, a.data + i * a.row + p * a.column, a.row, a.column,
                   b + p * ldb, ldb, c + i * ldc, ldc, accumulate || p > 0);
    }
  }
}

// The same from packed panels.
template <class T>
void multiplyPanels(const GemmBlocks<T>& blocks, int64_t m, int64_t n, int64_t k, const Matrix<T>& a,
                    const T* panels, T* c, int64_t ldc, bool accumulate) {
  for (int64_t p = 0; p < k; p += blocks.kc) {
    const int64_t depth = smaller(blocks.kc, k - p);
    for (int64_t i = 0; i < m; i += blocks.mc) {
      for (int64_t j = 0; j < n; j += blocks.nr) {
        blocks.micro(smaller(blocks.mc, m - i), smaller(blocks.nr, n - j), depth,
                     a.data + i * a.row + p * a.column, a.row, a.column, panels + j * k + p * blocks.nr,
                     blocks.nr, c + i * ldc + j, ldc, accumulate || p > 0);
      }
    }
  }
}

// Calls body(i0, i1, j0, j1) for each chunk of C.
template <class T, class Body>
void forCut(const GemmBlocks<T>& blocks, int64_t m, int64_t n, const Cut& cut, const Body& body) {
  parallelFor(cut.rows * cut.columns, [&](int64_t chunk, int) {
    const int64_t row = chunk / cut.columns, column = chunk % cut.columns;
    body(partStart(m, blocks.mr, cut.rows, row), partStart(m, blocks.mr, cut.rows, row + 1),
         partStart(n, blocks.nr, cut.columns, column), partStart(n, blocks.nr, cut.columns, column + 1));
  });
}

// B's panels are packed by all threads, one slab of columns after the other, and then shared by all.
template <class T>
bool multiplyPacked(const GemmBlocks<T>& blocks, int64_t m, int64_t n, int64_t k, const Matrix<T>& a,
                    const Matrix<T>& b, T* c, int64_t ldc, bool accumulate, GemmThreads threads) {
  ScratchFrame frame;
  const int64_t nr = blocks.nr;
  const int64_t fitting = kSlabBytes / static_cast<int64_t>(sizeof(T)) / k / nr * nr;
  const int64_t slab = smaller(tilesOf(n, nr) * nr, fitting > 4 * nr ? fitting : 4 * nr);
  T* panels = frame.take<T>(k * slab);
  if (!panels) return false;
  const bool serial = threads == GemmThreads::kOne || k * n < kChunkProducts / 8;
  for (int64_t start = 0; start < n; start += slab) {
    const int64_t columns = smaller(slab, n - start);
    const int64_t panelCount = tilesOf(columns, nr);
    const int64_t perChunk = serial ? panelCount : tilesOf(panelCount, 4 * threadCount());
    parallelFor(tilesOf(panelCount, perChunk), [&](int64_t chunk, int) {
      for (int64_t panel = chunk * perChunk; panel < smaller((chunk + 1) * perChunk, panelCount); ++panel) {
        const int64_t j = panel * nr;
        packPanel<T>({b.data + (start + j) * b.column, b.row, b.column}, k, smaller(nr, columns - j), nr,
                     panels + j * k);
      }
    });
    forCut(blocks, m, columns, cutProduct(blocks, m, columns, k, threads),
           [&](int64_t i0, int64_t i1, int64_t j0, int64_t j1) {
             multiplyPanels<T>(blocks, i1 - i0, j1 - j0, k, {a.data + i0 * a.row, a.row, a.column},
                               panels + j0 * k, c + i0 * ldc + start + j0, ldc, accumulate);
           });
  }
  return true;
}

template <class T>
bool multiply(const GemmBlocks<T>& blocks, int64_t m, int64_t n, int64_t k, const Matrix<T>& a, Matrix<T> b,
              T* c, int64_t ldc, bool accumulate, GemmThreads threads) {
  if (n == 1) b.column = 1;  // a single column has no neighbour
  // Packing pays where panels are reused by many rows and B as it lies would miss the caches or the page
  // table.
  const bool large =
      m >= 256 && (k * n >= (int64_t{1} << 20) / static_cast<int64_t>(sizeof(T)) || b.row >= 1024);
  if (b.column != 1 || large) return multiplyPacked(blocks, m, n, k, a, b, c, ldc, accumulate, threads);
  forCut(blocks, m, n, cutProduct(blocks, m, n, k, threads),
         [&](int64_t i0, int64_t i1, int64_t j0, int64_t j1) {
           multiplyRows<T>(blocks, i1 - i0, j1 - j0, k, {a.data + i0 * a.row, a.row, a.column}, b.data + j0,
                           b.row, c + i0 * ldc + j0, ldc, accumulate);
         });
  return true;
}

// Cᵀ = Bᵀ · Aᵀ into scratch, then back: for outputs so narrow that a row of C would leave most lanes idle.
template <class T>
bool multiplySwapped(const GemmBlocks<T>& blocks, int64_t m, int64_t n, int64_t k, const Matrix<T>& a,
                     const Matrix<T>& b, T* c, int64_t ldc, bool accumulate, GemmThreads threads) {
  ScratchFrame frame;
  T* transposed = frame.take<T>(m * n);
  if (!transposed) return false;
  if (!multiply<T>(blocks, n, m, k, {b.data, b.column, b.row}, {a.data, a.column, a.row}, transposed, m,
                   false, threads)) {
    return false;
  }
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      const T value = transposed[j * m + i];
      c[i * ldc + j] = accumulate ? c[i * ldc + j] + value : value;
    }
  }
  return true;
}

}  // namespace

template <class T>
bool gemm(int64_t m, int64_t n, int64_t k, const T* a, int64_t rowA, int64_t colA, const T* b, int64_t rowB,
          int64_t colB, T* c, int64_t ldc, bool accumulate, GemmThreads threads) {
  if (m == 0 || n == 0) return true;
  if (k == 0) {
    for (int64_t i = 0; i < m && !accumulate; ++i) {
      for (int64_t j = 0; j < n; ++j) c[i * ldc + j] = T(0);
    }
    return true;
  }
  const GemmBlocks<T>& blocks = blocksOf<T>(kernelTable());
  ScratchFrame frame;
  Matrix<T> left = {a, rowA, colA};
  const Matrix<T> right = {b, rowB, colB};
  if (rowA > 1 && colA > 1 && m > 1 && k > 1 && n >= blocks.mr) {
    // Neither rows nor columns are adjacent: every value read would cost a cache line, once for each panel of
    // B.
    T* copy = frame.take<T>(m * k);
    if (!copy) return false;
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t p = 0; p < k; ++p) copy[i * k + p] = a[i * rowA + p * colA];
    }
    left = {copy, k, 1};
  }
  // A narrow C is computed transposed where the operand that then plays B lies ready for it, or is a vector.
  const int64_t narrow = blocks.nr / 4;
  const bool narrowColumns = n <= narrow && m > n && left.row == 1;
  const bool fewRows = m <= narrow / 2 && n > m && right.row == 1 && right.column != 1;
  if (narrowColumns || fewRows)
    return multiplySwapped(blocks, m, n, k, left, right, c, ldc, accumulate, threads);
  return multiply(blocks, m, n, k, left, right, c, ldc, accumulate, threads);
}

template bool gemm<float>(int64_t, int64_t, int64_t, const float*, int64_t, int64_t, const float*, int64_t,
                          int64_t, float*, int64_t, bool, GemmThreads);
template bool gemm<double>(int64_t, int64_t, int64_t, const double*, int64_t, int64_t, const double*, int64_t,
                           int64_t, double*, int64_t, bool, GemmThreads);

}  // namespace quern
