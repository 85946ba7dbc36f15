// Which instruction sets this processor has and its operating system lets a program use.
#pragma once

namespace quern {

bool cpuHasAvx2();    // AVX2, FMA and F16C
bool cpuHasAvx512();  // the above and AVX-512 F, BW, DQ, VL
bool cpuHasAvx512Bf16();

}  // namespace quern
