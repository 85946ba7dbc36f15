// Elementary functions, written once over the vector classes, for float32 and float64.
// Right for signed zeros, denormals, infinities and NaN; docs/ulp.md has the largest error of each.
// Polynomials without a source beside them were fitted for the smallest largest error (Remez), in 50 digits.
#pragma once
#include "erf.h"
#include "exponential.h"
#include "gamma.h"
#include "hyperbolic.h"
#include "inverse.h"
#include "logarithm.h"
#include "power.h"
#include "remainder.h"
#include "trigonometric.h"
