// Measures a case on one thread and on several, with the machine's limit in turns: what disturbs one disturbs
// all.
#pragma once
#include "suite.h"

namespace bench {

struct Options {
  int threads = 2;
  double budgetNs = 200e6;  // of a case
};

struct Figure {
  double ns = 0;     // best
  double rate = 0;   // flops or bytes a nanosecond
  double limit = 0;  // the machine's, at the same time
};

struct Measured {
  Figure one, many;
  double gain = 0;  // of the threads, both by the clock on the wall
};

// False where the kernel is missing or refuses the call.
bool measure(const Case& c, const Options& options, Measured& out);

}  // namespace bench
