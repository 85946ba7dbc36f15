// Strips of a transposed copy, cut for threads, through the kernel that moves blocks for matrix products.
#include "transposed_copy.h"

#include "../kernels/table.h"

namespace quern {
namespace {

constexpr int64_t kLeastSide = 8;  // below, a block has little in it
constexpr int64_t kStripMultiple = 16;

template <class T>
void copyStrips(const StridedLoop& loop, typename GemmBlocks<T>::Transpose transpose, const T* from, T* to) {
  const int last = loop.rank - 1, across = last - 1;
  const int64_t rows = loop.dims[across], columns = loop.dims[last];
  const int64_t matrices = loop.size / (rows * columns);
  const int64_t wanted = chunkCount(loop.size) / matrices, most = rows / kStripMultiple;
  const int64_t strips = wanted < 1 || most < 1 ? 1 : wanted < most ? wanted : most;
  parallelFor(matrices * strips, [&](int64_t chunk, int) {
    int64_t matrix = chunk / strips, source = loop.base[1], target = loop.base[0];
    for (int axis = across - 1; axis >= 0; --axis) {
      source += matrix % loop.dims[axis] * loop.strides[1][axis];
      target += matrix % loop.dims[axis] * loop.strides[0][axis];
      matrix /= loop.dims[axis];
    }
    const int64_t begin = chunkStart(rows, strips, chunk % strips, kStripMultiple);
    const int64_t end = chunkStart(rows, strips, chunk % strips + 1, kStripMultiple);
    transpose(columns, end - begin, from + source + begin, loop.strides[1][last],
              to + target + begin * loop.strides[0][across], loop.strides[0][across]);
  });
}

}  // namespace

bool copyTransposed(const StridedLoop& loop, int64_t itemSize, const char* from, char* to) {
  const int last = loop.rank - 1;
  if (last < 1 || (itemSize != sizeof(float) && itemSize != sizeof(double)) || loop.size == 0) return false;
  if (loop.strides[0][last] != 1 || loop.strides[1][last - 1] != 1) return false;
  if (loop.dims[last] < kLeastSide || loop.dims[last - 1] < kLeastSide) return false;
  const KernelTable& table = kernelTable();
  if (itemSize == sizeof(float)) {
    copyStrips<float>(loop, table.gemm32.transpose, reinterpret_cast<const float*>(from),
                      reinterpret_cast<float*>(to));
  } else {
    copyStrips<double>(loop, table.gemm64.transpose, reinterpret_cast<const double*>(from),
                       reinterpret_cast<double*>(to));
  }
  return true;
}

}  // namespace quern
