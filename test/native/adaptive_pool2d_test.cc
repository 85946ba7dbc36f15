// Adaptive pooling against direct sums over its windows.
#include "calls.h"
#include "check.h"
#include "ops/drivers.h"

using namespace quern;
using check::Guarded;
using check::TestCall;

namespace {

struct Case {
  int64_t h, w, oh, ow;
};

constexpr int64_t kPlanes = 5;  // N = 1
const Case kCases[] = {{5, 7, 3, 2}, {4, 6, 1, 1},  {3, 2, 5, 4},
                       {8, 9, 8, 9}, {1, 40, 1, 7}, {31, 17, 7, 17}};

// Calls body(output, input) for each input of each window, flat within all planes.
template <class Body>
void forWindows(const Case& s, const Body& body) {
  for (int64_t o = 0; o < kPlanes * s.oh * s.ow; ++o) {
    const int64_t plane = o / (s.oh * s.ow), row = o / s.ow % s.oh, column = o % s.ow;
    for (int64_t h = row * s.h / s.oh; h * s.oh < (row + 1) * s.h; ++h) {
      for (int64_t w = column * s.w / s.ow; w * s.ow < (column + 1) * s.w; ++w) {
        body(o, (plane * s.h + h) * s.w + w);
      }
    }
  }
}

template <class T>
void checkCase(const Case& s) {
  Guarded<T> x(kPlanes * s.h * s.w), y(kPlanes * s.oh * s.ow, T(3)), g(y.size()), dx(x.size(), T(3));
  check::scramble(x, 1);
  check::scramble(g, 2);
  const check::Dims in = {1, kPlanes, s.h, s.w}, out = {1, kPlanes, s.oh, s.ow};
  const double tolerance = sizeof(T) == 4 ? 1e-5 : 1e-14;
  Guarded<double> mean(y.size()), counted(y.size()), gradient(x.size());
  forWindows(s, [&](int64_t o, int64_t i) {
    mean[o] += static_cast<double>(x[i]);
    counted[o] += 1;
  });
  forWindows(s, [&](int64_t o, int64_t i) { gradient[i] += static_cast<double>(g[o]) / counted[o]; });
  TestCall forward(Kernel::k_adaptiveAvgPool2d, check::dtypeOf<T>());
  forward.operand(y.data(), out).operand(x.data(), in);
  CHECK(forward.run(run_adaptiveAvgPool2d) == Status::kOk && y.intact());
  for (int64_t o = 0; o < y.size(); ++o) {
    CHECK(fabs(static_cast<double>(y[o]) - mean[o] / counted[o]) <= tolerance);
  }
  TestCall back(Kernel::k_adaptiveAvgPool2dGrad, check::dtypeOf<T>());
  back.operand(dx.data(), in).operand(g.data(), out);
  CHECK(back.run(run_adaptiveAvgPool2dGrad) == Status::kOk && dx.intact());
  for (int64_t i = 0; i < dx.size(); ++i) CHECK(fabs(static_cast<double>(dx[i]) - gradient[i]) <= tolerance);
  // Again without a fraction of the values, so that windows hold equal ones; and with some NaN.
  for (int64_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>(static_cast<int64_t>(x[i] * T(2)));
  for (int64_t i = x.size() / 2; i < x.size(); i += 3) x[i] = static_cast<T>(NAN);
  Guarded<int32_t> indices(y.size());
  TestCall most(Kernel::k_adaptiveMaxPool2d, check::dtypeOf<T>());
  most.operand(y.data(), out).operand(indices.data(), out).operand(x.data(), in);
  CHECK(most.run(run_adaptiveMaxPool2d) == Status::kOk && y.intact() && indices.intact());
  Guarded<int32_t> best(y.size(), -1);
  forWindows(s, [&](int64_t o, int64_t i) {
    const int64_t start = i - i % (s.h * s.w);
    if (best[o] < 0 || x[i] > x[start + best[o]] || isnan(x[i])) best[o] = static_cast<int32_t>(i - start);
  });
  for (int64_t o = 0; o < y.size(); ++o) {
    CHECK(indices[o] == best[o]);
    const T value = x[o / (s.oh * s.ow) * s.h * s.w + best[o]];
    CHECK(y[o] == value || (isnan(y[o]) && isnan(value)));
  }
}

}  // namespace

TEST(adaptive_pool2d) {
  check::forThreadCounts([](int) {
    for (const Case& s : kCases) {
      checkCase<float>(s);
      checkCase<double>(s);
    }
  });
}

TEST(adaptive_pool2d_refuses) {
  Guarded<float> x(64), y(64);
  Guarded<int32_t> indices(64);
  const auto average = [&](const check::Dims& out, const check::Dims& in) {
    TestCall call(Kernel::k_adaptiveAvgPool2d, DType::kFloat32);
    call.operand(y.data(), out).operand(x.data(), in);
    return call.run(run_adaptiveAvgPool2d);
  };
  CHECK(average({1, 2, 3, 3}, {1, 2, 4, 4}) == Status::kOk);
  CHECK(average({1, 2, 0, 3}, {1, 2, 4, 4}) == Status::kOk);
  CHECK(average({1, 2, 3, 3}, {1, 1, 4, 4}) == Status::kShapeMismatch);
  CHECK(average({2, 3, 3}, {2, 4, 4}) == Status::kShapeMismatch);
  CHECK(average({1, 2, 3, 3}, {1, 2, 0, 4}) == Status::kShapeMismatch);
  TestCall call(Kernel::k_adaptiveMaxPool2d, DType::kFloat32);
  call.operand(y.data(), {1, 2, 3, 3}).operand(indices.data(), {1, 2, 3, 2}).operand(x.data(), {1, 2, 4, 4});
  CHECK(call.run(run_adaptiveMaxPool2d) == Status::kShapeMismatch);
}
