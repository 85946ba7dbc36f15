// Every kernel compiled for AVX2 with FMA.
#define QUERN_ISA avx2
#include "../simd/vec_avx2.h"
#include "all.inl"
