// Convolution and its gradients against direct sums in double; bits independent of threads.
#include "calls.h"
#include "check.h"
#include "ops/bf16.h"
#include "ops/drivers.h"

using namespace quern;
using check::Dims;
using check::Guarded;
using check::TestCall;

namespace {

struct Case {
  int64_t n, c, h, w, o, kh, kw, sh, sw, ph, pw, dh, dw, groups;

  int64_t oh() const { return (h + 2 * ph - dh * (kh - 1) - 1) / sh + 1; }
  int64_t ow() const { return (w + 2 * pw - dw * (kw - 1) - 1) / sw + 1; }
  Dims x() const { return {n, c, h, w}; }
  Dims weight() const { return {o, c / groups, kh, kw}; }
  Dims y() const { return {n, o, oh(), ow()}; }
};

int64_t sizeOf(const Dims& dims) {
  int64_t size = 1;
  for (int64_t dim : dims) size *= dim;
  return size;
}

// Calls body(index of y, of x, of w) for every product in the convolution's sum.
template <class Body>
void forProducts(const Case& s, const Body& body) {
  const int64_t channels = s.c / s.groups, filters = s.o / s.groups;
  for (int64_t n = 0; n < s.n; ++n) {
    for (int64_t o = 0; o < s.o; ++o) {
      for (int64_t p = 0; p < s.oh() * s.ow(); ++p) {
        for (int64_t c = 0; c < channels; ++c) {
          for (int64_t k = 0; k < s.kh * s.kw; ++k) {
            const int64_t h = p / s.ow() * s.sh - s.ph + k / s.kw * s.dh;
            const int64_t w = p % s.ow() * s.sw - s.pw + k % s.kw * s.dw;
            if (h < 0 || h >= s.h || w < 0 || w >= s.w) continue;
            body((n * s.o + o) * s.oh() * s.ow() + p,
                 ((n * s.c + o / filters * channels + c) * s.h + h) * s.w + w,
                 (o * channels + c) * s.kh * s.kw + k);
          }
        }
      }
    }
  }
}

template <class T>
bool close(Guarded<T>& found, Guarded<double>& expected, double terms) {
  const double tolerance = (sizeof(T) == 4 ? 2e-7 : 4e-16) * (terms + 4);
  for (int64_t i = 0; i < expected.size(); ++i) {
    if (!(fabs(static_cast<double>(found[i]) - expected[i]) <= tolerance)) return false;
  }
  return found.intact();
}

template <class T>
struct Results {
  Guarded<T> y, dx, dw;
};

template <class T>
Results<T> runAll(const Case& s, Guarded<T>& x, Guarded<T>& w, Guarded<T>& bias, Guarded<T>& g,
                  Precision precision = Precision::kFull) {
  Results<T> r = {Guarded<T>(sizeOf(s.y())), Guarded<T>(sizeOf(s.x()), T(3)),
                  Guarded<T>(sizeOf(s.weight()), T(3))};
  const auto call = [&](Kernel kernel, Driver driver, T* out, const Dims& outDims, T* a, const Dims& aDims,
                        T* b, const Dims& bDims, bool biased) {
    TestCall test(kernel, check::dtypeOf<T>(),
                  {double(s.sh), double(s.sw), double(s.ph), double(s.pw), double(s.dh), double(s.dw),
                   double(s.groups)});
    test.attribute(kPrecisionAttribute, static_cast<double>(precision));
    test.operand(out, outDims).operand(a, aDims).operand(b, bDims);
    if (biased) test.operand(bias.data(), {s.o});
    CHECK(test.run(driver) == Status::kOk);
  };
  call(Kernel::k_conv2d, run_conv2d, r.y.data(), s.y(), x.data(), s.x(), w.data(), s.weight(), true);
  call(Kernel::k_conv2dGradInput, run_conv2dGradInput, r.dx.data(), s.x(), g.data(), s.y(), w.data(),
       s.weight(), false);
  call(Kernel::k_conv2dGradWeight, run_conv2dGradWeight, r.dw.data(), s.weight(), x.data(), s.x(), g.data(),
       s.y(), false);
  return r;
}

template <class T>
void checkCase(const Case& s, Precision precision = Precision::kFull) {
  Guarded<T> x(sizeOf(s.x())), w(sizeOf(s.weight())), bias(s.o), g(sizeOf(s.y()));
  check::scramble(x, 1);
  check::scramble(w, 2);
  check::scramble(bias, 3);
  check::scramble(g, 4);
  Results<T> r = runAll(s, x, w, bias, g, precision);
  if (precision == Precision::kBf16) {
    for (Guarded<T>* operand : {&x, &w, &g}) check::roundAll(*operand);
  }
  Guarded<double> y(g.size()), dx(x.size()), dw(w.size());
  for (int64_t i = 0; i < y.size(); ++i) y[i] = static_cast<double>(bias[i / (s.oh() * s.ow()) % s.o]);
  forProducts(s, [&](int64_t iy, int64_t ix, int64_t iw) {
    y[iy] += static_cast<double>(x[ix]) * static_cast<double>(w[iw]);
    dx[ix] += static_cast<double>(g[iy]) * static_cast<double>(w[iw]);
    dw[iw] += static_cast<double>(g[iy]) * static_cast<double>(x[ix]);
  });
  CHECK(close(r.y, y, static_cast<double>(s.c / s.groups * s.kh * s.kw)));
  CHECK(close(r.dx, dx, static_cast<double>(s.o / s.groups * s.kh * s.kw)));
  CHECK(close(r.dw, dw, static_cast<double>(s.n * s.oh() * s.ow())));
}

const Case kCases[] = {
    {2, 3, 8, 9, 5, 3, 3, 1, 1, 1, 1, 1, 1, 1},     // the usual one
    {3, 4, 7, 6, 6, 1, 1, 1, 1, 0, 0, 1, 1, 1},     // pointwise
    {2, 4, 9, 11, 6, 3, 2, 2, 3, 1, 0, 1, 1, 2},    // strides, groups
    {1, 2, 10, 9, 3, 2, 3, 1, 2, 2, 3, 2, 3, 1},    // dilation
    {2, 6, 5, 5, 6, 3, 3, 1, 1, 1, 1, 1, 1, 6},     // depthwise
    {1, 1, 2, 2, 1, 3, 3, 1, 1, 4, 4, 1, 1, 1},     // windows in the padding alone
    {2, 3, 4, 5, 2, 1, 1, 2, 2, 1, 1, 1, 1, 1},     // 1×1 with stride and padding
    {19, 2, 6, 6, 3, 3, 3, 1, 1, 1, 1, 1, 1, 1},    // more images than partial sums
    {1, 40, 30, 31, 9, 3, 3, 1, 1, 1, 1, 1, 1, 1},  // several bands
    {2, 17, 9, 16, 19, 3, 3, 1, 1, 1, 1, 1, 1, 1},  // whole vectors and one channel more
    {3, 8, 14, 14, 16, 3, 3, 1, 1, 1, 1, 1, 1, 1},  // few channels: half a vector of pixels and of taps
    {1, 70, 5, 14, 33, 3, 3, 1, 1, 1, 1, 1, 1, 1},  // several blocks of channels
    {1, 300, 4, 4, 8, 1, 1, 1, 1, 0, 0, 1, 1, 1},   // the same without copies
    {1, 2, 1, 5000, 9, 1, 5, 1, 1, 0, 2, 1, 1, 1},  // one row in several segments
    {1, 64, 1, 700, 3, 1, 3, 1, 2, 0, 1, 1, 1, 1},  // ... with a stride
    {3, 3, 23, 22, 5, 7, 7, 2, 2, 3, 3, 1, 1, 1},   // a usual first layer
    {2, 5, 13, 12, 4, 3, 3, 3, 2, 1, 1, 2, 4, 1},   // strides and dilations with and without common factors
    {1, 3, 12, 12, 4, 2, 2, 4, 5, 0, 1, 1, 1, 1},   // windows with gaps between them
    {1, 4, 20, 6, 5, 3, 1, 1, 1, 6, 0, 6, 1, 1},    // taps further apart than a band
    {1, 16, 6, 7, 16, 3, 3, 1, 1, 2, 2, 1, 2, 2},   // dilated columns
    {2, 3, 1, 1, 17, 3, 3, 1, 1, 1, 1, 1, 1, 1},    // one pixel
    {5, 8, 3, 3, 12, 3, 3, 1, 1, 0, 0, 1, 1, 4},    // one output pixel
    {2, 10, 9, 9, 20, 3, 3, 1, 1, 1, 1, 1, 1, 10},  // depthwise, two filters a channel
    {3, 4, 33, 37, 4, 5, 3, 2, 1, 2, 0, 1, 2, 4},   // ... with a stride down the rows
    {2, 3, 90, 70, 3, 3, 3, 1, 1, 1, 1, 2, 1, 3},   // ... in bands
    {18, 3, 8, 9, 3, 4, 4, 1, 1, 2, 3, 1, 1, 3},   // ... more taps than sums, padding that the gradient crops
    {2, 3, 9, 9, 3, 3, 3, 2, 2, 1, 1, 1, 1, 3},    // ... with a stride both ways
    {2, 3, 40, 71, 3, 3, 5, 2, 3, 1, 2, 1, 2, 3},  // ... strides that differ, in bands
    {2, 3, 9, 8, 3, 2, 3, 3, 4, 0, 1, 1, 1, 3},    // ... inputs that no tap meets
    {2, 3, 1, 2, 3, 3, 3, 2, 2, 1, 1, 1, 1, 3},    // ... fewer inputs than phases
    {1, 2, 7, 9, 2, 3, 3, 1, 2, 1, 1, 2, 1, 2},    // ... a stride along the rows alone
    {1, 3, 5, 75, 4, 3, 3, 2, 2, 1, 1, 1, 1, 1},   // every second value of more than a vector
    {2, 20, 9, 11, 24, 3, 3, 1, 1, 1, 1, 1, 1, 1},    // fast 3×3: sizes that no tile and no vector fits
    {5, 33, 8, 7, 32, 3, 3, 1, 1, 1, 1, 1, 1, 1},     // ... blocks across images
    {2, 48, 12, 13, 40, 3, 3, 1, 1, 0, 2, 1, 1, 2},   // ... groups, uneven padding
    {1, 16, 6, 700, 16, 3, 3, 1, 1, 3, 1, 1, 1, 1},   // ... tile rows cut into several blocks
    {1, 16, 8, 8, 260, 3, 3, 1, 1, 1, 1, 1, 1, 1},    // ... filters shared between threads
    {1, 160, 8, 8, 128, 3, 3, 1, 1, 1, 1, 1, 1, 1},   // ... more weights than a cache holds
    {1, 530, 8, 8, 16, 3, 3, 1, 1, 1, 1, 1, 1, 1},    // ... more channels than a block of a product
    {30, 16, 15, 16, 17, 3, 3, 1, 1, 1, 1, 1, 1, 1},  // ... several parts of the weights' gradient
};

}  // namespace

