// Random draws: Philox's published words, the recipe of each distribution, moments, and bits that don't
// depend on threads.
#include "calls.h"
#include "check.h"
#include "core/philox.h"
#include "ops/drivers.h"

using namespace quern;
using check::Guarded;
using check::TestCall;

namespace {

constexpr double kSeedLo = 0x89ABCDEF, kSeedHi = 0x01234567;
constexpr PhiloxKey kKey = {0x89ABCDEFu, 0x01234567u};
constexpr double kOffset = 4294967290.0;  // the block's low half overflows within the draw

template <class T>
Guarded<T> draw(Kernel kernel, Driver driver, int64_t size, double a, double b) {
  Guarded<T> out(size);
  TestCall call(kernel, check::dtypeOf<T>(), {kSeedLo, kSeedHi, kOffset, a, b});
  call.operand(out.data(), {size});
  CHECK(call.run(driver) == Status::kOk && out.intact());
  return out;
}

uint32_t wordOf(int64_t i) {
  return philox(kKey, static_cast<uint64_t>(kOffset) + static_cast<uint64_t>(i >> 2)).w[i & 3];
}

template <class T>
void checkMoments(Guarded<T>& x, double mean, double variance) {
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < x.size(); ++i) sum += static_cast<double>(x[i]);
  const double found = sum / static_cast<double>(x.size());
  for (int64_t i = 0; i < x.size(); ++i)
    squares += (static_cast<double>(x[i]) - found) * (static_cast<double>(x[i]) - found);
  CHECK_CLOSE(found, mean, 5 * sqrt(variance / static_cast<double>(x.size())));
  CHECK_CLOSE(squares / static_cast<double>(x.size()), variance, 0.02 * variance);
}

}  // namespace

TEST(random_philox_known_answers) {
  // The row of Random123's kat_vectors whose counter and key this form of the counter can have.
  const PhiloxWords zero = philox({0, 0}, 0);
  CHECK(zero.w[0] == 0x6627e8d5u && zero.w[1] == 0xe169c58du && zero.w[2] == 0xbc57ac4cu &&
        zero.w[3] == 0x9b00dbd8u);
}

TEST(random_logarithm_sine_cosine) {
  for (uint32_t i = 0; i < 200000; ++i) {
    const uint32_t word = i < 1000 ? i : i < 2000 ? 0u - i : i * 2654435761u;
    const double u = (word + 0.5) / 4294967296.0, turns = word / 4294967296.0;
    CHECK_CLOSE(philoxLog(u), log(u), 4.5e-16 * fabs(log(u)));
    const SinCos found = sinCosTurns(turns);
    CHECK_CLOSE(found.sin, sin(6.283185307179586 * turns), 1e-15);
    CHECK_CLOSE(found.cos, cos(6.283185307179586 * turns), 1e-15);
  }
}

TEST(random_uniform) {
  Guarded<float> x = draw<float>(Kernel::k_uniform, run_uniform, 100001, -1, 3);
  for (int64_t i = 0; i < x.size(); i += 97) {
    CHECK(x[i] == static_cast<float>(-1.0 + uniform24(wordOf(i)) * 4.0));
  }
  checkMoments(x, 1, 16.0 / 12);
  Guarded<double> y = draw<double>(Kernel::k_uniform, run_uniform, 100001, 0, 1);
  for (int64_t i = 0; i < y.size(); i += 97) {
    const PhiloxWords w = philox(kKey, static_cast<uint64_t>(kOffset) + static_cast<uint64_t>(i / 2));
    CHECK(y[i] == uniform53(w.w[i % 2 * 2], w.w[i % 2 * 2 + 1]));
    CHECK(y[i] >= 0 && y[i] < 1);
  }
  checkMoments(y, 0.5, 1.0 / 12);
  // A span so narrow that rounding reaches its end: `high` must not come out.
  Guarded<float> narrow = draw<float>(Kernel::k_uniform, run_uniform, 1000, 1, 1.0000001192092896);
  for (int64_t i = 0; i < narrow.size(); ++i) CHECK(narrow[i] == 1.0f);
}

TEST(random_normal) {
  Guarded<double> x = draw<double>(Kernel::k_normal, run_normal, 100003, 2, 3);
  checkMoments(x, 2, 9);
  Guarded<float> y = draw<float>(Kernel::k_normal, run_normal, 100003, 2, 3);
  for (int64_t i = 0; i < x.size(); ++i) CHECK(y[i] == static_cast<float>(x[i]));
}

