// Every kernel compiled for the baseline of the platform, one value at a time.
#define QUERN_ISA scalar
#include "../simd/vec_scalar.h"
#include "all.inl"
