// Three-dimensional convolution and its gradients against direct sums in double; bits independent of threads.
#include "calls.h"
#include "check.h"
#include "ops/drivers.h"

using namespace quern;
using check::Dims;
using check::Guarded;
using check::TestCall;

namespace {

struct Axis {
  int64_t in, kernel, stride, padding, dilation;

  int64_t out() const { return (in + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1; }
  int64_t meets(int64_t o, int64_t tap) const {  // −1: the padding
    const int64_t at = o * stride - padding + tap * dilation;
    return at < in ? at : -1;
  }
};

struct Case {
  int64_t images, channels, filters, groups;
  Axis d, h, w;

  Dims x() const { return {images, channels, d.in, h.in, w.in}; }
  Dims weight() const { return {filters, channels / groups, d.kernel, h.kernel, w.kernel}; }
  Dims y() const { return {images, filters, d.out(), h.out(), w.out()}; }
};

int64_t sizeOf(const Dims& dims) {
  int64_t size = 1;
  for (int64_t dim : dims) size *= dim;
  return size;
}

// Calls body(index of y, of x, of w) for every product in the convolution's sum.
template <class Body>
void forProducts(const Case& s, const Body& body) {
  const int64_t channels = s.channels / s.groups, filters = s.filters / s.groups;
  const int64_t places = s.d.out() * s.h.out() * s.w.out(), taps = s.d.kernel * s.h.kernel * s.w.kernel;
  for (int64_t y = 0; y < s.images * s.filters * places; ++y) {
    const int64_t place = y % places, filter = y / places % s.filters, image = y / places / s.filters;
    for (int64_t w = 0; w < channels * taps; ++w) {
      const int64_t tap = w % taps, channel = filter / filters * channels + w / taps;
      const int64_t d = s.d.meets(place / s.w.out() / s.h.out(), tap / s.w.kernel / s.h.kernel);
      const int64_t h = s.h.meets(place / s.w.out() % s.h.out(), tap / s.w.kernel % s.h.kernel);
      const int64_t v = s.w.meets(place % s.w.out(), tap % s.w.kernel);
      if (d < 0 || h < 0 || v < 0) continue;
      body(y, (((image * s.channels + channel) * s.d.in + d) * s.h.in + h) * s.w.in + v,
           filter * channels * taps + w);
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
struct Operands {
  explicit Operands(const Case& s)
      : x(sizeOf(s.x())), w(sizeOf(s.weight())), bias(s.filters), g(sizeOf(s.y())) {
    check::scramble(x, 1);
    check::scramble(w, 2);
    check::scramble(bias, 3);
    check::scramble(g, 4);
  }
  Guarded<T> x, w, bias, g;
};

template <class T>
struct Results {
  Guarded<T> y, dx, dw;
};

template <class T>
Results<T> runAll(const Case& s, Operands<T>& in) {
  Results<T> r = {Guarded<T>(sizeOf(s.y())), Guarded<T>(sizeOf(s.x()), T(3)),
                  Guarded<T>(sizeOf(s.weight()), T(3))};
  const auto call = [&](Kernel kernel, Driver driver, T* out, const Dims& outDims, T* a, const Dims& aDims,
                        T* b, const Dims& bDims, bool biased) {
    TestCall test(kernel, check::dtypeOf<T>(),
                  {double(s.d.stride), double(s.h.stride), double(s.w.stride), double(s.d.padding),
                   double(s.h.padding), double(s.w.padding), double(s.d.dilation), double(s.h.dilation),
                   double(s.w.dilation), double(s.groups)});
    test.operand(out, outDims).operand(a, aDims).operand(b, bDims);
    if (biased) test.operand(in.bias.data(), {s.filters});
    CHECK(test.run(driver) == Status::kOk);
  };
  call(Kernel::k_conv3d, run_conv3d, r.y.data(), s.y(), in.x.data(), s.x(), in.w.data(), s.weight(), true);
  call(Kernel::k_conv3dGradInput, run_conv3dGradInput, r.dx.data(), s.x(), in.g.data(), s.y(), in.w.data(),
       s.weight(), false);
  call(Kernel::k_conv3dGradWeight, run_conv3dGradWeight, r.dw.data(), s.weight(), in.x.data(), s.x(),
       in.g.data(), s.y(), false);
  return r;
}

template <class T>
void checkCase(const Case& s) {
  Operands<T> in(s);
  Results<T> r = runAll(s, in);
  Guarded<double> y(in.g.size()), dx(in.x.size()), dw(in.w.size());
  const int64_t places = s.d.out() * s.h.out() * s.w.out();
  for (int64_t i = 0; i < y.size(); ++i) y[i] = static_cast<double>(in.bias[i / places % s.filters]);
  forProducts(s, [&](int64_t iy, int64_t ix, int64_t iw) {
    y[iy] += static_cast<double>(in.x[ix]) * static_cast<double>(in.w[iw]);
    dx[ix] += static_cast<double>(in.g[iy]) * static_cast<double>(in.w[iw]);
    dw[iw] += static_cast<double>(in.g[iy]) * static_cast<double>(in.x[ix]);
  });
  const int64_t taps = s.d.kernel * s.h.kernel * s.w.kernel;
  CHECK(close(r.y, y, static_cast<double>(s.channels / s.groups * taps)));
  CHECK(close(r.dx, dx, static_cast<double>(s.filters / s.groups * taps)));
  CHECK(close(r.dw, dw, static_cast<double>(s.images * places)));
}

const Case kCases[] = {
    {2, 3, 5, 1, {5, 3, 1, 1, 1}, {6, 3, 1, 1, 1}, {7, 3, 1, 1, 1}},      // the usual one
    {2, 4, 6, 2, {7, 2, 2, 1, 3}, {5, 3, 2, 0, 1}, {6, 2, 1, 1, 2}},      // strides, dilations, groups
    {3, 2, 3, 1, {4, 1, 1, 0, 1}, {3, 1, 1, 0, 1}, {5, 1, 1, 0, 1}},      // pointwise
    {1, 4, 4, 4, {4, 3, 1, 1, 1}, {5, 3, 1, 1, 1}, {5, 3, 1, 1, 1}},      // one filter a channel
    {1, 1, 2, 1, {2, 2, 1, 4, 1}, {3, 2, 1, 1, 1}, {3, 2, 1, 1, 1}},      // planes in the padding alone
    {2, 2, 3, 1, {9, 2, 4, 0, 1}, {4, 2, 3, 0, 1}, {4, 2, 2, 0, 1}},      // windows with gaps between them
    {1, 33, 17, 1, {6, 3, 1, 1, 1}, {9, 3, 1, 1, 1}, {8, 3, 1, 1, 1}},    // more than a vector of channels
    {2, 8, 2, 1, {9, 5, 1, 2, 1}, {100, 1, 1, 0, 1}, {101, 1, 1, 0, 1}},  // several batches, over two images
};

}  // namespace

TEST(conv3d_and_gradients) {
  check::forEachIsa([](Isa) {
    for (const Case& s : kCases) {
      checkCase<float>(s);
      checkCase<double>(s);
    }
  });
}

TEST(conv3d_bits_do_not_depend_on_threads) {
  for (const Case& s : kCases) {
    Operands<float> in(s);
    setThreadCount(1);
    Results<float> one = runAll(s, in);
    check::forThreadCounts([&](int) {
      Results<float> many = runAll(s, in);
      CHECK(many.y.sameBits(one.y) && many.dx.sameBits(one.dx) && many.dw.sameBits(one.dw));
    });
  }
}

TEST(conv3d_empty) {
  Guarded<float> none(0), w(2 * 3 * 8), dw(2 * 3 * 8, 4.0f);
  const Dims x = {0, 3, 4, 4, 4}, y = {0, 2, 3, 3, 3}, weight = {2, 3, 2, 2, 2};
  TestCall forward(Kernel::k_conv3d, DType::kFloat32, {1, 1, 1, 0, 0, 0, 1, 1, 1, 1});
  forward.operand(none.data(), y).operand(none.data(), x).operand(w.data(), weight);
  CHECK(forward.run(run_conv3d) == Status::kOk);
  TestCall back(Kernel::k_conv3dGradWeight, DType::kFloat32, {1, 1, 1, 0, 0, 0, 1, 1, 1, 1});
  back.operand(dw.data(), weight).operand(none.data(), x).operand(none.data(), y);
  CHECK(back.run(run_conv3dGradWeight) == Status::kOk && dw.intact());
  for (int64_t i = 0; i < dw.size(); ++i) CHECK(dw[i] == 0.0f);
  Guarded<float> dx(2 * 3 * 64, 4.0f);
  TestCall input(Kernel::k_conv3dGradInput, DType::kFloat32, {1, 1, 1, 0, 0, 0, 1, 1, 1, 1});
  input.operand(dx.data(), {2, 3, 4, 4, 4})
      .operand(none.data(), {2, 0, 3, 3, 3})
      .operand(none.data(), {0, 3, 2, 2, 2});
  CHECK(input.run(run_conv3dGradInput) == Status::kOk && dx.intact());
  for (int64_t i = 0; i < dx.size(); ++i) CHECK(dx[i] == 0.0f);
}

TEST(conv3d_refuses) {
  Guarded<float> x(300);
  const auto status = [&](std::initializer_list<double> attributes, const Dims& y, const Dims& in,
                          const Dims& w) {
    TestCall call(Kernel::k_conv3d, DType::kFloat32, attributes);
    call.operand(x.data(), y).operand(x.data(), in).operand(x.data(), w);
    return call.run(run_conv3d);
  };
  const Dims y = {1, 2, 2, 3, 3}, in = {1, 2, 3, 4, 4}, w = {2, 2, 2, 2, 2};
  const double inf = static_cast<double>(INFINITY);
  CHECK(status({1, 1, 1, 0, 0, 0, 1, 1, 1, 1}, y, in, w) == Status::kOk);
  CHECK(status({0, 1, 1, 0, 0, 0, 1, 1, 1, 1}, y, in, w) == Status::kBadAttribute);
  CHECK(status({1, 1, NAN, 0, 0, 0, 1, 1, 1, 1}, y, in, w) == Status::kBadAttribute);
  CHECK(status({1, 1, 1, -1, 0, 0, 1, 1, 1, 1}, y, in, w) == Status::kBadAttribute);
  CHECK(status({1, 1, 1, 0, 0, 0, inf, 1, 1, 1}, y, in, w) == Status::kBadAttribute);
  CHECK(status({1, 1, 1, 0, 0, 0, 1, 1, 1, 0}, y, in, w) == Status::kBadAttribute);
  CHECK(status({1, 1, 1, 0, 0, 0, 1, 1, 1, 2}, y, in, w) == Status::kShapeMismatch);
  CHECK(status({1, 1, 1, 1, 0, 0, 1, 1, 1, 1}, y, in, w) == Status::kShapeMismatch);
  CHECK(status({1, 1, 1, 0, 0, 0, 1, 2, 1, 1}, y, in, w) == Status::kShapeMismatch);
  CHECK(status({1, 1, 1, 0, 0, 0, 1, 1, 1, 1}, y, {1, 2, 3, 4}, w) == Status::kShapeMismatch);
  CHECK(status({1, 1, 1, 0, 0, 0, 1, 1, 1, 1}, y, in, {1, 2, 2, 2, 2}) == Status::kShapeMismatch);
}
