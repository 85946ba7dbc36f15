// The ISAs that were compiled in, which of them this machine has, and the one in force.
#pragma once
#include "table.h"

namespace quern {

enum class Isa : int { kScalar = 0, kAvx2 = 1, kAvx512 = 2, kNeon = 3 };

constexpr int kIsaCount = 4;

const char* isaName(Isa isa);
bool isaAvailable(Isa isa);  // compiled in and supported by this machine and its operating system
Isa currentIsa();
bool forceIsa(Isa isa);  // false when it is not available
void bestIsa();          // back to the best available

}  // namespace quern

// The one global symbol of each ISA's object: overrides what that ISA does better than the entries before it.
extern "C" {
void quern_fill_scalar(quern::KernelTable* table);
void quern_fill_avx2(quern::KernelTable* table);
void quern_fill_avx512(quern::KernelTable* table);
void quern_fill_avx512bf16(quern::KernelTable* table);  // an extension: into the table of avx512
void quern_fill_neon(quern::KernelTable* table);
}
