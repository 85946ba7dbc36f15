// Every kernel compiled for AVX-512 (F, BW, DQ, VL).
#define QUERN_ISA avx512
#include "../simd/vec_avx512.h"
#include "all.inl"
