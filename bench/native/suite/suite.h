// The suite's cases: what is run, what it costs at least, and against which limit of the machine it is held.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "driver_call.h"

namespace bench {

enum class Limit { kArithmetic, kReading, kWriting, kUpdating };

struct Case {
  std::string group, name;
  const char* kernel;
  std::function<void(DriverCall&)> build;
  double work;  // flops, or bytes of the operands, each counted once
  Limit limit;
  int64_t workingSet = 0;  // bytes; of the stream that it is held against
};

void addProducts(std::vector<Case>& cases);
void addConvolutions(std::vector<Case>& cases);
void addElements(std::vector<Case>& cases);

}  // namespace bench
