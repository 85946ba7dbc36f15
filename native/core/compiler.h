// Everything that depends on the compiler, the architecture or the operating system's memory calls.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#if defined(_MSC_VER)
#include <intrin.h>
#include <malloc.h>
#elif defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

#if defined(__linux__)
#include <sys/mman.h>
#endif

#if defined(__x86_64__) || defined(_M_X64)
#define QUERN_X64 1
#elif defined(__aarch64__) || defined(_M_ARM64)
#define QUERN_ARM64 1
#endif

// Under the address sanitizer every scratch allocation is its own block, so that an overrun is seen.
#if defined(__SANITIZE_ADDRESS__)
#define QUERN_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define QUERN_ADDRESS_SANITIZER 1
#endif
#endif

namespace quern {

// Tells the core that this is a spin loop: saves power and leaves the other hyper-thread its share.
static inline void cpuRelax() {
#if defined(QUERN_X64)
  _mm_pause();
#elif defined(_MSC_VER)
  __yield();
#elif defined(QUERN_ARM64)
  __asm__ __volatile__("yield");
#endif
}

// Null when memory is exhausted. `alignment` is a power of two; the block goes back through alignedFree.
static inline void* alignedAllocate(size_t bytes, size_t alignment) {
#if defined(_MSC_VER)
  return _aligned_malloc(bytes, alignment);
#else
  void* block = nullptr;
  return posix_memalign(&block, alignment, bytes) == 0 ? block : nullptr;
#endif
}

static inline void alignedFree(void* block) {
#if defined(_MSC_VER)
  _aligned_free(block);
#else
  free(block);
#endif
}

// Asks for huge pages under the whole pages inside [start, start + bytes): a first touch then costs one fault
// in 2 MiB instead of 512. A hint only: its failure changes nothing.
static inline void adviseHugePages(void* start, size_t bytes) {
#if defined(__linux__)
  constexpr uintptr_t page = 4096;
  const uintptr_t first = (reinterpret_cast<uintptr_t>(start) + page - 1) & ~(page - 1);
  const uintptr_t last = (reinterpret_cast<uintptr_t>(start) + bytes) & ~(page - 1);
  if (first < last) madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
#else
  (void)start;
  (void)bytes;
#endif
}

#if defined(QUERN_X64)
struct CpuId {
  uint32_t eax, ebx, ecx, edx;
};

// All zero for a leaf that the processor does not have.
static inline CpuId cpuId(uint32_t leaf, uint32_t subleaf) {
  CpuId r = {0, 0, 0, 0};
#if defined(_MSC_VER)
  int words[4];
  __cpuid(words, 0);
  if (leaf > static_cast<uint32_t>(words[0])) return r;
  __cpuidex(words, static_cast<int>(leaf), static_cast<int>(subleaf));
  r = {static_cast<uint32_t>(words[0]), static_cast<uint32_t>(words[1]), static_cast<uint32_t>(words[2]),
       static_cast<uint32_t>(words[3])};
#else
  __get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx);
#endif
  return r;
}

// Which register files the operating system saves (XCR0). Only where CPUID reports OSXSAVE.
static inline uint64_t savedRegisterFiles() {
#if defined(_MSC_VER)
  return _xgetbv(0);
#else
  uint32_t low, high;
  __asm__ __volatile__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (static_cast<uint64_t>(high) << 32) | low;
#endif
}
#endif

}  // namespace quern
