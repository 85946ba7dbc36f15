// Which instruction sets this processor has and its operating system lets a program use.
#include "cpu.h"

#include "compiler.h"

namespace quern {

#if defined(QUERN_X64)

namespace {

constexpr bool hasAll(uint32_t value, uint32_t bits) { return (value & bits) == bits; }

constexpr uint32_t bit(int index) { return 1u << index; }

// A processor with wide registers under an operating system that does not save them corrupts them at the next
// task switch: both must agree.
bool savesAll(uint32_t files) {
  const bool osxsave = hasAll(cpuId(1, 0).ecx, bit(27));
  return osxsave && hasAll(static_cast<uint32_t>(savedRegisterFiles()), files);
}

constexpr uint32_t kXmmYmm = bit(1) | bit(2);
constexpr uint32_t kMaskZmm = bit(5) | bit(6) | bit(7);

}  // namespace

bool cpuHasAvx2() {
  const uint32_t fma = bit(12), avx = bit(28), f16c = bit(29), avx2 = bit(5);
  return hasAll(cpuId(1, 0).ecx, fma | avx | f16c) && hasAll(cpuId(7, 0).ebx, avx2) && savesAll(kXmmYmm);
}

bool cpuHasAvx512() {
  const uint32_t f = bit(16), dq = bit(17), bw = bit(30), vl = bit(31);
  return cpuHasAvx2() && hasAll(cpuId(7, 0).ebx, f | dq | bw | vl) && savesAll(kXmmYmm | kMaskZmm);
}

bool cpuHasAvx512Bf16() {
  const uint32_t bf16 = bit(5);
  return cpuHasAvx512() && cpuId(7, 0).eax >= 1 && hasAll(cpuId(7, 1).eax, bf16);
}

#else

bool cpuHasAvx2() { return false; }

bool cpuHasAvx512() { return false; }

bool cpuHasAvx512Bf16() { return false; }

#endif

}  // namespace quern
