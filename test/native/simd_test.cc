// The elementary functions of simd/math.h, through each ISA: accuracy, edges, the same bits in every lane.
#include "functions.h"
#include "views.h"

using namespace quern;
using check::Function;
using check::kFunctions;

namespace {

const double kEdges[] = {
    0.0,          -0.0,          INFINITY, -INFINITY,  NAN,   1e-45,  -1e-45, 1e-39,   -1e-39, 1.1754944e-38,
    3.4028235e38, -3.4028235e38, 88.72284, 88.8,       -87.4, -103.9, -104.5, 1,       -1,     0.5,
    -0.5,         1.5,           2.5,      -2.5,       20,    20.1,   0.625,  0.92773, 32768,  -32769,
    1e10,         8388607.5,     16777216, -1.0000001, 2,     1024,   0.125,  -0.25,   3.875,  -3.875,
    -7.75,        7.75,          15.5,     -15.5};

// Reports and fails where the worst error is beyond the bound.
struct Worst {
  double ulps = 0, at = 0;
  void take(double error, double x) {
    if (!(error <= ulps)) ulps = error, at = x;
  }
  void demand(Isa isa, const char* name, double bound) const {
    bound = check::boundOn(isa, bound);
    if (!(ulps <= bound)) printf("  %s %s: %.3f ulp at %a\n", isaName(isa), name, ulps, at);
    CHECK(ulps <= bound);
  }
};

constexpr uint64_t kBatch = 1024;
constexpr uint64_t kEdgeCount = sizeof kEdges / sizeof *kEdges;

}  // namespace

// A part of what quern_ulp does over all values of float32.
TEST(simd_float32_accuracy) {
  constexpr uint64_t kStride = 32749;  // prime: every exponent is met with mantissas of all kinds
  check::forEachIsa([](Isa isa) {
    for (const Function& f : kFunctions) {
      const auto kernel = kernelTable().get<UnaryKernel>(static_cast<int>(f.kernel), DType::kFloat32);
      Worst worst;
      float x[kBatch], y[kBatch];
      for (uint64_t start = 0; start < (uint64_t{1} << 32); start += kBatch * kStride) {
        for (uint64_t i = 0; i < kBatch; ++i) {
          const uint32_t bits = static_cast<uint32_t>(start + i * kStride);
          memcpy(&x[i], &bits, sizeof bits);
          if (start == 0 && i < kEdgeCount) x[i] = static_cast<float>(kEdges[i]);
        }
        kernel(kBatch, x, 1, y, 1, nullptr);
        for (uint64_t i = 0; i < kBatch; ++i) {
          const double expected = f.reference(static_cast<double>(x[i]));
          worst.take(check::errorOf(f, x[i], y[i], expected), x[i]);
        }
      }
      worst.demand(isa, f.name, f.ulps32);
    }
  });
}

namespace {

double geluOf(double x) { return 0.5 * x * erfc(-x * sqrt(0.5)); }
double geluTanhOf(double x) {
  return x * check::sigmoidOf(2 * sqrt(2 / acos(-1.0)) * (x + 0.044715 * x * x * x));
}
double siluOf(double x) { return x * check::sigmoidOf(x); }

}  // namespace

// Accurate on the left too, where these are products of something large and something small, until the small
// one is a denormal number of few bits.
TEST(simd_float32_activations) {
  constexpr uint64_t kStride = 32749;
  const struct {
    const char* name;
    Kernel kernel;
    double (*reference)(double);
    double bound;
  } cases[] = {{"gelu", Kernel::k_gelu, geluOf, 4},
               {"geluTanh", Kernel::k_geluTanh, geluTanhOf, 12},
               {"silu", Kernel::k_silu, siluOf, 4}};
  check::forEachIsa([&](Isa isa) {
    for (const auto& c : cases) {
      const auto kernel = kernelTable().get<UnaryKernel>(static_cast<int>(c.kernel), DType::kFloat32);
      Worst worst;
      float x[kBatch], y[kBatch];
      for (uint64_t start = 0; start < (uint64_t{1} << 32); start += kBatch * kStride) {
        for (uint64_t i = 0; i < kBatch; ++i) {
          const uint32_t bits = static_cast<uint32_t>(start + i * kStride);
          memcpy(&x[i], &bits, sizeof bits);
          if (start == 0 && i < kEdgeCount) x[i] = static_cast<float>(kEdges[i]);
        }
        kernel(kBatch, x, 1, y, 1, nullptr);
        for (uint64_t i = 0; i < kBatch; ++i) {
          const double expected = c.reference(static_cast<double>(x[i]));
          double error = check::ulps(y[i], expected);
          if (fabs(expected) < 0x1p-119) error /= 100;
          worst.take(check::sameZero(y[i], expected) ? error : HUGE_VAL, x[i]);
        }
      }
      worst.demand(isa, c.name, c.bound);
    }
  });
}

