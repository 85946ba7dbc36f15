// Further laws: the recipe of each from its words, moments of the samplers that reject, bits that don't
// depend on threads, and what is refused.
#include "calls.h"
#include "check.h"
#include "core/rejection.h"
#include "ops/drivers.h"

using namespace quern;
using check::Guarded;
using check::TestCall;

namespace {

constexpr double kSeedLo = 0x89ABCDEF, kSeedHi = 0x01234567;
constexpr PhiloxKey kKey = {0x89ABCDEFu, 0x01234567u};
constexpr double kOffset = 4294967290.0;  // the block's low half overflows within the draw

double unitOf(int64_t i) {
  const uint64_t block = static_cast<uint64_t>(kOffset) + static_cast<uint64_t>(i >> 2);
  return (static_cast<double>(philox(kKey, block).w[i & 3]) + 0.5) / 4294967296.0;
}

template <class T>
Guarded<T> draw(Kernel kernel, Driver driver, int64_t size, double a, double b) {
  Guarded<T> out(size);
  TestCall call(kernel, check::dtypeOf<T>(), {kSeedLo, kSeedHi, kOffset, a, b});
  call.operand(out.data(), {size});
  CHECK(call.run(driver) == Status::kOk && out.intact());
  return out;
}

// Of parameters that lie with a step between them.
template <class T>
Guarded<T> sample(Kernel kernel, Driver driver, int64_t size, double parameter) {
  Guarded<T> out(size), parameters(2 * size, T(-1));
  for (int64_t i = 0; i < size; ++i) parameters[2 * i] = static_cast<T>(parameter);
  TestCall call(kernel, check::dtypeOf<T>(), {kSeedLo, kSeedHi, kOffset});
  call.operand(out.data(), {size}).operand(parameters.data(), {size}, {2});
  CHECK(call.run(driver) == Status::kOk && out.intact());
  return out;
}

void checkMoments(Kernel kernel, Driver driver, double parameter, double variance) {
  constexpr int64_t size = 100000;
  Guarded<double> x = sample<double>(kernel, driver, size, parameter);
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < size; ++i) sum += x[i];
  for (int64_t i = 0; i < size; ++i) squares += (x[i] - sum / size) * (x[i] - sum / size);
  CHECK_CLOSE(sum / size, parameter, 5 * sqrt(variance / size));
  CHECK_CLOSE(squares / size, variance, 0.06 * variance);
}

}  // namespace

TEST(random_exponential_function) {
  for (int i = -7600; i <= 7097; ++i) {
    const double x = i * 0.1, expected = exp(x);
    CHECK_CLOSE(philoxExp(x), expected, 5e-16 * expected + 5e-324);
  }
  CHECK(philoxExp(710) == HUGE_VAL && philoxExp(-800) == 0 && philoxExp(0) == 1);
}

TEST(random_laws_by_their_formulas) {
  constexpr int64_t size = 20001;
  Guarded<double> exponential = draw<double>(Kernel::k_exponential, run_exponential, size, 2, 0);
  Guarded<double> cauchy = draw<double>(Kernel::k_cauchy, run_cauchy, size, 1, 3);
  Guarded<double> geometric = draw<double>(Kernel::k_geometric, run_geometric, size, log1p(-0.2), 0);
  Guarded<double> normal = draw<double>(Kernel::k_normal, run_normal, size, 1, 0.5);
  Guarded<double> logNormal = draw<double>(Kernel::k_logNormal, run_logNormal, size, 1, 0.5);
  for (int64_t i = 0; i < size; ++i) {
    const double u = unitOf(i), turn = 3 * tan(3.141592653589793 * (u - 0.5));
    CHECK_CLOSE(exponential[i], -log(u) / 2, 1e-15 * -log(u));
    CHECK_CLOSE(cauchy[i], 1 + turn, 1e-14 * (1 + fabs(turn) * (1 + fabs(turn))));
    CHECK(geometric[i] == fmax(1, ceil(log(u) / log1p(-0.2))));
    CHECK_CLOSE(logNormal[i], exp(normal[i]), 5e-16 * exp(normal[i]));
  }
}

TEST(random_log_factorials) {
  double sum = 0;
  for (int k = 0; k < 200; ++k) {
    if (k > 1) sum += log(k);
    CHECK_CLOSE(logFactorial(k), sum, 1e-13 * (1 + sum));
  }
}

TEST(random_gamma_and_poisson_moments) {
  for (const double shape : {0.1, 0.7, 1.0, 3.0, 1e4})
    checkMoments(Kernel::k_standardGamma, run_standardGamma, shape, shape);
  for (const double rate : {0.3, 5.0, 9.99, 10.0, 300.0})
    checkMoments(Kernel::k_poisson, run_poisson, rate, rate);
  Guarded<float> none = sample<float>(Kernel::k_poisson, run_poisson, 100, 0);
  for (int64_t i = 0; i < none.size(); ++i) CHECK(none[i] == 0);
}

TEST(random_laws_do_not_depend_on_threads) {
  setThreadCount(1);
  Guarded<float> gamma = sample<float>(Kernel::k_standardGamma, run_standardGamma, 30001, 0.4);
  Guarded<double> cauchy = draw<double>(Kernel::k_cauchy, run_cauchy, 30001, 0, 1);
  check::forThreadCounts([&](int) {
    CHECK(sample<float>(Kernel::k_standardGamma, run_standardGamma, 30001, 0.4).sameBits(gamma));
    CHECK(draw<double>(Kernel::k_cauchy, run_cauchy, 30001, 0, 1).sameBits(cauchy));
  });
}

TEST(random_laws_refuse) {
  Guarded<float> out(8), parameter(8, 1.0f);
  const auto law = [&](Driver driver, double a, double b) {
    TestCall call(Kernel::k_exponential, DType::kFloat32, {1, 2, 3, a, b});
    call.operand(out.data(), {8});
    return call.run(driver);
  };
  for (const double bad : {0.0, -1.0, double(NAN), double(INFINITY)}) {
    CHECK(law(run_exponential, bad, 0) == Status::kBadAttribute);
    CHECK(law(run_cauchy, 0, bad) == Status::kBadAttribute);
  }
  for (const double bad : {0.0, 1.0, double(NAN), -double(INFINITY)})
    CHECK(law(run_geometric, bad, 0) == Status::kBadAttribute);
  CHECK(law(run_logNormal, 0, -1) == Status::kBadAttribute &&
        law(run_logNormal, NAN, 1) == Status::kBadAttribute);
  const auto sampler = [&](Driver driver, float value) {
    parameter[5] = value;
    TestCall call(Kernel::k_poisson, DType::kFloat32, {1, 2, 3});
    call.operand(out.data(), {8}).operand(parameter.data(), {8});
    out[0] = -7;
    const Status status = call.run(driver);
    CHECK(status == Status::kOk || (out[0] == -7 && call.failure(0) == 1));
    return status;
  };
  CHECK(sampler(run_poisson, 0) == Status::kOk && sampler(run_standardGamma, 0) == Status::kBadAttribute);
  for (const float bad : {-1.0f, NAN, INFINITY}) {
    CHECK(sampler(run_poisson, bad) == Status::kBadAttribute);
    CHECK(sampler(run_standardGamma, bad) == Status::kBadAttribute);
  }
}
