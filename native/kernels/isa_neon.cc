// Every kernel compiled for Arm NEON.
#define QUERN_ISA neon
#include "../simd/vec_neon.h"
#include "all.inl"
