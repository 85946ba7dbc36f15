// Pooling against direct sums, with the conventions of PyTorch.
#include "calls.h"
#include "check.h"
#include "ops/drivers.h"

using namespace quern;
using check::Guarded;
using check::TestCall;

namespace {

struct Window {
  int64_t h, w, oh, ow, kh, kw, sh, sw, ph, pw, dh, dw;
};

constexpr int64_t kPlanes = 3;  // N = 1

template <class T>
void checkMax(const Window& s) {
  Guarded<T> x(kPlanes * s.h * s.w), y(kPlanes * s.oh * s.ow), g(y.size()), dx(x.size(), T(3)),
      picked(y.size());
  Guarded<int32_t> indices(y.size());
  check::scramble(x, 1);
  check::scramble(g, 2);
  TestCall call(Kernel::k_maxPool2d, check::dtypeOf<T>(),
                {double(s.kh), double(s.kw), double(s.sh), double(s.sw), double(s.ph), double(s.pw),
                 double(s.dh), double(s.dw)});
  call.operand(y.data(), {1, kPlanes, s.oh, s.ow})
      .operand(indices.data(), {1, kPlanes, s.oh, s.ow})
      .operand(x.data(), {1, kPlanes, s.h, s.w});
  CHECK(call.run(run_maxPool2d) == Status::kOk && y.intact() && indices.intact());
  Guarded<T> gradient(x.size());
  for (int64_t p = 0; p < kPlanes; ++p) {
    for (int64_t o = 0; o < s.oh * s.ow; ++o) {
      int64_t best = -1;
      for (int64_t k = 0; k < s.kh * s.kw; ++k) {
        const int64_t h = o / s.ow * s.sh - s.ph + k / s.kw * s.dh,
                      w = o % s.ow * s.sw - s.pw + k % s.kw * s.dw;
        if (h < 0 || w < 0 || h >= s.h || w >= s.w) continue;
        const int64_t at = h * s.w + w;
        if (best < 0 || x[p * s.h * s.w + at] > x[p * s.h * s.w + best]) best = at;
      }
      CHECK(indices[p * s.oh * s.ow + o] == best);
      CHECK(y[p * s.oh * s.ow + o] == x[p * s.h * s.w + best]);
      gradient[p * s.h * s.w + best] += g[p * s.oh * s.ow + o];
    }
  }
  TestCall back(Kernel::k_maxPool2dGrad, check::dtypeOf<T>());
  back.operand(dx.data(), {1, kPlanes, s.h, s.w})
      .operand(g.data(), {1, kPlanes, s.oh, s.ow})
      .operand(indices.data(), {1, kPlanes, s.oh, s.ow});
  CHECK(back.run(run_maxPool2dGrad) == Status::kOk && dx.intact() && dx.sameBits(gradient));
  TestCall pick(Kernel::k_planeGather, check::dtypeOf<T>());
  pick.operand(picked.data(), {1, kPlanes, s.oh, s.ow})
      .operand(x.data(), {1, kPlanes, s.h, s.w})
      .operand(indices.data(), {1, kPlanes, s.oh, s.ow});
  CHECK(pick.run(run_planeGather) == Status::kOk && picked.sameBits(y));
}

}  // namespace

TEST(maxPool2d_and_gradient) {
  const Window windows[] = {{6, 8, 3, 4, 2, 2, 2, 2, 0, 0, 1, 1},
                            {7, 5, 4, 3, 3, 3, 2, 2, 1, 1, 1, 1},
                            {5, 7, 3, 4, 2, 2, 2, 2, 0, 0, 1, 1},  // ceil mode: the last window sticks out
                            {9, 9, 5, 5, 3, 3, 1, 1, 0, 0, 2, 2},
                            {29, 71, 14, 35, 2, 2, 2, 2, 0, 0, 1, 1},  // the last row and column are left out
                            {3, 3, 1, 1, 3, 3, 1, 1, 0, 0, 1, 1},      // sizes as if halved, indices not
                            {100, 90, 50, 45, 2, 2, 2, 2, 0, 0, 1, 1},
                            {14, 14, 7, 7, 2, 2, 2, 2, 0, 0, 1, 1},  // half a vector and less, then more
                            {6, 18, 3, 9, 2, 2, 2, 2, 0, 0, 1, 1},
                            {28, 28, 14, 14, 2, 2, 2, 2, 0, 0, 1, 1},
                            {4, 32, 2, 16, 2, 2, 2, 2, 0, 0, 1, 1},
                            {4, 35, 2, 17, 2, 2, 2, 2, 0, 0, 1, 1}};
  for (const Window& s : windows) {
    check::forThreadCounts([&](int) {
      checkMax<float>(s);
      checkMax<double>(s);
    });
  }
  check::forEachIsa([&](Isa) {
    for (const Window& s : windows) {
      checkMax<float>(s);
      checkMax<double>(s);
    }
  });
}

