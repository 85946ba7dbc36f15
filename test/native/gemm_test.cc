// Matrix products: every tile edge, stride and batch against a double reference; bits independent of threads.
#include "calls.h"
#include "check.h"
#include "ops/drivers.h"

using namespace quern;
using check::Dims;
using check::Guarded;
using check::TestCall;

namespace {

// How a matrix lies in memory.
enum class Lay { kRows, kColumns, kSpread, kRepeatedRow };

Dims stridesOf(Lay lay, int64_t rows, int64_t columns) {
  switch (lay) {
    case Lay::kRows:
      return {columns, 1};
    case Lay::kColumns:
      return {1, rows};
    case Lay::kSpread:
      return {3 * columns + 1, 3};
    default:
      return {0, 1};
  }
}

template <class T>
void checkProduct(int64_t m, int64_t n, int64_t k, Lay layA, Lay layB) {
  Guarded<T> a(3 * (m + 1) * (k + 1) + m), b(3 * (k + 1) * (n + 1) + k), c(m * n, T(5));
  check::scramble(a, 1);
  check::scramble(b, 2);
  const Dims sa = stridesOf(layA, m, k), sb = stridesOf(layB, k, n);
  TestCall call(Kernel::k_matmul, check::dtypeOf<T>());
  call.operand(c.data(), {m, n}).operand(a.data(), {m, k}, sa).operand(b.data(), {k, n}, sb);
  CHECK(call.run(run_matmul) == Status::kOk);
  CHECK(c.intact());
  const double tolerance = (sizeof(T) == 4 ? 2e-7 : 4e-16) * static_cast<double>(k + 1);
  bool close = true;
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      double sum = 0;
      for (int64_t p = 0; p < k; ++p) {
        sum += static_cast<double>(a[i * sa[0] + p * sa[1]]) * static_cast<double>(b[p * sb[0] + j * sb[1]]);
      }
      close &= fabs(sum - static_cast<double>(c[i * n + j])) <= tolerance;
    }
  }
  CHECK(close);
}

template <class T>
void checkEdges() {
  const int64_t rows[] = {1, 2, 3, 5, 6, 7, 8, 9, 13, 17};
  const int64_t columns[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 47, 48, 49, 97};
  for (int64_t m : rows) {
    for (int64_t n : columns) {
      for (int64_t k : {1, 5}) {
        checkProduct<T>(m, n, k, Lay::kRows, Lay::kRows);
        checkProduct<T>(m, n, k, Lay::kColumns, Lay::kColumns);
      }
    }
  }
}

template <class T>
void checkLayouts() {
  const Lay lays[] = {Lay::kRows, Lay::kColumns, Lay::kSpread, Lay::kRepeatedRow};
  for (Lay a : lays) {
    for (Lay b : lays) {
      checkProduct<T>(37, 53, 41, a, b);
      checkProduct<T>(3, 70, 19, a, b);
      checkProduct<T>(70, 3, 19, a, b);
      checkProduct<T>(1, 64, 33, a, b);
      checkProduct<T>(64, 1, 33, a, b);
    }
  }
  checkProduct<T>(21, 50, 1100, Lay::kRows, Lay::kRows);  // several blocks of k
  checkProduct<T>(21, 50, 1100, Lay::kColumns, Lay::kColumns);
  checkProduct<T>(300, 1030, 3, Lay::kRows, Lay::kRows);  // rows of B so long that they are packed
}

}  // namespace

TEST(matmul_tile_edges) {
  check::forEachIsa([](Isa) {
    checkEdges<float>();
    checkEdges<double>();
  });
}

TEST(matmul_layouts) {
  check::forEachIsa([](Isa) {
    checkLayouts<float>();
    checkLayouts<double>();
  });
}

TEST(matmul_batches_broadcast) {
  // (2, 1, 3, 4) × (5, 4, 6), and a batch of rows against one matrix
  Guarded<double> a(2 * 3 * 4), b(5 * 4 * 6), c(2 * 5 * 3 * 6);
  check::scramble(a, 3);
  check::scramble(b, 4);
  TestCall call(Kernel::k_matmul, DType::kFloat64);
  call.operand(c.data(), {2, 5, 3, 6}).operand(a.data(), {2, 1, 3, 4}).operand(b.data(), {5, 4, 6});
  CHECK(call.run(run_matmul) == Status::kOk && c.intact());
  for (int64_t x = 0; x < 2; ++x) {
    for (int64_t y = 0; y < 5; ++y) {
      for (int64_t i = 0; i < 3; ++i) {
        for (int64_t j = 0; j < 6; ++j) {
          double sum = 0;
          for (int64_t p = 0; p < 4; ++p) sum += a[(x * 3 + i) * 4 + p] * b[(y * 4 + p) * 6 + j];
          CHECK_CLOSE(sum, c[((x * 5 + y) * 3 + i) * 6 + j], 1e-14);
        }
      }
    }
  }
  Guarded<double> folded(2 * 3 * 6);
  TestCall rows(Kernel::k_matmul, DType::kFloat64);
  rows.operand(folded.data(), {2, 3, 6}).operand(a.data(), {2, 3, 4}).operand(b.data(), {4, 6});
  CHECK(rows.run(run_matmul) == Status::kOk && folded.intact());
  for (int64_t i = 0; i < 6; ++i) {
    for (int64_t j = 0; j < 6; ++j) {
      double sum = 0;
      for (int64_t p = 0; p < 4; ++p) sum += a[i * 4 + p] * b[p * 6 + j];
      CHECK_CLOSE(sum, folded[i * 6 + j], 1e-14);
    }
  }
}

