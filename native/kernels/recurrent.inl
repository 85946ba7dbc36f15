// Recurrent steps between their matrix products: gates to states, and gradients of states to those of gates.
#include "rows.inl"

namespace {

// Calls step(r, j, count) for each vector of each row; j is the unit that it begins at.
template <class V, class Step>
inline void forUnits(int64_t rows, int64_t hidden, const Step& step) {
  for (int64_t r = 0; r < rows; ++r) {
    forVectors<V>(hidden, [&](int64_t j, int count) { step(r, j, count); });
  }
}

// A gate's sums with the recurrent bias, `at` counted from the bias's start.
template <class V>
inline V biased(const typename V::Scalar* sums, const typename V::Scalar* bias, int64_t at, int count) {
  const V sum = loadUpTo<V>(sums, count);
  return bias ? sum + loadUpTo<V>(bias + at, count) : sum;
}

template <class V>
inline V sigmoidSlope(V y) {
  return y * (constant<V>(1) - y);
}

template <class V>
inline V tanhSlope(V y) {
  return constant<V>(1) - y * y;
}

template <class T>
void rnnStep(int64_t rows, int64_t hidden, bool relu, const T* bias, T* state) {
  using V = Vec<T>;
  forUnits<V>(rows, hidden, [=](int64_t r, int64_t j, int count) {
    T* at = state + r * hidden + j;
    const V sum = biased<V>(at, bias, j, count);
    storeUpTo(relu ? maximum(sum, constant<V>(0)) : tanh(sum), at, count);
  });
}

template <class T>
void rnnGradStep(int64_t rows, int64_t hidden, bool relu, const T* gradient, const T* carried, const T* state,
                 T* sums) {
  using V = Vec<T>;
  forUnits<V>(rows, hidden, [=](int64_t r, int64_t j, int count) {
    const int64_t at = r * hidden + j;
    const V flowing = loadUpTo<V>(gradient + at, count) + loadUpTo<V>(carried + at, count);
    const V y = loadUpTo<V>(state + at, count);
    const V through = relu ? select(y <= constant<V>(0), constant<V>(0), flowing) : flowing * tanhSlope(y);
    storeUpTo(through, sums + at, count);
  });
}

template <class T>
void lstmStep(int64_t rows, int64_t hidden, const T* bias, T* gates, const T* before, T* cell, T* state) {
  using V = Vec<T>;
  forUnits<V>(rows, hidden, [=](int64_t r, int64_t j, int count) {
    T* sums = gates + 4 * r * hidden + j;
    const int64_t at = r * hidden + j;
    const V i = sigmoid(biased<V>(sums, bias, j, count));
    const V f = sigmoid(biased<V>(sums + hidden, bias, hidden + j, count));
    const V g = tanh(biased<V>(sums + 2 * hidden, bias, 2 * hidden + j, count));
    const V o = sigmoid(biased<V>(sums + 3 * hidden, bias, 3 * hidden + j, count));
    const V c = mulAdd(f, loadUpTo<V>(before + at, count), i * g);
    storeUpTo(i, sums, count);
    storeUpTo(f, sums + hidden, count);
    storeUpTo(g, sums + 2 * hidden, count);
    storeUpTo(o, sums + 3 * hidden, count);
    storeUpTo(c, cell + at, count);
    storeUpTo(o * tanh(c), state + at, count);
  });
}

template <class T>
void lstmGradStep(int64_t rows, int64_t hidden, const T* gradient, const T* carried, const T* gates,
                  const T* before, const T* cell, T* carriedCell, T* sums) {
  using V = Vec<T>;
  forUnits<V>(rows, hidden, [=](int64_t r, int64_t j, int count) {
    const int64_t at = r * hidden + j, gate = 4 * r * hidden + j;
    const V i = loadUpTo<V>(gates + gate, count);
    const V f = loadUpTo<V>(gates + gate + hidden, count);
    const V g = loadUpTo<V>(gates + gate + 2 * hidden, count);
    const V o = loadUpTo<V>(gates + gate + 3 * hidden, count);
    const V y = tanh(loadUpTo<V>(cell + at, count));
    const V dState = loadUpTo<V>(gradient + at, count) + loadUpTo<V>(carried + at, count);
    const V dCell = mulAdd(dState * o, tanhSlope(y), loadUpTo<V>(carriedCell + at, count));
    storeUpTo(dCell * g * sigmoidSlope(i), sums + gate, count);
    storeUpTo(dCell * loadUpTo<V>(before + at, count) * sigmoidSlope(f), sums + gate + hidden, count);
    storeUpTo(dCell * i * tanhSlope(g), sums + gate + 2 * hidden, count);
    storeUpTo(dState * y * sigmoidSlope(o), sums + gate + 3 * hidden, count);
    storeUpTo(dCell * f, carriedCell + at, count);
  });
}

template <class T>
void gruStep(int64_t rows, int64_t hidden, const T* bias, T* gates, T* recurrent, const T* before, T* state) {
  using V = Vec<T>;
  forUnits<V>(rows, hidden, [=](int64_t r, int64_t j, int count) {
    T* sums = gates + 3 * r * hidden + j;
    const int64_t at = r * hidden + j;
    const V reset = sigmoid(biased<V>(sums, bias, j, count));
    const V keep = sigmoid(biased<V>(sums + hidden, bias, hidden + j, count));
    const V past = biased<V>(recurrent + at, bias, 2 * hidden + j, count);
    const V n = tanh(mulAdd(reset, past, loadUpTo<V>(sums + 2 * hidden, count)));
    storeUpTo(reset, sums, count);
    storeUpTo(keep, sums + hidden, count);
    storeUpTo(n, sums + 2 * hidden, count);
    storeUpTo(past, recurrent + at, count);
    storeUpTo(mulAdd(keep, loadUpTo<V>(before + at, count) - n, n), state + at, count);
  });
}

template <class T>
void gruGradStep(int64_t rows, int64_t hidden, const T* gradient, T* carried, const T* gates,
                 const T* recurrent, const T* before, T* sums) {
  using V = Vec<T>;
  forUnits<V>(rows, hidden, [=](int64_t r, int64_t j, int count) {
    const int64_t at = r * hidden + j, gate = 3 * r * hidden + j;
    const V reset = loadUpTo<V>(gates + gate, count);
    const V keep = loadUpTo<V>(gates + gate + hidden, count);
    const V n = loadUpTo<V>(gates + gate + 2 * hidden, count);
    const V dState = loadUpTo<V>(gradient + at, count) + loadUpTo<V>(carried + at, count);
    const V dKeep = dState * (loadUpTo<V>(before + at, count) - n);
    const V dN = dState * (constant<V>(1) - keep) * tanhSlope(n);
    T* to = sums + 4 * r * hidden + j;
    storeUpTo(dN * reset, to, count);
    storeUpTo(dN * loadUpTo<V>(recurrent + at, count) * sigmoidSlope(reset), to + hidden, count);
    storeUpTo(dKeep * sigmoidSlope(keep), to + 2 * hidden, count);
    storeUpTo(dN, to + 3 * hidden, count);
    storeUpTo(dState * keep, carried + at, count);
  });
}

template <class T>
void fillRecurrentKernels(quern::RecurrentKernels<T>& kernels) {
  kernels.rnn = rnnStep<T>;
  kernels.rnnGrad = rnnGradStep<T>;
  kernels.lstm = lstmStep<T>;
  kernels.lstmGrad = lstmGradStep<T>;
  kernels.gru = gruStep<T>;
  kernels.gruGrad = gruGradStep<T>;
}

void fillRecurrent(quern::KernelTable& table) {
  fillRecurrentKernels(table.recurrent32);
  fillRecurrentKernels(table.recurrent64);
}

}  // namespace