TEST(conv2d_and_gradients) {
  check::forEachIsa([](Isa) {
    for (const Case& s : kCases) {
      checkCase<float>(s);
      checkCase<double>(s);
    }
  });
}

// Every number of pixels that a last vector can have, and of taps side by side in the weight's gradient.
TEST(conv2d_ends_of_rows) {
  check::forEachIsa([](Isa) {
    for (int64_t width = 1; width <= 49; ++width) {
      const Case s = {2, 4 + width % 17, 1, width, 1 + width % 9, 1, 3, 1, 1, 0, 1, 1, 1, 1};
      checkCase<float>(s);
      checkCase<double>(s);
    }
  });
}

TEST(conv2d_and_gradients_of_rounded_operands) {
  check::forEachIsa([](Isa) {
    for (const Case& s : kCases) checkCase<float>(s, Precision::kBf16);
    checkCase<float>({5, 2, 6, 7, 1, 3, 3, 1, 1, 1, 1, 1, 1, 1}, Precision::kBf16);  // one pair of channels
    checkCase<float>({3, 33, 9, 17, 34, 3, 3, 1, 1, 1, 1, 1, 1, 1}, Precision::kBf16);
  });
}

TEST(conv2d_bits_do_not_depend_on_threads) {
  for (const Case& s : kCases) {
    Guarded<float> x(sizeOf(s.x())), w(sizeOf(s.weight())), bias(s.o), g(sizeOf(s.y()));
    check::scramble(x, 1);
    check::scramble(w, 2);
    check::scramble(bias, 3);
    check::scramble(g, 4);
    setThreadCount(1);
    Results<float> one = runAll(s, x, w, bias, g);
    check::forThreadCounts([&](int) {
      Results<float> many = runAll(s, x, w, bias, g);
      CHECK(many.y.sameBits(one.y) && many.dx.sameBits(one.dx) && many.dw.sameBits(one.dw));
    });
  }
}

