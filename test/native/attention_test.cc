// Attention and embeddings: any strides, masks and sizes around the blocks against double references.
#include "core/thread_pool.h"
#include "views.h"

using namespace quern;
using check::Dims;
using check::Tensor;

namespace {

enum class Masking { kNone, kTruths, kTerms };

struct Case {
  int64_t heads, queries, keys, features, values;
  bool causal;
  Masking masking;
  bool interleaved;  // heads inside positions, in memory that other tensors share
};

// The strides of (heads, rows, columns), or of heads inside rows that hold more than them.
Dims stridesOf(int64_t heads, int64_t rows, int64_t columns, bool interleaved) {
  if (interleaved) return {columns, 3 * heads * columns, 1};
  return {rows * columns, columns, 1};
}

template <class T>
struct Operands {
  static constexpr double kScale = 0.3;

  const Case c;
  Tensor<T> q, k, v, out, logSum, g, dq, dk, dv, terms;
  Tensor<uint8_t> truths;

  static Tensor<T> make(const Case& c, int64_t rows, int64_t columns, int64_t seed, double size) {
    return Tensor<T>({c.heads, rows, columns}, stridesOf(c.heads, rows, columns, c.interleaved),
                     [=](int64_t i) { return size * check::noise(i + seed); });
  }
  explicit Operands(const Case& shape)
      : c(shape),
        q(make(c, c.queries, c.features, 0, 2)),
        k(make(c, c.keys, c.features, 100000, 2)),
        v(make(c, c.keys, c.values, 200000, 1)),
        out(make(c, c.queries, c.values, 300000, 0)),
        logSum({c.heads, c.queries}),
        g(make(c, c.queries, c.values, 400000, 1)),
        dq(make(c, c.queries, c.features, 0, 0)),
        dk(make(c, c.keys, c.features, 0, 0)),
        dv(make(c, c.keys, c.values, 0, 0)),
        terms({c.heads, c.queries, c.keys}, {0, c.keys, 1}, [](int64_t i) { return check::noise(i); }),
        truths({c.heads, c.queries, c.keys}, {c.keys, 0, 1}, [](int64_t i) { return check::noise(i) > 0; }) {}

  std::vector<View> with(std::vector<View> views) {
    if (c.masking == Masking::kTerms) views.push_back(terms.view());
    if (c.masking == Masking::kTruths) views.push_back(truths.view());
    return views;
  }
  std::vector<double> attributes(DType dtype) const {
    const DType mask = c.masking == Masking::kTruths ? DType::kBool : dtype;
    return {static_cast<double>(mask), kScale, c.causal ? 1.0 : 0.0};
  }
  Status forward(DType dtype) {
    return check::run(Kernel::k_attention, dtype,
                      with({out.view(), logSum.view(), q.view(), k.view(), v.view()}), attributes(dtype));
  }
  Status backward(DType dtype) {
    return check::run(Kernel::k_attentionGrad, dtype,
                      with({dq.view(), dk.view(), dv.view(), g.view(), out.view(), logSum.view(), q.view(),
                            k.view(), v.view()}),
                      attributes(dtype));
  }
  bool guarded() { return out.guarded() && logSum.guarded() && dq.guarded() && dk.guarded() && dv.guarded(); }

