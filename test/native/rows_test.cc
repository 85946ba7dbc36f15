// Softmax, its logarithm and their gradients: any axis and strides against double references.
#include "core/thread_pool.h"
#include "functions.h"
#include "views.h"

using namespace quern;
using check::Dims;
using check::Tensor;

namespace {

struct Shape {
  Dims dims;
  int axis;
  int64_t outer = 1, n = 1, inner = 1;

  Shape(const Dims& d, int a) : dims(d), axis(a) {
    for (size_t i = 0; i < d.size(); ++i) {
      int64_t& part = static_cast<int>(i) < a ? outer : static_cast<int>(i) == a ? n : inner;
      part *= d[i];
    }
  }
  // The row-major indices of one row along the axis.
  template <class Body>
  void forEachRow(const Body& body) const {
    for (int64_t o = 0; o < outer; ++o) {
      for (int64_t i = 0; i < inner; ++i)
        body([=, length = n, step = inner](int64_t r) { return (o * length + r) * step + i; });
    }
  }
};

template <class T>
void checkRows(DType dtype, const Shape& shape, const Dims& strides, double tolerance) {
  Tensor<T> in(shape.dims, strides, [](int64_t i) { return 8 * check::noise(i); });
  Tensor<T> g(shape.dims, strides, [](int64_t i) { return check::noise(i + 500); });
  Tensor<T> out(shape.dims), dx(shape.dims);
  const double axis = shape.axis;
  for (bool logarithm : {false, true}) {
    CHECK(check::run(logarithm ? Kernel::k_logSoftmax : Kernel::k_softmax, dtype, {out.view(), in.view()},
                     {axis}) == Status::kOk);
    CHECK(check::run(logarithm ? Kernel::k_logSoftmaxGrad : Kernel::k_softmaxGrad, dtype,
                     {dx.view(), g.view(), out.view()}, {axis}) == Status::kOk);
    shape.forEachRow([&](const auto& index) {
      double sum = 0, dot = 0, most = -INFINITY;
      for (int64_t r = 0; r < shape.n; ++r) most = fmax(most, static_cast<double>(in.at(index(r))));
      for (int64_t r = 0; r < shape.n; ++r) sum += exp(static_cast<double>(in.at(index(r))) - most);
      for (int64_t r = 0; r < shape.n; ++r) {
        const double y = static_cast<double>(out.at(index(r)));
        dot += static_cast<double>(g.at(index(r))) * (logarithm ? 1 : y);
      }
      for (int64_t r = 0; r < shape.n; ++r) {
        const double x = static_cast<double>(in.at(index(r))) - most,
                     y = static_cast<double>(out.at(index(r)));
        const double expected = logarithm ? x - log(sum) : exp(x) / sum;
        CHECK_CLOSE(y, expected, tolerance * (logarithm ? 16 : 1));
        const double gradient = static_cast<double>(g.at(index(r)));
        const double slope = logarithm ? gradient - exp(y) * dot : y * (gradient - dot);
        CHECK_CLOSE(static_cast<double>(dx.at(index(r))), slope, tolerance * (1 + fabs(dot)));
      }
    });
    CHECK(out.guarded() && dx.guarded());
  }
}

void checkBoth(const Dims& dims, int axis, const Dims& strides) {
  checkRows<float>(DType::kFloat32, Shape(dims, axis), strides, 1e-6);
  checkRows<double>(DType::kFloat64, Shape(dims, axis), strides, 1e-14);
}

}  // namespace

TEST(rows_softmax_layouts) {
  check::forEachIsa([](Isa) {
    for (int64_t n = 0; n <= 70; ++n) {
      checkBoth({3, n}, 1, check::denseStrides({3, n}));
      checkBoth({3, n}, 0, check::denseStrides({3, n}));
    }
    checkBoth({2, 5, 7, 9}, 1, check::denseStrides({2, 5, 7, 9}));
    checkBoth({2, 5, 7, 9}, 3, check::denseStrides({2, 5, 7, 9}));
    checkBoth({20, 30}, 1, {1, 20});
    checkBoth({20, 30}, 0, {1, 20});
    checkBoth({20, 30}, 1, {70, 2});
    checkBoth({4, 30}, 1, {0, 1});
    checkBoth({3, 5000}, 1, {5000, 1});
    checkBoth({1000, 5}, 0, {5, 1});
  });
}

