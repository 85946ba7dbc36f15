// The elementary functions of simd/math.h, through each ISA: accuracy, edges, the same bits in every lane.
#include <math.h>
#include <string.h>

#include "views.h"

using namespace quern;

namespace {

struct Function {
  const char* name;
  Kernel kernel;
  double (*reference)(double);
  double ulps;  // largest error allowed for float32
};

double sigmoidOf(double x) { return 1 / (1 + exp(-x)); }
double softplusOf(double x) { return x > 20 ? x : log1p(exp(x)); }
double rsqrtOf(double x) { return 1 / sqrt(x); }

const Function kFunctions[] = {
    {"exp", Kernel::k_exp, exp, 1.5},
    {"expm1", Kernel::k_expm1, expm1, 2},
    {"log", Kernel::k_log, log, 1.5},
    {"log1p", Kernel::k_log1p, log1p, 1.5},
    {"log2", Kernel::k_log2, log2, 1.5},
    {"log10", Kernel::k_log10, log10, 2},
    {"sin", Kernel::k_sin, sin, 2},
    {"cos", Kernel::k_cos, cos, 2},
    {"tan", Kernel::k_tan, tan, 1.5},
    {"tanh", Kernel::k_tanh, tanh, 2},
    {"sigmoid", Kernel::k_sigmoid, sigmoidOf, 2.5},
    {"softplus", Kernel::k_softplus, softplusOf, 2},
    {"erf", Kernel::k_erf, erf, 1.5},
    {"sqrt", Kernel::k_sqrt, sqrt, 0.5},
    {"rsqrt", Kernel::k_rsqrt, rsqrtOf, 1.5},
    {"floor", Kernel::k_floor, floor, 0},
    {"ceil", Kernel::k_ceil, ceil, 0},
    {"round", Kernel::k_round, rint, 0},
    {"trunc", Kernel::k_trunc, trunc, 0},
};

const double kEdges[] = {
    0.0,          -0.0,          INFINITY, -INFINITY,  NAN,   1e-45,  -1e-45, 1e-39,   -1e-39, 1.1754944e-38,
    3.4028235e38, -3.4028235e38, 88.72284, 88.8,       -87.4, -103.9, -104.5, 1,       -1,     0.5,
    -0.5,         1.5,           2.5,      -2.5,       20,    20.1,   0.625,  0.92773, 32768,  -32769,
    1e10,         8388607.5,     16777216, -1.0000001, 2,     1024};

}  // namespace

TEST(simd_float32_accuracy) {
  check::forEachIsa([](Isa isa) {
    for (const Function& f : kFunctions) {
      const auto kernel = kernelTable().get<UnaryKernel>(static_cast<int>(f.kernel), DType::kFloat32);
      constexpr int kCount = 1024;
      static float x[kCount], y[kCount];
      double worst = 0;
      float at = 0;
      uint32_t bits = 0x1234567;
      for (int round = 0; round < 64; ++round) {
        for (int i = 0; i < kCount; ++i) {
          if (round == 0) {
            x[i] = static_cast<float>(kEdges[static_cast<size_t>(i) % (sizeof kEdges / sizeof *kEdges)]);
          } else if (round % 2 == 0) {
            x[i] =
                static_cast<float>(20 * check::noise(round * kCount + i));  // where these functions are used
          } else {
            bits = bits * 1664525u + 1013904223u;  // any float at all
            const uint32_t mixed = bits ^ bits >> 15;
            memcpy(&x[i], &mixed, sizeof mixed);
          }
        }
        kernel(kCount, x, 1, y, 1, nullptr);
        for (int i = 0; i < kCount; ++i) {
          const double expected = f.reference(x[i]), error = check::ulps(y[i], expected);
          if (error > worst) worst = error, at = x[i];
          if (expected == 0) CHECK(y[i] == 0 && (x[i] != 0 || signbit(y[i]) == signbit(expected)));
        }
      }
      if (worst > f.ulps) printf("  %s %s: %.3f ulp at %a\n", isaName(isa), f.name, worst, at);
      CHECK(worst <= f.ulps);
    }
  });
}

TEST(simd_float64_accuracy) {
  check::forEachIsa([](Isa) {
    for (const Function& f : kFunctions) {
      const auto kernel = kernelTable().get<UnaryKernel>(static_cast<int>(f.kernel), DType::kFloat64);
      double x[100], y[100];
      for (int i = 0; i < 100; ++i) {
        x[i] = i < static_cast<int>(sizeof kEdges / sizeof *kEdges) ? kEdges[i] : 10 * check::noise(i);
      }
      kernel(100, x, 1, y, 1, nullptr);
      for (int i = 0; i < 100; ++i) {
        const double expected = f.reference(x[i]);
        const bool both = isnan(expected) && isnan(y[i]);
        CHECK(both || y[i] == expected || fabs(y[i] - expected) <= 1e-15 * fabs(expected) ||
              fabs(expected) < 1e-300);
      }
    }
  });
}

// An element alone has the bits that it has in any lane and in any tail.
TEST(simd_bits_do_not_depend_on_the_lane) {
  check::forEachIsa([](Isa) {
    for (const Function& f : kFunctions) {
      const auto kernel = kernelTable().get<UnaryKernel>(static_cast<int>(f.kernel), DType::kFloat32);
      float x[70], alone[70], y[72];
      for (int i = 0; i < 70; ++i) x[i] = static_cast<float>(9 * check::noise(i) + (i % 9 == 0 ? 1e6 : 0));
      for (int i = 0; i < 70; ++i) kernel(1, x + i, 1, alone + i, 1, nullptr);
      for (int n = 0; n <= 70; ++n) {
        memset(y, check::kGuardByte, sizeof y);
        kernel(n, x + 70 - n, 1, y + 1, 1, nullptr);
        CHECK(memcmp(y + 1, alone + 70 - n, static_cast<size_t>(n) * sizeof(float)) == 0);
        const float guard = y[71];
        CHECK(memcmp(&y[0], &guard, sizeof guard) == 0 &&
              (n == 70 || memcmp(&y[n + 1], &guard, sizeof guard) == 0));
      }
    }
  });
}