TEST(random_randint) {
  Guarded<int32_t> x = draw<int32_t>(Kernel::k_randint, run_randint, 100000, -3, 4);
  for (int64_t i = 0; i < x.size(); ++i) CHECK(x[i] >= -3 && x[i] < 4);
  checkMoments(x, 0, 4);
  Guarded<int32_t> all = draw<int32_t>(Kernel::k_randint, run_randint, 1000, -2147483648.0, 2147483648.0);
  for (int64_t i = 0; i < all.size(); ++i) {
    CHECK(all[i] == static_cast<int32_t>(static_cast<int64_t>(wordOf(i)) - 2147483648ll));
  }
}

TEST(random_dropout_and_bernoulli) {
  constexpr int64_t rows = 300, columns = 41;
  Guarded<float> x(rows * columns), out(rows * columns), p(rows * columns), drawn(rows * columns);
  check::scramble(x, 1);
  for (int64_t i = 0; i < p.size(); ++i) p[i] = static_cast<float>(i % 5) * 0.25f;
  // The inputs are transposed: element i of a draw is the i-th in row-major order of the output.
  TestCall dropout(Kernel::k_dropout, DType::kFloat32, {kSeedLo, kSeedHi, kOffset, 0.3});
  dropout.operand(out.data(), {rows, columns}).operand(x.data(), {rows, columns}, {1, rows});
  CHECK(dropout.run(run_dropout) == Status::kOk && out.intact());
  TestCall bernoulli(Kernel::k_bernoulli, DType::kFloat32, {kSeedLo, kSeedHi, kOffset});
  bernoulli.operand(drawn.data(), {rows, columns}).operand(p.data(), {rows, columns}, {1, rows});
  CHECK(bernoulli.run(run_bernoulli) == Status::kOk && drawn.intact());
  for (int64_t i = 0; i < x.size(); ++i) {
    const int64_t at = i / columns + i % columns * rows;
    const double u = uniform24(wordOf(i));
    CHECK(out[i] == (u < 0.3 ? 0.0f : x[at] * static_cast<float>(1 / 0.7)));
    CHECK(drawn[i] == (u < static_cast<double>(p[at]) ? 1.0f : 0.0f));
  }
  dropout.attribute(3, 1);
  CHECK(dropout.run(run_dropout) == Status::kOk);
  for (int64_t i = 0; i < out.size(); ++i) CHECK(out[i] == 0.0f);
  for (float bad : {-0.5f, 1.5f, NAN}) {
    p[7] = bad;
    CHECK(bernoulli.run(run_bernoulli) == Status::kBadAttribute);
  }
}

TEST(random_bits_do_not_depend_on_threads) {
  setThreadCount(1);
  Guarded<float> normal = draw<float>(Kernel::k_normal, run_normal, 50001, 0, 1);
  Guarded<double> uniform = draw<double>(Kernel::k_uniform, run_uniform, 50001, 0, 1);
  check::forThreadCounts([&](int) {
    CHECK(draw<float>(Kernel::k_normal, run_normal, 50001, 0, 1).sameBits(normal));
    CHECK(draw<double>(Kernel::k_uniform, run_uniform, 50001, 0, 1).sameBits(uniform));
  });
}

TEST(random_refuses) {
  Guarded<float> out(8);
  const auto status = [&](Driver driver, std::initializer_list<double> attributes) {
    TestCall call(Kernel::k_uniform, DType::kFloat32, attributes);
    call.operand(out.data(), {8});
    return call.run(driver);
  };
  CHECK(status(run_uniform, {1, 2, 3, 0, 1}) == Status::kOk);
  CHECK(status(run_uniform, {NAN, 2, 3, 0, 1}) == Status::kBadAttribute);
  CHECK(status(run_uniform, {4294967296.0, 2, 3, 0, 1}) == Status::kBadAttribute);
  CHECK(status(run_uniform, {1, -2, 3, 0, 1}) == Status::kBadAttribute);
  CHECK(status(run_uniform, {1, 2, 9007199254740991.0, 0, 1}) == Status::kBadAttribute);
  CHECK(status(run_uniform, {1, 2, 3, 1, 0}) == Status::kBadAttribute);
  CHECK(status(run_uniform, {1, 2, 3, 0, INFINITY}) == Status::kBadAttribute);
  CHECK(status(run_normal, {1, 2, 3, 0, -1}) == Status::kBadAttribute);
  CHECK(status(run_normal, {1, 2, 3, NAN, 1}) == Status::kBadAttribute);
  CHECK(status(run_randint, {1, 2, 3, 5, 5}) == Status::kBadAttribute);
  CHECK(status(run_randint, {1, 2, 3, 0, 4294967297.0}) == Status::kBadAttribute);
  CHECK(status(run_randint, {1, 2, 3, 0.5, 4}) == Status::kBadAttribute);
}
