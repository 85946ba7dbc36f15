// Matrix products: every tile edge, stride and batch against a double reference; bits independent of threads.
#include "ops/gemm.h"

#include "calls.h"
#include "check.h"
#include "kernels/table.h"
#include "ops/bf16.h"
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
void checkProduct(int64_t m, int64_t n, int64_t k, Lay layA, Lay layB,
                  Precision precision = Precision::kFull) {
  Guarded<T> a(3 * (m + 1) * (k + 1) + m), b(3 * (k + 1) * (n + 1) + k), c(m * n, T(5));
  check::scramble(a, 1);
  check::scramble(b, 2);
  const Dims sa = stridesOf(layA, m, k), sb = stridesOf(layB, k, n);
  TestCall call(Kernel::k_matmul, check::dtypeOf<T>());
  call.attribute(kPrecisionAttribute, static_cast<double>(precision));
  call.operand(c.data(), {m, n}).operand(a.data(), {m, k}, sa).operand(b.data(), {k, n}, sb);
  CHECK(call.run(run_matmul) == Status::kOk);
  CHECK(c.intact());
  if (precision == Precision::kBf16) {
    check::roundAll(a);
    check::roundAll(b);
  }
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
  checkProduct<T>(300, 1030, 3, Lay::kRows, Lay::kRows);     // rows of B so long that they are packed
  checkProduct<T>(520, 300, 70, Lay::kColumns, Lay::kRows);  // columns of A so far apart that they are copied
  checkProduct<T>(1, 600, 2100, Lay::kRows, Lay::kRows);     // B in strips
  checkProduct<T>(2, 600, 2100, Lay::kRows, Lay::kRows);
  checkProduct<T>(40, 300, 1100, Lay::kRows,
                  Lay::kColumns);  // C by way of its transpose, several blocks of k
  checkProduct<T>(40, 300, 90, Lay::kColumns, Lay::kColumns);
  checkProduct<T>(300, 10, 65, Lay::kColumns, Lay::kRows);
}

double activated(Activation activation, double x) {
  switch (activation) {
    case Activation::kRelu:
      return x > 0 ? x : 0;
    case Activation::kGelu:
      return x / 2 * (1 + erf(x / sqrt(2.0)));
    case Activation::kGeluTanh:
      return x / 2 * (1 + tanh(sqrt(2 / 3.14159265358979323846) * (x + 0.044715 * x * x * x)));
    case Activation::kTanh:
      return tanh(x);
    case Activation::kSigmoid:
      return 1 / (1 + exp(-x));
    default:
      return x;
  }
}

// A product with all that an epilogue may do, between rows that must stay as they are.
template <class T>
void checkEpilogue(int64_t m, int64_t n, int64_t k, Lay layA, Lay layB, Activation activation) {
  const int64_t ldc = n + 3;
  Guarded<T> a(3 * (m + 1) * (k + 1)), b(3 * (k + 1) * (n + 1)), c(m * ldc), rows(m), columns(n);
  check::scramble(a, 1);
  check::scramble(b, 2);
  check::scramble(c, 3);
  check::scramble(rows, 4);
  check::scramble(columns, 5);
  Guarded<T> before = c;
  const Dims sa = stridesOf(layA, m, k), sb = stridesOf(layB, k, n);
  const Epilogue<T> epilogue = {true, activation, columns.data(), rows.data()};
  CHECK(gemm<T>(m, n, k, a.data(), sa[0], sa[1], b.data(), sb[0], sb[1], c.data(), ldc, epilogue));
  CHECK(c.intact());
  const double tolerance = (sizeof(T) == 4 ? 3e-7 : 6e-16) * static_cast<double>(k + 4);
  bool close = true, kept = true;
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      double sum = static_cast<double>(before[i * ldc + j] + rows[i]) + static_cast<double>(columns[j]);
      for (int64_t p = 0; p < k; ++p) {
        sum += static_cast<double>(a[i * sa[0] + p * sa[1]]) * static_cast<double>(b[p * sb[0] + j * sb[1]]);
      }
      close &= fabs(activated(activation, sum) - static_cast<double>(c[i * ldc + j])) <= tolerance;
    }
    for (int64_t j = n; j < ldc; ++j) kept &= c[i * ldc + j] == before[i * ldc + j];
  }
  CHECK(close);
  CHECK(kept);
}

