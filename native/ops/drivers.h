// Declares the driver of every row of kernels.def.
#pragma once
#include "../core/call.h"

namespace quern {

#define QUERN_KERNEL(name, driver, signature, dtypes) Status run_##driver(const Call& call);
#include "../kernels/kernels.def"
#undef QUERN_KERNEL

}  // namespace quern
