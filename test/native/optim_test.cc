// Optimizer steps against PyTorch's formulas in double; bits independent of the cut and of threads.
#include "calls.h"
#include "check.h"
#include "ops/drivers.h"

using namespace quern;
using check::Guarded;
using check::TestCall;

namespace {

// A list of parameters: `width` arrays for each size.
template <class T>
struct List {
  std::vector<Guarded<T>> arrays;
  std::vector<void*> pointers;
  std::vector<int64_t> sizes;
  int width;

  List(int columns, std::initializer_list<int64_t> of) : sizes(of), width(columns) {
    uint32_t seed = 1;
    for (int64_t size : sizes) {
      for (int column = 0; column < width; ++column) {
        arrays.emplace_back(size);
        check::scramble(arrays.back(), seed++);
        if (column == 3) {
          for (int64_t i = 0; i < size; ++i) arrays.back()[i] = fabs(arrays.back()[i]);
        }
      }
    }
    for (Guarded<T>& array : arrays) pointers.push_back(array.data());
  }

  Status run(Kernel kernel, Driver driver, std::initializer_list<double> attributes) {
    TestCall call(kernel, check::dtypeOf<T>(), attributes);
    call.raw().rows = static_cast<int64_t>(sizes.size());
    call.raw().width = width;
    call.raw().pointers = pointers.data();
    call.raw().sizes = sizes.data();
    return call.run(driver);
  }

  bool sameBits(List& other) {
    for (size_t i = 0; i < arrays.size(); ++i) {
      if (!arrays[i].sameBits(other.arrays[i])) return false;
    }
    return true;
  }
};

// Runs a step and the reference step(p, g, m, v) on every element, in double.
template <class T, class Step>
void checkStep(int width, Kernel kernel, Driver driver, std::initializer_list<double> attributes,
               const Step& step) {
  List<T> before(width, {1, 0, 5, 16, 17, 100, 40003}), after(width, {1, 0, 5, 16, 17, 100, 40003});
  CHECK(after.run(kernel, driver, attributes) == Status::kOk);
  const double tolerance = sizeof(T) == 4 ? 2e-6 : 4e-15;
  bool close = true;
  for (size_t row = 0; row < before.sizes.size(); ++row) {
    Guarded<T>* from = &before.arrays[row * static_cast<size_t>(width)];
    Guarded<T>* to = &after.arrays[row * static_cast<size_t>(width)];
    for (int64_t i = 0; i < before.sizes[row]; ++i) {
      double values[4] = {};
      for (int column = 0; column < width; ++column) values[column] = static_cast<double>(from[column][i]);
      step(values[0], values[1], values[2], values[3]);
      for (int column = 0; column < width; ++column) {
        if (column != 1) close &= fabs(static_cast<double>(to[column][i]) - values[column]) <= tolerance;
      }
    }
    for (int column = 0; column < width; ++column) CHECK(to[column].intact());
    CHECK(to[1].sameBits(from[1]));
  }
  CHECK(close);
}

template <class T>
void checkAll() {
  constexpr double lr = 0.1, decay = 0.01, momentum = 0.9, dampening = 0.2;
  checkStep<T>(2, Kernel::k_sgd, run_sgd, {lr, decay, 0},
               [&](double& p, double g, double&, double&) { p -= lr * (g + decay * p); });
  checkStep<T>(2, Kernel::k_sgd, run_sgd, {lr, 0, 1},
               [&](double& p, double g, double&, double&) { p += lr * g; });
  checkStep<T>(3, Kernel::k_sgdMomentum, run_sgdMomentum, {lr, decay, 0, momentum, dampening, 0, 0},
               [&](double& p, double g, double& b, double&) {
                 b = momentum * b + (1 - dampening) * (g + decay * p);
                 p -= lr * b;
               });
  checkStep<T>(3, Kernel::k_sgdMomentum, run_sgdMomentum, {lr, 0, 0, momentum, 0, 1, 1},
               [&](double& p, double g, double& b, double&) {
                 b = g;
                 p -= lr * (g + momentum * b);
               });
  for (double decoupled : {0.0, 1.0}) {
    checkStep<T>(4, Kernel::k_adam, run_adam, {lr, decay, 0, 0.9, 0.999, 1e-3, decoupled, 0.19, 0.002},
                 [&](double& p, double g, double& m, double& v) {
                   if (decoupled == 1)
                     p *= 1 - lr * decay;
                   else
                     g += decay * p;
                   m += (1 - 0.9) * (g - m);
                   v = 0.999 * v + (1 - 0.999) * g * g;
                   p -= lr / 0.19 * m / (sqrt(v) / sqrt(0.002) + 1e-3);
                 });
  }
}

}  // namespace

TEST(optim_steps) {
  check::forEachIsa([](Isa) {
    checkAll<float>();
    checkAll<double>();
  });
}

TEST(optim_bits_do_not_depend_on_threads) {
  List<float> one(4, {100, 70001, 3});
  setThreadCount(1);
  CHECK(one.run(Kernel::k_adam, run_adam, {0.1, 0, 0, 0.9, 0.999, 1e-8, 0, 0.1, 0.001}) == Status::kOk);
  check::forThreadCounts([&](int) {
    List<float> many(4, {100, 70001, 3});
    CHECK(many.run(Kernel::k_adam, run_adam, {0.1, 0, 0, 0.9, 0.999, 1e-8, 0, 0.1, 0.001}) == Status::kOk);
    CHECK(many.sameBits(one));
  });
}

TEST(optim_propagates_nan) {
  check::forEachIsa([](Isa) {
    List<float> list(4, {33});
    list.arrays[1][20] = NAN;
    CHECK(list.run(Kernel::k_adam, run_adam, {0.1, 0, 0, 0.9, 0.999, 1e-8, 0, 0.1, 0.001}) == Status::kOk);
    for (int64_t i = 0; i < 33; ++i) CHECK(isnan(list.arrays[0][i]) == (i == 20));
  });
}

TEST(optim_refuses) {
  List<float> list(2, {4});
  CHECK(list.run(Kernel::k_sgd, run_sgd, {NAN, 0, 0}) == Status::kBadAttribute);
  CHECK(list.run(Kernel::k_sgd, run_sgd, {0.1, 0, 2}) == Status::kBadAttribute);
  CHECK(list.run(Kernel::k_adam, run_adam, {0.1, 0, 0, 0.9, 0.999, 1e-8, 0, 0.1, 0.1}) ==
        Status::kWrongCount);
}
