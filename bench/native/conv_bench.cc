// Convolutions through their drivers: time and GFLOP/s of the forward pass and of both gradients, percent of
// the peak sampled between the repetitions, and what a second thread brings. Flops are those of the direct
// sum, so that a method that needs fewer may exceed the peak.
//   quern_conv_bench [words]   cases whose name contains one of the words; also: avx512 avx2 scalar neon (one
//                              instruction set instead of the best)
#include <math.h>
#include <stdio.h>

#include <string>
#include <vector>

#include "core/thread_pool.h"
#include "measure.h"
#include "ops/drivers.h"
#include "peak.h"

using namespace quern;

namespace {

struct Case {
  const char* group;
  int64_t images, channels, size, filters, kernel, stride, padding, groups;

  int64_t out() const { return (size + 2 * padding - kernel) / stride + 1; }
};

constexpr Case kCases[] = {
    {"3x3", 32, 64, 32, 64, 3, 1, 1, 1},           {"3x3", 64, 32, 14, 64, 3, 1, 1, 1},
    {"3x3", 32, 32, 32, 32, 3, 1, 1, 1},           {"3x3", 32, 128, 16, 128, 3, 1, 1, 1},
    {"3x3", 16, 256, 14, 256, 3, 1, 1, 1},         {"3x3", 16, 512, 7, 512, 3, 1, 1, 1},
    {"1x1", 32, 64, 32, 64, 1, 1, 0, 1},           {"1x1", 32, 128, 14, 256, 1, 1, 0, 1},
    {"first", 64, 1, 28, 32, 3, 1, 1, 1},          {"first", 32, 3, 32, 16, 3, 1, 1, 1},
    {"first", 8, 3, 224, 64, 7, 2, 3, 1},          {"first", 16, 3, 112, 64, 7, 2, 3, 1},
    {"resnet20", 32, 16, 32, 16, 3, 1, 1, 1},      {"resnet20", 32, 32, 16, 32, 3, 1, 1, 1},
    {"resnet20", 32, 64, 8, 64, 3, 1, 1, 1},       {"resnet20", 32, 16, 32, 32, 3, 2, 1, 1},
    {"resnet20", 32, 32, 16, 64, 3, 2, 1, 1},      {"resnet20", 32, 16, 32, 32, 1, 2, 0, 1},
    {"resnet20", 32, 32, 16, 64, 1, 2, 0, 1},      {"depthwise", 32, 64, 32, 64, 3, 1, 1, 64},
    {"depthwise", 32, 128, 14, 128, 3, 1, 1, 128}, {"depthwise", 32, 64, 32, 64, 3, 2, 1, 64},
};

// A driver call on memory of its own: pass 0 the forward one, 1 the input's gradient, 2 the weight's.
class Convolution {
 public:
  Convolution(const Case& c, int pass)
      : pass_(pass),
        x_(c.images * c.channels * c.size * c.size),
        w_(c.filters * c.channels / c.groups * c.kernel * c.kernel),
        y_(c.images * c.filters * c.out() * c.out()) {
    for (int i = 0; i < 2; ++i) {
      attributes_[i] = static_cast<double>(c.stride);
      attributes_[2 + i] = static_cast<double>(c.padding);
      attributes_[4 + i] = 1;
    }
    attributes_[6] = static_cast<double>(c.groups);
    describe(0, c.images, c.channels, c.size);
    describe(1, c.filters, c.channels / c.groups, c.kernel);
    describe(2, c.images, c.filters, c.out());
    const View x = {x_.data(), &layouts_[0]}, w = {w_.data(), &layouts_[1]}, y = {y_.data(), &layouts_[2]};
    const View operands[3][3] = {{y, x, w}, {x, y, w}, {w, x, y}};
    constexpr Kernel kernels[] = {Kernel::k_conv2d, Kernel::k_conv2dGradInput, Kernel::k_conv2dGradWeight};
    call_.kernel = static_cast<int>(kernels[pass]);
    call_.attributes = attributes_;
    call_.failure = failure_;
    for (const View& view : operands[pass]) call_.operand[call_.count++] = view;
  }
  Convolution(const Convolution&) = delete;

