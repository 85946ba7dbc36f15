// Sort, topk, kthvalue, mode, searchsorted and scans against their definitions; refusals; threads.
#include <algorithm>
#include <numeric>

#include "core/thread_pool.h"
#include "views.h"

using namespace quern;
using check::Dims;
using check::Tensor;

namespace {

// Values with many ties and, in floats, NaN, infinities and both zeros.
double tied(int64_t i) {
  const double value = floor(check::noise(i) * 6);
  if (value == -6) return -INFINITY;
  if (value == 5) return INFINITY;
  if (value == 4) return NAN;
  return value == 0 && i % 2 == 0 ? -0.0 : value;
}

double distinct(int64_t i) { return check::noise(i) * 1e6; }

// Whole and small enough for uint8.
double whole(int64_t i) { return floor((check::noise(i) + 1) * 100); }

template <class T>
bool before(T a, T b) {
  return b != b ? a == a : a < b;
}

template <class T>
bool alike(T a, T b) {
  return memcmp(&a, &b, sizeof a) == 0 || (a != a && b != b);
}

// The indices of a row in order; equal elements keep theirs.
template <class T>
std::vector<int> orderOf(Tensor<T>& x, int64_t first, int64_t step, int64_t n, bool descending) {
  std::vector<int> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  const auto value = [&](int i) { return x.at(first + i * step); };
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return descending ? before(value(b), value(a)) : before(value(a), value(b));
  });
  return order;
}

// x is (outer, n, inner), sorted along the middle axis.
template <class T>
void checkOrder(DType dtype, int64_t outer, int64_t n, int64_t inner, const Dims& strides,
                double (*values)(int64_t)) {
  Tensor<T> x({outer, n, inner}, strides, values), sorted({outer, n, inner}), one({outer, 1, inner});
  Tensor<int32_t> indices({outer, n, inner}), where({outer, 1, inner});
  for (bool descending : {false, true}) {
    CHECK(check::run(Kernel::k_sort, dtype, {sorted.view(), indices.view(), x.view()},
                     {1, descending ? 1.0 : 0.0}) == Status::kOk);
    CHECK(sorted.guarded() && indices.guarded());
    const int64_t k = n < 3 ? n : n / 3 + 1;
    Tensor<T> top({outer, k, inner});
    Tensor<int32_t> topIndices({outer, k, inner});
    CHECK(check::run(Kernel::k_topk, dtype, {top.view(), topIndices.view(), x.view()},
                     {1, static_cast<double>(k), descending ? 1.0 : 0.0}) == Status::kOk);
    CHECK(top.guarded() && topIndices.guarded());
    if (!descending) {
      CHECK(check::run(Kernel::k_kthvalue, dtype, {one.view(), where.view(), x.view()},
                       {1, static_cast<double>(k), 0}) == Status::kOk);
      CHECK(one.guarded() && where.guarded());
    }
    bool same = true;
    for (int64_t row = 0; row < outer * inner; ++row) {
      const int64_t first = row / inner * n * inner + row % inner;
      const std::vector<int> order = orderOf(x, first, inner, n, descending);
      for (int64_t i = 0; i < n; ++i) {
        const int at = order[static_cast<size_t>(i)];
        const T value = x.at(first + at * inner);
        same = same && indices.at(first + i * inner) == at && alike(sorted.at(first + i * inner), value);
        const int64_t place = row / inner * k * inner + row % inner + i * inner;
        if (i < k) same = same && topIndices.at(place) == at && alike(top.at(place), value);
        if (i == k - 1 && !descending) same = same && where.at(row) == at && alike(one.at(row), value);
      }
    }
    CHECK(same);
  }
}

template <class T>
void checkOrders(DType dtype, double (*values)(int64_t)) {
  for (int64_t n : {1, 2, 40, 41, 300, 5000}) {
    checkOrder<T>(dtype, 3, n, 1, {n, 1, 1}, values);
    checkOrder<T>(dtype, 2, n, 3, {n * 3, 3, 1}, values);
    checkOrder<T>(dtype, 2, n, 3, {1, 8, 2}, values);
  }
}

