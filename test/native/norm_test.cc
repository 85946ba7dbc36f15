// Normalisation and losses: drivers against double references, their edges, guards, threads and refusals.
#include "core/thread_pool.h"
#include "functions.h"
#include "views.h"

using namespace quern;
using check::Dims;
using check::Tensor;

namespace {

constexpr double kEps = 1e-5;

template <class T>
struct Type;
template <>
struct Type<float> {
  static constexpr DType dtype = DType::kFloat32;
  static constexpr double tolerance = 2e-5;
};
template <>
struct Type<double> {
  static constexpr DType dtype = DType::kFloat64;
  static constexpr double tolerance = 1e-12;
};

// Mean and 1/√(variance + eps) of the values that `at` names.
template <class F>
void momentsOf(int64_t count, const F& at, double& mean, double& scale) {
  double squares = 0;
  mean = 0;
  for (int64_t i = 0; i < count; ++i) mean += at(i) / static_cast<double>(count);
  for (int64_t i = 0; i < count; ++i) squares += (at(i) - mean) * (at(i) - mean);
  scale = 1 / sqrt(squares / static_cast<double>(count) + kEps);
}

template <class T>
void checkLayerNorm(int64_t rows, int64_t n, double offset) {
  constexpr DType dtype = Type<T>::dtype;
  const double tolerance = Type<T>::tolerance * (1 + fabs(offset));
  const Dims dims = {rows, n};
  Tensor<T> x(dims, check::denseStrides(dims), [&](int64_t i) { return offset + check::noise(i); });
  Tensor<T> g(dims, check::denseStrides(dims), [](int64_t i) { return check::noise(i + 900); });
  Tensor<T> weight({n}, {1}, [](int64_t i) { return 1 + check::noise(i + 77); });
  Tensor<T> bias({n}, {1}, [](int64_t i) { return check::noise(i + 99); });
  Tensor<T> y(dims), dx(dims), statistics({2, rows}), sums({2, n});
  CHECK(check::run(Kernel::k_layerNorm, dtype,
                   {y.view(), statistics.view(), x.view(), weight.view(), bias.view()},
                   {1, kEps}) == Status::kOk);
  CHECK(check::run(Kernel::k_layerNormGrad, dtype,
                   {dx.view(), g.view(), x.view(), statistics.view(), weight.view()}, {1}) == Status::kOk);
  CHECK(check::run(Kernel::k_layerNormGradWeight, dtype, {sums.view(), g.view(), x.view(), statistics.view()},
                   {1}) == Status::kOk);
  std::vector<double> dweight(static_cast<size_t>(n)), dbias(static_cast<size_t>(n));
  for (int64_t r = 0; r < rows; ++r) {
    const auto at = [&](int64_t i) { return static_cast<double>(x.at(r * n + i)); };
    double mean, scale, first = 0, second = 0;
    momentsOf(n, at, mean, scale);
    for (int64_t i = 0; i < n; ++i) {
      const double z = (at(i) - mean) * scale, h = static_cast<double>(g.at(r * n + i) * weight.at(i));
      CHECK_CLOSE(static_cast<double>(y.at(r * n + i)),
                  z * static_cast<double>(weight.at(i)) + static_cast<double>(bias.at(i)), 4 * tolerance);
      first += h / static_cast<double>(n);
      second += h * z / static_cast<double>(n);
      dweight[static_cast<size_t>(i)] += static_cast<double>(g.at(r * n + i)) * z;
      dbias[static_cast<size_t>(i)] += static_cast<double>(g.at(r * n + i));
    }
    for (int64_t i = 0; i < n; ++i) {
      const double z = (at(i) - mean) * scale, h = static_cast<double>(g.at(r * n + i) * weight.at(i));
      CHECK_CLOSE(static_cast<double>(dx.at(r * n + i)), (h - first - z * second) * scale,
                  tolerance * (1 + scale));
    }
  }
  for (int64_t i = 0; i < n; ++i) {
    CHECK_CLOSE(static_cast<double>(sums.at(i)), dweight[static_cast<size_t>(i)],
                tolerance * static_cast<double>(rows));
    CHECK_CLOSE(static_cast<double>(sums.at(n + i)), dbias[static_cast<size_t>(i)],
                tolerance * static_cast<double>(rows));
  }
  CHECK(y.guarded() && dx.guarded() && statistics.guarded() && sums.guarded());
}

template <class T>
void checkBatchNorm(int64_t images, int64_t channels, int64_t plane) {
  constexpr DType dtype = Type<T>::dtype;
  const double tolerance = Type<T>::tolerance;
  const Dims dims = {images, channels, plane};
  Tensor<T> x(dims, check::denseStrides(dims), [](int64_t i) { return 2 + check::noise(i); });
  Tensor<T> g(dims, check::denseStrides(dims), [](int64_t i) { return check::noise(i + 900); });
  Tensor<T> weight({channels}, {1}, [](int64_t i) { return 1 + check::noise(i + 77); });
  Tensor<T> bias({channels}, {1}, [](int64_t i) { return check::noise(i + 99); });
  Tensor<T> mean({channels}, {2}, [](int64_t) { return 1; }),
      variance({channels}, {3}, [](int64_t) { return 2; });
  Tensor<T> y(dims), dx(dims), statistics({2, channels}), sums({2, channels});
  CHECK(check::run(Kernel::k_batchNormStatistics, dtype,
                   {statistics.view(), x.view(), mean.view(), variance.view()},
                   {kEps, 0.25, 1}) == Status::kOk);
  CHECK(check::run(Kernel::k_batchNorm, dtype,
                   {y.view(), x.view(), statistics.view(), weight.view(), bias.view()}) == Status::kOk);
  CHECK(check::run(Kernel::k_batchNormSums, dtype, {sums.view(), g.view(), x.view(), statistics.view()}) ==
        Status::kOk);
  CHECK(check::run(Kernel::k_batchNormGrad, dtype,
                   {dx.view(), g.view(), x.view(), statistics.view(), sums.view(), weight.view()}) ==
        Status::kOk);
  const int64_t count = images * plane;
  for (int64_t c = 0; c < channels; ++c) {
    const auto index = [&](int64_t i) { return (i / plane * channels + c) * plane + i % plane; };
    const auto at = [&](int64_t i) { return static_cast<double>(x.at(index(i))); };
    double centre, scale, first = 0, second = 0;
    momentsOf(count, at, centre, scale);
    for (int64_t i = 0; i < count; ++i) {
      const double gradient = static_cast<double>(g.at(index(i)));
      first += gradient;
      second += gradient * (at(i) - centre) * scale;
    }
    const double size = static_cast<double>(count), w = static_cast<double>(weight.at(c));
    CHECK_CLOSE(static_cast<double>(sums.at(c)), second, tolerance * size);
    CHECK_CLOSE(static_cast<double>(sums.at(channels + c)), first, tolerance * size);
    CHECK_CLOSE(static_cast<double>(mean.at(c)), 0.75 + 0.25 * centre, tolerance);
    const double spread = (1 / (scale * scale) - kEps) * size / (size - 1);
    CHECK_CLOSE(static_cast<double>(variance.at(c)), 1.5 + 0.25 * spread, 4 * tolerance);
    for (int64_t i = 0; i < count; ++i) {
      const double z = (at(i) - centre) * scale, gradient = static_cast<double>(g.at(index(i)));
      CHECK_CLOSE(static_cast<double>(y.at(index(i))), z * w + static_cast<double>(bias.at(c)),
                  8 * tolerance);
      CHECK_CLOSE(static_cast<double>(dx.at(index(i))),
                  (gradient - first / size - z * second / size) * scale * w, 8 * tolerance * scale);
    }
  }
  CHECK(y.guarded() && dx.guarded() && statistics.guarded() && sums.guarded());
  CHECK(mean.guarded() && variance.guarded());
}

// Cross entropy of `images` × classes × `inner` logits, with every option; class 1 counts for nothing.
template <class T>
void checkCrossEntropy(int64_t images, int64_t classes, int64_t inner, bool weighted, double smoothing,
                       int64_t reduction) {
  constexpr DType dtype = Type<T>::dtype;
  const double tolerance = 4 * Type<T>::tolerance;
  const Dims dims = {images, classes, inner}, places = {images, inner};
  const int64_t positions = images * inner;
  Tensor<T> x(dims, check::denseStrides(dims), [](int64_t i) { return 6 * check::noise(i); });
  Tensor<int32_t> target(places, check::denseStrides(places), [&](int64_t i) { return i * 5 % classes; });
  Tensor<T> weight({classes}, {1}, [](int64_t i) { return 1.5 + check::noise(i + 77); });
  const Dims shape = reduction == 0 ? places : Dims{};
  Tensor<T> g(shape, check::denseStrides(shape), [](int64_t i) { return 1 + check::noise(i + 5); });
  Tensor<T> out(shape), helper({2 * positions + 1}), dx(dims);
  std::vector<View> forward = {out.view(), helper.view(), x.view(), target.view()};
  std::vector<View> backward = {dx.view(), g.view(), x.view(), helper.view(), target.view()};
  if (weighted) forward.push_back(weight.view()), backward.push_back(weight.view());
  const std::vector<double> options = {1, smoothing, static_cast<double>(reduction)};
  CHECK(check::run(Kernel::k_crossEntropy, dtype, forward, options) == Status::kOk);
  CHECK(check::run(Kernel::k_crossEntropyGrad, dtype, backward, options) == Status::kOk);
  const auto weightOf = [&](int64_t c) { return weighted ? static_cast<double>(weight.at(c)) : 1.0; };
  double total = 0, counted = 0, every = 0;
  for (int64_t c = 0; c < classes; ++c) every += weightOf(c);
  for (int64_t p = 0; p < positions; ++p) counted += target.at(p) == 1 ? 0 : weightOf(target.at(p));
  const double divisor = reduction == 2 ? counted : 1, size = static_cast<double>(classes);
  for (int64_t p = 0; p < positions; ++p) {
    const auto index = [&](int64_t c) { return (p / inner * classes + c) * inner + p % inner; };
    const int64_t label = target.at(p);
    double sum = 0, loss = 0, even = 0;
    for (int64_t c = 0; c < classes; ++c) sum += exp(static_cast<double>(x.at(index(c))));
    const double own = (1 - smoothing) * weightOf(label);
    for (int64_t c = 0; c < classes; ++c)
      even += weightOf(c) * (log(sum) - static_cast<double>(x.at(index(c))));
    if (label != 1)
      loss = own * (log(sum) - static_cast<double>(x.at(index(label)))) + smoothing / size * even;
    total += loss;
    if (reduction == 0) CHECK_CLOSE(static_cast<double>(out.at(p)), loss, tolerance * (1 + loss));
    const double upstream = static_cast<double>(g.at(reduction == 0 ? p : 0)) / divisor;
    for (int64_t c = 0; c < classes; ++c) {
      const double share = exp(static_cast<double>(x.at(index(c)))) / sum;
      const double slope =
          (own + smoothing / size * every) * share - smoothing / size * weightOf(c) - (c == label ? own : 0);
      CHECK_CLOSE(static_cast<double>(dx.at(index(c))), label == 1 ? 0 : upstream * slope, tolerance);
    }
  }
  if (reduction != 0)
    CHECK_CLOSE(static_cast<double>(out.at(0)), total / divisor, tolerance * (1 + fabs(total)));
  CHECK(out.guarded() && helper.guarded() && dx.guarded());
}

}  // namespace

