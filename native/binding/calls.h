// The functions that ops call, in raw Node-API; `data` of each is the Environment.
#pragma once
#include <node_api.h>

namespace quern {

napi_value invoke(napi_env env, napi_callback_info info);  // invoke(): void
napi_value registerBuffer(
    napi_env env, napi_callback_info info);  // registerBuffer(bytes: Uint8Array, advise: boolean): number
napi_value registerLayout(napi_env env, napi_callback_info info);  // registerLayout(id: number): void

}  // namespace quern