TEST(maxPool2d_nan_wins) {
  Guarded<float> x(4), y(1);
  Guarded<int32_t> index(1);
  x[0] = 9, x[1] = NAN, x[2] = 7, x[3] = 8;
  TestCall call(Kernel::k_maxPool2d, DType::kFloat32, {2, 2, 2, 2, 0, 0, 1, 1});
  call.operand(y.data(), {1, 1, 1, 1}).operand(index.data(), {1, 1, 1, 1}).operand(x.data(), {1, 1, 2, 2});
  CHECK(call.run(run_maxPool2d) == Status::kOk);
  CHECK(isnan(y[0]) && index[0] == 1);
}

TEST(maxPool2d_last_nan_and_first_of_equals) {
  check::forEachIsa([](Isa) {
    for (int64_t count : {1, 7, 40}) {
      for (int nans = 0; nans < 16; ++nans) {
        Guarded<float> x(4 * count), y(count);
        Guarded<int32_t> index(count);
        for (int64_t i = 0; i < count; ++i) {
          for (int k = 0; k < 4; ++k) x[k / 2 * 2 * count + 2 * i + k % 2] = nans >> k & 1 ? NAN : 5.0f;
        }
        TestCall call(Kernel::k_maxPool2d, DType::kFloat32, {2, 2, 2, 2, 0, 0, 1, 1});
        call.operand(y.data(), {1, 1, 1, count})
            .operand(index.data(), {1, 1, 1, count})
            .operand(x.data(), {1, 1, 2, 2 * count});
        CHECK(call.run(run_maxPool2d) == Status::kOk && y.intact() && index.intact());
        int place = nans == 0 ? 0 : 3;
        while (nans != 0 && (nans >> place & 1) == 0) --place;
        for (int64_t i = 0; i < count; ++i) {
          CHECK(index[i] == place / 2 * 2 * count + 2 * i + place % 2);
          CHECK(nans != 0 ? isnan(y[i]) : y[i] == 5.0f);
        }
      }
    }
  });
}

TEST(avgPool2d_halves) {
  check::forEachIsa([](Isa) {
    for (double divisor : {0.0, 3.0}) {
      Guarded<float> x(2 * 5 * 39), y(2 * 2 * 19), dx(x.size(), 9.0f);
      check::scramble(x, 5);
      TestCall call(Kernel::k_avgPool2d, DType::kFloat32, {2, 2, 2, 2, 0, 0, 1, divisor, 0});
      call.operand(y.data(), {1, 2, 2, 19}).operand(x.data(), {1, 2, 5, 39});
      CHECK(call.run(run_avgPool2d) == Status::kOk && y.intact());
      TestCall back(Kernel::k_avgPool2dGrad, DType::kFloat32, {2, 2, 2, 2, 0, 0, 1, divisor, 0});
      back.operand(dx.data(), {1, 2, 5, 39}).operand(y.data(), {1, 2, 2, 19});
      CHECK(back.run(run_avgPool2dGrad) == Status::kOk && dx.intact());
      const float parts = divisor == 0 ? 4.0f : 3.0f;
      for (int64_t i = 0; i < x.size(); ++i) {
        const int64_t plane = i / (5 * 39), row = i / 39 % 5, column = i % 39;
        const bool covered = row < 4 && column < 38;
        const int64_t at = plane * 38 + row / 2 * 19 + column / 2;
        CHECK(dx[i] == (covered ? y[at] / parts : 0.0f));
        if (!covered || row % 2 != 0 || column % 2 != 0) continue;
        CHECK(y[at] == (((x[i] + x[i + 1]) + x[i + 39]) + x[i + 40]) / parts);
      }
    }
  });
}

