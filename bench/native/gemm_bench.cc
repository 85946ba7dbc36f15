// Matrix products through their driver: GFLOP/s, percent of the peak sampled between the repetitions, and
// what a second thread brings.
//   quern_gemm_bench [words]     cases whose name contains one of the words; also: avx512 avx2 scalar neon
//   (one
//                           instruction set instead of the best), f64, bf16 (operands rounded), quick, all
//                           (every transpose of every shape)
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <string>
#include <vector>

#include "core/thread_pool.h"
#include "measure.h"
#include "ops/bf16.h"
#include "ops/drivers.h"
#include "peak.h"

using namespace quern;
using bench::Array;
using bench::nowNs;
using bench::threadNs;

namespace {

struct Case {
  const char* group;
  int64_t m, k, n, batch;
  const char* transposes;  // N or T for each operand; several separated by blanks
};

// M × K × N. A layer's forward is NN or NT by how its weights lie, its gradients are NT and TN.
constexpr Case kCases[] = {
    {"tiny", 4, 2, 8, 1, "NN NT TN"},
    {"tiny", 4, 8, 1, 1, "NN NT TN"},
    {"tiny", 8, 4, 2, 1, "NN NT TN"},
    {"square", 16, 16, 16, 1, "NN NT"},
    {"square", 32, 32, 32, 1, "NN NT TN TT"},
    {"square", 64, 64, 64, 1, "NN NT TN TT"},
    {"square", 96, 96, 96, 1, "NN"},
    {"square", 128, 128, 128, 1, "NN NT TN TT"},
    {"square", 256, 256, 256, 1, "NN NT TN TT"},
    {"square", 512, 512, 512, 1, "NN NT TN TT"},
    {"square", 1000, 1000, 1000, 1, "NN"},
    {"square", 1024, 1024, 1024, 1, "NN NT TN TT"},
    {"square", 2048, 2048, 2048, 1, "NN NT TN"},
    {"train", 64, 784, 128, 1, "NN NT"},
    {"train", 64, 128, 784, 1, "NN NT"},
    {"train", 784, 64, 128, 1, "TN"},
    {"train", 128, 64, 784, 1, "TN"},
    {"train", 128, 784, 512, 1, "NN NT"},
    {"train", 128, 512, 784, 1, "NN NT"},
    {"train", 784, 128, 512, 1, "TN"},
    {"train", 512, 128, 784, 1, "TN"},
    {"train", 128, 512, 512, 1, "NN NT"},
    {"train", 512, 128, 512, 1, "TN"},
    {"train", 32, 512, 2048, 1, "NN NT"},
    {"train", 32, 2048, 512, 1, "NN NT"},
    {"train", 512, 32, 2048, 1, "TN"},
    {"train", 768, 128, 384, 1, "NN NT"},
    {"train", 2048, 384, 1536, 1, "NN NT"},
    {"train", 384, 2048, 1536, 1, "TN"},
    {"narrow", 64, 128, 10, 1, "NN NT"},
    {"narrow", 128, 512, 10, 1, "NN NT"},
    {"narrow", 64, 10, 128, 1, "NN NT"},
    {"narrow", 128, 64, 10, 1, "TN"},
    {"narrow", 10, 64, 128, 1, "TN"},
    {"narrow", 784, 128, 10, 1, "TN"},
    {"few", 1, 512, 2048, 1, "NN NT"},
    {"few", 8, 512, 2048, 1, "NN NT"},
    {"few", 8, 784, 512, 1, "NN NT"},
    {"few", 2048, 512, 1, 1, "NN TN"},
    {"few", 4096, 4096, 1, 1, "NN TN"},
    {"batch", 256, 256, 256, 8, "NN NT TN"},
    {"batch", 64, 32, 64, 48, "NN NT"},
    {"batch", 256, 64, 256, 48, "NN NT TN"},
};

struct Options {
  std::vector<std::string> words;
  bool doubles = false, bf16 = false, quick = false;
};

bool wanted(const Options& options, const std::string& name) {
  if (options.words.empty()) return true;
  for (const std::string& word : options.words) {
    if (name.find(word) != std::string::npos) return true;
  }
  return false;
}

// A driver call on memory of its own.
template <class T>
class Product {
 public:
  Product(const Case& c, bool turnA, bool turnB, bool bf16)
      : a_(c.batch * c.m * c.k), b_(c.batch * c.k * c.n), c_(c.batch * c.m * c.n) {
    call_.kernel = static_cast<int>(Kernel::k_matmul);
    call_.dtype = sizeof(T) == 4 ? DType::kFloat32 : DType::kFloat64;
    attributes_[kPrecisionAttribute] = bf16 ? 1 : 0;
    call_.attributes = attributes_;
    call_.failure = failure_;
    operand(c_.data(), c.batch, c.m, c.n, false);
    operand(a_.data(), c.batch, c.m, c.k, turnA);
    operand(b_.data(), c.batch, c.k, c.n, turnB);
  }
  Product(const Product&) = delete;
  void run() {
    if (run_matmul(call_) != Status::kOk) abort();
  }