namespace {

// y, dx and dw as plain sums in double.
struct Expected {
  Guarded<double> y, dx, dw;
};

Expected sumsOf(const Case& s, Guarded<float>& x, Guarded<float>& w, Guarded<float>& bias,
                Guarded<float>& g) {
  Expected e = {Guarded<double>(g.size()), Guarded<double>(x.size()), Guarded<double>(w.size())};
  for (int64_t i = 0; i < e.y.size(); ++i) e.y[i] = static_cast<double>(bias[i / (s.oh() * s.ow()) % s.o]);
  forProducts(s, [&](int64_t iy, int64_t ix, int64_t iw) {
    e.y[iy] += static_cast<double>(x[ix]) * static_cast<double>(w[iw]);
    e.dx[ix] += static_cast<double>(g[iy]) * static_cast<double>(w[iw]);
    e.dw[iw] += static_cast<double>(g[iy]) * static_cast<double>(x[ix]);
  });
  return e;
}

// NaN and infinities in the same places, what is finite near.
void checkSpecial(Guarded<float>& found, Guarded<double>& expected, double tolerance) {
  for (int64_t i = 0; i < expected.size(); ++i) {
    const double value = static_cast<double>(found[i]);
    CHECK(isfinite(expected[i]) ? fabs(value - expected[i]) <= tolerance
          : isnan(expected[i])  ? isnan(value)
                                : value == expected[i]);
  }
}

// Fast 3×3 sums differ from the exact ones by at most this (ops/winograd.h), for values within [-1, 1].
double fastBound(double terms, double factor) { return factor * terms * (terms + 20) / 16777216.0; }

double rootMeanSquare(Guarded<double>& a) {
  double sum = 0;
  for (int64_t i = 0; i < a.size(); ++i) sum += a[i] * a[i];
  return sqrt(sum / static_cast<double>(a.size()));
}

double worst(Guarded<float>& found, Guarded<double>& expected, double& rms) {
  Guarded<double> error(expected.size());
  double most = 0;
  for (int64_t i = 0; i < error.size(); ++i) {
    error[i] = fabs(static_cast<double>(found[i]) - expected[i]);
    most = error[i] > most ? error[i] : most;
  }
  rms = rootMeanSquare(error) / rootMeanSquare(expected);
  return most;
}

const Case kDirectCase = {1, 2, 4, 5, 3, 3, 3, 1, 1, 1, 1, 1, 1, 1};
const Case kFastCase = {2, 18, 13, 14, 20, 3, 3, 1, 1, 1, 1, 1, 1, 1};

}  // namespace

