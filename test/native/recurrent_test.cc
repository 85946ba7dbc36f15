// Recurrent layers: every kind, direction and ISA against double references; gradients against differences,
// the same bits for any number of threads, and what drivers refuse.
#include "calls.h"
#include "check.h"
#include "ops/drivers.h"
#include "views.h"

using namespace quern;
using check::Guarded;
using check::noise;
using check::TestCall;

namespace {

enum Kind { kRnn, kRelu, kLstm, kGru };

double sigmoid(double x) { return 1 / (1 + exp(-x)); }

struct Shape {
  Kind kind;
  int64_t steps, batch, hidden;
  bool reverse, biased;
  std::vector<int32_t> sizes = {};  // of packed sequences

  int64_t gates() const { return kind == kLstm ? 4 : kind == kGru ? 3 : 1; }
  int64_t extra() const { return kind == kLstm ? 1 : 0; }
  int64_t state() const { return batch * hidden; }
  int64_t start(int64_t time) const {
    int64_t row = 0;
    for (int64_t t = 0; t < time; ++t) row += sizes.empty() ? batch : sizes[static_cast<size_t>(t)];
    return row;
  }
  bool lasts(int64_t time, int64_t sequence) const {
    return sizes.empty() || sequence < sizes[static_cast<size_t>(time)];
  }
  int64_t rows() const { return start(steps); }
  int64_t stateRows() const { return rows() + (1 + extra()) * batch; }
  // Values for each step and for so many times of the whole batch beyond.
  check::Dims dims(int64_t beyond, int64_t width) const {
    if (sizes.empty()) return {steps + beyond, batch, width};
    return {rows() + beyond * batch, width};
  }
  int64_t initial() const { return reverse ? steps : 0; }
  int64_t gradientWidth() const { return gates() == 1 ? hidden : 4 * hidden; }
  double relu() const { return kind == kRelu ? 1 : 0; }
};

// What a layer is given: the sums from the input, the weight, the bias, the initial state and cell.
struct Inputs {
  std::vector<double> sums, weight, bias, h, c;

  explicit Inputs(const Shape& s) {
    const auto fill = [](std::vector<double>& to, int64_t size, int64_t seed) {
      to.resize(static_cast<size_t>(size));
      for (int64_t i = 0; i < size; ++i) to[static_cast<size_t>(i)] = static_cast<float>(noise(i + seed));
    };
    fill(sums, s.rows() * s.gates() * s.hidden, 1);
    fill(weight, s.gates() * s.hidden * s.hidden, 100000);
    for (double& value : weight) value = static_cast<float>(value / sqrt(static_cast<double>(s.hidden)));
    fill(bias, s.gates() * s.hidden, 200000);
    fill(h, s.state(), 300000);
    fill(c, s.state(), 400000);
  }
};

// The states by the formulas, in the layout of the kernel.
std::vector<double> referenceStates(const Shape& s, const Inputs& in) {
  std::vector<double> states(static_cast<size_t>(s.stateRows() * s.hidden));
  std::vector<double> h = in.h, c = in.c;
  const auto at = [](int64_t i) { return static_cast<size_t>(i); };
  for (int64_t i = 0; i < s.state(); ++i) states[at(s.initial() * s.state() + i)] = h[at(i)];
  for (int64_t step = 0; step < s.steps; ++step) {
    const int64_t time = s.reverse ? s.steps - 1 - step : step;
    const int64_t start = s.start(time), after = s.reverse ? start : start + s.batch;
    const std::vector<double> before = h;
    for (int64_t n = 0; n < s.batch && s.lasts(time, n); ++n) {
      for (int64_t j = 0; j < s.hidden; ++j) {
        const auto input = [&](int64_t gate) {
          return in.sums[at(((start + n) * s.gates() + gate) * s.hidden + j)];
        };
        const auto recurrent = [&](int64_t gate) {
          double sum = s.biased ? in.bias[at(gate * s.hidden + j)] : 0;
          for (int64_t k = 0; k < s.hidden; ++k) {
            sum += in.weight[at((gate * s.hidden + j) * s.hidden + k)] * before[at(n * s.hidden + k)];
          }
          return sum;
        };
        const auto both = [&](int64_t gate) { return input(gate) + recurrent(gate); };
        double& state = h[at(n * s.hidden + j)];
        double& cell = c[at(n * s.hidden + j)];
        if (s.kind == kRnn) state = tanh(both(0));
        if (s.kind == kRelu) state = both(0) > 0 ? both(0) : 0;
        if (s.kind == kLstm) {
          cell = sigmoid(both(1)) * cell + sigmoid(both(0)) * tanh(both(2));
          state = sigmoid(both(3)) * tanh(cell);
        }
        if (s.kind == kGru) {
          const double z = sigmoid(both(1)), candidate = tanh(input(2) + sigmoid(both(0)) * recurrent(2));
          state = (1 - z) * candidate + z * before[at(n * s.hidden + j)];
        }
        states[at((after + n) * s.hidden + j)] = state;
      }
    }
  }
  for (int64_t i = 0; i < s.state() * s.extra(); ++i)
    states[at((s.rows() + s.batch) * s.hidden + i)] = c[at(i)];
  return states;
}

// A layer run by the drivers, forward and back, in guarded memory.
template <class T>
struct Layer {
  Shape s;
  Guarded<T> states, trace, others, weight, bias, gradient, sums, initial;