 private:
  void operand(T* data, int64_t batch, int64_t rows, int64_t columns, bool turned) {
    Layout& layout = layouts_[call_.count];
    int axis = 0;
    if (batch > 1) layout.dims[axis] = batch, layout.strides[axis++] = rows * columns;
    layout.dims[axis] = rows, layout.strides[axis++] = turned ? 1 : columns;
    layout.dims[axis] = columns, layout.strides[axis++] = turned ? rows : 1;
    layout.rank = axis;
    completeLayout(layout);
    call_.operand[call_.count++] = {data, &layout};
  }

  Array<T> a_, b_, c_;
  Layout layouts_[3];
  Call call_;
  double attributes_[kAttributeCount] = {};
  double failure_[kFailureCount] = {};
};

template <class T>
double bestNs(Product<T>& product, int64_t repeats, double best, double (*clock)()) {
  const double start = clock();
  for (int64_t r = 0; r < repeats; ++r) product.run();
  const double ns = (clock() - start) / static_cast<double>(repeats);
  return ns < best ? ns : best;
}

// One and two threads and the peak, in turns: what disturbs one disturbs all.
template <class T>
void measure(const Case& c, const char* transposes, const Options& options) {
  Product<T> product(c, transposes[0] == 'T', transposes[1] == 'T', options.bf16);
  const double flops = 2.0 * static_cast<double>(c.batch * c.m * c.k) * static_cast<double>(c.n);
  setThreadCount(1);
  product.run();
  double one = INFINITY, wall = INFINITY, two = INFINITY, peak = 0;
  const double estimate = bestNs(product, 1, INFINITY, nowNs);
  const int64_t repeats = 1 + static_cast<int64_t>(100e3 / (estimate > 1 ? estimate : 1));
  const double budget = options.quick ? 60e6 : 250e6;
  const double begin = nowNs();
  int rounds = 0;
  do {
    const double burst = bench::peakBurst(currentIsa(), sizeof(T));
    peak = burst > peak ? burst : peak;
    setThreadCount(1);
    for (int i = 0; i < 4; ++i) one = bestNs(product, repeats, one, threadNs);
    for (int i = 0; i < 4; ++i) wall = bestNs(product, repeats, wall, nowNs);
    setThreadCount(2);
    for (int i = 0; i < 4; ++i) two = bestNs(product, repeats, two, nowNs);
  } while (++rounds < 6 || nowNs() - begin < budget);
  char name[64];
  snprintf(name, sizeof name, "%lldx%lldx%lld", static_cast<long long>(c.m), static_cast<long long>(c.k),
           static_cast<long long>(c.n));
  const double bytes =
      sizeof(T) * static_cast<double>(c.batch) *
      (static_cast<double>(c.m * c.k) + static_cast<double>(c.k * c.n) + static_cast<double>(c.m * c.n));
  printf("%-7s %-15s %.2s x%-2d %10.2f us %7.1f GFLOP/s %6.1f %% of %6.1f  %6.1f GB/s  2 threads %.2f x\n",
         c.group, name, transposes, static_cast<int>(c.batch), one / 1e3, flops / one,
         100 * flops / one / peak, peak, bytes / one, wall / two);
  fflush(stdout);
}

}  // namespace

int main(int count, char** arguments) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string word = arguments[i];
    bool isIsa = false;
    for (int isa = 0; isa < kIsaCount; ++isa) {
      if (word != isaName(static_cast<Isa>(isa))) continue;
      isIsa = true;
      if (!forceIsa(static_cast<Isa>(isa))) return printf("%s is not available\n", word.c_str()), 1;
    }
    if (word == "f64")
      options.doubles = true;
    else if (word == "bf16")
      options.bf16 = true;
    else if (word == "quick")
      options.quick = true;
    else if (!isIsa)
      options.words.push_back(word);
  }
  printf("%s, float%d\n", isaName(currentIsa()), options.doubles ? 64 : 32);
  for (const Case& c : kCases) {
    for (const char* transposes = c.transposes; transposes; transposes = strchr(transposes, ' ')) {
      if (*transposes == ' ') ++transposes;
      char name[96];
      snprintf(name, sizeof name, "%s %lldx%lldx%lld %.2s", c.group, static_cast<long long>(c.m),
               static_cast<long long>(c.k), static_cast<long long>(c.n), transposes);
      if (!wanted(options, name)) continue;
      if (options.doubles) {
        measure<double>(c, transposes, options);
      } else {
        measure<float>(c, transposes, options);
      }
    }
  }
  return 0;
}
