// Optimizer steps against PyTorch's formulas in double; bits independent of the cut and of threads.
#include <functional>

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

  // The columns of `squares`, a bit each, hold numbers from 2: a mean square is above any squared mean.
  List(int columns, std::initializer_list<int64_t> of, unsigned squares = 0) : sizes(of), width(columns) {
    uint32_t seed = 1;
    for (int64_t size : sizes) {
      for (int column = 0; column < width; ++column) {
        arrays.emplace_back(size);
        check::scramble(arrays.back(), seed++);
        if ((squares >> column & 1) == 0) continue;
        for (int64_t i = 0; i < size; ++i) arrays.back()[i] = 2 + fabs(arrays.back()[i]);
      }
    }
    for (Guarded<T>& array : arrays) pointers.push_back(array.data());
  }

  Status run(Kernel kernel, Driver driver, const std::vector<double>& attributes) {
    TestCall call(kernel, check::dtypeOf<T>(), {});
    for (size_t i = 0; i < attributes.size(); ++i) call.attribute(static_cast<int>(i), attributes[i]);
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

// A kernel with attributes that it takes, the columns that hold squares, and its step in double: c[0] is the
// parameter, c[1] its gradient.
struct Case {
  Kernel kernel;
  Driver driver;
  int width;
  unsigned squares;
  std::vector<double> attributes;
  std::function<void(double* c)> step;
};

constexpr double kRate = 0.1, kDecay = 0.01, kEps = 1e-3, kBeta1 = 0.9, kBeta2 = 0.999;

void moveMeans(double* c, double g) {
  c[2] += (1 - kBeta1) * (g - c[2]);
  c[3] = kBeta2 * c[3] + (1 - kBeta2) * g * g;
}

std::vector<Case> sgdCases() {
  constexpr double momentum = 0.9, dampening = 0.2;
  return {
      {Kernel::k_sgd,
       run_sgd,
       2,
       0,
       {kRate, kDecay, 0},
       [](double* c) { c[0] -= kRate * (c[1] + kDecay * c[0]); }},
      {Kernel::k_sgd, run_sgd, 2, 0, {kRate, 0, 1}, [](double* c) { c[0] += kRate * c[1]; }},
      {Kernel::k_sgdMomentum,
       run_sgdMomentum,
       3,
       0,
       {kRate, kDecay, 0, momentum, dampening, 0, 0},
       [](double* c) {
         c[2] = momentum * c[2] + (1 - dampening) * (c[1] + kDecay * c[0]);
         c[0] -= kRate * c[2];
       }},
      {Kernel::k_sgdMomentum,
       run_sgdMomentum,
       3,
       0,
       {kRate, 0, 0, momentum, 0, 1, 1},
       [](double* c) {
         c[2] = c[1];
         c[0] -= kRate * (c[1] + momentum * c[2]);
       }},
      {Kernel::k_average, run_average, 2, 0, {0.3}, [](double* c) { c[0] += 0.3 * (c[1] - c[0]); }},
      {Kernel::k_average, run_average, 2, 0, {0.9}, [](double* c) { c[0] += 0.9 * (c[1] - c[0]); }},
      {Kernel::k_average, run_average, 2, 0, {1}, [](double* c) { c[0] = c[1]; }},
  };
}

std::vector<Case> adamCases() {
  constexpr double c1 = 0.19, c2 = 0.002;
  std::vector<Case> cases;
  for (double decoupled : {0.0, 1.0}) {
    // What decay does before the means move; answers the gradient that they see.
    const auto decayed = [=](double* c) {
      if (decoupled == 0) return c[1] + kDecay * c[0];
      c[0] *= 1 - kRate * kDecay;
      return c[1];
    };
    const std::vector<double> shared = {kRate, kDecay, 0, kBeta1, kBeta2, kEps, decoupled};
    const auto with = [&](std::initializer_list<double> more) {
      std::vector<double> all = shared;
      all.insert(all.end(), more);
      return all;
    };
    cases.push_back({Kernel::k_adam, run_adam, 4, 8, with({c1, c2}), [=](double* c) {
                       moveMeans(c, decayed(c));
                       c[0] -= kRate / c1 * c[2] / (sqrt(c[3]) / sqrt(c2) + kEps);
                     }});
    cases.push_back({Kernel::k_adamMax, run_adamMax, 5, 24, with({c1, c2}), [=](double* c) {
                       moveMeans(c, decayed(c));
                       c[4] = fmax(c[4], c[3]);
                       c[0] -= kRate / c1 * c[2] / (sqrt(c[4]) / sqrt(c2) + kEps);
                     }});
    cases.push_back({Kernel::k_nadam, run_nadam, 4, 8, with({0.02, 0.3, c2}), [=](double* c) {
                       const double g = decayed(c);
                       moveMeans(c, g);
                       c[0] -= (0.02 * g + 0.3 * c[2]) / (sqrt(c[3] / c2) + kEps);
                     }});
    for (double rectification : {0.0, 0.6}) {
      cases.push_back({Kernel::k_radam, run_radam, 4, 8, with({c1, c2, rectification}), [=](double* c) {
                         moveMeans(c, decayed(c));
                         const double scale =
                             rectification == 0 ? 1 : rectification * sqrt(c2) / (sqrt(c[3]) + kEps);
                         c[0] -= kRate / c1 * c[2] * scale;
                       }});
    }
  }
  cases.push_back(
      {Kernel::k_adamax, run_adamax, 4, 8, {kRate, kDecay, 1, kBeta1, 0.5, kEps, c1}, [](double* c) {
         const double g = -c[1] + kDecay * c[0];
         c[2] += (1 - kBeta1) * (g - c[2]);
         c[3] = fmax(0.5 * c[3], fabs(g) + kEps);
         c[0] -= kRate / c1 * c[2] / c[3];
       }});
  return cases;
}

std::vector<Case> scaledCases() {
  constexpr double share = 0.9, momentum = 0.7;
  std::vector<Case> cases;
  const std::vector<double> rmsprop = {kRate, kDecay, 0, share, kEps, momentum};
  const auto rmspropStep = [=](double* c, double* mean, double* buffer) {
    const double g = c[1] + kDecay * c[0];
    c[2] = share * c[2] + (1 - share) * g * g;
    if (mean) *mean += (1 - share) * (g - *mean);
    double step = g / (sqrt(c[2] - (mean ? *mean * *mean : 0)) + kEps);
    if (buffer) step = *buffer = momentum * *buffer + step;
    c[0] -= kRate * step;
  };
  cases.push_back(
      {Kernel::k_rmsprop, run_rmsprop, 3, 4, rmsprop, [=](double* c) { rmspropStep(c, nullptr, nullptr); }});
  cases.push_back({Kernel::k_rmspropMomentum, run_rmspropMomentum, 4, 4, rmsprop,
                   [=](double* c) { rmspropStep(c, nullptr, c + 3); }});
  cases.push_back({Kernel::k_rmspropCentered, run_rmspropCentered, 4, 4, rmsprop,
                   [=](double* c) { rmspropStep(c, c + 3, nullptr); }});
  cases.push_back({Kernel::k_rmspropCenteredMomentum, run_rmspropCenteredMomentum, 5, 4, rmsprop,
                   [=](double* c) { rmspropStep(c, c + 3, c + 4); }});
  cases.push_back({Kernel::k_adagrad, run_adagrad, 3, 4, {kRate, kDecay, 1, kEps}, [](double* c) {
                     const double g = -c[1] + kDecay * c[0];
                     c[2] += g * g;
                     c[0] -= kRate * g / (sqrt(c[2]) + kEps);
                   }});
  cases.push_back({Kernel::k_adadelta, run_adadelta, 4, 12, {kRate, kDecay, 0, share, kEps}, [](double* c) {
                     const double g = c[1] + kDecay * c[0];
                     c[2] = share * c[2] + (1 - share) * g * g;
                     const double step = sqrt(c[3] + kEps) / sqrt(c[2] + kEps) * g;
                     c[3] = share * c[3] + (1 - share) * step * step;
                     c[0] -= kRate * step;
                   }});
  cases.push_back({Kernel::k_rprop, run_rprop, 4, 8, {0, 0, 1, 0.5, 1.2, 1.5, 2.8}, [](double* c) {
                     const double g = -c[1], agreement = g * c[2];
                     c[3] *= agreement > 0 ? 1.2 : agreement < 0 ? 0.5 : 1;
                     c[3] = fmin(fmax(c[3], 1.5), 2.8);
                     c[2] = agreement < 0 ? 0 : g;
                     c[0] -= (c[2] > 0 ? 1 : c[2] < 0 ? -1 : 0) * c[3];
                   }});
  for (double mu : {1.0, 0.25}) {
    cases.push_back({Kernel::k_asgd, run_asgd, 3, 0, {kRate, kDecay, 0, 0.2, mu}, [=](double* c) {
                       c[0] = c[0] * (1 - 0.2 * kRate) - kRate * (c[1] + kDecay * c[0]);
                       c[2] += mu * (c[0] - c[2]);
                     }});
  }
  cases.push_back({Kernel::k_lion, run_lion, 3, 0, {kRate, kDecay, 1, 0.6, 0.3}, [](double* c) {
                     const double step = 0.6 * c[2] - 0.4 * c[1];
                     c[0] = c[0] * (1 - kRate * kDecay) - kRate * (step > 0 ? 1 : step < 0 ? -1 : 0);
                     c[2] = 0.3 * c[2] - 0.7 * c[1];
                   }});
  return cases;
}

std::vector<Case> allCases() {
  std::vector<Case> all = sgdCases();
  for (const auto& more : {adamCases(), scaledCases()}) all.insert(all.end(), more.begin(), more.end());
  return all;
}

const std::vector<double> kLamb = {kRate, 0.5, 1, kBeta1, kBeta2, kEps, 0.19, 0.002};

// Runs a step and its reference on every element.
template <class T>
void checkStep(const Case& one) {
  const std::initializer_list<int64_t> sizes = {1, 0, 5, 16, 17, 100, 40003};
  List<T> before(one.width, sizes, one.squares), after(one.width, sizes, one.squares);
  CHECK(after.run(one.kernel, one.driver, one.attributes) == Status::kOk);
  const double tolerance = sizeof(T) == 4 ? 2e-6 : 4e-15;
  bool close = true;
  for (size_t row = 0; row < before.sizes.size(); ++row) {
    Guarded<T>* from = &before.arrays[row * static_cast<size_t>(one.width)];
    Guarded<T>* to = &after.arrays[row * static_cast<size_t>(one.width)];
    for (int64_t i = 0; i < before.sizes[row]; ++i) {
      double values[5] = {};
      for (int column = 0; column < one.width; ++column)
        values[column] = static_cast<double>(from[column][i]);
      one.step(values);
      for (int column = 0; column < one.width; ++column) {
        const double error = fabs(static_cast<double>(to[column][i]) - values[column]);
        if (column != 1) close &= error <= tolerance * (1 + fabs(values[column]));
      }
    }
    for (int column = 0; column < one.width; ++column) CHECK(to[column].intact());
    CHECK(to[1].sameBits(from[1]));
  }
  CHECK(close);
}

// LAMB's rate depends on the norms of a whole row.
template <class T>
void checkLamb() {
  const std::initializer_list<int64_t> sizes = {1, 0, 5, 100, 40003};
  List<T> before(4, sizes, 8), after(4, sizes, 8);
  for (T* zero : {&before.arrays[0][0], &after.arrays[0][0]}) *zero = 0;  // a norm of 0 changes no rate
  CHECK(after.run(Kernel::k_lamb, run_lamb, kLamb) == Status::kOk);
  const double tolerance = sizeof(T) == 4 ? 4e-6 : 2e-14;
  bool close = true;
  for (size_t row = 0; row < before.sizes.size(); ++row) {
    Guarded<T>* from = &before.arrays[row * 4];
    Guarded<T>* to = &after.arrays[row * 4];
    std::vector<double> directions;
    double parameters = 0, squares = 0;
    for (int64_t i = 0; i < before.sizes[row]; ++i) {
      double c[4];
      for (int column = 0; column < 4; ++column) c[column] = static_cast<double>(from[column][i]);
      moveMeans(c, -c[1]);
      directions.push_back(c[2] / 0.19 / (sqrt(c[3]) / sqrt(0.002) + kEps) + 0.5 * c[0]);
      parameters += c[0] * c[0];
      squares += directions.back() * directions.back();
      for (int column : {2, 3})
        close &= fabs(static_cast<double>(to[column][i]) - c[column]) <= tolerance * 4;
    }
    const double ratio = parameters == 0 ? 1 : sqrt(parameters) / sqrt(squares);
    for (int64_t i = 0; i < before.sizes[row]; ++i) {
      const double p = static_cast<double>(from[0][i]) - kRate * ratio * directions[static_cast<size_t>(i)];
      close &= fabs(static_cast<double>(to[0][i]) - p) <= tolerance * (1 + fabs(p));
    }
    for (int column = 0; column < 4; ++column) CHECK(to[column].intact());
  }
  CHECK(close);
}

}  // namespace

