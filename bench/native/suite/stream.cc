// Passes over memory with vectors of 32 bytes, or 16 without AVX2 (neither is slower than wider ones here).
#include "stream.h"

#include <stdlib.h>

#include "core/compiler.h"
#include "core/thread_pool.h"
#include "kernels/isa.h"
#include "measure.h"

namespace bench {
namespace {

constexpr size_t kLargePage = size_t{1} << 21;
constexpr int64_t kFarBytes = int64_t{64} << 20;  // beyond the caches
constexpr int64_t kBlock = 64;                    // floats that one turn of a loop handles
constexpr int64_t kChunks = 4;                    // a thread
constexpr int kTries = 3;
constexpr int kPasses = 16;  // within the caches: many, for one is shorter than a fork

float* keptMemory(int64_t bytes) {
  static int64_t held = 0;
  static float* memory = nullptr;
  if (bytes > held) {
    quern::alignedFree(memory);
    memory = static_cast<float*>(quern::alignedAllocate(static_cast<size_t>(bytes), kLargePage));
    if (!memory) abort();
    quern::adviseHugePages(memory, static_cast<size_t>(bytes));
    for (int64_t i = 0; i < bytes / 4; ++i) memory[i] = 1;
    held = bytes;
  }
  return memory;
}

#if defined(QUERN_X64)

// A core has more requests on their way to memory when it reads several streams.
__attribute__((target("avx2"))) float readWide(const float* const* a, int64_t n) {
  __m256 sum[8];
  for (__m256& s : sum) s = _mm256_setzero_ps();
  for (int64_t i = 0; i < n; i += 16) {
    _Pragma("GCC unroll 8") for (int k = 0; k < 8; ++k) {
      sum[k] = _mm256_add_ps(sum[k], _mm256_loadu_ps(a[k % 4] + i + k / 4 * 8));
    }
  }
  for (int k = 1; k < 8; ++k) sum[0] = _mm256_add_ps(sum[0], sum[k]);
  return _mm256_cvtss_f32(sum[0]);
}

template <bool kFar>
__attribute__((target("avx2"))) void writeWide(const float* a, const float* b, float* out, int64_t n) {
  for (int64_t i = 0; i < n; i += kBlock) {
    _Pragma("GCC unroll 8") for (int k = 0; k < 8; ++k) {
      const __m256 sum = _mm256_add_ps(_mm256_loadu_ps(a + i + 8 * k), _mm256_loadu_ps(b + i + 8 * k));
      kFar ? _mm256_stream_ps(out + i + 8 * k, sum) : _mm256_storeu_ps(out + i + 8 * k, sum);
    }
  }
  if (kFar) _mm_sfence();
}

__attribute__((target("avx2"))) void updateWide(float* const* a, int64_t n) {
  for (int64_t i = 0; i < n; i += 8) {
    const __m256 g = _mm256_loadu_ps(a[3] + i);
    for (int k = 0; k < 3; ++k) _mm256_storeu_ps(a[k] + i, _mm256_add_ps(_mm256_loadu_ps(a[k] + i), g));
  }
}

#endif

// The compiler's vectors of the baseline.
float readPlain(const float* const* a, int64_t n) {
  float sum[16] = {};
  for (int64_t i = 0; i < n; i += 16) {
    for (int stream = 0; stream < 4; ++stream) {
      for (int k = 0; k < 16; ++k) sum[k] += a[stream][i + k];
    }
  }
  for (int k = 1; k < 16; ++k) sum[0] += sum[k];
  return sum[0];
}

void writePlain(const float* __restrict a, const float* __restrict b, float* __restrict out, int64_t n) {
  for (int64_t i = 0; i < n; ++i) out[i] = a[i] + b[i];
}

void updatePlain(float* const* a, int64_t n) {
  for (int64_t i = 0; i < n; i += kBlock) {
    for (int stream = 0; stream < 3; ++stream) {
      for (int64_t k = i; k < i + kBlock; ++k) a[stream][k] += a[3][k];
    }
  }
}

volatile float sink;

constexpr int arraysOf(Traffic traffic) { return traffic == Traffic::kWrite ? 3 : 4; }

// One pass over arrays of n floats, a multiple of kBlock.
void pass(Traffic traffic, float* const* a, int64_t n, bool far) {
#if defined(QUERN_X64)
  if (quern::isaAvailable(quern::Isa::kAvx2)) {
    if (traffic == Traffic::kRead) {
      sink = readWide(a, n);
    } else if (traffic == Traffic::kUpdate) {
      updateWide(a, n);
    } else {
      far ? writeWide<true>(a[0], a[1], a[2], n) : writeWide<false>(a[0], a[1], a[2], n);
    }
    return;
  }
#endif
  (void)far;
  if (traffic == Traffic::kRead) {
    sink = readPlain(a, n);
  } else if (traffic == Traffic::kUpdate) {
    updatePlain(a, n);
  } else {
    writePlain(a[0], a[1], a[2], n);
  }
}

// Nanoseconds for each float of memory, cut into chunks of whole blocks. One thread counts its own time
// alone.
double nsPerFloat(Traffic traffic, float* memory, int64_t floats, bool far) {
  const int arrays = arraysOf(traffic);
  const int64_t chunks = quern::threadCount() * kChunks;
  const int64_t size = floats / arrays / chunks / kBlock * kBlock;
  const int passes = floats * 4 < kFarBytes ? kPasses : 1;
  double (*clock)() = quern::threadCount() == 1 ? threadNs : nowNs;
  const double start = clock();
  quern::parallelFor(chunks, [&](int64_t chunk, int) {
    float* a[4];
    for (int i = 0; i < arrays; ++i) a[i] = memory + (i * chunks + chunk) * size;
    for (int p = 0; p < passes; ++p) pass(traffic, a, size, far);
  });
  return (clock() - start) / static_cast<double>(passes * size * chunks * arrays);
}

}  // namespace

double streamRate(Traffic traffic, int64_t bytes) {
  const bool far = bytes >= kFarBytes;
  float* memory = keptMemory(bytes);
  double best = nsPerFloat(traffic, memory, bytes / 4, false);
  for (int i = 0; i < kTries; ++i) {
    const double ns = nsPerFloat(traffic, memory, bytes / 4, far);
    best = ns < best ? ns : best;
  }
  // An updated array goes both ways.
  return (traffic == Traffic::kUpdate ? 4.0 * 7 / 4 : 4.0) / best;
}

}  // namespace bench
