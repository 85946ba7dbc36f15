// How fast memory can be streamed, measured: the yardstick of kernels that compute little.
#pragma once
#include <stdint.h>

namespace bench {

// Four arrays are read; two are read and a third written; three are updated by a fourth.
enum class Traffic { kRead, kWrite, kUpdate };

// Bytes a nanosecond of passes over arrays of `bytes` altogether, on threadCount() threads; an updated byte
// counts twice. Beyond the caches the better of ordinary and non-temporal stores. Memory is kept between
// calls.
double streamRate(Traffic traffic, int64_t bytes);

}  // namespace bench
