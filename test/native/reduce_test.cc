// Drivers of reductions: layouts, accuracy, NaN, ties, refusals, and the same bits on any threads.
#include <limits.h>

#include "core/thread_pool.h"
#include "views.h"

using namespace quern;
using check::Dims;
using check::Tensor;

namespace {

// Which output element an input element falls into.
int64_t target(const Layout& out, const Layout& in, int64_t index) {
  int64_t sum = 0, step = 1;
  for (int axis = in.rank - 1; axis >= 0; --axis) {
    if (out.dims[axis] != 1) sum += index % in.dims[axis] * step;
    index /= in.dims[axis];
    step *= out.dims[axis];
  }
  return sum;
}

template <class T>
void checkReductions(DType dtype, const Dims& outDims, const Dims& outStrides, const Dims& dims,
                     const Dims& strides) {
  Tensor<T> out(outDims, outStrides);
  Tensor<T> in(dims, strides, [](int64_t i) { return 1000 * check::noise(i); });
  const size_t outputs = static_cast<size_t>(out.layout.size);
  std::vector<double> sum(outputs, 0), size(outputs, 0), most(outputs, -INFINITY), least(outputs, INFINITY);
  for (int64_t i = 0; i < in.layout.size; ++i) {
    const size_t t = static_cast<size_t>(target(out.layout, in.layout, i));
    const double x = static_cast<double>(in.at(i));
    sum[t] += x;
    size[t] += fabs(x);
    most[t] = fmax(most[t], x);
    least[t] = fmin(least[t], x);
  }
  CHECK(check::run(Kernel::k_sum, dtype, {out.view(), in.view()}) == Status::kOk);
  for (size_t i = 0; i < outputs; ++i)
    CHECK_CLOSE(static_cast<double>(out.at(static_cast<int64_t>(i))), sum[i], 6e-7 * size[i]);
  CHECK(out.guarded());
  const Status none = in.layout.size == 0 && outputs > 0 ? Status::kShapeMismatch : Status::kOk;
  CHECK(check::run(Kernel::k_amax, dtype, {out.view(), in.view()}) == none);
  for (size_t i = 0; i < outputs && none == Status::kOk; ++i)
    CHECK(out.at(static_cast<int64_t>(i)) == most[i]);
  CHECK(check::run(Kernel::k_amin, dtype, {out.view(), in.view()}) == none);
  for (size_t i = 0; i < outputs && none == Status::kOk; ++i)
    CHECK(out.at(static_cast<int64_t>(i)) == least[i]);
  CHECK(out.guarded());
}

void checkAll(const Dims& outDims, const Dims& dims, const Dims& strides) {
  checkReductions<float>(DType::kFloat32, outDims, check::denseStrides(outDims), dims, strides);
  checkReductions<double>(DType::kFloat64, outDims, check::denseStrides(outDims), dims, strides);
  checkReductions<int32_t>(DType::kInt32, outDims, check::denseStrides(outDims), dims, strides);
}
void checkAll(const Dims& outDims, const Dims& dims) { checkAll(outDims, dims, check::denseStrides(dims)); }

// The first index of the extreme along `axis`, or of all for −1; by definition, not by speed.
template <class T>
void checkArg(DType dtype, const Dims& dims, const Dims& strides, int axis, double levels) {
  Dims outDims = dims;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (axis < 0 || static_cast<size_t>(axis) == i) outDims[i] = 1;
  }
  Tensor<T> in(dims, strides, [=](int64_t i) { return floor(levels * check::noise(i)); });  // with ties
  Tensor<int32_t> out(outDims);
  for (Kernel kernel : {Kernel::k_argmax, Kernel::k_argmin}) {
    const size_t outputs = static_cast<size_t>(out.layout.size);
    std::vector<int64_t> winner(outputs, -1), best(outputs, -1);
    int64_t inner = 1;
    for (size_t i = static_cast<size_t>(axis) + 1; axis >= 0 && i < dims.size(); ++i) inner *= dims[i];
    for (int64_t i = 0; i < in.layout.size; ++i) {
      const size_t t = static_cast<size_t>(target(out.layout, in.layout, i));
      const bool better =
          best[t] < 0 || (kernel == Kernel::k_argmax ? in.at(i) > in.at(best[t]) : in.at(i) < in.at(best[t]));
      if (!better) continue;
      best[t] = i;
      winner[t] = axis < 0 ? i : i / inner % dims[static_cast<size_t>(axis)];
    }
    CHECK(check::run(kernel, dtype, {out.view(), in.view()}, {static_cast<double>(axis)}) == Status::kOk);
    for (size_t i = 0; i < outputs; ++i) CHECK(out.at(static_cast<int64_t>(i)) == winner[i]);
    CHECK(out.guarded());
  }
}