template <class T>
void checkScans(DType dtype, double tolerance) {
  for (const Dims& dims : {Dims{3, 50, 1}, Dims{2, 50, 37}, Dims{40, 7, 1}, Dims{1, 1, 1}}) {
    const int64_t n = dims[1], inner = dims[2];
    Tensor<T> x(dims, check::denseStrides(dims), check::noise),
        factors(dims, check::denseStrides(dims), [](int64_t i) { return check::noise(i + 9); }), sum(dims),
        best(dims), chain(dims);
    Tensor<int32_t> where(dims);
    for (bool reverse : {false, true}) {
      const std::vector<double> course = {1, reverse ? 1.0 : 0.0};
      CHECK(check::run(Kernel::k_cumsum, dtype, {sum.view(), x.view()}, course) == Status::kOk);
      CHECK(check::run(Kernel::k_cummax, dtype, {best.view(), where.view(), x.view()}, course) ==
            Status::kOk);
      CHECK(check::run(Kernel::k_recurrence, dtype, {chain.view(), factors.view(), x.view()}, course) ==
            Status::kOk);
      CHECK(sum.guarded() && best.guarded() && where.guarded() && chain.guarded());
      bool same = true;
      for (int64_t row = 0; row < dims[0] * inner; ++row) {
        double total = 0, carried = 0;
        int step = 0;
        T most = T(-2);
        for (int64_t i = 0; i < n; ++i) {
          const int64_t at = row / inner * n * inner + row % inner + (reverse ? n - 1 - i : i) * inner;
          total += static_cast<double>(x.at(at));
          carried =
              (i == 0 ? 0 : static_cast<double>(factors.at(at)) * carried) + static_cast<double>(x.at(at));
          if (x.at(at) >= most) {
            most = x.at(at);
            step = static_cast<int>(i);
          }
          same = same && fabs(static_cast<double>(sum.at(at)) - total) <= tolerance &&
                 fabs(static_cast<double>(chain.at(at)) - carried) <= tolerance && best.at(at) == most &&
                 where.at(at) == step;
        }
      }
      CHECK(same);
    }
  }
}

}  // namespace

TEST(order_matches_its_definition) {
  checkOrders<float>(DType::kFloat32, tied);
  checkOrders<float>(DType::kFloat32, distinct);
  checkOrders<double>(DType::kFloat64, tied);
  checkOrders<double>(DType::kFloat64, distinct);
  checkOrders<int32_t>(DType::kInt32, distinct);
  checkOrders<uint8_t>(DType::kUint8, whole);
}

TEST(order_finds_medians_and_modes) {
  const float values[4][5] = {
      {3, 1, 2, 5, 4}, {2, 1, 2, 1, 3}, {NAN, 4, NAN, 1, 2}, {NAN, NAN, NAN, NAN, NAN}};
  Tensor<float> x({4, 5}, {5, 1}, [&](int64_t i) { return values[i / 5][i % 5]; }), found({4, 1});
  Tensor<int32_t> where({4, 1});
  const auto indices = [&](Kernel kernel, std::vector<double> attributes) {
    CHECK(check::run(kernel, DType::kFloat32, {found.view(), where.view(), x.view()}, attributes) ==
          Status::kOk);
    return std::vector<int32_t>{where.at(0), where.at(1), where.at(2), where.at(3)};
  };
  CHECK((indices(Kernel::k_kthvalue, {1, 1, 1}) == std::vector<int32_t>{0, 0, 0, 0}));
  CHECK((indices(Kernel::k_kthvalue, {1, 1, 2}) == std::vector<int32_t>{0, 0, 4, 0}));
  CHECK((indices(Kernel::k_mode, {1}) == std::vector<int32_t>{1, 3, 0, 0}));
}

TEST(order_refuses) {
  Tensor<float> x({2, 3}), out({2, 3}), one({2, 1}), gaps({2, 3}, {4, 1});
  Tensor<int32_t> indices({2, 3}), where({2, 1});
  const auto run = [&](Kernel kernel, const View& values, const View& at, std::vector<double> attributes) {
    return check::run(kernel, DType::kFloat32, {values, at, x.view()}, attributes);
  };
  CHECK(run(Kernel::k_sort, out.view(), indices.view(), {2, 0}) == Status::kBadAttribute);
  CHECK(run(Kernel::k_sort, out.view(), indices.view(), {1, 2}) == Status::kBadAttribute);
  CHECK(run(Kernel::k_sort, gaps.view(), indices.view(), {1, 0}) == Status::kShapeMismatch);
  CHECK(run(Kernel::k_sort, out.view(), where.view(), {1, 0}) == Status::kShapeMismatch);
  CHECK(run(Kernel::k_topk, out.view(), indices.view(), {1, 4, 1}) == Status::kShapeMismatch);
  CHECK(run(Kernel::k_topk, one.view(), where.view(), {1, NAN, 1}) == Status::kBadAttribute);
  CHECK(run(Kernel::k_kthvalue, one.view(), where.view(), {1, 0, 0}) == Status::kBadAttribute);
  CHECK(run(Kernel::k_kthvalue, one.view(), where.view(), {1, 4, 0}) == Status::kBadAttribute);
  CHECK(run(Kernel::k_kthvalue, one.view(), where.view(), {1, 1, 3}) == Status::kBadAttribute);
  CHECK(run(Kernel::k_mode, out.view(), indices.view(), {1}) == Status::kShapeMismatch);
  Tensor<float> nothing({2, 0});
  CHECK(check::run(Kernel::k_mode, DType::kFloat32, {one.view(), where.view(), nothing.view()}, {1}) ==
        Status::kShapeMismatch);
}

