// Elementwise kernels of three operands, of quotients, of bits, and those that read attributes: layouts,
// tails, refusals.
#include <limits.h>

#include "functions.h"
#include "views.h"

using namespace quern;
using check::Dims;
using check::Tensor;

namespace {

// addcmul with a factor, over operands at any strides, broadcast along axes of one element.
template <class T>
void checkTernary(DType dtype, const Dims& dims, const Dims& strides, const Dims& aStrides, const Dims& cDims,
                  const Dims& cStrides) {
  Tensor<T> out(dims, strides);
  Tensor<T> a(dims, aStrides, [](int64_t i) { return 10 * check::noise(i); });
  Tensor<T> b(dims, check::denseStrides(dims), [](int64_t i) { return 10 * check::noise(i + 500); });
  Tensor<T> c(cDims, cStrides, [](int64_t i) { return 10 * check::noise(i + 900); });
  CHECK(check::run(Kernel::k_addcmul, dtype, {out.view(), a.view(), b.view(), c.view()}, {3}) == Status::kOk);
  const int64_t columns = dims.back();
  for (int64_t i = 0; i < out.layout.size; ++i) {
    // c has the output's dims, or those of one row, or one element.
    const int64_t own = c.layout.size == out.layout.size ? i : c.layout.size == 1 ? 0 : i % columns;
    const double expected = static_cast<double>(a.at(i)) + 3.0 * static_cast<double>(b.at(i)) * c.at(own);
    CHECK_CLOSE(static_cast<double>(out.at(i)), expected, 1e-4);
  }
  CHECK(out.guarded());
}

}  // namespace

TEST(elementwise_ternary_layouts) {
  check::forEachIsa([](Isa) {
    const auto all = [](const Dims& d, const Dims& s, const Dims& as, const Dims& cd, const Dims& cs) {
      checkTernary<float>(DType::kFloat32, d, s, as, cd, cs);
      checkTernary<double>(DType::kFloat64, d, s, as, cd, cs);
      checkTernary<int32_t>(DType::kInt32, d, s, as, cd, cs);
    };
    for (int64_t n = 0; n <= 40; ++n) {
      all({n}, {1}, {1}, {n}, {1});
      all({n}, {1}, {1}, {1}, {1});
      all({n}, {2}, {3}, {n}, {5});
    }
    all({600}, {2}, {3}, {600}, {2});  // longer than a stage
    all({37, 41}, {41, 1}, {1, 37}, {41}, {1});
    all({37, 41}, {1, 37}, {41, 1}, {1}, {1});
  });
}

TEST(elementwise_ternary_refuses) {
  Tensor<float> out({2, 3}), other({3, 2});
  const View x = out.view();
  CHECK(check::run(Kernel::k_lerp, DType::kFloat32, {x, x, x, other.view()}) == Status::kShapeMismatch);
  CHECK(check::run(Kernel::k_lerp, DType::kFloat32, {x, x, x}) == Status::kWrongCount);
  CHECK(check::run(Kernel::k_lerp, DType::kInt32, {x, x, x, x}) == Status::kUnknownKernel);
}

TEST(elementwise_quotients_of_integers) {
  check::forEachIsa([](Isa) {
    Tensor<int32_t> a({5}), b({5}), out({5});
    const int32_t x[] = {7, -7, 7, INT_MIN, -6}, y[] = {3, 3, -3, -1, 3};
    for (int i = 0; i < 5; ++i) a.at(i) = x[i], b.at(i) = y[i], out.at(i) = 99;
    const auto run = [&](Kernel kernel) {
      return check::run(kernel, DType::kInt32, {out.view(), a.view(), b.view()});
    };
    const auto holds = [&](Kernel kernel, const int32_t (&wanted)[5]) {
      CHECK(run(kernel) == Status::kOk);
      for (int i = 0; i < 5; ++i) CHECK(out.at(i) == wanted[i]);
    };
    holds(Kernel::k_divTrunc, {2, -2, -2, INT_MIN, -2});
    holds(Kernel::k_divFloor, {2, -3, -3, INT_MIN, -2});
    holds(Kernel::k_fmod, {1, -1, 1, 0, 0});
    holds(Kernel::k_remainder, {1, 2, -2, 0, 0});
    b.at(4) = 0;
    out.at(0) = 99;
    for (Kernel kernel : {Kernel::k_divTrunc, Kernel::k_divFloor, Kernel::k_fmod, Kernel::k_remainder}) {
      CHECK(run(kernel) == Status::kDivisionByZero);
    }
    CHECK(out.at(0) == 99 && out.guarded());
    Tensor<int32_t> none({}, {}, [](int64_t) { return 0; });
    CHECK(check::run(Kernel::k_fmod, DType::kInt32, {out.view(), a.view(), none.view()}) ==
          Status::kDivisionByZero);
  });
}