TEST(conv2d_nan_and_infinities_reach_what_meets_them_alone) {
  check::forEachIsa([](Isa) {
    for (const Case& s : {kDirectCase, kFastCase}) {
      const int64_t inner = s.w + 2;  // which meets no padding: zeros times infinity are NaN there
      for (int kind = 0; kind < 3; ++kind) {
        Guarded<float> x(sizeOf(s.x())), w(sizeOf(s.weight())), bias(s.o), g(sizeOf(s.y()));
        check::scramble(x, 1);
        check::scramble(g, 4);
        if (kind > 0) check::scramble(w, 2);  // else zeros, which NaN passes
        const float value = kind == 2 ? INFINITY : NAN;
        x[inner] = g[inner + s.w] = value;
        bias[1] = value;
        Results<float> r = runAll(s, x, w, bias, g);
        Expected e = sumsOf(s, x, w, bias, g);
        checkSpecial(r.y, e.y, 1e-4);
        checkSpecial(r.dx, e.dx, 1e-4);
        checkSpecial(r.dw, e.dw, 1e-4);
        CHECK(r.y.intact() && r.dx.intact() && r.dw.intact());
        w[5] = value;
        r = runAll(s, x, w, bias, g);
        e = sumsOf(s, x, w, bias, g);
        for (int64_t i = 0; i < e.y.size(); ++i) CHECK(!isnan(e.y[i]) || isnan(r.y[i]));
        for (int64_t i = 0; i < e.dx.size(); ++i) CHECK(!isnan(e.dx[i]) || isnan(r.dx[i]));
      }
    }
  });
}

