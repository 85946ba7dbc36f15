// What one load of the addon in one Node environment owns: its record, its tables, its place in the thread
// pool.
#pragma once
#include <node_api.h>

#include <vector>

#include "buffers.h"
#include "layouts.h"

namespace quern {

struct Environment {
  // Null, with an exception pending, when Node-API refuses. Freed by the environment's cleanup hook, after
  // which no JavaScript runs there. Calls are synchronous, so none of them is in flight then.
  static Environment* create(napi_env env);

  double* record = nullptr;  // the memory of the array behind recordReference; null until bound
  napi_ref recordReference = nullptr;
  std::vector<int> kernels;  // JavaScript's kernel number → row of kernels.def
  BufferTable buffers;
  LayoutTable layouts;
  Layout inlined[kMaxOperands];  // layouts of the current call that came in the record
};

}  // namespace quern
