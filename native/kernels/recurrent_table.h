// The pointwise halves of a recurrent step that each ISA fills in.
#pragma once
#include <stdint.h>

namespace quern {

// One step of `rows` sequences with `hidden` units each. Everything is row-major: states and cells have rows
// of `hidden` values, gates rows of as many as there are gates, a gate's values side by side. Gates come in
// as sums of products, the recurrent bias (may be null) not yet added, and go out activated.
template <class T>
struct RecurrentKernels {
  // state = tanh or relu(state + bias)
  using Rnn = void (*)(int64_t rows, int64_t hidden, bool relu, const T* bias, T* state);
  // sums = (gradient + carried) · slope at the state
  using RnnGrad = void (*)(int64_t rows, int64_t hidden, bool relu, const T* gradient, const T* carried,
                           const T* state, T* sums);
  // Gates i, f, g, o: cell = f · before + i · g, state = o · tanh cell
  using Lstm = void (*)(int64_t rows, int64_t hidden, const T* bias, T* gates, const T* before, T* cell,
                        T* state);
  // `carried` is the state's gradient from the later step. `carriedCell`, the cell's, becomes that of the
  // cell before.
  using LstmGrad = void (*)(int64_t rows, int64_t hidden, const T* gradient, const T* carried, const T* gates,
                            const T* before, const T* cell, T* carriedCell, T* sums);
  // Gates r, z, n, where `recurrent`, the recurrent part of n, comes in apart and goes out with its bias:
  // n = tanh(n + r · recurrent), state = n + z · (before − n)
  using Gru = void (*)(int64_t rows, int64_t hidden, const T* bias, T* gates, T* recurrent, const T* before,
                       T* state);
  // `sums` has rows of four: the gradients of the recurrent part, r, z, n. `carried` becomes what flows to
  // the state before past the gates.
  using GruGrad = void (*)(int64_t rows, int64_t hidden, const T* gradient, T* carried, const T* gates,
                           const T* recurrent, const T* before, T* sums);

  Rnn rnn = nullptr;
  RnnGrad rnnGrad = nullptr;
  Lstm lstm = nullptr;
  LstmGrad lstmGrad = nullptr;
  Gru gru = nullptr;
  GruGrad gruGrad = nullptr;
};

}  // namespace quern