  void run() {
    constexpr Driver drivers[] = {run_conv2d, run_conv2dGradInput, run_conv2dGradWeight};
    if (drivers[pass_](call_) != Status::kOk) abort();
  }

 private:
  void describe(int i, int64_t outer, int64_t planes, int64_t size) {
    Layout& layout = layouts_[i];
    layout.rank = 4;
    const int64_t dims[] = {outer, planes, size, size};
    int64_t stride = 1;
    for (int axis = 3; axis >= 0; --axis) {
      layout.dims[axis] = dims[axis];
      layout.strides[axis] = stride;
      stride *= dims[axis];
    }
    completeLayout(layout);
  }

  int pass_;
  bench::Array<float> x_, w_, y_;
  Layout layouts_[3];
  Call call_;
  double attributes_[kAttributeCount] = {};
  double failure_[kFailureCount] = {};
};

double bestNs(Convolution& convolution, double best, double (*clock)()) {
  const double start = clock();
  convolution.run();
  const double ns = clock() - start;
  return ns < best ? ns : best;
}

void measure(const Case& c, const std::string& name) {
  const double flops = 2.0 * static_cast<double>(c.images * c.filters * c.out() * c.out()) *
                       static_cast<double>(c.channels / c.groups * c.kernel * c.kernel);
  printf("%-34s", name.c_str());
  for (int pass = 0; pass < 3; ++pass) {
    Convolution convolution(c, pass);
    setThreadCount(1);
    convolution.run();
    double one = INFINITY, wall = INFINITY, two = INFINITY, peak = 0;
    const double begin = bench::nowNs();
    int rounds = 0;
    do {
      const double burst = bench::peakBurst(currentIsa(), sizeof(float));
      peak = burst > peak ? burst : peak;
      setThreadCount(1);
      for (int i = 0; i < 2; ++i) one = bestNs(convolution, one, bench::threadNs);
      for (int i = 0; i < 2; ++i) wall = bestNs(convolution, wall, bench::nowNs);
      setThreadCount(2);
      for (int i = 0; i < 2; ++i) two = bestNs(convolution, two, bench::nowNs);
    } while (++rounds < 4 || bench::nowNs() - begin < 100e6);
    constexpr const char* passes[] = {"y", "dx", "dw"};
    printf(" %s %8.3f ms %6.1f GFLOP/s %4.0f %% %4.2fx", passes[pass], one / 1e6, flops / one,
           100 * flops / one / peak, wall / two);
    fflush(stdout);
  }
  printf("\n");
}

}  // namespace

int main(int count, char** arguments) {
  std::vector<std::string> words;
  for (int i = 1; i < count; ++i) {
    const std::string word = arguments[i];
    bool isIsa = false;
    for (int isa = 0; isa < kIsaCount; ++isa) {
      if (word != isaName(static_cast<Isa>(isa))) continue;
      isIsa = true;
      if (!forceIsa(static_cast<Isa>(isa))) return printf("%s is not available\n", word.c_str()), 1;
    }
    if (!isIsa) words.push_back(word);
  }
  printf("%s\n", isaName(currentIsa()));
  for (const Case& c : kCases) {
    char name[96];
    snprintf(name, sizeof name, "%s %lldx%lldx%lld-%lld k%lld s%lld", c.group,
             static_cast<long long>(c.images), static_cast<long long>(c.channels),
             static_cast<long long>(c.size), static_cast<long long>(c.filters),
             static_cast<long long>(c.kernel), static_cast<long long>(c.stride));
    bool wanted = words.empty();
    for (const std::string& word : words)
      wanted = wanted || std::string(name).find(word) != std::string::npos;
    if (wanted) measure(c, name);
  }
  return 0;
}
