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

// Whether a view holds `width` values for each row of the steps and of `extra` times of the whole batch.
bool hasRows(const View& view, const Walk& walk, int64_t extra, int64_t width) {
  if (!walk.starts) return hasDims(view, walk.steps + extra, walk.batch, width);
  return view.rank() == 2 && view.layout->contiguous && view.dim(0) == walk.rows() + extra * walk.batch &&
         view.dim(1) == width;
}

// Reads the walk from `states`, which hold so many times of the whole batch beyond the steps'. Operand
// `packed`, where there is one, says how many sequences take each step.
Status readWalk(const Call& call, const View& states, int64_t extra, int packed, ScratchFrame& frame,
                Walk& walk) {
  int64_t reverse;
  if (!wholeAttribute(call, 0, 0, 1, reverse)) return Status::kBadAttribute;
  if (!states.layout->contiguous) return Status::kShapeMismatch;
  if (call.count <= packed) {
    if (states.rank() != 3 || states.dim(0) < 1 + extra) return Status::kShapeMismatch;
    walk = {states.dim(0) - extra, states.dim(1), states.dim(2), reverse == 1, nullptr};
    return Status::kOk;
  }
  const View& sizes = call.operand[packed];
  if (reverse == 1) return Status::kBadAttribute;
  if (states.rank() != 2 || sizes.rank() != 1 || !sizes.layout->contiguous || sizes.dim(0) < 1) {
    return Status::kShapeMismatch;
  }
  // Another thread may write to the sizes: each is read once, and only the checked copy is followed.
  const int64_t steps = sizes.dim(0);
  int64_t* starts = frame.take<int64_t>(steps + 1);
  if (!starts) return Status::kOutOfMemory;
  const volatile int32_t* given = sizes.as<int32_t>();
  int64_t last = kLargestExtent;
  starts[0] = 0;
  for (int64_t s = 0; s < steps; ++s) {
    const int64_t size = given[s];
    if (size < 1 || size > last) return Status::kShapeMismatch;
    starts[s + 1] = starts[s] + size;
    last = size;
  }
  const int64_t batch = starts[1];
  if (states.dim(0) != starts[steps] + extra * batch) return Status::kShapeMismatch;
  walk = {steps, batch, states.dim(1), false, starts};
  return Status::kOk;
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
      const int64_t alive = walk.alive(s, first, count);
      if (alive == 0) break;
      T* state = states + (walk.after(s) + first) * hidden;
      const T* before = states + (walk.before(s) + first) * hidden;
      enough.note(matrix.multiply(alive, before, hidden, state, hidden, true));
      step(alive, hidden, relu, bias, state);
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
      const int64_t alive = walk.alive(s, first, count);
      if (alive == 0) continue;
      const int64_t after = (walk.after(s) + first) * hidden;
      T* to = sums + (walk.time(s) + first) * hidden;
      step(alive, hidden, relu, gradient + after, flowing, states + after, to);
      enough.note(matrix.multiply(alive, to, hidden, flowing, hidden, false));
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
      const int64_t alive = walk.alive(s, first, count);
      if (alive == 0) break;
      const int64_t before = (walk.before(s) + first) * hidden;
      const int64_t after = (walk.after(s) + first) * hidden;
      T* sums = gates + (walk.time(s) + first) * width;
      enough.note(matrix.multiply(alive, states + before, hidden, sums, width, true));
      step(alive, hidden, bias, sums, cells + before, cells + after, states + after);
    }
  });
  T* last = states + (walk.batch + walk.rows()) * hidden;
  for (int64_t s = 0; s < walk.steps; ++s) {
    const int64_t stay = walk.alive(s + 1);
    copyRows(cells + (walk.after(s) + stay) * hidden, last + stay * hidden, (walk.alive(s) - stay) * hidden);
  }
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
  copyRows(gradient + (walk.batch + walk.rows()) * hidden, carried + state, state);
  Enough enough;
  forSequences(walk, [&](int64_t first, int64_t count) {
    T *flowing = carried + first * hidden, *flowingCell = flowing + state;
    for (int64_t s = walk.steps - 1; s >= 0; --s) {
      const int64_t alive = walk.alive(s, first, count);
      if (alive == 0) continue;
      const int64_t before = (walk.before(s) + first) * hidden;
      const int64_t after = (walk.after(s) + first) * hidden;
      const int64_t gate = (walk.time(s) + first) * width;
      step(alive, hidden, gradient + after, flowing, gates + gate, cells + before, cells + after, flowingCell,
           sums + gate);
      enough.note(matrix.multiply(alive, sums + gate, width, flowing, hidden, false));
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
      const int64_t alive = walk.alive(s, first, count);
      if (alive == 0) break;
      const T* before = states + (walk.before(s) + first) * hidden;
      const int64_t time = walk.time(s) + first;
      T *sums = gates + time * width, *past = recurrent + time * hidden;
      enough.note(ofGates.multiply(alive, before, hidden, sums, width, true));
      enough.note(ofCandidate.multiply(alive, before, hidden, past, hidden, false));
      step(alive, hidden, bias, sums, past, before, states + (walk.after(s) + first) * hidden);
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
      const int64_t alive = walk.alive(s, first, count);
      if (alive == 0) continue;
      const int64_t before = (walk.before(s) + first) * hidden;
      const int64_t after = (walk.after(s) + first) * hidden;
      const int64_t time = walk.time(s) + first;
      T* to = sums + time * 4 * hidden;
      step(alive, hidden, gradient + after, flowing, gates + time * 3 * hidden, recurrent + time * hidden,
           states + before, to);
      enough.note(ofCandidate.multiply(alive, to, 4 * hidden, flowing, hidden, true));
      enough.note(ofGates.multiply(alive, to + hidden, 4 * hidden, flowing, hidden, true));
    }
  });
  return enough.status();
}

