// Drivers of elementwise kernels: layouts, tails, dtypes, refusals, the same bits on any threads.
#include <limits.h>

#include "core/thread_pool.h"
#include "functions.h"
#include "views.h"

using namespace quern;
using check::Dims;
using check::Tensor;

namespace {

double minus(double a, double b) { return a - b; }
double larger(double a, double b) { return a != a || a > b ? a : b; }

// The index of an operand's element, broadcast to `dims`.
int64_t broadcastIndex(const Layout& out, const Layout& in, int64_t index) {
  int64_t sum = 0, step = 1;
  for (int axis = out.rank - 1, own = in.rank - 1; axis >= 0; --axis, --own) {
    const int64_t at = index % out.dims[axis];
    index /= out.dims[axis];
    if (own < 0) continue;
    if (in.dims[own] != 1) sum += at * step;
    step *= in.dims[own];
  }
  return sum;
}

// Views of equal layouts share one, as those that the binding decodes do: drivers know it by its address.
template <class T>
View viewLike(Tensor<T>& tensor, const Layout& other) {
  const Layout& own = tensor.layout;
  bool equal = own.rank == other.rank;
  for (int axis = 0; equal && axis < own.rank; ++axis) {
    equal = own.dims[axis] == other.dims[axis] && own.strides[axis] == other.strides[axis];
  }
  return {tensor.data(), equal ? &other : &own};
}

template <class T>
void checkBinary(DType dtype, const Dims& dims, const Dims& strides, const Dims& aDims, const Dims& aStrides,
                 const Dims& bDims, const Dims& bStrides) {
  Tensor<T> out(dims, strides);
  Tensor<T> a(aDims, aStrides, [](int64_t i) { return 100 * check::noise(i); });
  Tensor<T> b(bDims, bStrides, [](int64_t i) { return 100 * check::noise(i + 1000); });
  const struct {
    Kernel kernel;
    double (*reference)(double, double);
  } cases[] = {{Kernel::k_sub, minus}, {Kernel::k_maximum, larger}};
  for (const auto& c : cases) {
    const View x = viewLike(a, out.layout), y = viewLike(b, out.layout);
    CHECK(check::run(c.kernel, dtype, {out.view(), x, y}) == Status::kOk);
    for (int64_t i = 0; i < out.layout.size; ++i) {
      const T left = a.at(broadcastIndex(out.layout, a.layout, i)),
              right = b.at(broadcastIndex(out.layout, b.layout, i));
      CHECK(out.at(i) == static_cast<T>(c.reference(left, right)));
    }
    CHECK(out.guarded());
  }
}

// Whether the output has the same bytes on 1, 2, 3 and 16 threads.
template <class T>
void checkThreads(Tensor<T>& out, Kernel kernel, DType dtype, const std::vector<View>& operands) {
  std::vector<unsigned char> first;
  for (int threads : {1, 2, 3, 16}) {
    setThreadCount(threads);
    CHECK(check::run(kernel, dtype, operands) == Status::kOk);
    if (first.empty()) first = out.memory;
    CHECK(first == out.memory);
  }
  setThreadCount(defaultThreadCount());
}

template <class To, class From>
To castOne(DType to, DType from, From x) {
  Tensor<To> out(Dims{});
  Tensor<From> in(Dims{});
  in.at(0) = x;
  CHECK(check::run(Kernel::k_cast, to, {out.view(), in.view()}, {static_cast<double>(from)}) == Status::kOk);
  return out.at(0);
}

}  // namespace

TEST(elementwise_binary_layouts) {
  check::forEachIsa([](Isa) {
    const auto all = [](const Dims& d, const Dims& s, const Dims& ad, const Dims& as, const Dims& bd,
                        const Dims& bs) {
      checkBinary<float>(DType::kFloat32, d, s, ad, as, bd, bs);
      checkBinary<double>(DType::kFloat64, d, s, ad, as, bd, bs);
      checkBinary<int32_t>(DType::kInt32, d, s, ad, as, bd, bs);
    };
    for (int64_t n = 0; n <= 70; ++n) {
      all({n}, {1}, {n}, {1}, {n}, {1});
      all({n}, {1}, {}, {}, {n}, {1});
      all({n}, {1}, {n}, {1}, {1}, {1});
      all({n}, {3}, {n}, {2}, {1}, {0});
      all({n}, {1}, {1}, {1}, {1}, {1});
      all({n}, {1}, {n}, {5}, {n}, {1});
    }
    all({}, {}, {}, {}, {}, {});
    all({3, 17}, {17, 1}, {3, 17}, {17, 1}, {17}, {1});  // a bias
    all({3, 17}, {17, 1}, {17}, {1}, {3, 17}, {17, 1});
    all({40, 300}, {300, 1}, {40, 300}, {300, 1}, {1, 300}, {300, 1});
    all({301, 2, 5}, {10, 5, 1}, {2, 5}, {5, 1}, {301, 2, 5}, {10, 5, 1});
    all({3, 17}, {17, 1}, {3, 1}, {1, 1}, {17}, {1});                                         // outer
    all({2, 3, 5, 7}, {105, 35, 7, 1}, {2, 3, 5, 7}, {105, 35, 7, 1}, {3, 1, 1}, {1, 1, 1});  // channels
    all({37, 41}, {41, 1}, {37, 41}, {1, 37}, {37, 41}, {41, 1});  // transposed, in tiles
    all({4, 70, 33}, {2310, 33, 1}, {4, 70, 33}, {2310, 1, 70}, {33}, {1});
    all({70, 37}, {1, 70}, {70, 37}, {1, 70}, {70, 37}, {1, 70});  // all transposed
    all({600}, {2}, {600}, {3}, {600}, {2});                       // longer than a stage
    all({2, 0, 3}, {0, 3, 1}, {2, 0, 3}, {0, 3, 1}, {3}, {1});
  });
}