  double at(Tensor<T>& x, int64_t head, int64_t row, int64_t column) {
    return static_cast<double>(
        x.data()[head * x.layout.strides[0] + row * x.layout.strides[1] + column * x.layout.strides[2]]);
  }
};

// The largest differences from the definition, of outputs and of gradients.
template <class T>
void compare(Operands<T>& o, double tolerance) {
  const Case& c = o.c;
  for (int64_t h = 0; h < c.heads; ++h) {
    const auto size = [](int64_t rows, int64_t columns) { return static_cast<size_t>(rows * columns); };
    std::vector<double> dq(size(c.queries, c.features)), dk(size(c.keys, c.features)),
        dv(size(c.keys, c.values));
    for (int64_t i = 0; i < c.queries; ++i) {
      std::vector<double> p(static_cast<size_t>(c.keys), -INFINITY);
      double most = -INFINITY, sum = 0, dot = 0;
      for (int64_t j = 0; j < c.keys; ++j) {
        double score = 0;
        for (int64_t f = 0; f < c.features; ++f) score += o.at(o.q, h, i, f) * o.at(o.k, h, j, f);
        score *= Operands<T>::kScale;
        if (c.masking == Masking::kTerms) score += o.at(o.terms, h, i, j);
        const bool hidden =
            c.masking == Masking::kTruths && o.truths.data()[h * o.truths.layout.strides[0] + j] == 0;
        if (!hidden && !(c.causal && j > i)) p[static_cast<size_t>(j)] = score;
        most = fmax(most, p[static_cast<size_t>(j)]);
      }
      for (double& value : p) sum += value = most == -INFINITY ? 0 : exp(value - most);
      for (double& value : p) value = sum == 0 ? 0 : value / sum;
      const double logSum = static_cast<double>(o.logSum.at(h * c.queries + i));
      if (sum == 0) {
        CHECK(isinf(logSum) && logSum > 0);
      } else {
        CHECK_CLOSE(logSum, most + log(sum), 10 * tolerance);
      }
      for (int64_t e = 0; e < c.values; ++e) {
        double value = 0;
        for (int64_t j = 0; j < c.keys; ++j) value += p[static_cast<size_t>(j)] * o.at(o.v, h, j, e);
        CHECK_CLOSE(o.at(o.out, h, i, e), value, tolerance);
        dot += value * o.at(o.g, h, i, e);
      }
      for (int64_t j = 0; j < c.keys; ++j) {
        const double weight = p[static_cast<size_t>(j)];
        double slope = -dot;
        for (int64_t e = 0; e < c.values; ++e) {
          slope += o.at(o.g, h, i, e) * o.at(o.v, h, j, e);
          dv[static_cast<size_t>(j * c.values + e)] += weight * o.at(o.g, h, i, e);
        }
        for (int64_t f = 0; f < c.features; ++f) {
          const double ds = weight * slope * Operands<T>::kScale;
          dq[static_cast<size_t>(i * c.features + f)] += ds * o.at(o.k, h, j, f);
          dk[static_cast<size_t>(j * c.features + f)] += ds * o.at(o.q, h, i, f);
        }
      }
    }
    const auto demand = [&](Tensor<T>& got, const std::vector<double>& want, int64_t rows, int64_t columns) {
      for (int64_t i = 0; i < rows; ++i) {
        for (int64_t e = 0; e < columns; ++e) {
          const double expected = want[static_cast<size_t>(i * columns + e)];
          CHECK_CLOSE(o.at(got, h, i, e), expected, 10 * tolerance * (1 + fabs(expected)));
        }
      }
    };
    demand(o.dq, dq, c.queries, c.features);
    demand(o.dk, dk, c.keys, c.features);
    demand(o.dv, dv, c.keys, c.values);
  }
}

template <class T>
void checkCase(const Case& c, double tolerance) {
  const DType dtype = sizeof(T) == 4 ? DType::kFloat32 : DType::kFloat64;
  Operands<T> o(c);
  CHECK(o.forward(dtype) == Status::kOk && o.backward(dtype) == Status::kOk);
  CHECK(o.guarded());
  compare(o, tolerance);
}

void checkBoth(const Case& c) {
  checkCase<float>(c, 4e-6);
  checkCase<double>(c, 1e-13);
}

}  // namespace

TEST(attention_sizes) {
  check::forEachIsa([](Isa) {
    for (const bool causal : {false, true}) {
      for (const int64_t queries : {1, 15, 16, 17, 63, 64, 65, 130}) {
        for (const int64_t keys : {1, 16, 33, 64, 70, 129, 200}) {
          checkBoth({1, queries, keys, 5, 3, causal, Masking::kNone, false});
        }
      }
      checkBoth({3, 20, 30, 33, 70, causal, Masking::kNone, false});
      checkBoth({2, 3, 4, 0, 2, causal, Masking::kNone, false});
      checkBoth({2, 3, 4, 2, 0, causal, Masking::kNone, false});
      checkBoth({2, 3, 0, 2, 2, causal, Masking::kNone, false});
      checkBoth({2, 0, 3, 2, 2, causal, Masking::kNone, false});
      checkBoth({0, 2, 3, 2, 2, causal, Masking::kNone, false});
    }
  });
}

TEST(attention_masks_and_strides) {
  check::forEachIsa([](Isa) {
    for (const Masking masking : {Masking::kNone, Masking::kTruths, Masking::kTerms}) {
      for (const bool causal : {false, true}) {
        for (const bool interleaved : {false, true}) {
          checkBoth({2, 70, 140, 9, 12, causal, masking, interleaved});
          checkBoth(
              {3, 30, 20, 130, 8, causal, masking, interleaved});  // rows farther apart than pages are long
        }
      }
    }
  });
}

