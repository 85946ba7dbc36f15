// Weighted sums of a table's rows and their gradients: any strides and numbers of threads, and what they
// refuse.
#include "core/thread_pool.h"
#include "views.h"

using namespace quern;
using check::Tensor;

namespace {

constexpr int64_t kTerms = 4, kCount = 300;

// The index `rows` has no part.
int64_t rowOf(int64_t rows, int64_t k, int64_t i) { return (i * i + 7 * k + 3) % (rows + 1); }

void checkMix(int64_t rows, int64_t columns) {
  Tensor<float> table({rows, columns}, {1, rows}, check::noise), out({kCount, columns});
  Tensor<float> g({kCount, columns}, {2 * columns, 2}, [](int64_t i) { return check::noise(i + 9); });
  Tensor<float> weights({kTerms, kCount}, {1, kTerms}, [](int64_t i) { return check::noise(i + 5); });
  Tensor<float> sums({rows, columns}), products({kTerms, kCount});
  Tensor<int32_t> index({kTerms, kCount}, {1, kTerms},
                        [&](int64_t i) { return rowOf(rows, i / kCount, i % kCount); });
  const std::vector<double> blank = {static_cast<double>(rows)};
  std::vector<unsigned char> first;
  for (int threads : {1, 2, 16}) {
    setThreadCount(threads);
    CHECK(check::run(Kernel::k_weightedRows, DType::kFloat32,
                     {out.view(), table.view(), index.view(), weights.view()}, blank) == Status::kOk);
    CHECK(check::run(Kernel::k_weightedRowsGradTable, DType::kFloat32,
                     {sums.view(), g.view(), index.view(), weights.view()}, blank) == Status::kOk);
    CHECK(check::run(Kernel::k_weightedRowsGradWeights, DType::kFloat32,
                     {products.view(), table.view(), index.view(), g.view()}, blank) == Status::kOk);
    if (first.empty()) first = sums.memory;
    CHECK(first == sums.memory);
  }
  setThreadCount(defaultThreadCount());
  std::vector<double> wanted(static_cast<size_t>(rows * columns));
  for (int64_t i = 0; i < kCount; ++i) {
    for (int64_t j = 0; j < columns; ++j) {
      double sum = 0;
      for (int64_t k = 0; k < kTerms; ++k) {
        const int64_t row = rowOf(rows, k, i);
        if (row == rows) continue;
        const double weight = weights.at(k * kCount + i);
        sum += weight * table.at(row * columns + j);
        wanted[static_cast<size_t>(row * columns + j)] += weight * g.at(i * columns + j);
      }
      CHECK(fabs(out.at(i * columns + j) - sum) < 1e-5);
    }
    for (int64_t k = 0; k < kTerms; ++k) {
      double product = 0;
      const int64_t row = rowOf(rows, k, i);
      for (int64_t j = 0; j < columns && row < rows; ++j) {
        product += static_cast<double>(table.at(row * columns + j)) * g.at(i * columns + j);
      }
      CHECK(fabs(products.at(k * kCount + i) - product) < 1e-4);
    }
  }
  for (int64_t i = 0; i < rows * columns; ++i) {
    CHECK(fabs(sums.at(i) - wanted[static_cast<size_t>(i)]) < 1e-4);
  }
  CHECK(out.guarded() && sums.guarded() && products.guarded());
}

}  // namespace

TEST(weighted_rows_and_their_gradients) {
  checkMix(50, 75);
  checkMix(700, 3);
  checkMix(3, 2100);
}

TEST(weighted_rows_refuse) {
  Tensor<float> table({4, 2}), out({3, 2}), wide({3, 3}), weights({2, 3}), few({1, 3});
  Tensor<int32_t> index({2, 3}, {3, 1}, [](int64_t i) { return i % 4; });
  const auto mix = [&](const View& to, const View& shares, double blank) {
    return check::run(Kernel::k_weightedRows, DType::kFloat32, {to, table.view(), index.view(), shares},
                      {blank});
  };
  CHECK(mix(out.view(), weights.view(), -1) == Status::kOk);
  CHECK(mix(wide.view(), weights.view(), -1) == Status::kShapeMismatch);
  CHECK(mix(out.view(), few.view(), -1) == Status::kShapeMismatch);
  CHECK(mix(out.view(), weights.view(), 5) == Status::kBadAttribute);
  CHECK(mix(out.view(), weights.view(), 0.5) == Status::kBadAttribute);
  index.at(5) = 4;
  const std::vector<unsigned char> before = out.memory;
  CHECK(mix(out.view(), weights.view(), -1) == Status::kIndexOutOfRange && out.memory == before);
  CHECK(mix(out.view(), weights.view(), 4) == Status::kOk);
  index.at(5) = -1;
  CHECK(mix(out.view(), weights.view(), 4) == Status::kIndexOutOfRange);
}
