// Flip: every set of axes of dense and strided views, by item size; what is refused.
#include "calls.h"
#include "check.h"
#include "ops/drivers.h"

using namespace quern;
using check::Dims;
using check::Guarded;
using check::TestCall;

namespace {

template <class T>
void checkFlip(int64_t a, int64_t b, int64_t c) {
  Guarded<T> x(a * b * c), out(a * b * c);
  for (int64_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>(i % 251);
  for (int mask = 0; mask < 8; ++mask) {
    // Dense, and with the first and the last axis exchanged.
    for (const bool turned : {false, true}) {
      TestCall call(Kernel::k_flip, check::dtypeOf<T>(), {double(mask)});
      const Dims strides = turned ? Dims{1, a, a * b} : Dims{b * c, c, 1};
      call.operand(out.data(), {a, b, c}).operand(x.data(), {a, b, c}, strides);
      CHECK(call.run(run_flip) == Status::kOk && out.intact());
      bool same = true;
      for (int64_t i = 0; i < out.size(); ++i) {
        const int64_t p = i / (b * c), q = i / c % b, r = i % c;
        const int64_t at = ((mask & 1) != 0 ? a - 1 - p : p) * strides[0] +
                           ((mask & 2) != 0 ? b - 1 - q : q) * strides[1] +
                           ((mask & 4) != 0 ? c - 1 - r : r) * strides[2];
        same &= out[i] == x[at];
      }
      CHECK(same);
    }
  }
}

}  // namespace

TEST(flip_any_axes) {
  check::forThreadCounts([](int) {
    checkFlip<float>(3, 5, 7);
    checkFlip<double>(2, 1, 9);
    checkFlip<uint8_t>(4, 3, 2);
    checkFlip<float>(40, 50, 60);
  });
}

TEST(flip_refuses) {
  Guarded<float> x(6), out(6);
  const auto status = [&](double mask, const Dims& from, const Dims& to, const Dims& strides) {
    TestCall call(Kernel::k_flip, DType::kFloat32, {mask});
    call.operand(out.data(), to, strides).operand(x.data(), from);
    return call.run(run_flip);
  };
  CHECK(status(3, {2, 3}, {2, 3}, {3, 1}) == Status::kOk);
  CHECK(status(3, {2, 3}, {3, 2}, {2, 1}) == Status::kShapeMismatch);
  CHECK(status(3, {2, 3}, {2, 3}, {1, 2}) == Status::kShapeMismatch);
  CHECK(status(3, {0, 3}, {0, 3}, {3, 1}) == Status::kOk);
  for (const double mask : {-1.0, 4.0, 0.5, double(NAN), 1e300}) {
    CHECK(status(mask, {2, 3}, {2, 3}, {3, 1}) == Status::kBadAttribute);
  }
}
