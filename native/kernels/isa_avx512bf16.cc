// What AVX-512 with bfloat16 (BF16) does better than AVX-512 alone: products of pairs, nothing else.
#include "../simd/vec_avx512.h"
#include "bf16_pairs.inl"
#include "isa.h"

extern "C" void quern_fill_avx512bf16(quern::KernelTable* table) { fillBf16Pairs(*table); }