TEST(matmul_empty) {
  Guarded<float> c(6, 9.0f), none(0);
  TestCall call(Kernel::k_matmul, DType::kFloat32);
  call.operand(c.data(), {2, 3}).operand(none.data(), {2, 0}).operand(none.data(), {0, 3});
  CHECK(call.run(run_matmul) == Status::kOk && c.intact());
  for (int64_t i = 0; i < 6; ++i) CHECK(c[i] == 0.0f);
  TestCall empty(Kernel::k_matmul, DType::kFloat32);
  empty.operand(none.data(), {0, 2, 3}).operand(none.data(), {0, 2, 4}).operand(c.data(), {4, 3}, {0, 0});
  CHECK(empty.run(run_matmul) == Status::kOk);
}

TEST(matmul_propagates_nan) {
  check::forEachIsa([](Isa) {
    for (int64_t n : {1, 7, 60}) {
      Guarded<float> a(3 * 5), b(5 * n), c(3 * n);
      b[2 * n] = NAN;
      a[5] = INFINITY;
      TestCall call(Kernel::k_matmul, DType::kFloat32);
      call.operand(c.data(), {3, n}).operand(a.data(), {3, 5}).operand(b.data(), {5, n});
      CHECK(call.run(run_matmul) == Status::kOk);
      for (int64_t i = 0; i < 3; ++i) CHECK(isnan(c[i * n]));  // 0 · NaN
      for (int64_t j = 0; j < n; ++j) CHECK(isnan(c[n + j]));  // ∞ · 0
      if (n > 1) CHECK(c[1] == 0.0f);
    }
  });
}

TEST(matmul_bits_do_not_depend_on_threads) {
  const struct {
    int64_t batch, m, n, k;
    Lay a, b;
  } cases[] = {{1, 129, 145, 600, Lay::kRows, Lay::kRows},
               {1, 64, 128, 784, Lay::kRows, Lay::kColumns},
               {1, 784, 10, 64, Lay::kColumns, Lay::kRows},
               {7, 65, 40, 70, Lay::kRows, Lay::kColumns},
               {1, 300, 600, 520, Lay::kSpread, Lay::kRows}};
  for (const auto& c : cases) {
    const Dims sa = stridesOf(c.a, c.m, c.k), sb = stridesOf(c.b, c.k, c.n);
    const int64_t itemA = 3 * (c.m + 1) * (c.k + 1), itemB = c.k * c.n;
    Guarded<float> a(c.batch * itemA), b(c.batch * itemB), expected(c.batch * c.m * c.n);
    check::scramble(a, 5);
    check::scramble(b, 6);
    check::forThreadCounts([&](int threads) {
      Guarded<float> out(c.batch * c.m * c.n);
      TestCall call(Kernel::k_matmul, DType::kFloat32);
      call.operand(out.data(), {c.batch, c.m, c.n})
          .operand(a.data(), {c.batch, c.m, c.k}, {itemA, sa[0], sa[1]})
          .operand(b.data(), {c.batch, c.k, c.n}, {itemB, sb[0], sb[1]});
      CHECK(call.run(run_matmul) == Status::kOk && out.intact());
      if (threads == 1) expected = out;
      CHECK(out.sameBits(expected));
    });
  }
}

TEST(matmul_refuses_shapes) {
  Guarded<float> x(64);
  const auto status = [&](const Dims& c, const Dims& a, const Dims& b) {
    TestCall call(Kernel::k_matmul, DType::kFloat32);
    call.operand(x.data(), c).operand(x.data(), a).operand(x.data(), b);
    return call.run(run_matmul);
  };
  CHECK(status({2, 3}, {2, 4}, {5, 3}) == Status::kShapeMismatch);
  CHECK(status({2, 3}, {3, 4}, {4, 3}) == Status::kShapeMismatch);
  CHECK(status({2, 3}, {2, 4}, {4, 2}) == Status::kShapeMismatch);
  CHECK(status({2}, {2, 4}, {4}) == Status::kShapeMismatch);
  CHECK(status({2, 2, 2}, {3, 2, 2}, {2, 2}) == Status::kShapeMismatch);
  CHECK(status({2, 2}, {1, 2, 2}, {2, 2}) == Status::kShapeMismatch);
  TestCall strided(Kernel::k_matmul, DType::kFloat32);
  strided.operand(x.data(), {2, 2}, {1, 2}).operand(x.data(), {2, 2}).operand(x.data(), {2, 2});
  CHECK(strided.run(run_matmul) == Status::kShapeMismatch);
}