TEST(simd_float64_accuracy) {
  check::forEachIsa([](Isa isa) {
    for (const Function& f : kFunctions) {
      const auto kernel = kernelTable().get<UnaryKernel>(static_cast<int>(f.kernel), DType::kFloat64);
      Worst worst;
      double x[kBatch], y[kBatch];
      for (uint64_t start = 0; start < 32 * kBatch; start += kBatch) {
        for (uint64_t i = 0; i < kBatch; ++i) {
          x[i] = start == 0 && i < kEdgeCount ? kEdges[i] : check::sampleOf(start + i);
        }
        kernel(kBatch, x, 1, y, 1, nullptr);
        for (uint64_t i = 0; i < kBatch; ++i) {
          const long double expected = f.exact(static_cast<long double>(x[i]));
          worst.take(check::errorOf(f, x[i], y[i], expected), x[i]);
        }
      }
      worst.demand(isa, f.name, f.ulps64);
    }
  });
}

namespace {

template <class T, class Exact>
void checkPower(DType dtype, Isa isa, double bound, const Exact& exact) {
  const auto kernel = kernelTable().get<BinaryKernel>(static_cast<int>(Kernel::k_pow), dtype);
  const double special[] = {0.0, -0.0, 1,  -1,  INFINITY, -INFINITY, NAN,  2,
                            -2,  3,    -3, 0.5, -0.5,     1e-40,     1e300};
  constexpr uint64_t kSpecials = sizeof special / sizeof *special;
  Worst worst;
  T x[kBatch], y[kBatch], z[kBatch];
  for (uint64_t start = 0; start < 64 * kBatch; start += kBatch) {
    for (uint64_t i = 0; i < kBatch; ++i) {
      const double a = check::sampleOf(2 * (start + i) + 1), b = check::sampleOf(2 * (start + 7 * i) + 1);
      x[i] = static_cast<T>(fabs(a));
      y[i] = static_cast<T>(b);
      if (i % 4 == 0) x[i] = static_cast<T>(1 + a / 1000), y[i] = static_cast<T>(1000 * b);  // near one
      if (i % 4 == 1) x[i] = static_cast<T>(a), y[i] = static_cast<T>(rint(b));
      if (start == 0 && i < kSpecials * kSpecials) {
        x[i] = static_cast<T>(special[i / kSpecials]), y[i] = static_cast<T>(special[i % kSpecials]);
      }
    }
    kernel(kBatch, x, 1, y, 1, z, 1, nullptr);
    for (uint64_t i = 0; i < kBatch; ++i) {
      const auto expected = exact(x[i], y[i]);
      worst.take(check::sameZero(z[i], expected) ? check::ulps(z[i], expected) : HUGE_VAL,
                 static_cast<double>(x[i]));
    }
  }
  worst.demand(isa, "pow", bound);
}

}  // namespace

TEST(simd_power) {
  check::forEachIsa([](Isa isa) {
    checkPower<float>(DType::kFloat32, isa, 1,
                      [](float a, float b) { return pow(static_cast<double>(a), static_cast<double>(b)); });
    checkPower<double>(DType::kFloat64, isa, 1, [](double a, double b) {
      return powl(static_cast<long double>(a), static_cast<long double>(b));
    });
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
