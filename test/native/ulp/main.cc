// The largest error of the elementary functions, and where it occurs: of float32 over every one of its 2^32
// values, against the float64 kernels; of float64 over samples, against the C library's long double.
//   quern_ulp [--all]   the functions of most use with the best instruction set; with --all then also the
//                       others, and the other instruction sets, over a sixteenth of float32
// Prints "isa dtype function ulp argument bound share" in tabs, and to stderr what is beyond its bound: then
// it fails.
#include <stdio.h>

#include "../functions.h"
#include "core/scratch.h"
#include "core/thread_pool.h"
#include "kernels/isa.h"

using namespace quern;

namespace {

constexpr int kExhaustive = 7;  // of kFunctions, in every run
constexpr int kFunctionCount = sizeof check::kFunctions / sizeof *check::kFunctions;
constexpr int kBlock = 4096;
constexpr int64_t kBlocks = (int64_t{1} << 32) / kBlock;
constexpr int64_t kChunks = 1024;
constexpr int64_t kSamples = 1 << 22;
constexpr int64_t kSixteenth = 16;

struct Worst {
  double ulps = 0, argument = 0;
  void take(double error, double x) {
    if (!(error <= ulps)) ulps = error, argument = x;
  }
};

UnaryKernel kernelOf(const check::Function& f, DType dtype) {
  return kernelTable().get<UnaryKernel>(static_cast<int>(f.kernel), dtype);
}

// Calls body(index, worst) for chunks of [0, count) on all threads; the worst of them all.
template <class Body>
Worst worstOf(int64_t count, const Body& body) {
  static Worst chunks[kChunks];
  parallelFor(kChunks, [&](int64_t chunk, int) {
    chunks[chunk] = Worst();
    for (int64_t i = count / kChunks * chunk; i < count / kChunks * (chunk + 1); ++i) body(i, chunks[chunk]);
  });
  Worst worst;
  for (const Worst& chunk : chunks) worst.take(chunk.ulps, chunk.argument);
  return worst;
}

// Over one block in `share`. `reference` is the float64 kernel of the best instruction set.
Worst worstFloat32(const check::Function& f, UnaryKernel reference, int64_t share) {
  const UnaryKernel kernel = kernelOf(f, DType::kFloat32);
  return worstOf(kBlocks / share, [=, &f](int64_t block, Worst& worst) {
    float x[kBlock], y[kBlock];
    double exact[kBlock];
    for (int i = 0; i < kBlock; ++i) {
      const uint32_t bits = static_cast<uint32_t>(block * share * kBlock + i);
      memcpy(&x[i], &bits, sizeof bits);
      exact[i] = static_cast<double>(x[i]);
    }
    kernel(kBlock, x, 1, y, 1, nullptr);
    reference(kBlock, exact, 1, exact, 1, nullptr);
    for (int i = 0; i < kBlock; ++i)
      worst.take(check::errorOf(f, x[i], y[i], exact[i]), static_cast<double>(x[i]));
  });
}

Worst worstFloat64(const check::Function& f) {
  const UnaryKernel kernel = kernelOf(f, DType::kFloat64);
  return worstOf(kSamples / kBlock, [=](int64_t block, Worst& worst) {
    double x[kBlock], y[kBlock];
    for (int i = 0; i < kBlock; ++i) x[i] = check::sampleOf(static_cast<uint64_t>(block * kBlock + i));
    kernel(kBlock, x, 1, y, 1, nullptr);
    for (int i = 0; i < kBlock; ++i) {
      const long double exact = f.exact(static_cast<long double>(x[i]));
      worst.take(check::errorOf(f, x[i], y[i], exact), x[i]);
    }
  });
}

bool report(const char* isa, const char* dtype, const char* name, const Worst& worst, double bound,
            int64_t share) {
  printf("%s\t%s\t%s\t%.3f\t%.9g\t%g\t%d\n", isa, dtype, name, worst.ulps, worst.argument, bound,
         static_cast<int>(share));
  fflush(stdout);
  const double allowed = check::boundOn(currentIsa(), bound);
  if (worst.ulps <= allowed) return true;
  fprintf(stderr, "%s of %s on %s: %.3f units at %.9g are beyond the bound of %g\n", name, dtype, isa,
          worst.ulps, worst.argument, allowed);
  return false;
}

// Functions [begin, end) with the instruction set in force.
bool runFunctions(int begin, int end, const UnaryKernel* references, int64_t share) {
  const char* isa = isaName(currentIsa());
  bool good = true;
  for (int i = begin; i < end; ++i) {
    const check::Function& f = check::kFunctions[i];
    good &= report(isa, "float64", f.name, worstFloat64(f), f.ulps64, 1);
    good &= report(isa, "float32", f.name, worstFloat32(f, references[i], share), f.ulps32, share);
  }
  return good;
}

}  // namespace

int main(int count, char** arguments) {
  const bool all = count > 1 && strcmp(arguments[1], "--all") == 0;
  poolEnter();
  UnaryKernel references[kFunctionCount];
  for (int i = 0; i < kFunctionCount; ++i) references[i] = kernelOf(check::kFunctions[i], DType::kFloat64);
  const Isa best = currentIsa();
  bool good = runFunctions(0, kExhaustive, references, 1);
  if (all) {
    good &= runFunctions(kExhaustive, kFunctionCount, references, kSixteenth);
    for (int i = kIsaCount; i-- > 0;) {
      const Isa isa = static_cast<Isa>(i);
      if (isa != best && forceIsa(isa)) good &= runFunctions(0, kFunctionCount, references, kSixteenth);
    }
  }
  scratchRelease();
  poolLeave();
  return good ? 0 : 1;
}