  Layer(const Shape& shape, const Inputs& in)
      : s(shape),
        states(s.stateRows() * s.hidden, T(-9)),
        trace(s.rows() * s.gates() * s.hidden),
        others((s.rows() + s.extra() * s.batch) * s.hidden, T(-9)),
        weight(s.gates() * s.hidden * s.hidden),
        bias(s.gates() * s.hidden),
        gradient(s.stateRows() * s.hidden),
        sums(s.rows() * s.gradientWidth(), T(-9)),
        initial((1 + s.extra()) * s.state(), T(-9)) {
    const int64_t begin = s.initial() * s.state(), first = s.reverse ? 0 : s.state();
    for (int64_t i = 0; i < s.state(); ++i) {
      states[begin + i] = static_cast<T>(in.h[static_cast<size_t>(i)]);
      if (s.kind == kLstm) others[begin + i] = static_cast<T>(in.c[static_cast<size_t>(i)]);
    }
    for (int64_t i = 0; i < trace.size(); ++i) {
      (s.gates() == 1 ? states[first + i] : trace[i]) = static_cast<T>(in.sums[static_cast<size_t>(i)]);
    }
    for (int64_t i = 0; i < weight.size(); ++i) weight[i] = static_cast<T>(in.weight[static_cast<size_t>(i)]);
    for (int64_t i = 0; i < bias.size(); ++i) bias[i] = static_cast<T>(in.bias[static_cast<size_t>(i)]);
    for (int64_t i = 0; i < gradient.size(); ++i) gradient[i] = static_cast<T>(noise(i + 500000));
  }

  Status forward() {
    const DType dtype = check::dtypeOf<T>();
    const Kernel kernel = s.kind == kLstm ? Kernel::k_lstm : s.kind == kGru ? Kernel::k_gru : Kernel::k_rnn;
    TestCall call(kernel, dtype, {s.reverse ? 1.0 : 0.0, s.relu()});
    call.operand(states.data(), s.dims(1 + s.extra(), s.hidden));
    if (s.gates() > 1) {
      call.operand(trace.data(), s.dims(0, s.gates() * s.hidden));
      call.operand(others.data(), s.dims(s.extra(), s.hidden));
    }
    call.operand(weight.data(), {s.gates() * s.hidden, s.hidden});
    if (s.biased) call.operand(bias.data(), {s.gates() * s.hidden});
    if (!s.sizes.empty()) call.operand(s.sizes.data(), {s.steps});
    return call.run(s.kind == kLstm ? run_lstm : s.kind == kGru ? run_gru : run_rnn);
  }

  Status backward() {
    const DType dtype = check::dtypeOf<T>();
    const Kernel kernel = s.kind == kLstm  ? Kernel::k_lstmGrad
                          : s.kind == kGru ? Kernel::k_gruGrad
                                           : Kernel::k_rnnGrad;
    TestCall call(kernel, dtype, {s.reverse ? 1.0 : 0.0, s.relu()});
    call.operand(sums.data(), s.dims(0, s.gradientWidth()));
    call.operand(initial.data(), {1 + s.extra(), s.batch, s.hidden});
    call.operand(gradient.data(), s.dims(1 + s.extra(), s.hidden));
    if (s.gates() > 1) {
      call.operand(trace.data(), s.dims(0, s.gates() * s.hidden));
      call.operand(others.data(), s.dims(s.extra(), s.hidden));
    }
    if (s.kind != kLstm) call.operand(states.data(), s.dims(1, s.hidden));
    call.operand(weight.data(), {s.gates() * s.hidden, s.hidden});
    if (!s.sizes.empty()) call.operand(s.sizes.data(), {s.steps});
    return call.run(s.kind == kLstm ? run_lstmGrad : s.kind == kGru ? run_gruGrad : run_rnnGrad);
  }

