// What one load of the addon in one Node environment owns: its record, its tables, its place in the thread
// pool.
#pragma once
#include <node_api.h>

#include <vector>

#include "../ops/registry.h"
#include "buffers.h"
#include "layouts.h"

namespace quern {

struct BoundKernel {
  const KernelInfo* info;
  int row;  // in kernels.def
};

struct Environment {
  // Null, with an exception pending, when Node-API refuses. Freed by the environment's cleanup hook, after
  // which no JavaScript runs there. Calls are synchronous, so none of them is in flight then.
  static Environment* create(napi_env env);

  double* record = nullptr;  // the memory of the array behind recordReference; null until bound
  napi_ref recordReference = nullptr;
  std::vector<BoundKernel> kernels;  // by JavaScript's number
  BufferTable buffers;
  LayoutTable layouts;
  Call call;  // the current one, kept because clearing it would take as long as decoding it
  Layout inlined[kMaxOperands];  // layouts of the current call that came in the record
};

}  // namespace quern