TEST(attention_of_repeated_and_turned_rows) {
  check::forEachIsa([](Isa) {
    Operands<double> o({2, 40, 50, 6, 7, true, Masking::kNone, false});
    // One head for both, and features far apart.
    Tensor<double> k({2, 50, 6}, {0, 1, 50}, [](int64_t i) { return check::noise(i); });
    const std::vector<double> attributes = o.attributes(DType::kFloat64);
    const std::vector<View> strided = {o.out.view(), o.logSum.view(), o.q.view(), k.view(), o.v.view()};
    CHECK(check::run(Kernel::k_attention, DType::kFloat64, strided, attributes) == Status::kOk);
    const std::vector<View> gradients = {o.dq.view(),     o.dk.view(), o.dv.view(), o.g.view(), o.out.view(),
                                         o.logSum.view(), o.q.view(),  k.view(),    o.v.view()};
    CHECK(check::run(Kernel::k_attentionGrad, DType::kFloat64, gradients, attributes) == Status::kOk);
    for (int64_t i = 0; i < k.layout.size; ++i) o.k.at(i) = k.at(i);
    compare(o, 1e-13);
    CHECK(o.guarded());
  });
}

TEST(attention_rows_that_see_nothing) {
  check::forEachIsa([](Isa) {
    Operands<float> o({1, 70, 140, 8, 8, false, Masking::kTerms, false});
    for (int64_t j = 0; j < 140; ++j) {
      o.terms.at(5 * 140 + j) = -INFINITY;
      if (j < 130) o.terms.at(66 * 140 + j) = -INFINITY;  // nothing in the first block of keys
    }
    CHECK(o.forward(DType::kFloat32) == Status::kOk && o.backward(DType::kFloat32) == Status::kOk);
    for (int64_t e = 0; e < 8; ++e) CHECK(o.at(o.out, 0, 5, e) == 0 && o.at(o.dq, 0, 5, e) == 0);
    compare(o, 4e-6);
  });
}

TEST(attention_spreads_nan) {
  check::forEachIsa([](Isa) {
    Operands<float> o({1, 70, 140, 8, 8, false, Masking::kNone, false});
    o.q.at(3 * 8) = NAN;
    CHECK(o.forward(DType::kFloat32) == Status::kOk && o.backward(DType::kFloat32) == Status::kOk);
    for (int64_t i = 0; i < 70; ++i) CHECK(static_cast<bool>(isnan(o.at(o.out, 0, i, 1))) == (i == 3));
    CHECK(isnan(o.at(o.dq, 0, 3, 0)) && isnan(o.at(o.dk, 0, 7, 0)) && isnan(o.at(o.dv, 0, 7, 0)));
    o.q.at(3 * 8) = 0;
    o.k.at(139 * 8) = NAN;
    CHECK(o.forward(DType::kFloat32) == Status::kOk);
    for (int64_t i = 0; i < 70; ++i) CHECK(isnan(o.at(o.out, 0, i, 1)));
  });
}

TEST(attention_bits_do_not_depend_on_threads) {
  Operands<float> o({5, 200, 230, 24, 20, true, Masking::kTruths, true});
  std::vector<unsigned char> first[4];
  for (int threads : {1, 2, 3, 16}) {
    setThreadCount(threads);
    CHECK(o.forward(DType::kFloat32) == Status::kOk && o.backward(DType::kFloat32) == Status::kOk);
    const std::vector<unsigned char>* found[4] = {&o.out.memory, &o.dq.memory, &o.dk.memory, &o.dv.memory};
    for (int i = 0; i < 4; ++i) {
      if (threads == 1) first[i] = *found[i];
      CHECK(first[i] == *found[i]);
    }
  }
  setThreadCount(defaultThreadCount());
}