TEST(norm_layer_norm) {
  check::forEachIsa([](Isa) {
    for (int64_t n : {1, 2, 7, 16, 33, 64, 100, 4099}) {
      for (int64_t rows : {1, 3, 11}) {
        checkLayerNorm<float>(rows, n, 0);
        checkLayerNorm<double>(rows, n, 0);
      }
    }
    checkLayerNorm<float>(300, 70, 30);  // far from 0
    checkLayerNorm<float>(1000, 257, 0);
    checkLayerNorm<float>(0, 5, 0);
  });
}

TEST(norm_first_value_far_from_the_others) {
  check::forEachIsa([](Isa) {
    const int64_t n = 100;
    Tensor<float> x({1, n}, {n, 1}, [](int64_t i) { return i == 0 ? 1e4 : check::noise(i); });
    Tensor<float> y({1, n}), statistics({2, 1});
    CHECK(check::run(Kernel::k_layerNorm, DType::kFloat32, {y.view(), statistics.view(), x.view()},
                     {1, kEps}) == Status::kOk);
    double mean, scale;
    momentsOf(n, [&](int64_t i) { return static_cast<double>(x.at(i)); }, mean, scale);
    CHECK_CLOSE(static_cast<double>(statistics.at(0)), mean, 1e-6 / scale);
    CHECK_CLOSE(static_cast<double>(statistics.at(1)) / scale, 1.0, 1e-5);
    // Equal values have no variance at all, whatever their sum is rounded to.
    Tensor<float> equal({1, n}, {n, 1}, [](int64_t) { return 0.1; });
    CHECK(check::run(Kernel::k_layerNorm, DType::kFloat32, {y.view(), statistics.view(), equal.view()},
                     {1, kEps}) == Status::kOk);
    CHECK(y.at(0) == 0 && y.at(n - 1) == 0);
  });
}

