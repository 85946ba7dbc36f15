// The drivers of recurrent layers and their gradients: all steps of one layer in one direction.
#include "recurrent.h"

#include <string.h>

#include <atomic>

#include "drivers.h"

namespace quern {
namespace {

template <class T>
const RecurrentKernels<T>& recurrentKernels(const KernelTable& table);
template <>
const RecurrentKernels<float>& recurrentKernels(const KernelTable& table) {
  return table.recurrent32;
}
template <>
const RecurrentKernels<double>& recurrentKernels(const KernelTable& table) {
  return table.recurrent64;
}

bool hasDims(const View& view, int64_t a, int64_t b, int64_t c) {
  return view.rank() == 3 && view.layout->contiguous && view.dim(0) == a && view.dim(1) == b &&
         view.dim(2) == c;
}

// Reads the walk from `states`, whose times are the initial state's and `extra` more than the steps'.
bool readWalk(const Call& call, const View& states, int64_t extra, Walk& walk, Status& status) {
  int64_t reverse;
  status = Status::kBadAttribute;
  if (!wholeAttribute(call, 0, 0, 1, reverse)) return false;
  status = Status::kShapeMismatch;
  if (states.rank() != 3 || !states.layout->contiguous || states.dim(0) < 2 + extra) return false;
  walk = {states.dim(0) - 1 - extra, states.dim(1), states.dim(2), reverse == 1};
  status = Status::kOk;
  return true;
}

// The recurrent weight is (gates · hidden, hidden), of any strides.
bool fitsWeight(const View& weight, const Walk& walk, int64_t gates) {
  return weight.rank() == 2 && weight.dim(0) == gates * walk.hidden && weight.dim(1) == walk.hidden;
}

bool fitsBias(const View& bias, const Walk& walk, int64_t gates) {
  return bias.rank() == 1 && bias.layout->contiguous && bias.dim(0) == gates * walk.hidden;
}

// Whether memory sufficed, as several threads found it.
class Enough {
 public:
  void note(bool done) {
    if (!done) enough_.store(false, std::memory_order_relaxed);
  }
  Status status() const {
    return enough_.load(std::memory_order_relaxed) ? Status::kOk : Status::kOutOfMemory;
  }