template <class T>
void checkEpilogues() {
  const Lay lays[] = {Lay::kRows, Lay::kColumns};
  for (int code = 0; code < kActivationCount; ++code) {
    const Activation activation = static_cast<Activation>(code);
    checkEpilogue<T>(5, 19, 0, Lay::kRows, Lay::kRows, activation);
    for (Lay a : lays) {
      for (Lay b : lays) {
        checkEpilogue<T>(4, 9, 3, a, b, activation);
        checkEpilogue<T>(1, 70, 40, a, b, activation);
        checkEpilogue<T>(70, 1, 40, a, b, activation);
        checkEpilogue<T>(37, 61, 40, a, b, activation);
        checkEpilogue<T>(20, 250, 70, a, b, activation);
      }
    }
    checkEpilogue<T>(13, 29, 1100, Lay::kRows, Lay::kRows, activation);
    checkEpilogue<T>(20, 250, 1100, Lay::kRows, Lay::kColumns, activation);
  }
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

TEST(gemm_epilogues) {
  check::forEachIsa([](Isa) {
    checkEpilogues<float>();
    checkEpilogues<double>();
  });
}

TEST(matmul_of_rounded_operands) {
  check::forEachIsa([](Isa) {
    for (Lay a : {Lay::kRows, Lay::kColumns, Lay::kSpread, Lay::kRepeatedRow}) {
      for (Lay b : {Lay::kRows, Lay::kColumns, Lay::kSpread, Lay::kRepeatedRow}) {
        for (int64_t k : {1, 2, 41, 64}) {
          checkProduct<float>(37, 53, k, a, b, Precision::kBf16);
          checkProduct<float>(3, 70, k, a, b, Precision::kBf16);
          checkProduct<float>(130, 16, k, a, b, Precision::kBf16);
        }
        checkProduct<float>(65, 130, 259, a, b, Precision::kBf16);
        for (int64_t m = 1; m < 16; ++m)
          checkProduct<float>(m, 16 + 29 * m, 30 + 7 * m, a, b, Precision::kBf16);
      }
    }
    checkProduct<float>(40, 300, 2101, Lay::kRows, Lay::kColumns, Precision::kBf16);
    checkProduct<float>(520, 300, 141, Lay::kColumns, Lay::kRows, Precision::kBf16);
    checkProduct<float>(1, 64, 33, Lay::kRows, Lay::kColumns, Precision::kBf16);
  });
}

TEST(matmul_of_rounded_operands_has_no_float64) {
  Guarded<double> a(1), b(1), c(1);
  TestCall call(Kernel::k_matmul, DType::kFloat64);
  call.attribute(kPrecisionAttribute, 1);
  call.operand(c.data(), {1, 1}).operand(a.data(), {1, 1}).operand(b.data(), {1, 1});
  CHECK(call.run(run_matmul) == Status::kBadAttribute);
}

// Ties go to even, large numbers to infinity; NaN stays, wherever its bits lie.
TEST(rounding_to_bfloat16) {
  check::forEachIsa([](Isa) {
    const uint32_t given[] = {0x3f808000, 0x3f818000, 0x3f808001, 0x3f807fff, 0x7f7fffff,
                              0x7f800000, 0xff800000, 0x80000000, 0x7f800001, 0xffc12345};
    const uint32_t wanted[] = {0x3f800000, 0x3f820000, 0x3f810000, 0x3f800000, 0x7f800000,
                               0x7f800000, 0xff800000, 0x80000000, 0x7fc00000, 0xffc10000};
    constexpr int count = sizeof given / sizeof *given;
    Guarded<float> from(3 * count), to(3 * count), pairs(3 * count);
    for (int i = 0; i < 3 * count; ++i) memcpy(&from[i], &given[i % count], sizeof(float));
    const Bf16Kernels& kernels = kernelTable().bf16;
    kernels.round(3 * count, from.data(), to.data());
    CHECK(to.intact());
    bool same = true;
    for (int i = 0; i < 3 * count; ++i) same &= memcmp(&to[i], &wanted[i % count], sizeof(float)) == 0;
    CHECK(same);
    if (!kernels.pairAlong) return;
    // An odd number of values: the last pair has a zero.
    kernels.pairAlong(3 * count - 1, from.data(), pairs.data());
    for (int i = 0; i < 3 * count; ++i) {
      const uint32_t expected = i == 3 * count - 1 ? 0 : wanted[i % count] >> 16;
      uint16_t found;
      memcpy(&found, reinterpret_cast<const char*>(pairs.data()) + 2 * i, sizeof found);
      CHECK(found == expected);
    }
    kernels.pairAcross(3 * count - 1, from.data(), from.data() + 1, pairs.data());
    for (int i = 0; i < 3 * count - 1; ++i) {
      uint32_t found;
      memcpy(&found, &pairs[i], sizeof found);
      CHECK(found == (wanted[i % count] >> 16 | wanted[(i + 1) % count]));
    }
    CHECK(pairs.intact());
  });
}

TEST(linear_is_matmul_then_bias) {
  check::forEachIsa([](Isa) {
    const struct {
      int64_t m, n, k;
    } shapes[] = {{4, 8, 2}, {64, 10, 128}, {33, 50, 70}, {8, 130, 300}, {1, 40, 64}, {300, 1, 40}};
    for (const auto& s : shapes) {
      Guarded<float> x(s.m * s.k), w(s.n * s.k), bias(3 * s.n), product(s.m * s.n), out(s.m * s.n);
      check::scramble(x, 7);
      check::scramble(w, 8);
      check::scramble(bias, 9);
      TestCall matmul(Kernel::k_matmul, DType::kFloat32);
      matmul.operand(product.data(), {s.m, s.n})
          .operand(x.data(), {s.m, s.k})
          .operand(w.data(), {s.k, s.n}, {1, s.k});
      CHECK(matmul.run(run_matmul) == Status::kOk);
      TestCall linear(Kernel::k_linear, DType::kFloat32, {1.0});
      linear.operand(out.data(), {s.m, s.n})
          .operand(x.data(), {s.m, s.k})
          .operand(w.data(), {s.n, s.k})
          .operand(bias.data(), {s.n}, {3});
      CHECK(linear.run(run_linear) == Status::kOk && out.intact());
      for (int64_t i = 0; i < s.m; ++i) {
        for (int64_t j = 0; j < s.n; ++j) {
          const float sum = product[i * s.n + j] + bias[3 * j];
          product[i * s.n + j] = sum > 0 ? sum : 0.0f;
        }
      }
      CHECK(out.sameBits(product));
    }
  });
}

TEST(linear_propagates_nan) {
  check::forEachIsa([](Isa) {
    for (int code = 0; code < kActivationCount; ++code) {
      Guarded<float> x(3 * 5), w(7 * 5), bias(7), out(3 * 7);
      x[5] = NAN;
      bias[6] = NAN;
      TestCall call(Kernel::k_linear, DType::kFloat32, {static_cast<double>(code)});
      call.operand(out.data(), {3, 7})
          .operand(x.data(), {3, 5})
          .operand(w.data(), {7, 5})
          .operand(bias.data(), {7});
      CHECK(call.run(run_linear) == Status::kOk);
      for (int64_t j = 0; j < 7; ++j) CHECK(isnan(out[7 + j]));
      for (int64_t i = 0; i < 3; ++i) CHECK(isnan(out[i * 7 + 6]));
      CHECK(!isnan(out[0]));
    }
  });
}

TEST(linear_refuses) {
  Guarded<float> x(64);
  const auto status = [&](const Dims& out, const Dims& a, const Dims& w, const Dims& bias, double code) {
    TestCall call(Kernel::k_linear, DType::kFloat32, {code});
    call.operand(x.data(), out).operand(x.data(), a).operand(x.data(), w).operand(x.data(), bias);
    return call.run(run_linear);
  };
  CHECK(status({2, 3}, {2, 4}, {3, 5}, {3}, 0) == Status::kShapeMismatch);
  CHECK(status({2, 3}, {2, 4}, {4, 3}, {3}, 0) == Status::kShapeMismatch);
  CHECK(status({2, 3}, {2, 4}, {3, 4}, {2}, 0) == Status::kShapeMismatch);
  CHECK(status({2, 3}, {2, 4}, {3, 4}, {1, 3}, 0) == Status::kShapeMismatch);
  CHECK(status({6}, {2, 4}, {3, 4}, {3}, 0) == Status::kShapeMismatch);
  for (double code : {6.0, -1.0, 0.5, static_cast<double>(NAN)}) {
    CHECK(status({2, 3}, {2, 4}, {3, 4}, {3}, code) == Status::kBadAttribute);
  }
}
