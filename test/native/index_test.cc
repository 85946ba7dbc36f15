// Gather, scatterAdd, indexSelect, indexAdd against their definitions; bad indices leave everything
// untouched.
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