TEST(norm_batch_norm) {
  check::forEachIsa([](Isa) {
    for (int64_t plane : {1, 2, 5, 16, 49}) {
      for (int64_t channels : {1, 3, 70}) {
        checkBatchNorm<float>(6, channels, plane);
        checkBatchNorm<double>(6, channels, plane);
      }
    }
    checkBatchNorm<float>(3, 2, 5000);
    checkBatchNorm<float>(5000, 3, 1);
    checkBatchNorm<float>(40, 5, 400);
  });
}

TEST(loss_cross_entropy) {
  check::forEachIsa([](Isa) {
    for (int64_t inner : {1, 3, 300}) {
      for (int64_t classes : {2, 10, 130}) {
        for (double smoothing : {0.0, 0.1}) {
          for (int64_t reduction : {0, 1, 2}) {
            checkCrossEntropy<float>(3, classes, inner, reduction == 1, smoothing, reduction);
            checkCrossEntropy<double>(3, classes, inner, reduction != 1, smoothing, reduction);
          }
        }
      }
    }
    checkCrossEntropy<float>(700, 60, 1, true, 0, 2);
  });
}

TEST(loss_pairs) {
  check::forEachIsa([](Isa) {
    for (int64_t n : {0, 1, 5, 64, 1000, 100'000}) {
      Tensor<float> x({n}, {1}, [](int64_t i) { return check::noise(i); });
      Tensor<float> y({n}, {1}, [](int64_t i) { return i % 3 == 0 ? check::noise(i) : check::noise(i + 9); });
      Tensor<float> g(Dims{}), out(Dims{}), each({n}), dx({n});
      g.at(0) = 3;
      for (bool squared : {false, true}) {
        const Kernel forward = squared ? Kernel::k_mseLoss : Kernel::k_l1Loss;
        CHECK(check::run(forward, DType::kFloat32, {out.view(), x.view(), y.view()}, {1, 0.5}) ==
              Status::kOk);
        CHECK(check::run(forward, DType::kFloat32, {each.view(), x.view(), y.view()}, {0, 1}) == Status::kOk);
        CHECK(check::run(squared ? Kernel::k_mseLossGrad : Kernel::k_l1LossGrad, DType::kFloat32,
                         {dx.view(), g.view(), x.view(), y.view()}, {0.5}) == Status::kOk);
        double total = 0;
        for (int64_t i = 0; i < n; ++i) {
          const double d = static_cast<double>(x.at(i) - y.at(i));
          const double loss = squared ? d * d : fabs(d), slope = squared ? 2 * d : (d > 0) - (d < 0);
          total += loss;
          CHECK(check::ulps(each.at(i), loss) <= 1);
          CHECK(check::ulps(dx.at(i), 1.5 * slope) <= 1);
        }
        CHECK_CLOSE(static_cast<double>(out.at(0)), total / 2, 1e-6 * (1 + total));
        CHECK(out.guarded() && each.guarded() && dx.guarded());
      }
    }
  });
}

TEST(norm_refuse) {
  Tensor<float> x({4, 6}, {6, 1}), y({4, 6}), gaps({4, 6}, {7, 1}), statistics({2, 4}), few({4}), weight({6}),
      channels({2, 6}), scalar(Dims{}), helper({9});
  Tensor<int32_t> target({4}, {1}, [](int64_t i) { return i; });
  const auto layer = [&](const View& out, const View& found, const View& in, double axis, double eps) {
    return check::run(Kernel::k_layerNorm, DType::kFloat32, {out, found, in, weight.view()}, {axis, eps});
  };
  CHECK(layer(y.view(), statistics.view(), x.view(), 1, kEps) == Status::kOk);
  CHECK(layer(y.view(), statistics.view(), gaps.view(), 1, kEps) == Status::kShapeMismatch);
  CHECK(layer(gaps.view(), statistics.view(), x.view(), 1, kEps) == Status::kShapeMismatch);
  CHECK(layer(y.view(), few.view(), x.view(), 1, kEps) == Status::kShapeMismatch);
  CHECK(layer(y.view(), statistics.view(), x.view(), 0, kEps) == Status::kShapeMismatch);
  CHECK(layer(y.view(), statistics.view(), x.view(), 3, kEps) == Status::kBadAttribute);
  CHECK(layer(y.view(), statistics.view(), x.view(), NAN, kEps) == Status::kBadAttribute);
  CHECK(layer(y.view(), statistics.view(), x.view(), 1, NAN) == Status::kBadAttribute);
  const auto batch = [&](const std::vector<View>& operands, const std::vector<double>& attributes) {
    return check::run(Kernel::k_batchNormStatistics, DType::kFloat32, operands, attributes);
  };
  CHECK(batch({channels.view(), x.view()}, {kEps, 0.1, 1}) == Status::kOk);
  CHECK(batch({channels.view(), x.view()}, {kEps, 0.1, 0}) == Status::kWrongCount);
  CHECK(batch({channels.view(), x.view(), weight.view()}, {kEps, 0.1, 1}) == Status::kWrongCount);
  CHECK(batch({statistics.view(), x.view()}, {kEps, 0.1, 1}) == Status::kShapeMismatch);
  CHECK(batch({channels.view(), x.view()}, {kEps, NAN, 1}) == Status::kBadAttribute);
  CHECK(batch({channels.view(), x.view()}, {kEps, 0.1, 2}) == Status::kBadAttribute);
  const auto classes = [&](const View& out, const std::vector<double>& attributes) {
    return check::run(Kernel::k_crossEntropy, DType::kFloat32, {out, helper.view(), x.view(), target.view()},
                      attributes);
  };
  CHECK(classes(scalar.view(), {-100, 0, 2}) == Status::kOk);
  CHECK(classes(few.view(), {-100, 0, 0}) == Status::kOk);
  CHECK(classes(few.view(), {-100, 0, 2}) == Status::kShapeMismatch);
  CHECK(classes(scalar.view(), {0.5, 0, 2}) == Status::kBadAttribute);
  CHECK(classes(scalar.view(), {-100, 1.5, 2}) == Status::kBadAttribute);
  CHECK(classes(scalar.view(), {-100, 0, 3}) == Status::kBadAttribute);
  for (int32_t wrong : {6, -1}) {
    target.at(2) = wrong;
    CHECK(classes(scalar.view(), {-100, 0, 2}) == Status::kIndexOutOfRange);
    CHECK(classes(scalar.view(), {static_cast<double>(wrong), 0, 2}) == Status::kOk);
  }
}

TEST(norm_bits_do_not_depend_on_threads) {
  const Dims dims = {700, 301};
  Tensor<float> x(dims, check::denseStrides(dims), check::noise), y(dims), statistics({2, 700}),
      sums({2, 301});
  Tensor<float> channels({2, 301}), batchSums({2, 301}), loss(Dims{}), helper({1401}), difference(Dims{});
  Tensor<int32_t> target({700}, {1}, [](int64_t i) { return i % 301; });
  std::vector<std::vector<unsigned char>> first;
  for (int threads : {1, 2, 3, 16}) {
    setThreadCount(threads);
    CHECK(check::run(Kernel::k_layerNorm, DType::kFloat32, {y.view(), statistics.view(), x.view()},
                     {1, kEps}) == Status::kOk);
    CHECK(check::run(Kernel::k_layerNormGradWeight, DType::kFloat32,
                     {sums.view(), y.view(), x.view(), statistics.view()}, {1}) == Status::kOk);
    CHECK(check::run(Kernel::k_batchNormStatistics, DType::kFloat32, {channels.view(), x.view()},
                     {kEps, 0.1, 1}) == Status::kOk);
    CHECK(check::run(Kernel::k_batchNormSums, DType::kFloat32,
                     {batchSums.view(), y.view(), x.view(), channels.view()}) == Status::kOk);
    CHECK(check::run(Kernel::k_crossEntropy, DType::kFloat32,
                     {loss.view(), helper.view(), x.view(), target.view()}, {-100, 0.1, 2}) == Status::kOk);
    CHECK(check::run(Kernel::k_mseLoss, DType::kFloat32, {difference.view(), x.view(), y.view()}, {1, 0.5}) ==
          Status::kOk);
    const std::vector<std::vector<unsigned char>> bytes = {y.memory,         sums.memory, channels.memory,
                                                           batchSums.memory, loss.memory, difference.memory};
    if (first.empty()) first = bytes;
    CHECK(first == bytes);
  }
  setThreadCount(defaultThreadCount());
}
