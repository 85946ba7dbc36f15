// Chains of multiply-adds in registers, for each instruction set.
#include "peak.h"

#include <chrono>

#include "core/compiler.h"
#if defined(QUERN_ARM64)
#include <arm_neon.h>
#endif

namespace bench {
namespace {

constexpr int kSteps = 20000;
constexpr int kChains = 12;  // latency 4, two a cycle, and some to spare

double nowNs() {
  using namespace std::chrono;
  return static_cast<double>(duration_cast<nanoseconds>(steady_clock::now().time_since_epoch()).count());
}

// Keeps a value in a register, and the compiler from knowing it.
#define QUERN_OPAQUE(value, constraint) __asm__ __volatile__("" : "+" constraint(value))

// One function for each kind of register: its type, how it is broadcast, and one step of a chain.
#define QUERN_BURST(name, target, Vector, constraint, set, step)           \
  target double name() {                                                   \
    Vector sum[kChains], x = set(0.999f), y = set(1e-3f);                  \
    _Pragma("GCC unroll 16") for (int i = 0; i < kChains; ++i) sum[i] = y; \
    QUERN_OPAQUE(x, constraint);                                           \
    const double start = nowNs();                                          \
    for (int s = 0; s < kSteps; ++s) {                                     \
      _Pragma("GCC unroll 16") for (int i = 0; i < kChains; ++i) {         \
        sum[i] = step(x, sum[i], y);                                       \
        QUERN_OPAQUE(sum[i], constraint);                                  \
      }                                                                    \
    }                                                                      \
    return nowNs() - start;                                                \
  }

#if defined(QUERN_X64)
#define QUERN_TARGET(isa) __attribute__((target(isa)))
QUERN_BURST(avx512Float, QUERN_TARGET("avx512f"), __m512, "v", _mm512_set1_ps, _mm512_fmadd_ps)
QUERN_BURST(avx512Double, QUERN_TARGET("avx512f"), __m512d, "v", _mm512_set1_pd, _mm512_fmadd_pd)
QUERN_BURST(avx2Float, QUERN_TARGET("avx2,fma"), __m256, "x", _mm256_set1_ps, _mm256_fmadd_ps)
QUERN_BURST(avx2Double, QUERN_TARGET("avx2,fma"), __m256d, "x", _mm256_set1_pd, _mm256_fmadd_pd)
#define QUERN_SSE_STEP_PS(x, sum, y) _mm_add_ps(_mm_mul_ps(x, sum), y)
#define QUERN_SSE_STEP_PD(x, sum, y) _mm_add_pd(_mm_mul_pd(x, sum), y)
QUERN_BURST(scalarFloat, , __m128, "x", _mm_set1_ps, QUERN_SSE_STEP_PS)
QUERN_BURST(scalarDouble, , __m128d, "x", _mm_set1_pd, QUERN_SSE_STEP_PD)
#elif defined(QUERN_ARM64)
#define QUERN_NEON_STEP(x, sum, y) vfmaq_f32(y, x, sum)
#define QUERN_NEON_STEP_DOUBLE(x, sum, y) vfmaq_f64(y, x, sum)
QUERN_BURST(neonFloat, , float32x4_t, "w", vdupq_n_f32, QUERN_NEON_STEP)
QUERN_BURST(neonDouble, , float64x2_t, "w", vdupq_n_f64, QUERN_NEON_STEP_DOUBLE)
#endif

}  // namespace

double peakBurst(quern::Isa isa, int bytes) {
  const bool single = bytes == 4;
  double ns = 0;
  int registerBytes = 16;
#if defined(QUERN_X64)
  if (isa == quern::Isa::kAvx512) {
    registerBytes = 64;
    ns = single ? avx512Float() : avx512Double();
  } else if (isa == quern::Isa::kAvx2) {
    registerBytes = 32;
    ns = single ? avx2Float() : avx2Double();
  } else {
    ns = single ? scalarFloat() : scalarDouble();
  }
#elif defined(QUERN_ARM64)
  (void)isa;
  ns = single ? neonFloat() : neonDouble();
#endif
  return 2.0 * kChains * kSteps * (registerBytes / bytes) / ns;
}

}  // namespace bench