TEST(elementwise_refuses_shapes) {
  Tensor<float> out({2, 3}), other({3, 2}), row({3}), deep({1, 2, 3}), repeated({2, 3}, {0, 1});
  const auto add = [](const View& o, const View& a, const View& b) {
    return check::run(Kernel::k_add, DType::kFloat32, {o, a, b});
  };
  CHECK(add(out.view(), row.view(), row.view()) == Status::kOk);
  CHECK(add(out.view(), other.view(), out.view()) == Status::kShapeMismatch);
  CHECK(add(out.view(), out.view(), deep.view()) == Status::kShapeMismatch);
  CHECK(add(row.view(), out.view(), out.view()) == Status::kShapeMismatch);
  CHECK(add(repeated.view(), row.view(), row.view()) == Status::kShapeMismatch);
  CHECK(check::run(Kernel::k_add, DType::kBool, {out.view(), out.view(), out.view()}) ==
        Status::kUnknownKernel);
  CHECK(check::run(Kernel::k_add, DType::kFloat32, {out.view(), out.view()}) == Status::kWrongCount);
  CHECK(check::run(Kernel::k_cast, DType::kFloat32, {out.view(), out.view()}, {7}) == Status::kBadAttribute);
  CHECK(check::run(Kernel::k_cast, DType::kFloat32, {out.view(), out.view()}, {NAN}) ==
        Status::kBadAttribute);
}

TEST(elementwise_in_place) {
  Tensor<float> x({300}, {2}, [](int64_t i) { return i; });
  CHECK(check::run(Kernel::k_add, DType::kFloat32, {x.view(), x.view(), x.view()}) == Status::kOk);
  for (int64_t i = 0; i < 300; ++i) CHECK(x.at(i) == 2 * static_cast<float>(i));
  CHECK(x.guarded());
}

TEST(elementwise_integers) {
  check::forEachIsa([](Isa) {
    Tensor<int32_t> a({6}), b({6}), out({6});
    const auto run = [&](Kernel kernel) {
      CHECK(check::run(kernel, DType::kInt32, {out.view(), a.view(), b.view()}) == Status::kOk);
    };
    const int32_t x[] = {INT_MAX, INT_MIN, 3, -1, -1, 0}, y[] = {1, -1, 21, -3, -4, 0};
    for (int i = 0; i < 6; ++i) a.at(i) = x[i], b.at(i) = y[i];
    run(Kernel::k_add);
    CHECK(out.at(0) == INT_MIN && out.at(1) == INT_MAX);
    run(Kernel::k_mul);
    CHECK(out.at(1) == INT_MIN && out.at(2) == 63);
    run(Kernel::k_pow);
    CHECK(out.at(0) == INT_MAX && out.at(1) == 0 && out.at(2) == 1870418611 && out.at(3) == -1 &&
          out.at(4) == 1 && out.at(5) == 1);
    CHECK(check::run(Kernel::k_abs, DType::kInt32, {out.view(), a.view()}) == Status::kOk);
    CHECK(out.at(1) == INT_MIN && out.at(3) == 1);
    CHECK(check::run(Kernel::k_clamp, DType::kInt32, {out.view(), a.view()}, {-INFINITY, 2}) == Status::kOk);
    CHECK(out.at(0) == 2 && out.at(1) == INT_MIN && out.at(3) == -1);
    CHECK(check::run(Kernel::k_sign, DType::kInt32, {out.view(), a.view()}) == Status::kOk);
    CHECK(out.at(0) == 1 && out.at(1) == -1 && out.at(5) == 0);
  });
}

