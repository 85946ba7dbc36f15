// Vectors of the portable kernels: one lane.
#pragma once
#include "lane.h"

namespace {

template <class T>
using Vec = Lane<T>;

}  // namespace