// Nothing to compute; a layer without units has no sums either.
bool isEmpty(const Walk& walk) { return walk.batch == 0 || walk.hidden == 0; }

}  // namespace

// Of packed sequences, (T, N, …) stands for (rows, …), one row for each sequence that takes a step, a further
// time for N rows, and the last operand (T) says how many sequences take each step, none more than the one
// before; they have no reverse, and the bias is given.

// states (T + 1, N, H), weight (H, H), bias (H) optional; attributes: whether in reverse, whether relu. The
// states after the initial one come in as x · w_ihᵀ.
Status run_rnn(const Call& call) {
  Walk walk;
  ScratchFrame frame;
  int64_t relu;
  if (!wholeAttribute(call, 1, 0, 1, relu)) return Status::kBadAttribute;
  const Status status = readWalk(call, call.operand[0], 1, 3, frame, walk);
  if (status != Status::kOk) return status;
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
  ScratchFrame frame;
  int64_t relu;
  if (!wholeAttribute(call, 1, 0, 1, relu)) return Status::kBadAttribute;
  const Status status = readWalk(call, call.operand[3], 1, 5, frame, walk);
  if (status != Status::kOk) return status;
  const int64_t n = walk.batch, h = walk.hidden;
  if (!hasRows(call.operand[0], walk, 0, h) || !hasDims(call.operand[1], 1, n, h) ||
      !hasRows(call.operand[2], walk, 1, h) || !fitsWeight(call.operand[4], walk, 1)) {
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
  ScratchFrame frame;
  const Status status = readWalk(call, call.operand[0], 2, 5, frame, walk);
  if (status != Status::kOk) return status;
  const int64_t h = walk.hidden;
  if (!hasRows(call.operand[1], walk, 0, 4 * h) || !hasRows(call.operand[2], walk, 1, h) ||
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
  ScratchFrame frame;
  const Status status = readWalk(call, call.operand[2], 2, 6, frame, walk);
  if (status != Status::kOk) return status;
  const int64_t n = walk.batch, h = walk.hidden;
  if (!hasRows(call.operand[0], walk, 0, 4 * h) || !hasDims(call.operand[1], 2, n, h) ||
      !hasRows(call.operand[3], walk, 0, 4 * h) || !hasRows(call.operand[4], walk, 1, h) ||
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
  ScratchFrame frame;
  const Status status = readWalk(call, call.operand[0], 1, 5, frame, walk);
  if (status != Status::kOk) return status;
  const int64_t h = walk.hidden;
  if (!hasRows(call.operand[1], walk, 0, 3 * h) || !hasRows(call.operand[2], walk, 0, h) ||
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
  ScratchFrame frame;
  const Status status = readWalk(call, call.operand[5], 1, 7, frame, walk);
  if (status != Status::kOk) return status;
  const int64_t n = walk.batch, h = walk.hidden;
  if (!hasRows(call.operand[0], walk, 0, 4 * h) || !hasDims(call.operand[1], 1, n, h) ||
      !hasRows(call.operand[2], walk, 1, h) || !hasRows(call.operand[3], walk, 0, 3 * h) ||
      !hasRows(call.operand[4], walk, 0, h) || !fitsWeight(call.operand[6], walk, 3)) {
    return Status::kShapeMismatch;
  }
  if (isEmpty(walk)) return Status::kOk;
  return call.dtype == DType::kFloat32 ? backwardGru<float>(call, walk) : backwardGru<double>(call, walk);
}

}  // namespace quern