template <class T, class U>
void checkThreads(Kernel kernel, DType dtype, const Dims& outDims, const Dims& dims, double attribute = 0) {
  Tensor<U> out(outDims);
  Tensor<T> in(dims, check::denseStrides(dims), check::noise);
  std::vector<unsigned char> first;
  for (int threads : {1, 2, 3, 16}) {
    setThreadCount(threads);
    CHECK(check::run(kernel, dtype, {out.view(), in.view()}, {attribute}) == Status::kOk);
    if (first.empty()) first = out.memory;
    CHECK(first == out.memory);
  }
  setThreadCount(defaultThreadCount());
}

}  // namespace

TEST(reduce_layouts) {
  check::forEachIsa([](Isa) {
    for (int64_t n = 0; n <= 70; ++n) {
      checkAll({1}, {n});
      checkAll({1}, {n}, {3});
      checkAll({3, 1}, {3, n});
      checkAll({1, n}, {5, n});
      checkAll({n, 1}, {n, 5});
    }
    checkAll({}, {});
    checkAll({1, 300}, {411, 300});
    checkAll({1, 3, 1, 1}, {4, 3, 5, 7});
    checkAll({4, 1, 5, 7}, {4, 3, 5, 7});
    checkAll({4, 3, 1, 7}, {4, 3, 5, 7});
    checkAll({1, 3, 1, 7}, {4, 3, 5, 7});
    checkAll({4, 1, 5, 1}, {4, 3, 5, 7});
    checkAll({1, 1, 1, 1}, {4, 3, 5, 7});
    checkAll({4, 3, 5, 7}, {4, 3, 5, 7});
    checkAll({1, 41}, {37, 41}, {1, 37});
    checkAll({37, 1}, {37, 41}, {1, 37});
    checkAll({1, 1}, {37, 41}, {1, 37});
    checkAll({1, 41}, {37, 41}, {0, 1});
    checkAll({37, 1}, {37, 41}, {1, 0});
    checkAll({5, 1, 3}, {5, 700, 3}, {2100, 1, 700});
    checkAll({1, 2, 1}, {9, 2, 6000});
    checkReductions<float>(DType::kFloat32, {7, 1}, {3, 1}, {7, 33}, {33, 1});
  });
}

TEST(reduce_refuses_shapes) {
  Tensor<float> in({2, 3}), pair({2}), wrong({2, 2}), repeated({2, 1}, {0, 1}), one({1, 1});
  Tensor<int32_t> index({2, 1}), all({1, 1});
  const auto sum = [&](const View& out) {
    return check::run(Kernel::k_sum, DType::kFloat32, {out, in.view()});
  };
  CHECK(sum(pair.view()) == Status::kShapeMismatch);
  CHECK(sum(wrong.view()) == Status::kShapeMismatch);
  CHECK(sum(repeated.view()) == Status::kShapeMismatch);
  CHECK(sum(one.view()) == Status::kOk);
  const auto argmax = [&](const View& out, double axis) {
    return check::run(Kernel::k_argmax, DType::kFloat32, {out, in.view()}, {axis});
  };
  CHECK(argmax(index.view(), 1) == Status::kOk);
  CHECK(argmax(all.view(), -1) == Status::kOk);
  CHECK(argmax(index.view(), 0) == Status::kShapeMismatch);
  CHECK(argmax(all.view(), 1) == Status::kShapeMismatch);
  CHECK(argmax(index.view(), 2) == Status::kBadAttribute);
  CHECK(argmax(index.view(), 0.5) == Status::kBadAttribute);
  Tensor<float> empty({2, 0});
  CHECK(check::run(Kernel::k_argmax, DType::kFloat32, {index.view(), empty.view()}, {1}) ==
        Status::kShapeMismatch);
}

TEST(reduce_identities_and_truth) {
  check::forEachIsa([](Isa) {
    Tensor<float> empty({2, 0}), two({2, 1});
    CHECK(check::run(Kernel::k_prod, DType::kFloat32, {two.view(), empty.view()}) == Status::kOk);
    CHECK(two.at(0) == 1 && two.at(1) == 1);
    Tensor<float> small({2, 4}, {4, 1}, [](int64_t i) { return i + 1; });
    check::run(Kernel::k_prod, DType::kFloat32, {two.view(), small.view()});
    CHECK(two.at(0) == 24 && two.at(1) == 1680);
    Tensor<int32_t> whole({3}, {1}, [](int64_t) { return INT_MAX; }), total({1});
    check::run(Kernel::k_sum, DType::kInt32, {total.view(), whole.view()});
    CHECK(total.at(0) == INT_MAX - 2);

    Tensor<uint8_t> bits({3, 70}, {70, 1}, [](int64_t i) {
      return i / 70 == 0 ? 0 : i / 70 == 1 ? 1 : i % 70 == 69;
    });
    Tensor<uint8_t> none({3, 0}), truth({3, 1});
    check::run(Kernel::k_any, DType::kBool, {truth.view(), bits.view()});
    CHECK(truth.at(0) == 0 && truth.at(1) == 1 && truth.at(2) == 1);
    check::run(Kernel::k_all, DType::kBool, {truth.view(), bits.view()});
    CHECK(truth.at(0) == 0 && truth.at(1) == 1 && truth.at(2) == 0);
    check::run(Kernel::k_any, DType::kBool, {truth.view(), none.view()});
    CHECK(truth.at(0) == 0);
    check::run(Kernel::k_all, DType::kBool, {truth.view(), none.view()});
    CHECK(truth.at(0) == 1 && truth.guarded());
  });
}