TEST(elementwise_nan) {
  check::forEachIsa([](Isa) {
    const int64_t n = 35;  // vectors and tails
    Tensor<float> x({n}, {1}, [](int64_t i) { return i % 3 == 0 ? NAN : check::noise(i); });
    Tensor<float> y({n}, {1}, [](int64_t i) { return i % 5 == 0 ? NAN : check::noise(i + 99); });
    Tensor<float> out({n});
    Tensor<uint8_t> truth({n});
    const auto isNaN = [&](int64_t i) { return i % 3 == 0 || i % 5 == 0; };
    for (Kernel kernel : {Kernel::k_maximum, Kernel::k_minimum}) {
      check::run(kernel, DType::kFloat32, {out.view(), x.view(), y.view()});
      for (int64_t i = 0; i < n; ++i) CHECK(isnan(out.at(i)) == isNaN(i));
    }
    check::run(Kernel::k_relu, DType::kFloat32, {out.view(), x.view()});
    for (int64_t i = 0; i < n; ++i) CHECK(isnan(x.at(i)) ? isnan(out.at(i)) : out.at(i) == fmaxf(x.at(i), 0));
    check::run(Kernel::k_clamp, DType::kFloat32, {out.view(), x.view()}, {-0.25, 0.5});
    for (int64_t i = 0; i < n; ++i) {
      CHECK(isnan(x.at(i)) ? isnan(out.at(i)) : out.at(i) == fminf(fmaxf(x.at(i), -0.25f), 0.5f));
    }
    check::run(Kernel::k_sign, DType::kFloat32, {out.view(), x.view()});
    for (int64_t i = 0; i < n; ++i) CHECK(out.at(i) == (x.at(i) > 0 ? 1 : x.at(i) < 0 ? -1 : 0));
    check::run(Kernel::k_reluGrad, DType::kFloat32, {out.view(), y.view(), x.view()});
    for (int64_t i = 0; i < n; ++i) {
      CHECK(x.at(i) <= 0 ? out.at(i) == 0 : isnan(y.at(i)) ? isnan(out.at(i)) : out.at(i) == y.at(i));
    }
    check::run(Kernel::k_ne, DType::kFloat32, {truth.view(), x.view(), x.view()});
    for (int64_t i = 0; i < n; ++i) CHECK(truth.at(i) == isnan(x.at(i)));
    check::run(Kernel::k_isNaN, DType::kFloat32, {truth.view(), x.view()});
    for (int64_t i = 0; i < n; ++i) CHECK(truth.at(i) == isnan(x.at(i)));
    CHECK(out.guarded() && truth.guarded());
  });
}

TEST(elementwise_truth) {
  check::forEachIsa([](Isa) {
    for (int64_t n : {1, 7, 70}) {
      Tensor<uint8_t> a({n}, {1}, [](int64_t i) { return i & 1; }),
          b({n}, {2}, [](int64_t i) { return i >> 1 & 1; });
      Tensor<uint8_t> out({n});
      const auto run = [&](Kernel kernel) {
        check::run(kernel, DType::kBool, {out.view(), a.view(), b.view()});
      };
      run(Kernel::k_logicalAnd);
      for (int64_t i = 0; i < n; ++i) CHECK(out.at(i) == (a.at(i) & b.at(i)));
      run(Kernel::k_logicalOr);
      for (int64_t i = 0; i < n; ++i) CHECK(out.at(i) == (a.at(i) | b.at(i)));
      run(Kernel::k_logicalXor);
      for (int64_t i = 0; i < n; ++i) CHECK(out.at(i) == (a.at(i) ^ b.at(i)));
      check::run(Kernel::k_logicalNot, DType::kBool, {out.view(), a.view()});
      for (int64_t i = 0; i < n; ++i) CHECK(out.at(i) == !a.at(i));

      Tensor<int32_t> x({n}, {1}, [](int64_t i) { return i % 4; }), y({}, {}, [](int64_t) { return 2; });
      check::run(Kernel::k_lt, DType::kInt32, {out.view(), x.view(), y.view()});
      for (int64_t i = 0; i < n; ++i) CHECK(out.at(i) == (i % 4 < 2));
      Tensor<int32_t> chosen({n});
      check::run(Kernel::k_where, DType::kInt32, {chosen.view(), b.view(), x.view(), y.view()});
      for (int64_t i = 0; i < n; ++i) CHECK(chosen.at(i) == (b.at(i) ? i % 4 : 2));
      check::run(Kernel::k_where, DType::kInt32, {chosen.view(), a.view(), y.view(), x.view()});
      for (int64_t i = 0; i < n; ++i) CHECK(chosen.at(i) == (a.at(i) ? 2 : i % 4));
      CHECK(out.guarded() && chosen.guarded());
    }
  });
}