TEST(conv2d_survives_values_whose_transform_overflows) {
  check::forEachIsa([](Isa) {
    const Case& s = kFastCase;
    Guarded<float> x(sizeOf(s.x())), w(sizeOf(s.weight())), bias(s.o), g(sizeOf(s.y()));
    check::scramble(w, 2);
    x[40] = g[50] = 3e38f;
    for (int64_t i = 0; i < w.size(); ++i) w[i] *= 1e-3f;
    Results<float> r = runAll(s, x, w, bias, g);
    Expected e = sumsOf(s, x, w, bias, g);
    checkSpecial(r.y, e.y, 1e31);
    checkSpecial(r.dx, e.dx, 1e31);
  });
}

TEST(conv2d_fast_error_is_bounded) {
  check::forEachIsa([](Isa) {
    const Case s = {4, 64, 16, 16, 48, 3, 3, 1, 1, 1, 1, 1, 1, 1};
    Guarded<float> x(sizeOf(s.x())), w(sizeOf(s.weight())), bias(s.o), g(sizeOf(s.y()));
    check::scramble(x, 1);
    check::scramble(w, 2);
    check::scramble(g, 4);
    Results<float> r = runAll(s, x, w, bias, g);
    Expected e = sumsOf(s, x, w, bias, g);
    double rms;
    CHECK(worst(r.y, e.y, rms) <= fastBound(64, 564));
    CHECK(rms < 1.5e-6);
    CHECK(worst(r.dx, e.dx, rms) <= fastBound(48, 564));
    CHECK(rms < 1.5e-6);
    CHECK(worst(r.dw, e.dw, rms) <= fastBound(64, 803));  // tiles
    CHECK(rms < 1.5e-6);
  });
}

namespace {

// Whether an activation in the convolution's pass gives what one after it does, to the bit; NaN have no sign.
template <class T>
bool endsWith(const Case& s, Guarded<T>& x, Activation activation, Kernel kernel, Precision precision) {
  Guarded<T> w(sizeOf(s.weight())), bias(s.o), plain(sizeOf(s.y())), after(plain.size()), found(plain.size());
  check::scramble(w, 2);
  check::scramble(bias, 3);
  const auto convolve = [&](Guarded<T>& y, Activation ending) {
    TestCall call(Kernel::k_conv2d, check::dtypeOf<T>(),
                  {double(s.sh), double(s.sw), double(s.ph), double(s.pw), double(s.dh), double(s.dw),
                   double(s.groups), double(static_cast<int>(ending))});
    call.attribute(kPrecisionAttribute, static_cast<double>(precision));
    call.operand(y.data(), s.y()).operand(x.data(), s.x()).operand(w.data(), s.weight());
    call.operand(bias.data(), {s.o});
    CHECK(call.run(run_conv2d) == Status::kOk);
  };
  convolve(plain, Activation::kNone);
  convolve(found, activation);
  TestCall unary(kernel, check::dtypeOf<T>());
  unary.operand(after.data(), s.y()).operand(plain.data(), s.y());
  CHECK(unary.run(run_unary) == Status::kOk);
  for (int64_t i = 0; i < found.size(); ++i) {
    if (isnan(found[i]) && isnan(after[i])) found[i] = after[i];
  }
  return found.sameBits(after) && found.intact();
}

const struct {
  Activation activation;
  Kernel kernel;
} kEndings[] = {{Activation::kRelu, Kernel::k_relu},
                {Activation::kGelu, Kernel::k_gelu},
                {Activation::kGeluTanh, Kernel::k_geluTanh},
                {Activation::kTanh, Kernel::k_tanh},
                {Activation::kSigmoid, Kernel::k_sigmoid}};

template <class T>
void checkEndings(const Case& s, Precision precision, bool special) {
  Guarded<T> x(sizeOf(s.x()));
  check::scramble(x, 1);
  if (special) x[s.w + 2] = T(NAN), x[x.size() - 1] = T(INFINITY);
  for (const auto& ending : kEndings) {
    CHECK(endsWith(s, x, ending.activation, ending.kernel, precision));
  }
}

}  // namespace