TEST(rows_softmax_edges) {
  check::forEachIsa([](Isa) {
    const float rows[4][3] = {
        {1e4f, 1e4f, -1e4f}, {-INFINITY, 0, 0}, {NAN, 0, 1}, {-INFINITY, -INFINITY, -INFINITY}};
    Tensor<float> in({4, 3}, {3, 1}, [&](int64_t i) { return rows[i / 3][i % 3]; }), out({4, 3});
    CHECK(check::run(Kernel::k_softmax, DType::kFloat32, {out.view(), in.view()}, {1}) == Status::kOk);
    CHECK(out.at(0) == 0.5f && out.at(1) == 0.5f && out.at(2) == 0);
    CHECK(out.at(3) == 0 && out.at(4) == 0.5f);
    for (int64_t i = 6; i < 12; ++i) CHECK(isnan(out.at(i)));
    CHECK(check::run(Kernel::k_logSoftmax, DType::kFloat32, {out.view(), in.view()}, {1}) == Status::kOk);
    CHECK(check::ulps(out.at(0), -log(2.0)) < 1 && out.at(3) == -INFINITY);
    for (int64_t i = 6; i < 12; ++i) CHECK(isnan(out.at(i)));
  });
}

TEST(rows_refuse_shapes) {
  Tensor<float> x({2, 3}), wide({2, 4}), gaps({2, 3}, {4, 1});
  const auto softmax = [&](const View& out, double axis) {
    return check::run(Kernel::k_softmax, DType::kFloat32, {out, x.view()}, {axis});
  };
  CHECK(softmax(wide.view(), 1) == Status::kShapeMismatch);
  CHECK(softmax(gaps.view(), 1) == Status::kShapeMismatch);
  CHECK(softmax(x.view(), 2) == Status::kBadAttribute);
  CHECK(softmax(x.view(), -1) == Status::kBadAttribute);
  CHECK(softmax(x.view(), 1) == Status::kOk);
  CHECK(check::run(Kernel::k_softmaxGrad, DType::kFloat32, {x.view(), x.view(), wide.view()}, {1}) ==
        Status::kShapeMismatch);
}

TEST(rows_bits_do_not_depend_on_threads) {
  Tensor<float> in({700, 301}, {301, 1}, check::noise), out({700, 301});
  for (double axis : {0.0, 1.0}) {
    std::vector<unsigned char> first;
    for (int threads : {1, 2, 3, 16}) {
      setThreadCount(threads);
      CHECK(check::run(Kernel::k_softmax, DType::kFloat32, {out.view(), in.view()}, {axis}) == Status::kOk);
      if (first.empty()) first = out.memory;
      CHECK(first == out.memory);
    }
  }
  setThreadCount(defaultThreadCount());
  CHECK(out.guarded());
}

// One row that threads share: against the reference, and with the same bits for any number of them.
TEST(rows_softmax_of_one_long_row) {
  const Dims dims = {1, 140001};
  check::forEachIsa([&](Isa) {
    checkRows<float>(DType::kFloat32, Shape(dims, 1), check::denseStrides(dims), 1e-6);
    checkRows<double>(DType::kFloat64, Shape(dims, 1), check::denseStrides(dims), 1e-13);
    checkRows<float>(DType::kFloat32, Shape({2, 140001}, 1), {1, 2}, 1e-6);
  });
  Tensor<float> in(dims, check::denseStrides(dims), [](int64_t i) { return 8 * check::noise(i); });
  for (Kernel kernel : {Kernel::k_softmax, Kernel::k_logSoftmax}) {
    std::vector<unsigned char> first;
    for (int threads : {1, 2, 3, 16}) {
      setThreadCount(threads);
      Tensor<float> out(dims);
      CHECK(check::run(kernel, DType::kFloat32, {out.view(), in.view()}, {1}) == Status::kOk);
      if (first.empty()) first = out.memory;
      CHECK(first == out.memory);
    }
  }
  setThreadCount(defaultThreadCount());
  const float edges[] = {NAN, INFINITY, -INFINITY};
  for (float edge : edges) {
    in.at(70000) = edge;
    Tensor<float> out(dims);
    CHECK(check::run(Kernel::k_softmax, DType::kFloat32, {out.view(), in.view()}, {1}) == Status::kOk);
    CHECK(edge == -INFINITY ? out.at(70000) == 0 && out.at(1) > 0
                            : isnan(out.at(1)) && isnan(out.at(140000)));
  }
}