  bool intact() const {
    return states.intact() && trace.intact() && others.intact() && sums.intact() && initial.intact() &&
           weight.intact() && bias.intact() && gradient.intact();
  }
};

const Shape kShapes[] = {
    {kRnn, 1, 1, 1, false, true},
    {kRnn, 3, 5, 17, true, true},
    {kRelu, 4, 9, 33, false, false},
    {kLstm, 1, 3, 5, false, true},
    {kLstm, 5, 13, 19, true, true},
    {kLstm, 3, 40, 64, false, false},
    {kGru, 1, 4, 7, true, true},
    {kGru, 5, 11, 21, false, true},
    {kGru, 3, 40, 64, true, false},
    {kLstm, 2, 2, 530, false, true},
    {kRnn, 4, 5, 17, false, true, {5, 3, 3, 1}},
    {kRelu, 2, 4, 9, false, true, {4, 4}},
    {kLstm, 1, 2, 5, false, true, {2}},
    {kLstm, 4, 13, 19, false, true, {13, 12, 5, 1}},
    {kLstm, 3, 40, 64, false, true, {40, 21, 3}},
    {kGru, 4, 11, 21, false, true, {11, 6, 6, 2}},
    {kGru, 3, 40, 64, false, true, {40, 39, 1}},
};

template <class T>
void checkForward(double tolerance) {
  for (const Shape& s : kShapes) {
    const Inputs in(s);
    Layer<T> layer(s, in);
    CHECK(layer.forward() == Status::kOk);
    CHECK(layer.intact());
    const std::vector<double> expected = referenceStates(s, in);
    for (int64_t i = 0; i < layer.states.size(); ++i) {
      CHECK_CLOSE(static_cast<double>(layer.states[i]), expected[static_cast<size_t>(i)], tolerance);
    }
  }
}

// The states weighted by the gradient and added up.
double weighted(const Shape& s, const Inputs& in, Layer<double>& layer) {
  const std::vector<double> states = referenceStates(s, in);
  double sum = 0;
  for (int64_t i = 0; i < layer.states.size(); ++i) {
    // The initial state is no result.
    if (i / s.state() != s.initial()) sum += states[static_cast<size_t>(i)] * layer.gradient[i];
  }
  return sum;
}

}  // namespace

TEST(recurrent_layers_follow_their_formulas) {
  check::forEachIsa([](Isa) {
    checkForward<float>(2e-5);
    checkForward<double>(1e-12);
  });
}

TEST(recurrent_gradients_are_those_of_differences) {
  check::forEachIsa([](Isa) {
    for (const Shape& s : kShapes) {
      if (s.hidden > 64) continue;
      Inputs in(s);
      Layer<double> layer(s, in);
      CHECK(layer.forward() == Status::kOk && layer.backward() == Status::kOk);
      CHECK(layer.intact());
      const auto slope = [&](double& value) {
        const double before = value, step = 1e-6;
        value = before + step;
        const double above = weighted(s, in, layer);
        value = before - step;
        const double below = weighted(s, in, layer);
        value = before;
        return (above - below) / (2 * step);
      };
      for (int64_t probe = 0; probe < 7; ++probe) {
        const int64_t h = probe * 7919 % s.state();
        CHECK_CLOSE(layer.initial[h], slope(in.h[static_cast<size_t>(h)]), 1e-6);
        if (s.kind == kLstm)
          CHECK_CLOSE(layer.initial[s.state() + h], slope(in.c[static_cast<size_t>(h)]), 1e-6);
        const int64_t width = s.gates() * s.hidden, sum = probe * 104729 % (s.rows() * width);
        const int64_t shift = s.kind == kGru ? s.hidden : 0;
        const int64_t found = sum / width * s.gradientWidth() + shift + sum % width;
        CHECK_CLOSE(layer.sums[found], slope(in.sums[static_cast<size_t>(sum)]), 1e-6);
      }
    }
  });
}