TEST(conv2d_ends_with_activations) {
  check::forEachIsa([](Isa) {
    for (const Case& s : kCases) {
      checkEndings<float>(s, Precision::kFull, false);
      checkEndings<double>(s, Precision::kFull, false);
      checkEndings<float>(s, Precision::kBf16, false);
    }
    for (const Case& s : {kDirectCase, kFastCase}) checkEndings<float>(s, Precision::kFull, true);
  });
}

TEST(conv2d_of_no_channels_ends_with_activations) {
  Guarded<float> none(0), bias(2), y(2 * 9, 4.0f);
  bias[0] = -1, bias[1] = 2;
  TestCall call(Kernel::k_conv2d, DType::kFloat32, {1, 1, 0, 0, 1, 1, 1, 1});
  call.operand(y.data(), {1, 2, 3, 3}).operand(none.data(), {1, 0, 5, 5});
  call.operand(none.data(), {2, 0, 3, 3}).operand(bias.data(), {2});
  CHECK(call.run(run_conv2d) == Status::kOk && y.intact());
  for (int64_t i = 0; i < y.size(); ++i) CHECK(y[i] == (i < 9 ? 0.0f : 2.0f));
}

TEST(conv2d_empty) {
  Guarded<float> none(0), w(2 * 3 * 3 * 3), dw(2 * 3 * 3 * 3, 4.0f);
  TestCall forward(Kernel::k_conv2d, DType::kFloat32, {1, 1, 0, 0, 1, 1, 1});
  forward.operand(none.data(), {0, 2, 3, 3})
      .operand(none.data(), {0, 3, 5, 5})
      .operand(w.data(), {2, 3, 3, 3});
  CHECK(forward.run(run_conv2d) == Status::kOk);
  TestCall weight(Kernel::k_conv2dGradWeight, DType::kFloat32, {1, 1, 0, 0, 1, 1, 1});
  weight.operand(dw.data(), {2, 3, 3, 3})
      .operand(none.data(), {0, 3, 5, 5})
      .operand(none.data(), {0, 2, 3, 3});
  CHECK(weight.run(run_conv2dGradWeight) == Status::kOk && dw.intact());
  for (int64_t i = 0; i < dw.size(); ++i) CHECK(dw[i] == 0.0f);
}

TEST(conv2d_refuses) {
  Guarded<float> x(200);
  const auto status = [&](std::initializer_list<double> attributes, const Dims& y, const Dims& in,
                          const Dims& w) {
    TestCall call(Kernel::k_conv2d, DType::kFloat32, attributes);
    call.operand(x.data(), y).operand(x.data(), in).operand(x.data(), w);
    return call.run(run_conv2d);
  };
  const Dims y = {1, 2, 3, 3}, in = {1, 2, 5, 5}, w = {2, 2, 3, 3};
  CHECK(status({1, 1, 0, 0, 1, 1, 1}, y, in, w) == Status::kOk);
  CHECK(status({0, 1, 0, 0, 1, 1, 1}, y, in, w) == Status::kBadAttribute);
  CHECK(status({NAN, 1, 0, 0, 1, 1, 1}, y, in, w) == Status::kBadAttribute);
  CHECK(status({1, 1.5, 0, 0, 1, 1, 1}, y, in, w) == Status::kBadAttribute);
  CHECK(status({1, 1, -1, 0, 1, 1, 1}, y, in, w) == Status::kBadAttribute);
  CHECK(status({1, 1, 0, 1e300, 1, 1, 1}, y, in, w) == Status::kBadAttribute);
  CHECK(status({1, 1, 0, 0, 1, 1, 0}, y, in, w) == Status::kBadAttribute);
  CHECK(status({1, 1, 0, 0, 1, 1, 1, 6}, y, in, w) == Status::kBadAttribute);
  CHECK(status({1, 1, 0, 0, 1, 1, 1, 0.5}, y, in, w) == Status::kBadAttribute);
  CHECK(status({1, 1, 0, 0, 1, 1, 2}, y, in, w) == Status::kShapeMismatch);
  CHECK(status({1, 1, 1, 0, 1, 1, 1}, y, in, w) == Status::kShapeMismatch);
  CHECK(status({1, 1, 0, 0, 1 << 30, 1, 1}, y, in, w) == Status::kShapeMismatch);
  CHECK(status({1, 1, 0, 0, 1, 1, 1}, y, {1, 2, 5}, w) == Status::kShapeMismatch);
}