// Large, small, negative and equal operands, in vectors and tails: fmod is exact, so every ISA has C's.
template <class T>
static void checkRemainders(DType dtype) {
  constexpr int64_t n = 4001;
  Tensor<T> a({n}), b({n}), out({n});
  const double edges[] = {0, -0.0, 1, -1, 3, 0.1, -0.1, 1e30, 1e-30, 5e-40, INFINITY, NAN};
  constexpr int64_t kEdges = sizeof edges / sizeof *edges;
  for (int64_t i = 0; i < n; ++i) {
    const bool edge = i < kEdges * kEdges;
    a.at(i) = static_cast<T>(edge ? edges[i / kEdges] : check::sampleOf(2 * static_cast<uint64_t>(i) + 1));
    b.at(i) =
        static_cast<T>(edge ? edges[i % kEdges] : check::sampleOf(6 * static_cast<uint64_t>(i) + 1) / 7);
  }
  const auto same = [](T got, T wanted) {
    return isnan(wanted) ? isnan(got) : got == wanted && signbit(got) == signbit(wanted);
  };
  CHECK(check::run(Kernel::k_fmod, dtype, {out.view(), a.view(), b.view()}) == Status::kOk);
  for (int64_t i = 0; i < n; ++i) CHECK(same(out.at(i), fmod(a.at(i), b.at(i))));
  CHECK(check::run(Kernel::k_remainder, dtype, {out.view(), a.view(), b.view()}) == Status::kOk);
  for (int64_t i = 0; i < n; ++i) {
    const T rest = fmod(a.at(i), b.at(i));
    CHECK(same(out.at(i), rest != 0 && (rest < 0) != (b.at(i) < 0) ? rest + b.at(i) : rest));
  }
}

TEST(elementwise_remainders_are_exact) {
  check::forEachIsa([](Isa) {
    checkRemainders<float>(DType::kFloat32);
    checkRemainders<double>(DType::kFloat64);
  });
}

TEST(elementwise_bits) {
  check::forEachIsa([](Isa) {
    Tensor<int32_t> a({4}), b({4}), out({4});
    const int32_t x[] = {-9, 6, 1, INT_MIN}, y[] = {3, 33, 31, -1};
    for (int i = 0; i < 4; ++i) a.at(i) = x[i], b.at(i) = y[i];
    const auto run = [&](Kernel kernel) {
      CHECK(check::run(kernel, DType::kInt32, {out.view(), a.view(), b.view()}) == Status::kOk);
    };
    run(Kernel::k_bitwiseAnd);
    for (int i = 0; i < 4; ++i) CHECK(out.at(i) == (x[i] & y[i]));
    run(Kernel::k_bitwiseXor);
    for (int i = 0; i < 4; ++i) CHECK(out.at(i) == (x[i] ^ y[i]));
    run(Kernel::k_bitwiseLeftShift);
    CHECK(out.at(0) == -72 && out.at(1) == 0 && out.at(2) == INT_MIN && out.at(3) == 0);
    run(Kernel::k_bitwiseRightShift);
    CHECK(out.at(0) == -2 && out.at(1) == 0 && out.at(2) == 0 && out.at(3) == -1);
    CHECK(check::run(Kernel::k_bitwiseAnd, DType::kFloat32, {out.view(), a.view(), b.view()}) ==
          Status::kUnknownKernel);
  });
}

// Orders that there are not, as a damaged record may name them, have no values and do no harm.
TEST(elementwise_polygamma_orders) {
  check::forEachIsa([](Isa) {
    Tensor<double> x({3}, {1}, [](int64_t i) { return 0.5 + static_cast<double>(i); }), out({3});
    for (double order : {0.0, -1.0, 33.0, 1e300, static_cast<double>(NAN)}) {
      CHECK(check::run(Kernel::k_polygamma, DType::kFloat64, {out.view(), x.view()}, {order}) == Status::kOk);
      CHECK(isnan(out.at(0)) && isnan(out.at(2)));
    }
    CHECK(check::run(Kernel::k_polygamma, DType::kFloat64, {out.view(), x.view()}, {1}) == Status::kOk);
    CHECK_CLOSE(out.at(0), 4.934802200544679309, 1e-14);  // π²/2
    CHECK_CLOSE(out.at(1), 0.934802200544679309, 1e-14);
  });
}
