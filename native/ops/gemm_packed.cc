// Products of many left factors with one right factor that is packed once.
#include "gemm_packed.h"

#include "../core/thread_pool.h"

namespace quern {
namespace {

int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
int64_t partsOf(int64_t size, int64_t part) { return (size + part - 1) / part; }

constexpr int64_t kPackedTogether = int64_t{1} << 15;  // elements that a thread packs: some microseconds

// Panels of one width, as near to the tile's as an even share of the columns comes.
template <class T>
int64_t panelWidth(const GemmBlocks<T>& blocks, int64_t n) {
  const int64_t vectors = partsOf(n, blocks.lanes);
  return partsOf(vectors, partsOf(vectors, blocks.nr / blocks.lanes)) * blocks.lanes;
}

}  // namespace

template <class T>
int64_t PackedMatrix<T>::size(const GemmBlocks<T>& blocks, int64_t k, int64_t n) {
  const int64_t width = n == 0 ? 1 : panelWidth(blocks, n);
  return partsOf(n, width) * width * k;
}

template <class T>
PackedMatrix<T> packMatrix(const GemmBlocks<T>& blocks, int64_t k, int64_t n, const T* b, int64_t rowB,
                           int64_t colB, T* panels) {
  const PackedMatrix<T> packed = {k, n, n == 0 ? 1 : panelWidth(blocks, n), panels};
  const int64_t width = packed.width;
  const auto packPanel = [&](int64_t panel) {
    const int64_t j = panel * width;
    blocks.pack(k, smaller(width, n - j), b + j * colB, rowB, colB, panels + j * k, width);
  };
  const int64_t count = partsOf(n, width);
  if (k * n < 2 * kPackedTogether) {
    for (int64_t panel = 0; panel < count; ++panel) packPanel(panel);
  } else {
    parallelFor(count, [&](int64_t panel, int) { packPanel(panel); });
  }
  return packed;
}

template <class T>
void multiplyPackedMatrix(const GemmBlocks<T>& blocks, int64_t m, const T* a, int64_t lda,
                          const PackedMatrix<T>& b, T* c, int64_t ldc, bool accumulate) {
  // The depth of a block: the same for all, so that none is shallow.
  const int64_t parts = (b.k + blocks.kc / 2) / blocks.kc;
  const int64_t step = parts > 1 ? partsOf(b.k, parts) : b.k;
  for (int64_t p = 0; p < b.k; p += step) {
    const int64_t depth = smaller(step, b.k - p);
    for (int64_t i = 0; i < m; i += blocks.mc) {
      const int64_t rows = smaller(blocks.mc, m - i);
      for (int64_t j = 0; j < b.n; j += b.width) {
        blocks.multiply(rows, smaller(b.width, b.n - j), depth, a + i * lda + p, lda, 1,
                        b.panels + j * b.k + p * b.width, b.width, c + i * ldc + j, ldc, accumulate || p > 0,
                        nullptr);
      }
    }
  }
}

template struct PackedMatrix<float>;
template struct PackedMatrix<double>;
template PackedMatrix<float> packMatrix(const GemmBlocks<float>&, int64_t, int64_t, const float*, int64_t,
                                        int64_t, float*);
template PackedMatrix<double> packMatrix(const GemmBlocks<double>&, int64_t, int64_t, const double*, int64_t,
                                         int64_t, double*);
template void multiplyPackedMatrix(const GemmBlocks<float>&, int64_t, const float*, int64_t,
                                   const PackedMatrix<float>&, float*, int64_t, bool);
template void multiplyPackedMatrix(const GemmBlocks<double>&, int64_t, const double*, int64_t,
                                   const PackedMatrix<double>&, double*, int64_t, bool);

}  // namespace quern