TEST(attention_refuses_shapes) {
  Operands<float> o({2, 3, 4, 5, 6, false, Masking::kTerms, false});
  Tensor<float> wide({2, 3, 7}), flat({6}), few({1, 3, 5}), repeated({2, 3, 6}, {0, 6, 1}),
      gaps({2, 3, 6}, {36, 12, 2});
  const auto forward = [&](const View& out, const View& logSum, const View& q, const View& mask, double code,
                           double scale, double causal) {
    return check::run(Kernel::k_attention, DType::kFloat32, {out, logSum, q, o.k.view(), o.v.view(), mask},
                      {code, scale, causal});
  };
  const View out = o.out.view(), logSum = o.logSum.view(), q = o.q.view(), mask = o.terms.view();
  CHECK(forward(out, logSum, q, mask, 0, 1, 0) == Status::kOk);
  for (const View& bad : {wide.view(), flat.view(), repeated.view(), gaps.view()}) {
    CHECK(forward(bad, logSum, q, mask, 0, 1, 0) == Status::kShapeMismatch);
  }
  for (const View& bad : {wide.view(), flat.view(), few.view()}) {
    CHECK(forward(out, logSum, bad, mask, 0, 1, 0) == Status::kShapeMismatch);
    CHECK(forward(out, bad, q, mask, 0, 1, 0) == Status::kShapeMismatch);
    CHECK(forward(out, logSum, q, bad, 0, 1, 0) == Status::kShapeMismatch);
  }
  CHECK(forward(out, logSum, q, mask, 1, 1, 0) == Status::kBadAttribute);
  CHECK(forward(out, logSum, q, mask, 0, NAN, 0) == Status::kBadAttribute);
  CHECK(forward(out, logSum, q, mask, 0, 1, 2) == Status::kBadAttribute);
  o.dk.layout.dims[1] = 3;
  CHECK(o.backward(DType::kFloat32) == Status::kShapeMismatch);
}

TEST(embedding_rows_and_their_gradient) {
  constexpr int64_t rows = 50, columns = 75, count = 300, padding = 7;
  Tensor<float> table({rows, columns}, {1, rows}, check::noise), out({count, columns}), sums({rows, columns});
  Tensor<float> g({count, columns}, {2 * columns, 2}, [](int64_t i) { return check::noise(i + 9); });
  Tensor<int32_t> index({count}, {3}, [](int64_t i) { return (i * i + 3) % rows; });
  std::vector<unsigned char> first;
  for (int threads : {1, 2, 16}) {
    setThreadCount(threads);
    CHECK(check::run(Kernel::k_embedding, DType::kFloat32, {out.view(), table.view(), index.view()}, {-1}) ==
          Status::kOk);
    CHECK(check::run(Kernel::k_embeddingGrad, DType::kFloat32, {sums.view(), index.view(), g.view()},
                     {padding}) == Status::kOk);
    if (first.empty()) first = sums.memory;
    CHECK(first == sums.memory);
  }
  setThreadCount(defaultThreadCount());
  for (int64_t i = 0; i < count; ++i) {
    for (int64_t j = 0; j < columns; ++j) {
      CHECK(out.at(i * columns + j) == table.at(index.at(i) * columns + j));
    }
  }
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t j = 0; j < columns; ++j) {
      float sum = 0;  // in the order of the list
      for (int64_t i = 0; i < count && r != padding; ++i) {
        if (index.at(i) == r) sum += g.at(i * columns + j);
      }
      CHECK(sums.at(r * columns + j) == sum);
    }
  }
  CHECK(check::run(Kernel::k_embedding, DType::kFloat32, {out.view(), table.view(), index.view()}, {3}) ==
        Status::kOk);
  CHECK(out.at(0) == 0 && index.at(0) == 3 && out.guarded() && sums.guarded());
}

TEST(embedding_refuses) {
  Tensor<float> table({4, 2}), out({3, 2}), wide({3, 3});
  Tensor<int32_t> index({3}, {1}, [](int64_t i) { return i; });
  const auto look = [&](const View& to, double padding) {
    return check::run(Kernel::k_embedding, DType::kFloat32, {to, table.view(), index.view()}, {padding});
  };
  CHECK(look(out.view(), -1) == Status::kOk && look(wide.view(), -1) == Status::kShapeMismatch);
  CHECK(look(out.view(), 4) == Status::kBadAttribute && look(out.view(), 0.5) == Status::kBadAttribute);
  index.at(2) = 4;
  std::vector<unsigned char> before = out.memory;
  CHECK(look(out.view(), -1) == Status::kIndexOutOfRange && out.memory == before);
  index.at(2) = -1;
  before = table.memory;
  CHECK(check::run(Kernel::k_embeddingGrad, DType::kFloat32, {table.view(), index.view(), out.view()},
                   {-1}) == Status::kIndexOutOfRange);
  CHECK(table.memory == before);
}
