// The choice of instruction set, as those above the drivers may see it.
#pragma once
#include "../kernels/isa.h"
