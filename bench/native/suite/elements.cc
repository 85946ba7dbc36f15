// Elementwise operations, reductions, rows and optimizers, in the second-level cache and in main memory.
#include "suite.h"

namespace bench {
namespace {

constexpr int64_t kColumns = 1024;

// Rows of kColumns floats: a case's arrays come to half of a second-level cache of 1 MB, or far beyond the
// last level's.
struct Level {
  const char* name;
  int64_t floats;
};
constexpr Level kLevels[] = {{"L2", int64_t{128} << 10}, {"DRAM", int64_t{48} << 20}};

// Builds a case's call on matrices of so many rows.
using Build = void (*)(DriverCall& call, int64_t rows);

struct Kind {
  const char* kernel;
  int arrays;  // of that size that are read or written
  Limit limit;
  Build build;
};

void twoArrays(DriverCall& call, int64_t rows) { call.operand({rows, kColumns}).operand({rows, kColumns}); }

void threeArrays(DriverCall& call, int64_t rows) {
  twoArrays(call, rows);
  call.operand({rows, kColumns});
}

void wholeSum(DriverCall& call, int64_t rows) { call.operand({1, 1}).operand({rows, kColumns}); }
void sumOfRows(DriverCall& call, int64_t rows) { call.operand({rows, 1}).operand({rows, kColumns}); }
void sumOfColumns(DriverCall& call, int64_t rows) { call.operand({1, kColumns}).operand({rows, kColumns}); }

// Attribute 0 is the axis.
void alongRows(DriverCall& call, int64_t rows) {
  twoArrays(call, rows);
  call.attribute(0, 1);
}

void gradientAlongRows(DriverCall& call, int64_t rows) {
  threeArrays(call, rows);
  call.attribute(0, 1);
}

// Output, mean and reciprocal deviation of each row, input, weight, bias; how many axes are normalised, and
// eps.
void layerNorm(DriverCall& call, int64_t rows) {
  call.operand({rows, kColumns})
      .operand({2, rows})
      .operand({rows, kColumns})
      .operand({kColumns})
      .operand({kColumns});
  call.attribute(0, 1).attribute(1, 1e-5);
}

void adam(DriverCall& call, int64_t rows) {
  call.row(rows * kColumns);
  const double attributes[] = {1e-3, 0, 0, 0.9, 0.999, 1e-8, 0, 0.1, 0.001};
  for (int i = 0; i < 9; ++i) call.attribute(i, attributes[i]);
}

struct Named {
  const char* name;
  Kind kind;
};

constexpr Named kKinds[] = {
    {"add", {"add", 3, Limit::kWriting, threeArrays}},
    {"relu", {"relu", 2, Limit::kWriting, twoArrays}},
    {"exp", {"exp", 2, Limit::kWriting, twoArrays}},
    {"tanh", {"tanh", 2, Limit::kWriting, twoArrays}},
    {"gelu", {"gelu", 2, Limit::kWriting, twoArrays}},
    {"sum", {"sum", 1, Limit::kReading, wholeSum}},
    {"sum of rows", {"sum", 1, Limit::kReading, sumOfRows}},
    {"sum of columns", {"sum", 1, Limit::kReading, sumOfColumns}},
    {"softmax", {"softmax", 2, Limit::kWriting, alongRows}},
    {"softmax gradient", {"softmaxGrad", 3, Limit::kWriting, gradientAlongRows}},
    {"layerNorm", {"layerNorm", 2, Limit::kWriting, layerNorm}},
    {"Adam", {"adam", 7, Limit::kUpdating, adam}},
};

}  // namespace

void addElements(std::vector<Case>& cases) {
  for (const Level& level : kLevels) {
    for (const Named& named : kKinds) {
      const Kind& kind = named.kind;
      // Adam writes three of its four arrays where they are.
      const int64_t held = kind.limit == Limit::kUpdating ? 4 : kind.arrays;
      const int64_t rows = level.floats / held / kColumns;
      const double bytes = 4.0 * static_cast<double>(rows * kColumns * kind.arrays);
      const auto build = [=](DriverCall& call) { kind.build(call, rows); };
      cases.push_back({level.name, named.name, kind.kernel, build, bytes, kind.limit, 4 * level.floats});
    }
  }
}

}  // namespace bench
