// Rounding to bfloat16, for products where the processor has no instruction for pairs.
#pragma once
#include "table.h"

namespace {

// Half a unit is added below the bits that stay, and less where that would carry a tie to an odd one. A NaN
// whose bits lie low would become an infinity: its quiet bit is set instead.
void bf16Round(int64_t n, const float* from, float* to) {
  for (int64_t i = 0; i < n; ++i) {
    uint32_t bits;
    __builtin_memcpy(&bits, from + i, sizeof bits);
    const uint32_t rounded = bits + 0x7fffu + ((bits >> 16) & 1u);
    bits = (bits & 0x7fffffffu) > 0x7f800000u ? bits | 0x00400000u : rounded;
    bits &= 0xffff0000u;
    __builtin_memcpy(to + i, &bits, sizeof bits);
  }
}

void fillBf16(quern::KernelTable& table) { table.bf16.round = bf16Round; }

}  // namespace