 private:
  std::atomic<bool> enough_{true};
};

template <class T>
void copyRows(const T* from, T* to, int64_t values) {
  memcpy(to, from, static_cast<size_t>(values) * sizeof(T));
}

template <class T>
Status forwardRnn(const Call& call, const Walk& walk, bool relu) {
  const View& weight = call.operand[1];
  const KernelTable& table = kernelTable();
  const auto step = recurrentKernels<T>(table).rnn;
  const T* bias = call.count > 2 ? call.operand[2].as<T>() : nullptr;
  T* states = call.operand[0].as<T>();
  const int64_t hidden = walk.hidden;
  ScratchFrame frame;
  StepWeight<T> matrix;
  if (!matrix.set(frame, recurrentBlocks<T>(table), walk.steps, hidden, hidden, weight.as<T>(),
                  weight.stride(1), weight.stride(0))) {
    return Status::kOutOfMemory;
  }
  Enough enough;
  forSequences(walk, [&](int64_t first, int64_t count) {
    for (int64_t s = 0; s < walk.steps; ++s) {
      T* state = states + (walk.after(s) * walk.batch + first) * hidden;
      const T* before = states + (walk.before(s) * walk.batch + first) * hidden;
      enough.note(matrix.multiply(count, before, hidden, state, hidden, true));
      step(count, hidden, relu, bias, state);
    }
  });
  return enough.status();
}

template <class T>
Status backwardRnn(const Call& call, const Walk& walk, bool relu) {
  const View& weight = call.operand[4];
  const KernelTable& table = kernelTable();
  const auto step = recurrentKernels<T>(table).rnnGrad;
  T *sums = call.operand[0].as<T>(), *carried = call.operand[1].as<T>();
  const T *gradient = call.operand[2].as<T>(), *states = call.operand[3].as<T>();
  const int64_t hidden = walk.hidden;
  ScratchFrame frame;
  StepWeight<T> matrix;
  if (!matrix.set(frame, recurrentBlocks<T>(table), walk.steps, hidden, hidden, weight.as<T>(),
                  weight.stride(0), weight.stride(1))) {
    return Status::kOutOfMemory;
  }
  memset(carried, 0, static_cast<size_t>(walk.batch * hidden) * sizeof(T));
  Enough enough;
  forSequences(walk, [&](int64_t first, int64_t count) {
    T* flowing = carried + first * hidden;
    for (int64_t s = walk.steps - 1; s >= 0; --s) {
      const int64_t after = (walk.after(s) * walk.batch + first) * hidden;
      T* to = sums + (walk.time(s) * walk.batch + first) * hidden;
      step(count, hidden, relu, gradient + after, flowing, states + after, to);
      enough.note(matrix.multiply(count, to, hidden, flowing, hidden, false));
    }
  });
  return enough.status();
}

template <class T>
Status forwardLstm(const Call& call, const Walk& walk) {
  const View& weight = call.operand[3];
  const KernelTable& table = kernelTable();
  const auto step = recurrentKernels<T>(table).lstm;
  const T* bias = call.count > 4 ? call.operand[4].as<T>() : nullptr;
  T *states = call.operand[0].as<T>(), *gates = call.operand[1].as<T>(), *cells = call.operand[2].as<T>();
  const int64_t hidden = walk.hidden, width = 4 * hidden;
  ScratchFrame frame;
  StepWeight<T> matrix;
  if (!matrix.set(frame, recurrentBlocks<T>(table), walk.steps, hidden, width, weight.as<T>(),
                  weight.stride(1), weight.stride(0))) {
    return Status::kOutOfMemory;
  }
  Enough enough;
  forSequences(walk, [&](int64_t first, int64_t count) {
    for (int64_t s = 0; s < walk.steps; ++s) {
      const int64_t before = (walk.before(s) * walk.batch + first) * hidden;
      const int64_t after = (walk.after(s) * walk.batch + first) * hidden;
      T* sums = gates + (walk.time(s) * walk.batch + first) * width;
      enough.note(matrix.multiply(count, states + before, hidden, sums, width, true));
      step(count, hidden, bias, sums, cells + before, cells + after, states + after);
    }
  });
  const int64_t state = walk.batch * hidden;
  copyRows(cells + walk.after(walk.steps - 1) * state, states + (walk.steps + 1) * state, state);
  return enough.status();
}

template <class T>
Status backwardLstm(const Call& call, const Walk& walk) {
  const View& weight = call.operand[5];
  const KernelTable& table = kernelTable();
  const auto step = recurrentKernels<T>(table).lstmGrad;
  T *sums = call.operand[0].as<T>(), *carried = call.operand[1].as<T>();
  const T *gradient = call.operand[2].as<T>(), *gates = call.operand[3].as<T>();
  const T* cells = call.operand[4].as<T>();
  const int64_t hidden = walk.hidden, width = 4 * hidden, state = walk.batch * hidden;
  ScratchFrame frame;
  StepWeight<T> matrix;
  if (!matrix.set(frame, recurrentBlocks<T>(table), walk.steps, width, hidden, weight.as<T>(),
                  weight.stride(0), weight.stride(1))) {
    return Status::kOutOfMemory;
  }
  memset(carried, 0, static_cast<size_t>(state) * sizeof(T));
  copyRows(gradient + (walk.steps + 1) * state, carried + state, state);
  Enough enough;
  forSequences(walk, [&](int64_t first, int64_t count) {
    T *flowing = carried + first * hidden, *flowingCell = flowing + state;
    for (int64_t s = walk.steps - 1; s >= 0; --s) {
      const int64_t before = (walk.before(s) * walk.batch + first) * hidden;
      const int64_t after = (walk.after(s) * walk.batch + first) * hidden;
      const int64_t gate = (walk.time(s) * walk.batch + first) * width;
      step(count, hidden, gradient + after, flowing, gates + gate, cells + before, cells + after, flowingCell,
           sums + gate);
      enough.note(matrix.multiply(count, sums + gate, width, flowing, hidden, false));
    }
  });
  return enough.status();
}

template <class T>
Status forwardGru(const Call& call, const Walk& walk) {
  const View& weight = call.operand[3];
  const KernelTable& table = kernelTable();
  const auto step = recurrentKernels<T>(table).gru;
  const T* bias = call.count > 4 ? call.operand[4].as<T>() : nullptr;
  T *states = call.operand[0].as<T>(), *gates = call.operand[1].as<T>(), *recurrent = call.operand[2].as<T>();
  const int64_t hidden = walk.hidden, width = 3 * hidden;
  ScratchFrame frame;
  const GemmBlocks<T>& blocks = recurrentBlocks<T>(table);
  // The gates r and z add to what comes from the input; the recurrent part of n stays apart.
  StepWeight<T> ofGates, ofCandidate;
  const T* candidate = weight.as<T>() + 2 * hidden * weight.stride(0);
  if (!ofGates.set(frame, blocks, walk.steps, hidden, 2 * hidden, weight.as<T>(), weight.stride(1),
                   weight.stride(0)) ||
      !ofCandidate.set(frame, blocks, walk.steps, hidden, hidden, candidate, weight.stride(1),
                       weight.stride(0))) {
    return Status::kOutOfMemory;
  }
  Enough enough;
  forSequences(walk, [&](int64_t first, int64_t count) {
    for (int64_t s = 0; s < walk.steps; ++s) {
      const T* before = states + (walk.before(s) * walk.batch + first) * hidden;
      const int64_t time = walk.time(s) * walk.batch + first;
      T *sums = gates + time * width, *past = recurrent + time * hidden;
      enough.note(ofGates.multiply(count, before, hidden, sums, width, true));
      enough.note(ofCandidate.multiply(count, before, hidden, past, hidden, false));
      step(count, hidden, bias, sums, past, before, states + (walk.after(s) * walk.batch + first) * hidden);
    }
  });
  return enough.status();
}

template <class T>
Status backwardGru(const Call& call, const Walk& walk) {
  const View& weight = call.operand[6];
  const KernelTable& table = kernelTable();
  const auto step = recurrentKernels<T>(table).gruGrad;
  T *sums = call.operand[0].as<T>(), *carried = call.operand[1].as<T>();
  const T *gradient = call.operand[2].as<T>(), *gates = call.operand[3].as<T>();
  const T *recurrent = call.operand[4].as<T>(), *states = call.operand[5].as<T>();
  const int64_t hidden = walk.hidden;
  ScratchFrame frame;
  const GemmBlocks<T>& blocks = recurrentBlocks<T>(table);
  StepWeight<T> ofGates, ofCandidate;
  const T* candidate = weight.as<T>() + 2 * hidden * weight.stride(0);
  if (!ofGates.set(frame, blocks, walk.steps, 2 * hidden, hidden, weight.as<T>(), weight.stride(0),
                   weight.stride(1)) ||
      !ofCandidate.set(frame, blocks, walk.steps, hidden, hidden, candidate, weight.stride(0),
                       weight.stride(1))) {
    return Status::kOutOfMemory;
  }
  memset(carried, 0, static_cast<size_t>(walk.batch * hidden) * sizeof(T));
  Enough enough;
  forSequences(walk, [&](int64_t first, int64_t count) {
    T* flowing = carried + first * hidden;
    for (int64_t s = walk.steps - 1; s >= 0; --s) {
      const int64_t before = (walk.before(s) * walk.batch + first) * hidden;
      const int64_t after = (walk.after(s) * walk.batch + first) * hidden;
      const int64_t time = walk.time(s) * walk.batch + first;
      T* to = sums + time * 4 * hidden;
      step(count, hidden, gradient + after, flowing, gates + time * 3 * hidden, recurrent + time * hidden,
           states + before, to);
      enough.note(ofCandidate.multiply(count, to, 4 * hidden, flowing, hidden, true));
      enough.note(ofGates.multiply(count, to + hidden, 4 * hidden, flowing, hidden, true));
    }
  });
  return enough.status();
}

// Nothing to compute; a layer without units has no sums either.
bool isEmpty(const Walk& walk) { return walk.batch == 0 || walk.hidden == 0; }

}  // namespace

// states (T + 1, N, H), weight (H, H), bias (H) optional; attributes: whether in reverse, whether relu. The
// states after the initial one come in as x · w_ihᵀ.
Status run_rnn(const Call& call) {
  Walk walk;
  Status status;
  int64_t relu;
  if (!wholeAttribute(call, 1, 0, 1, relu)) return Status::kBadAttribute;
  if (!readWalk(call, call.operand[0], 0, walk, status)) return status;
  if (!fitsWeight(call.operand[1], walk, 1)) return Status::kShapeMismatch;
  if (call.count > 2 && !fitsBias(call.operand[2], walk, 1)) return Status::kShapeMismatch;
  if (isEmpty(walk)) return Status::kOk;
  return call.dtype == DType::kFloat32 ? forwardRnn<float>(call, walk, relu == 1)
                                       : forwardRnn<double>(call, walk, relu == 1);
}

// Gradients of the sums (T, N, H) and of the initial state (1, N, H); of the states (T + 1, N, H), the
// states, the weight.
Status run_rnnGrad(const Call& call) {
  Walk walk;
  Status status;
  int64_t relu;
  if (!wholeAttribute(call, 1, 0, 1, relu)) return Status::kBadAttribute;
  if (!readWalk(call, call.operand[3], 0, walk, status)) return status;
  const int64_t n = walk.batch, h = walk.hidden;
  if (!hasDims(call.operand[0], walk.steps, n, h) || !hasDims(call.operand[1], 1, n, h) ||
      !hasDims(call.operand[2], walk.steps + 1, n, h) || !fitsWeight(call.operand[4], walk, 1)) {
    return Status::kShapeMismatch;
  }
  if (isEmpty(walk)) return Status::kOk;
  return call.dtype == DType::kFloat32 ? backwardRnn<float>(call, walk, relu == 1)
                                       : backwardRnn<double>(call, walk, relu == 1);
}

// states (T + 2, N, H), the last of which becomes the last cell; gates (T, N, 4H), which come in as x ·
// w_ihᵀ; cells (T + 1, N, H); weight (4H, H), bias (4H) optional; attribute 0: whether in reverse.
Status run_lstm(const Call& call) {
  Walk walk;
  Status status;
  if (!readWalk(call, call.operand[0], 1, walk, status)) return status;
  const int64_t n = walk.batch, h = walk.hidden;
  if (!hasDims(call.operand[1], walk.steps, n, 4 * h) || !hasDims(call.operand[2], walk.steps + 1, n, h) ||
      !fitsWeight(call.operand[3], walk, 4)) {
    return Status::kShapeMismatch;
  }
  if (call.count > 4 && !fitsBias(call.operand[4], walk, 4)) return Status::kShapeMismatch;
  if (isEmpty(walk)) return Status::kOk;
  return call.dtype == DType::kFloat32 ? forwardLstm<float>(call, walk) : forwardLstm<double>(call, walk);
}

// Gradients of the sums (T, N, 4H) and of the initial state and cell (2, N, H); of the states (T + 2, N, H),
// the gates, the cells, the weight.
Status run_lstmGrad(const Call& call) {
  Walk walk;
  Status status;
  if (!readWalk(call, call.operand[2], 1, walk, status)) return status;
  const int64_t n = walk.batch, h = walk.hidden;
  if (!hasDims(call.operand[0], walk.steps, n, 4 * h) || !hasDims(call.operand[1], 2, n, h) ||
      !hasDims(call.operand[3], walk.steps, n, 4 * h) || !hasDims(call.operand[4], walk.steps + 1, n, h) ||
      !fitsWeight(call.operand[5], walk, 4)) {
    return Status::kShapeMismatch;
  }
  if (isEmpty(walk)) return Status::kOk;
  return call.dtype == DType::kFloat32 ? backwardLstm<float>(call, walk) : backwardLstm<double>(call, walk);
}

// states (T + 1, N, H); gates (T, N, 3H), which come in as x · w_ihᵀ; recurrent (T, N, H), written; weight
// (3H, H), bias (3H) optional; attribute 0: whether in reverse.
Status run_gru(const Call& call) {
  Walk walk;
  Status status;
  if (!readWalk(call, call.operand[0], 0, walk, status)) return status;
  const int64_t n = walk.batch, h = walk.hidden;
  if (!hasDims(call.operand[1], walk.steps, n, 3 * h) || !hasDims(call.operand[2], walk.steps, n, h) ||
      !fitsWeight(call.operand[3], walk, 3)) {
    return Status::kShapeMismatch;
  }
  if (call.count > 4 && !fitsBias(call.operand[4], walk, 3)) return Status::kShapeMismatch;
  if (isEmpty(walk)) return Status::kOk;
  return call.dtype == DType::kFloat32 ? forwardGru<float>(call, walk) : forwardGru<double>(call, walk);
}

// Gradients of the sums (T, N, 4H), the recurrent part's before those of r, z and n, and of the initial state
// (1, N, H); of the states (T + 1, N, H), the gates, the recurrent part, the states, the weight.
Status run_gruGrad(const Call& call) {
  Walk walk;
  Status status;
  if (!readWalk(call, call.operand[5], 0, walk, status)) return status;
  const int64_t n = walk.batch, h = walk.hidden;
  if (!hasDims(call.operand[0], walk.steps, n, 4 * h) || !hasDims(call.operand[1], 1, n, h) ||
      !hasDims(call.operand[2], walk.steps + 1, n, h) || !hasDims(call.operand[3], walk.steps, n, 3 * h) ||
      !hasDims(call.operand[4], walk.steps, n, h) || !fitsWeight(call.operand[6], walk, 3)) {
    return Status::kShapeMismatch;
  }
  if (isEmpty(walk)) return Status::kOk;
  return call.dtype == DType::kFloat32 ? backwardGru<float>(call, walk) : backwardGru<double>(call, walk);
}

}  // namespace quern
