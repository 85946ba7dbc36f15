// Matrix products: squares, and those of layers with both of their gradients.
#include "suite.h"

namespace bench {
namespace {

void add(std::vector<Case>& cases, const char* group, int64_t batch, int64_t m, int64_t k, int64_t n,
         const char* transposes) {
  const bool turnA = transposes[0] == 'T', turnB = transposes[1] == 'T';
  std::string name = std::to_string(m) + "x" + std::to_string(k) + "x" + std::to_string(n) + " " + transposes;
  if (batch > 1) name += " x" + std::to_string(batch);
  const auto build = [=](DriverCall& call) {
    const auto matrix = [&](int64_t rows, int64_t columns, bool turned) {
      const int64_t down = turned ? 1 : columns, right = turned ? rows : 1;
      if (batch == 1) {
        call.operand({rows, columns}, {down, right});
      } else {
        call.operand({batch, rows, columns}, {rows * columns, down, right});
      }
    };
    matrix(m, n, false);
    matrix(m, k, turnA);
    matrix(k, n, turnB);
  };
  const double flops = 2.0 * static_cast<double>(batch * m * k) * static_cast<double>(n);
  cases.push_back({group, name, "matmul", build, flops, Limit::kArithmetic});
}

// A layer (batch, in) to (batch, out) with its weight (out, in), and the gradients of its input and weight.
void addLayer(std::vector<Case>& cases, int64_t batch, int64_t in, int64_t out) {
  add(cases, "layer", 1, batch, in, out, "NT");
  add(cases, "layer", 1, batch, out, in, "NN");
  add(cases, "layer", 1, out, batch, in, "TN");
}

}  // namespace

void addProducts(std::vector<Case>& cases) {
  for (int64_t size : {32, 64, 128, 256, 512, 1024, 2048}) add(cases, "square", 1, size, size, size, "NN");
  for (int64_t size : {64, 256, 1024}) {
    add(cases, "square", 1, size, size, size, "NT");
    add(cases, "square", 1, size, size, size, "TN");
  }
  addLayer(cases, 64, 784, 128);
  addLayer(cases, 128, 784, 512);
  addLayer(cases, 32, 512, 2048);
  addLayer(cases, 64, 128, 10);
  addLayer(cases, 128, 512, 10);
  for (int64_t rows : {1, 8}) {
    add(cases, "few rows", 1, rows, 512, 2048, "NN");
    add(cases, "few rows", 1, rows, 512, 2048, "NT");
  }
  for (const char* transposes : {"NN", "NT", "TN"}) add(cases, "batch", 8, 256, 256, 256, transposes);
}

}  // namespace bench