TEST(searchsorted_finds_where_values_belong) {
  Tensor<float> rows({2, 4}, {4, 1},
                     [](int64_t i) { return std::vector<float>{-2, 0, 0, 3, 1, 1, 1, 2}[size_t(i)]; });
  const std::vector<float> wanted = {-3, 0, 9, NAN, 0, 1, 1.5, 2};
  Tensor<float> values({2, 4}, {4, 1}, [&](int64_t i) { return wanted[size_t(i)]; });
  Tensor<int32_t> out({2, 4});
  for (bool right : {false, true}) {
    CHECK(check::run(Kernel::k_searchsorted, DType::kFloat32, {out.view(), rows.view(), values.view()},
                     {right ? 1.0 : 0.0}) == Status::kOk);
    CHECK(out.guarded());
    const std::vector<int32_t> places =
        right ? std::vector<int32_t>{0, 3, 4, 4, 0, 3, 3, 4} : std::vector<int32_t>{0, 1, 4, 4, 0, 0, 3, 3};
    for (int64_t i = 0; i < 8; ++i) CHECK(out.at(i) == places[size_t(i)]);
  }
  Tensor<float> others({3, 4});
  CHECK(check::run(Kernel::k_searchsorted, DType::kFloat32, {out.view(), others.view(), values.view()},
                   {0}) == Status::kShapeMismatch);
}

TEST(scans_match_their_definitions) {
  checkScans<float>(DType::kFloat32, 1e-5);
  checkScans<double>(DType::kFloat64, 1e-13);
  const float edge[] = {-INFINITY, -INFINITY, 1, 1, INFINITY, NAN, 0};
  Tensor<float> x({7}, {1}, [&](int64_t i) { return edge[i]; }), out({7});
  CHECK(check::run(Kernel::k_logcumsumexp, DType::kFloat32, {out.view(), x.view()}, {0, 0}) == Status::kOk);
  CHECK(out.at(1) == -INFINITY && out.at(2) == 1 && fabsf(out.at(3) - 1.6931472f) < 1e-6f &&
        out.at(4) == INFINITY && isnan(out.at(5)) && isnan(out.at(6)));
  CHECK(check::run(Kernel::k_cumsum, DType::kFloat32, {out.view(), x.view()}, {1, 0}) ==
        Status::kBadAttribute);
  CHECK(check::run(Kernel::k_cumsum, DType::kFloat32, {out.view(), x.view()}, {0, 2}) ==
        Status::kBadAttribute);
}

TEST(order_bits_do_not_depend_on_threads) {
  Tensor<float> x({90, 700}, {700, 1}, tied), out({90, 700});
  Tensor<int32_t> indices({90, 700});
  std::vector<unsigned char> sorted, summed;
  for (int threads : {1, 2, 3, 16}) {
    setThreadCount(threads);
    for (double axis : {0.0, 1.0}) {
      CHECK(check::run(Kernel::k_sort, DType::kFloat32, {out.view(), indices.view(), x.view()}, {axis, 0}) ==
            Status::kOk);
    }
    if (sorted.empty()) sorted = out.memory;
    CHECK(sorted == out.memory);
    for (double axis : {0.0, 1.0}) {
      CHECK(check::run(Kernel::k_cumsum, DType::kFloat32, {out.view(), x.view()}, {axis, 0}) == Status::kOk);
    }
    if (summed.empty()) summed = out.memory;
    CHECK(summed == out.memory);
  }
  setThreadCount(defaultThreadCount());
}
