// What the drivers of recurrent layers share: the order of steps, how sequences are split over threads, and
// the products of a step.
#pragma once
#include "../core/scratch.h"
#include "../core/thread_pool.h"
#include "attributes.h"
#include "gemm.h"
#include "gemm_packed.h"

namespace quern {

// A layer's walk over `steps` times of a batch, in one direction. Rows belong to a time and a sequence: each
// time has as many of them as the batch, or, where sequences differ in length and stand longest first, one
// for each of the first sequences that last so long. States have one time more, the batch's initial state,
// which comes before all others, or after them in reverse.
struct Walk {
  int64_t steps, batch, hidden;
  bool reverse;
  const int64_t* starts;  // of packed sequences, the first row of each time, and the end; or null

  int64_t rows() const { return starts ? starts[steps] : steps * batch; }
  // How many sequences, and how many of `count` from `first` on, take this step.
  int64_t alive(int64_t step) const {
    if (step == steps) return 0;
    return starts ? starts[step + 1] - starts[step] : batch;
  }
  int64_t alive(int64_t step, int64_t first, int64_t count) const {
    const int64_t left = alive(step) - first;
    return left < 0 ? 0 : left < count ? left : count;
  }
  // The first row of a step's sums, and of the states before and after it.
  int64_t time(int64_t step) const {
    return starts ? starts[step] : (reverse ? steps - 1 - step : step) * batch;
  }
  int64_t before(int64_t step) const {
    if (starts) return step == 0 ? 0 : batch + starts[step - 1];
    return (reverse ? steps - step : step) * batch;
  }
  int64_t after(int64_t step) const { return starts || !reverse ? batch + time(step) : time(step); }
};

template <class T>
const GemmBlocks<T>& recurrentBlocks(const KernelTable& table);
template <>
inline const GemmBlocks<float>& recurrentBlocks(const KernelTable& table) {
  return table.gemm32;
}
template <>
inline const GemmBlocks<double>& recurrentBlocks(const KernelTable& table) {
  return table.gemm64;
}

// Sequences of a batch don't know each other, so that each thread takes some of them through all steps and
// none waits for another. A single step is one product, which its threads share.
constexpr int64_t kWorthThreads = int64_t{1} << 19;  // multiplications of a call
constexpr int64_t kFewSequences = 4;                 // fewer would read the weights for too little
constexpr int64_t kManySequences = 32;               // as many read them often enough

// Calls body(first, count) for parts of the batch, by several threads where that pays.
template <class Body>
void forSequences(const Walk& walk, const Body& body) {
  const int64_t batch = walk.batch, perStep = batch * walk.hidden * walk.hidden;
  const bool alone = walk.steps == 1 || batch < 2 * kFewSequences || perStep < kWorthThreads / walk.steps;
  const int64_t threads = alone ? 1 : threadCount();
  if (threads == 1) return body(0, batch);
  const int64_t wide = batch / kManySequences, narrow = batch / kFewSequences;
  const int64_t most = wide < 4 * threads ? wide : 4 * threads, least = narrow < threads ? narrow : threads;
  const int64_t parts = most > least ? most : least;
  parallelFor(parts, [&](int64_t part, int) {
    const int64_t first = batch * part / parts;
    body(first, batch * (part + 1) / parts - first);
  });
}

// A weight that each step multiplies by: packed where several steps use it.
template <class T>
class StepWeight {
 public:
  // Element (p, j) of the k × n matrix lies at p · row + j · column. False when memory is exhausted.
  bool set(ScratchFrame& frame, const GemmBlocks<T>& blocks, int64_t steps, int64_t k, int64_t n,
           const T* data, int64_t row, int64_t column) {
    blocks_ = &blocks;
    packed_ = {k, n, 0, nullptr};
    if (steps == 1) {
      data_ = data;
      row_ = row;
      column_ = column;
      return true;
    }
    T* panels = frame.take<T>(PackedMatrix<T>::size(blocks, k, n));
    if (!panels) return false;
    packed_ = packMatrix(blocks, k, n, data, row, column, panels);
    return true;
  }

  // c (m × n) = or += a (m × k) · the weight. False when memory is exhausted.
  bool multiply(int64_t m, const T* a, int64_t lda, T* c, int64_t ldc, bool accumulate) const {
    if (packed_.panels) {
      multiplyPackedMatrix(*blocks_, m, a, lda, packed_, c, ldc, accumulate);
      return true;
    }
    return gemm<T>(m, packed_.n, packed_.k, a, lda, 1, data_, row_, column_, c, ldc, accumulate);
  }

 private:
  const GemmBlocks<T>* blocks_ = nullptr;
  PackedMatrix<T> packed_ = {};
  const T* data_ = nullptr;
  int64_t row_ = 0, column_ = 0;
};

}  // namespace quern