TEST(reduce_long_sums_are_accurate) {
  constexpr int64_t n = 10'000'000;
  std::vector<float> values(n);
  double exact = 0;
  for (int64_t i = 0; i < n; ++i) {
    values[static_cast<size_t>(i)] = static_cast<float>(0.1 + 0.05 * check::noise(i));
    exact += static_cast<double>(values[static_cast<size_t>(i)]);
  }
  Layout row = check::layoutOf({n}, {1}), one = check::layoutOf({1}, {1});
  Layout columns = check::layoutOf({n / 4, 4}, {4, 1}), four = check::layoutOf({1, 4}, {4, 1});
  check::forEachIsa([&](Isa) {
    float total = 0, parts[4] = {};
    CHECK(check::run(Kernel::k_sum, DType::kFloat32, {{&total, &one}, {values.data(), &row}}) == Status::kOk);
    CHECK_CLOSE(total, exact, 1e-6 * exact);
    CHECK(check::run(Kernel::k_sum, DType::kFloat32, {{parts, &four}, {values.data(), &columns}}) ==
          Status::kOk);
    CHECK_CLOSE(static_cast<double>(parts[0]) + parts[1] + parts[2] + parts[3], exact, 1e-6 * exact);
  });
}

TEST(reduce_arg) {
  check::forEachIsa([](Isa) {
    for (double levels : {1e6, 4.0}) {
      for (int64_t n : {1, 5, 16, 70, 3000}) {
        checkArg<float>(DType::kFloat32, {n}, {1}, -1, levels);
        checkArg<double>(DType::kFloat64, {n}, {2}, 0, levels);
        checkArg<int32_t>(DType::kInt32, {3, n}, {n, 1}, 1, levels);
        checkArg<float>(DType::kFloat32, {7, n}, {n, 1}, 0, levels);
        checkArg<float>(DType::kFloat32, {7, n}, {1, 7}, -1, levels);
      }
      checkArg<float>(DType::kFloat32, {4, 5, 6}, {30, 6, 1}, 1, levels);
      checkArg<float>(DType::kFloat32, {4, 5, 6}, {1, 4, 20}, 1, levels);
      checkArg<double>(DType::kFloat64, {4, 5, 6}, {1, 24, 4}, -1, levels);
      checkArg<float>(DType::kFloat32, {300, 500}, {500, 1}, -1, levels);
      checkArg<float>(DType::kFloat32, {5000, 30}, {30, 1}, 0, levels);
    }
  });
}

TEST(reduce_nan_wins) {
  check::forEachIsa([](Isa) {
    for (int64_t n : {3, 40, 5000}) {
      for (int64_t where : {int64_t{0}, n / 2, n - 1}) {
        Tensor<float> in({n}, {1}, check::noise), out({1});
        Tensor<int32_t> index({1});
        in.at(where) = NAN;
        in.at(n - 1) = NAN;
        for (Kernel kernel : {Kernel::k_amax, Kernel::k_amin}) {
          check::run(kernel, DType::kFloat32, {out.view(), in.view()});
          CHECK(isnan(out.at(0)));
        }
        for (Kernel kernel : {Kernel::k_argmax, Kernel::k_argmin}) {
          check::run(kernel, DType::kFloat32, {index.view(), in.view()}, {-1});
          CHECK(index.at(0) == where);
        }
      }
    }
    Tensor<float> low({5}, {1}, [](int64_t) { return -INFINITY; });
    Tensor<int32_t> index({1});
    check::run(Kernel::k_argmax, DType::kFloat32, {index.view(), low.view()}, {-1});
    CHECK(index.at(0) == 0);
  });
}

TEST(reduce_bits_do_not_depend_on_threads) {
  check::forEachIsa([](Isa) {
    checkThreads<float, float>(Kernel::k_sum, DType::kFloat32, {1}, {300'001});
    checkThreads<float, float>(Kernel::k_sum, DType::kFloat32, {1, 37}, {9001, 37});
    checkThreads<float, float>(Kernel::k_sum, DType::kFloat32, {1, 3000}, {101, 3000});
    checkThreads<float, float>(Kernel::k_sum, DType::kFloat32, {9001, 1}, {9001, 37});
    checkThreads<float, float>(Kernel::k_sum, DType::kFloat32, {1, 6, 1}, {20, 6, 3000});
    checkThreads<double, double>(Kernel::k_prod, DType::kFloat64, {3, 1}, {3, 100'003});
    checkThreads<float, int32_t>(Kernel::k_argmax, DType::kFloat32, {1}, {300'001}, -1);
  });
}