TEST(recurrent_layers_give_the_same_bits_for_any_number_of_threads) {
  for (Kind kind : {kRnn, kLstm, kGru}) {
    for (const std::vector<int32_t>& sizes : {std::vector<int32_t>{}, {70, 70, 51, 30, 9, 2}}) {
      const Shape s = {kind, 6, 70, 96, false, true, sizes};
      const Inputs in(s);
      Layer<float> first(s, in);
      check::forThreadCounts([&](int threads) {
        Layer<float> layer(s, in);
        CHECK(layer.forward() == Status::kOk && layer.backward() == Status::kOk);
        if (threads == 1) CHECK(first.forward() == Status::kOk && first.backward() == Status::kOk);
        CHECK(layer.states.sameBits(first.states));
        CHECK(layer.sums.sameBits(first.sums));
        CHECK(layer.initial.sameBits(first.initial));
      });
    }
  }
}

TEST(recurrent_layers_pass_a_nan_to_later_states_only) {
  for (Kind kind : {kRnn, kRelu, kLstm, kGru}) {
    const Shape s = {kind, 3, 2, 5, false, false};
    Inputs in(s);
    in.sums[static_cast<size_t>(s.gates() * s.state())] = NAN;  // the second time, first sequence
    Layer<float> layer(s, in);
    CHECK(layer.forward() == Status::kOk);
    for (int64_t i = 0; i < s.hidden; ++i) {
      CHECK(!isnan(layer.states[s.state() + i]));
      CHECK(isnan(layer.states[3 * s.state() + i]));
      CHECK(!isnan(layer.states[3 * s.state() + s.hidden + i]));
    }
  }
}

TEST(recurrent_layers_refuse_what_does_not_fit) {
  float memory[256] = {};
  const auto lstm = [&](const check::Dims& states, const check::Dims& gates, const check::Dims& cells,
                        const check::Dims& weight, double reverse) {
    TestCall call(Kernel::k_lstm, DType::kFloat32, {reverse});
    call.operand(memory, states).operand(memory, gates).operand(memory, cells).operand(memory, weight);
    return call.run(run_lstm);
  };
  CHECK(lstm({2, 1, 2}, {0, 1, 8}, {1, 1, 2}, {8, 2}, 0) == Status::kShapeMismatch);
  CHECK(lstm({3, 1, 2}, {1, 1, 6}, {2, 1, 2}, {8, 2}, 0) == Status::kShapeMismatch);
  CHECK(lstm({3, 1, 2}, {1, 1, 8}, {1, 1, 2}, {8, 2}, 0) == Status::kShapeMismatch);
  CHECK(lstm({3, 1, 2}, {1, 1, 8}, {2, 1, 2}, {8, 3}, 0) == Status::kShapeMismatch);
  CHECK(lstm({3, 1, 2}, {1, 1, 8}, {2, 1, 2}, {8, 2}, 2) == Status::kBadAttribute);
  CHECK(lstm({3, 1, 2}, {1, 1, 8}, {2, 1, 2}, {8, 2}, NAN) == Status::kBadAttribute);
  CHECK(lstm({3, 0, 2}, {1, 0, 8}, {2, 0, 2}, {8, 2}, 0) == Status::kOk);
  CHECK(lstm({3, 1, 0}, {1, 1, 0}, {2, 1, 0}, {0, 0}, 0) == Status::kOk);
}

TEST(recurrent_layers_refuse_sizes_that_do_not_fit) {
  float memory[256] = {};
  // Three rows of gates, and states for a batch of two.
  const auto gru = [&](const std::vector<int32_t>& sizes, double reverse) {
    TestCall call(Kernel::k_gru, DType::kFloat32, {reverse});
    call.operand(memory, {5, 2}).operand(memory, {3, 6}).operand(memory, {3, 2}).operand(memory, {6, 2});
    call.operand(memory, {6}).operand(sizes.data(), {static_cast<int64_t>(sizes.size())});
    return call.run(run_gru);
  };
  CHECK(gru({2, 1}, 0) == Status::kOk);
  CHECK(gru({2, 1}, 1) == Status::kBadAttribute);
  const std::vector<int32_t> wrong[] = {{}, {2}, {1, 2}, {3, 0}, {2, 1, 0}, {2, -1, 2}, {1, 1, 1}};
  for (const std::vector<int32_t>& sizes : wrong) CHECK(gru(sizes, 0) == Status::kShapeMismatch);
}
