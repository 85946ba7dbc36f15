// From numbers in the record to a call that a driver can trust, and its execution.
#pragma once
#include <node_api.h>

#include "../core/call.h"
#include "environment.h"

namespace quern {

// Runs the call that stands in the record. Any number may stand there: what makes no sense is answered by a
// status, with the operand and the number found as failure facts.
Status runRecord(napi_env env, Environment& environment);

}  // namespace quern
