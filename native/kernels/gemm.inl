// The matrix product's kernels, and the block sizes that suit them.
#include "gemm_dot.inl"
#include "gemm_finish.inl"
#include "gemm_move.inl"
#include "gemm_tile.inl"

namespace {

template <class T>
void fillGemmBlocks(quern::GemmBlocks<T>& blocks) {
  blocks.multiply = gemmMultiply<T>;
  blocks.dot = gemmDot<T>;
  blocks.pack = gemmPack<T>;
  blocks.transpose = gemmTranspose<T>;
  blocks.finish = gemmFinish<T>;
  blocks.mr = GemmShape<T>::kRows;
  blocks.nr = GemmShape<T>::kColumns;
  blocks.lanes = GemmShape<T>::kLanes;
  // k × nr of B (at most 96 KB) and mc × k of A (about 256 KB) lie in the second cache together.
  blocks.kc = 2048 / static_cast<int64_t>(sizeof(T));
  blocks.mc = 120;
}

void fillGemm(quern::KernelTable& table) {
  fillGemmBlocks(table.gemm32);
  fillGemmBlocks(table.gemm64);
}

}  // namespace
