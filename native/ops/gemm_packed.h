// Products of many left factors with one right factor that is packed once.
#pragma once
#include <stdint.h>

#include "../kernels/table.h"

namespace quern {

// B (k × n) in panels of columns, as the tiles read it.
template <class T>
struct PackedMatrix {
  int64_t k, n;
  int64_t width;  // of a panel
  T* panels;

  // Elements that the panels of a k × n matrix take.
  static int64_t size(const GemmBlocks<T>& blocks, int64_t k, int64_t n);
};

// Packs B, whose element (p, j) lies at p · rowB + j · colB, into `panels`, of PackedMatrix::size elements.
// By several threads where it is large.
template <class T>
PackedMatrix<T> packMatrix(const GemmBlocks<T>& blocks, int64_t k, int64_t n, const T* b, int64_t rowB,
                           int64_t colB, T* panels);

// C (m × n, rows ldc apart) = or += A (m × k, rows lda apart) · B, on the calling thread. The order in which
// an element's products are summed depends on k alone.
template <class T>
void multiplyPackedMatrix(const GemmBlocks<T>& blocks, int64_t m, const T* a, int64_t lda,
                          const PackedMatrix<T>& b, T* c, int64_t ldc, bool accumulate);

}  // namespace quern
