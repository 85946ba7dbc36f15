// Gather, the scatters, indexSelect, indexAdd, indexCopy, flatIndex against their definitions; bad indices
// leave everything untouched.
#include "calls.h"
#include "check.h"
#include "ops/drivers.h"

using namespace quern;
using check::Dims;
using check::Guarded;
using check::TestCall;

namespace {

void fillIndices(Guarded<int32_t>& index, int64_t limit) {
  uint32_t state = 7;
  for (int64_t i = 0; i < index.size(); ++i) {
    state = state * 1664525u + 1013904223u;
    index[i] = static_cast<int32_t>((state >> 8) % static_cast<uint32_t>(limit));
  }
}

// Three axes; the list has length L along `axis`, the addressed tensor A.
struct Case {
  int64_t before, after, list, addressed;
  int axis;

  Dims dims(int64_t along) const {
    return axis == 0   ? Dims{along, before, after}
           : axis == 1 ? Dims{before, along, after}
                       : Dims{before, after, along};
  }
  // Flat position of (b, along, a), with `size` elements along the axis.
  int64_t at(int64_t b, int64_t along, int64_t a, int64_t size) const {
    if (axis == 0) return (along * before + b) * after + a;
    if (axis == 1) return (b * size + along) * after + a;
    return (b * after + a) * size + along;
  }
};

const Case kCases[] = {{3, 5, 4, 6, 0},    {3, 5, 4, 6, 1},    {3, 5, 4, 6, 2},     {40, 30, 50, 7, 0},
                       {40, 30, 50, 7, 1}, {40, 30, 50, 7, 2}, {64, 100, 1, 10, 2}, {1, 1, 1000, 3, 2}};

template <class T>
void checkGather(const Case& s) {
  const int64_t rest = s.before * s.after;
  Guarded<T> x(rest * s.addressed), out(rest * s.list), sum(rest * s.addressed, T(2)),
      expected(rest * s.addressed, T(2));
  Guarded<int32_t> index(rest * s.list);
  for (int64_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>(static_cast<double>(i % 251) * 0.37);
  fillIndices(index, s.addressed);
  TestCall gather(Kernel::k_gather, check::dtypeOf<T>(), {double(s.axis)});
  gather.operand(out.data(), s.dims(s.list))
      .operand(x.data(), s.dims(s.addressed))
      .operand(index.data(), s.dims(s.list));
  CHECK(gather.run(run_gather) == Status::kOk && out.intact());
  bool same = true;
  for (int64_t b = 0; b < s.before; ++b) {
    for (int64_t l = 0; l < s.list; ++l) {
      for (int64_t a = 0; a < s.after; ++a) {
        const int64_t i = s.at(b, l, a, s.list);
        const int64_t to = s.at(b, index[i], a, s.addressed);
        same &= out[i] == x[to];
        expected[to] = static_cast<T>(expected[to] + out[i]);
      }
    }
  }
  CHECK(same);
  TestCall scatter(Kernel::k_scatterAdd, check::dtypeOf<T>(), {double(s.axis)});
  scatter.operand(sum.data(), s.dims(s.addressed))
      .operand(index.data(), s.dims(s.list))
      .operand(out.data(), s.dims(s.list));
  CHECK(scatter.run(run_scatterAdd) == Status::kOk && sum.intact());
  // Sources are added in ascending order along the axis: the reference's order, to the bit.
  CHECK(sum.sameBits(expected));
}

// Every way of writing along an axis, against a walk over the source in ascending order.
template <class T>
void checkWrites(const Case& s) {
  const int64_t rest = s.before * s.after;
  Guarded<T> source(rest * s.list);
  for (int64_t i = 0; i < source.size(); ++i)
    source[i] = static_cast<T>(static_cast<double>(i % 7) * 0.5 - 1);
  Guarded<int32_t> index(rest * s.list), slices(s.list);
  fillIndices(index, s.addressed);
  fillIndices(slices, s.addressed);
  struct Way {
    Kernel kernel;
    Driver driver;
    T (*write)(T, T);
  };
  const Way ways[] = {
      {Kernel::k_scatter, run_scatter, [](T, T value) { return value; }},
      {Kernel::k_scatterProd, run_scatterProd, [](T old, T value) { return static_cast<T>(old * value); }},
      {Kernel::k_scatterAmax, run_scatterAmax, [](T old, T value) { return value > old ? value : old; }},
      {Kernel::k_scatterAmin, run_scatterAmin, [](T old, T value) { return value < old ? value : old; }},
      {Kernel::k_indexCopy, run_indexCopy, [](T, T value) { return value; }},
  };
  for (const Way& way : ways) {
    const bool whole = way.kernel == Kernel::k_indexCopy;
    Guarded<T> out(rest * s.addressed, T(1)), expected(rest * s.addressed, T(1));
    TestCall call(way.kernel, check::dtypeOf<T>(), {double(s.axis)});
    call.operand(out.data(), s.dims(s.addressed));
    if (whole)
      call.operand(slices.data(), {s.list});
    else
      call.operand(index.data(), s.dims(s.list));
    call.operand(source.data(), s.dims(s.list));
    CHECK(call.run(way.driver) == Status::kOk && out.intact());
    for (int64_t l = 0; l < s.list; ++l) {
      for (int64_t b = 0; b < s.before; ++b) {
        for (int64_t a = 0; a < s.after; ++a) {
          const int64_t i = s.at(b, l, a, s.list);
          const int64_t to = s.at(b, whole ? slices[l] : index[i], a, s.addressed);
          expected[to] = way.write(expected[to], source[i]);
        }
      }
    }
    CHECK(out.sameBits(expected));
  }
}

template <class T>
void checkSelect(const Case& s) {
  const int64_t rest = s.before * s.after;
  Guarded<T> x(rest * s.addressed), out(rest * s.list), sum(rest * s.addressed, T(2)),
      expected(rest * s.addressed, T(2));
  Guarded<int32_t> index(s.list);
  for (int64_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>(static_cast<double>(i % 251) * 0.37);
  fillIndices(index, s.addressed);
  TestCall select(Kernel::k_indexSelect, check::dtypeOf<T>(), {double(s.axis)});
  select.operand(out.data(), s.dims(s.list))
      .operand(x.data(), s.dims(s.addressed))
      .operand(index.data(), {s.list});
  CHECK(select.run(run_indexSelect) == Status::kOk && out.intact());
  bool same = true;
  for (int64_t b = 0; b < s.before; ++b) {
    for (int64_t l = 0; l < s.list; ++l) {
      for (int64_t a = 0; a < s.after; ++a) {
        const int64_t i = s.at(b, l, a, s.list), to = s.at(b, index[l], a, s.addressed);
        same &= out[i] == x[to];
        expected[to] = static_cast<T>(expected[to] + out[i]);
      }
    }
  }
  CHECK(same);
  TestCall add(Kernel::k_indexAdd, check::dtypeOf<T>(), {double(s.axis)});
  add.operand(sum.data(), s.dims(s.addressed))
      .operand(index.data(), {s.list})
      .operand(out.data(), s.dims(s.list));
  CHECK(add.run(run_indexAdd) == Status::kOk && sum.intact() && sum.sameBits(expected));
}

}  // namespace

TEST(index_gather_scatterAdd) {
  for (const Case& s : kCases) {
    check::forThreadCounts([&](int) {
      checkGather<float>(s);
      checkGather<double>(s);
      checkGather<int32_t>(s);
    });
  }
}

TEST(index_indexSelect_indexAdd) {
  for (const Case& s : kCases) {
    check::forThreadCounts([&](int) {
      checkSelect<float>(s);
      checkSelect<double>(s);
      checkSelect<int32_t>(s);
    });
  }
}

TEST(index_bytes_and_strides) {
  // Columns 1 and 3 of a transposed byte matrix.
  Guarded<uint8_t> x(12), out(6);
  Guarded<int32_t> index(2);
  for (int64_t i = 0; i < 12; ++i) x[i] = static_cast<uint8_t>(i);
  index[0] = 3, index[1] = 1;
  TestCall call(Kernel::k_indexSelect, DType::kUint8, {1});
  call.operand(out.data(), {3, 2}).operand(x.data(), {3, 4}, {1, 3}).operand(index.data(), {2});
  CHECK(call.run(run_indexSelect) == Status::kOk && out.intact());
  for (int64_t i = 0; i < 3; ++i) CHECK(out[2 * i] == 9 + i && out[2 * i + 1] == 3 + i);
}

TEST(index_wraps_int32) {
  Guarded<int32_t> out(1, 2147483647), source(1, 1), index(1);
  TestCall call(Kernel::k_scatterAdd, DType::kInt32, {0});
  call.operand(out.data(), {1}).operand(index.data(), {1}).operand(source.data(), {1});
  CHECK(call.run(run_scatterAdd) == Status::kOk && out[0] == INT32_MIN);
}

TEST(index_writes_in_order) {
  for (const Case& c : kCases) {
    check::forThreadCounts([&](int) {
      checkWrites<float>(c);
      checkWrites<double>(c);
      checkWrites<int32_t>(c);
    });
  }
}

TEST(index_extremes_of_nan) {
  Guarded<float> out(3, 1.0f), source(3);
  Guarded<int32_t> index(3);
  out[2] = NAN;
  source[0] = NAN, source[1] = 5.0f, source[2] = 9.0f;
  index[0] = 0, index[1] = 0, index[2] = 2;
  for (const bool largest : {true, false}) {
    TestCall call(largest ? Kernel::k_scatterAmax : Kernel::k_scatterAmin, DType::kFloat32, {0});
    call.operand(out.data(), {3}).operand(index.data(), {3}).operand(source.data(), {3});
    CHECK(call.run(largest ? run_scatterAmax : run_scatterAmin) == Status::kOk);
    CHECK(isnan(out[0]) && out[1] == 1.0f && isnan(out[2]));
  }
}

TEST(index_flat) {
  Guarded<int32_t> out(6), rows(2), columns(3);
  rows[0] = 1, rows[1] = -3;
  columns[0] = 0, columns[1] = -1, columns[2] = 3;
  TestCall call(Kernel::k_flatIndex, DType::kInt32, {3, 4});
  // (2, 1) and (3) broadcast to (2, 3) by strides.
  call.operand(out.data(), {2, 3})
      .operand(rows.data(), {2, 3}, {1, 0})
      .operand(columns.data(), {2, 3}, {0, 1});
  CHECK(call.run(run_flatIndex) == Status::kOk && out.intact());
  const int32_t expected[6] = {4, 7, 7, 0, 3, 3};
  for (int64_t i = 0; i < 6; ++i) CHECK(out[i] == expected[i]);
  for (const int32_t bad : {4, -5, 2147483647, -2147483647 - 1}) {
    columns[1] = bad;
    CHECK(call.run(run_flatIndex) == Status::kIndexOutOfRange && out.intact());
    CHECK(call.failure(0) == 2 && call.failure(1) == bad && call.failure(2) == 4 && call.failure(3) == 1);
  }
  for (const double size : {-1.0, 0.5, double(NAN), 2147483648.0}) {
    call.attribute(0, size);
    CHECK(call.run(run_flatIndex) == Status::kBadAttribute);
  }
  call.attribute(0, 65536);
  call.attribute(1, 65536);
  CHECK(call.run(run_flatIndex) == Status::kBadAttribute);
}

TEST(index_out_of_range_writes_nothing) {
  for (int32_t bad : {-1, 3, 2147483647}) {
    Guarded<float> out(3, 1.0f), source(4, 1.0f);
    Guarded<int32_t> index(4);
    index[2] = bad;
    TestCall call(Kernel::k_indexAdd, DType::kFloat32, {0});
    call.operand(out.data(), {3}).operand(index.data(), {4}).operand(source.data(), {4});
    CHECK(call.run(run_indexAdd) == Status::kIndexOutOfRange);
    CHECK(call.failure(0) == 1 && call.failure(1) == bad && call.failure(2) == 3 && call.failure(3) == 0);
    for (int64_t i = 0; i < 3; ++i) CHECK(out[i] == 1.0f);
  }
}

TEST(index_survives_writing_its_own_indices) {
  // x.scatterAdd(0, x, x): were indices read again after being changed, 2 + 2 = 4 would lie outside.
  Guarded<int32_t> x(3);
  x[0] = 2, x[1] = 2, x[2] = 2;
  TestCall call(Kernel::k_scatterAdd, DType::kInt32, {0});
  call.operand(x.data(), {3}).operand(x.data(), {3}).operand(x.data(), {3});
  CHECK(call.run(run_scatterAdd) == Status::kOk && x.intact());
  CHECK(x[0] == 2 && x[1] == 2);
}

TEST(index_refuses) {
  Guarded<float> x(12), out(12);
  Guarded<int32_t> index(12);
  const auto status = [&](double axis, const Dims& o, const Dims& from, const Dims& at) {
    TestCall call(Kernel::k_gather, DType::kFloat32, {axis});
    call.operand(out.data(), o).operand(x.data(), from).operand(index.data(), at);
    return call.run(run_gather);
  };
  CHECK(status(1, {2, 3}, {2, 4}, {2, 3}) == Status::kOk);
  CHECK(status(1, {2, 3}, {2, 4}, {2, 2}) == Status::kShapeMismatch);
  CHECK(status(1, {3, 3}, {2, 4}, {3, 3}) == Status::kShapeMismatch);
  CHECK(status(1, {3}, {2, 4}, {3}) == Status::kBadAttribute);
  for (double axis : {-1.0, 2.0, 0.5, double(NAN), 1e300}) {
    CHECK(status(axis, {2, 3}, {2, 4}, {2, 3}) == Status::kBadAttribute);
  }
}