TEST(avgPool2d_and_gradient) {
  // 1×1×3×3 with kernel 2, stride 2, padding 1: windows reach over the border.
  for (double countPadding : {1.0, 0.0}) {
    Guarded<double> x(9), y(4), g(4, 1.0), dx(9, 5.0);
    for (int64_t i = 0; i < 9; ++i) x[i] = static_cast<double>(i + 1);
    TestCall call(Kernel::k_avgPool2d, DType::kFloat64, {2, 2, 2, 2, 1, 1, countPadding, 0, 0});
    call.operand(y.data(), {1, 1, 2, 2}).operand(x.data(), {1, 1, 3, 3});
    CHECK(call.run(run_avgPool2d) == Status::kOk && y.intact());
    const double sums[4] = {1, 2 + 3, 4 + 7, 5 + 6 + 8 + 9}, inside[4] = {1, 2, 2, 4};
    for (int64_t i = 0; i < 4; ++i) CHECK(y[i] == sums[i] / (countPadding == 1 ? 4 : inside[i]));
    TestCall back(Kernel::k_avgPool2dGrad, DType::kFloat64, {2, 2, 2, 2, 1, 1, countPadding, 0, 0});
    back.operand(dx.data(), {1, 1, 3, 3}).operand(g.data(), {1, 1, 2, 2});
    CHECK(back.run(run_avgPool2dGrad) == Status::kOk && dx.intact());
    const int window[9] = {0, 1, 1, 2, 3, 3, 2, 3, 3};
    for (int64_t i = 0; i < 9; ++i) CHECK(dx[i] == 1.0 / (countPadding == 1 ? 4 : inside[window[i]]));
  }
}

TEST(avgPool2d_ceil_mode_and_override) {
  // Length 5, kernel 2, stride 2, ceil mode: the third window holds one value, and PyTorch divides by one.
  Guarded<float> x(5), y(3);
  for (int64_t i = 0; i < 5; ++i) x[i] = static_cast<float>(i + 1);
  TestCall call(Kernel::k_avgPool2d, DType::kFloat32, {1, 2, 1, 2, 0, 0, 1, 0, 1});
  call.operand(y.data(), {1, 1, 1, 3}).operand(x.data(), {1, 1, 1, 5});
  CHECK(call.run(run_avgPool2d) == Status::kOk);
  CHECK(y[0] == 1.5f && y[1] == 3.5f && y[2] == 5.0f);
  call.attribute(7, 10);
  CHECK(call.run(run_avgPool2d) == Status::kOk);
  CHECK(y[0] == 0.3f && y[1] == 0.7f && y[2] == 0.5f);
}

TEST(pool2d_refuses) {
  Guarded<float> x(16), y(16);
  Guarded<int32_t> indices(4);
  TestCall call(Kernel::k_maxPool2d, DType::kFloat32, {2, 2, 2, 2, 0, 0, 1, 1});
  call.operand(y.data(), {1, 1, 2, 2}).operand(indices.data(), {1, 1, 2, 2}).operand(x.data(), {1, 1, 4, 4});
  CHECK(call.run(run_maxPool2d) == Status::kOk);
  for (double bad : {double(NAN), 0.0, -1.0, 1.5, 1e300}) {
    call.attribute(0, bad);
    CHECK(call.run(run_maxPool2d) == Status::kBadAttribute);
    call.attribute(0, 2);
  }
  call.attribute(2, 4);  // the second window would begin beyond the input
  CHECK(call.run(run_maxPool2d) == Status::kShapeMismatch);
  indices[3] = 16;
  TestCall back(Kernel::k_maxPool2dGrad, DType::kFloat32);
  back.operand(y.data(), {1, 1, 4, 4}).operand(x.data(), {1, 1, 2, 2}).operand(indices.data(), {1, 1, 2, 2});
  CHECK(back.run(run_maxPool2dGrad) == Status::kIndexOutOfRange);
  CHECK(back.failure(0) == 2 && back.failure(1) == 16 && back.failure(2) == 16);
}