TEST(elementwise_cast_and_fill) {
  check::forEachIsa([](Isa) {
    CHECK(castOne<int32_t>(DType::kInt32, DType::kFloat32, -1.9f) == -1);
    CHECK(castOne<int32_t>(DType::kInt32, DType::kFloat32, 3e9f) == INT_MAX);
    CHECK(castOne<int32_t>(DType::kInt32, DType::kFloat64, -3e9) == INT_MIN);
    CHECK(castOne<int32_t>(DType::kInt32, DType::kFloat64, static_cast<double>(NAN)) == 0);
    CHECK(castOne<uint8_t>(DType::kUint8, DType::kFloat32, 257.5f) == 1);
    CHECK(castOne<uint8_t>(DType::kUint8, DType::kFloat32, -1.0f) == 255);
    CHECK(castOne<uint8_t>(DType::kUint8, DType::kInt32, 300) == 44);
    CHECK(castOne<uint8_t>(DType::kBool, DType::kFloat32, NAN) == 1);
    CHECK(castOne<uint8_t>(DType::kBool, DType::kFloat64, 0.25) == 1);
    CHECK(castOne<uint8_t>(DType::kBool, DType::kFloat32, -0.0f) == 0);
    CHECK(castOne<float>(DType::kFloat32, DType::kFloat64, 0.1) == 0.1f);
    CHECK(castOne<double>(DType::kFloat64, DType::kUint8, static_cast<uint8_t>(200)) == 200);

    Tensor<uint8_t> bytes({5, 3}, {7, 2});
    CHECK(check::run(Kernel::k_fill, DType::kUint8, {bytes.view()}, {258}) == Status::kOk);
    for (int64_t i = 0; i < 15; ++i) CHECK(bytes.at(i) == 2);
    Tensor<double> values({70});
    CHECK(check::run(Kernel::k_fill, DType::kFloat64, {values.view()}, {0.1}) == Status::kOk);
    for (int64_t i = 0; i < 70; ++i) CHECK(values.at(i) == 0.1);
    CHECK(bytes.guarded() && values.guarded());
  });
}

TEST(elementwise_bits_do_not_depend_on_threads) {
  const int64_t rows = 517, columns = 611;
  Tensor<float> a({rows, columns}, {columns, 1}, check::noise), t({rows, columns}, {1, rows}, check::noise),
      out({rows, columns});
  checkThreads(out, Kernel::k_exp, DType::kFloat32, {out.view(), a.view()});
  checkThreads(out, Kernel::k_tanh, DType::kFloat32, {out.view(), t.view()});
  for (int64_t i = 0; i < out.layout.size; i += 101)
    CHECK(check::ulps(out.at(i), tanh(static_cast<double>(t.at(i)))) < 2);
  Tensor<float> bias({columns}, {1}, check::noise);
  checkThreads(out, Kernel::k_add, DType::kFloat32, {out.view(), viewLike(a, out.layout), bias.view()});
  for (int64_t i = 0; i < out.layout.size; ++i) CHECK(out.at(i) == a.at(i) + bias.at(i % columns));
  checkThreads(out, Kernel::k_mul, DType::kFloat32, {out.view(), a.view(), t.view()});
  for (int64_t i = 0; i < out.layout.size; ++i) CHECK(out.at(i) == a.at(i) * t.at(i));
  CHECK(out.guarded());
}

namespace {

// A copy whose source is `dims` with its last two axes exchanged; `gap` elements lie between its rows.
template <class T>
void checkTransposedCopy(DType dtype, const Dims& dims, int64_t gap) {
  const int64_t rows = dims[dims.size() - 2], columns = dims.back(), row = rows + gap;
  Dims strides = check::denseStrides(dims);
  strides[dims.size() - 2] = 1;
  strides.back() = row;
  if (dims.size() == 3) strides[0] = columns * row;
  Tensor<T> in(dims, strides, [](int64_t i) { return 1000 * check::noise(i); });
  Tensor<T> out(dims);
  CHECK(check::run(Kernel::k_cast, dtype, {out.view(), in.view()}, {static_cast<double>(dtype)}) ==
        Status::kOk);
  bool equal = true;
  for (int64_t i = 0; i < out.layout.size; ++i) equal = equal && out.at(i) == in.at(i);
  CHECK(equal && out.guarded());
}

}  // namespace

TEST(elementwise_transposed_copy) {
  check::forEachIsa([](Isa) {
    for (const Dims& dims :
         {Dims{8, 8}, Dims{7, 40}, Dims{33, 8}, Dims{129, 70}, Dims{3, 31, 65}, Dims{600, 300}}) {
      for (int64_t gap : {0, 5}) {
        checkTransposedCopy<float>(DType::kFloat32, dims, gap);
        checkTransposedCopy<double>(DType::kFloat64, dims, gap);
        checkTransposedCopy<int32_t>(DType::kInt32, dims, gap);
        checkTransposedCopy<uint8_t>(DType::kUint8, dims, gap);
      }
    }
  });
}