TEST(optim_steps) {
  check::forEachIsa([](Isa) {
    for (const Case& one : allCases()) {
      checkStep<float>(one);
      checkStep<double>(one);
    }
    checkLamb<float>();
    checkLamb<double>();
  });
}

TEST(optim_bits_do_not_depend_on_threads) {
  const Case adam = adamCases()[0];
  for (const Case& one : {adam, Case{Kernel::k_lamb, run_lamb, 4, 8, kLamb, {}}}) {
    List<float> alone(4, {100, 70001, 3}, 8);
    setThreadCount(1);
    CHECK(alone.run(one.kernel, one.driver, one.attributes) == Status::kOk);
    check::forThreadCounts([&](int) {
      List<float> many(4, {100, 70001, 3}, 8);
      CHECK(many.run(one.kernel, one.driver, one.attributes) == Status::kOk);
      CHECK(many.sameBits(alone));
    });
  }
}

TEST(optim_propagates_nan) {
  check::forEachIsa([](Isa) {
    for (const Case& one : allCases()) {
      List<float> list(one.width, {33}, one.squares);
      list.arrays[1][20] = NAN;
      CHECK(list.run(one.kernel, one.driver, one.attributes) == Status::kOk);
      for (int64_t i = 0; i < 33; ++i) CHECK(isnan(list.arrays[0][i]) == (i == 20));
    }
    List<float> lamb(4, {33, 5}, 8);
    lamb.arrays[1][20] = NAN;
    CHECK(lamb.run(Kernel::k_lamb, run_lamb, kLamb) == Status::kOk);
    for (int64_t i = 0; i < 33; ++i) CHECK(isnan(lamb.arrays[0][i]));
    for (int64_t i = 0; i < 5; ++i) CHECK(!isnan(lamb.arrays[4][i]));
  });
}

TEST(optim_refuses) {
  List<float> list(2, {4});
  CHECK(list.run(Kernel::k_sgd, run_sgd, {NAN, 0, 0}) == Status::kBadAttribute);
  CHECK(list.run(Kernel::k_sgd, run_sgd, {0.1, 0, 2}) == Status::kBadAttribute);
  for (const Case& one : allCases()) {
    if (one.width != 2) CHECK(list.run(one.kernel, one.driver, one.attributes) == Status::kWrongCount);
  }
  CHECK(list.run(Kernel::k_lamb, run_lamb, kLamb) == Status::kWrongCount);
  List<float> four(4, {4});
  CHECK(four.run(Kernel::k_lamb, run_lamb, {0.1, 0, 0, 0.9, 0.99, 1e-6, 0, 0.1}) == Status::kBadAttribute);
  CHECK(four.run(Kernel::k_adamax, run_adamax, {0.1, 0, 0, 0.9, 0.99, 1e-6, 0}) == Status::kBadAttribute);
  CHECK(four.run(Kernel::k_nadam, run_nadam, {0.1, 0, 0, 0.9, 0.99, 1e-6, 0, 1, 1, 0}) ==
        Status::kBadAttribute);
}
