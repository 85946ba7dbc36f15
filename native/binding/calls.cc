// The functions that ops call, in raw Node-API: these cost nanoseconds, a wrapper's allocations would double
// them.
#include "calls.h"

#include <new>

#include "../core/compiler.h"
#include "decode.h"
#include "environment.h"
#include "record.h"

namespace quern {
namespace {

// Null, with an exception pending, before bind().
Environment* boundEnvironment(napi_env env, void* data) {
  Environment* environment = static_cast<Environment*>(data);
  if (environment->record) return environment;
  napi_throw_error(env, nullptr, "quern: bind() comes first");
  return nullptr;
}

void setStatus(Environment& environment, Status status) {
  environment.record[kAtStatus] = static_cast<double>(static_cast<int>(status));
}

constexpr uintptr_t kBufferAlignment =
    64;  // what tensors are aligned to; JavaScript shifts them by what is missing
constexpr uintptr_t kElementAlignment = 8;  // of the widest element

}  // namespace

napi_value invoke(napi_env env, napi_callback_info info) {
  void* data;
  if (napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &data) != napi_ok) return nullptr;
  if (Environment* environment = boundEnvironment(env, data))
    setStatus(*environment, runRecord(env, *environment));
  return nullptr;
}

napi_value registerBuffer(napi_env env, napi_callback_info info) {
  void* data;
  size_t count = 2;
  napi_value arguments[2];
  if (napi_get_cb_info(env, info, &count, arguments, nullptr, &data) != napi_ok) return nullptr;
  Environment* environment = boundEnvironment(env, data);
  if (!environment) return nullptr;

  napi_typedarray_type type;
  size_t length;
  void* memory;
  bool advise;
  if (napi_get_typedarray_info(env, arguments[0], &type, &length, &memory, nullptr, nullptr) != napi_ok ||
      type != napi_uint8_array || napi_get_value_bool(env, arguments[1], &advise) != napi_ok) {
    napi_throw_type_error(env, nullptr, "quern: registerBuffer(bytes: Uint8Array, advise: boolean)");
    return nullptr;
  }
  const uintptr_t address = reinterpret_cast<uintptr_t>(memory);
  if (address % kElementAlignment != 0) {
    napi_throw_range_error(env, nullptr, "quern: a buffer starts at a multiple of 8 bytes");
    return nullptr;
  }
  uint32_t id = 0;
  try {
    id = environment->buffers.add(env, arguments[0], static_cast<uint8_t*>(memory),
                                  static_cast<int64_t>(length));
  } catch (const std::bad_alloc&) {
  }
  napi_value result = nullptr;
  if (id == 0 || napi_create_uint32(env, id, &result) != napi_ok) {
    napi_throw_error(env, nullptr, "quern: the buffer could not be registered");
    return nullptr;
  }
  if (advise) adviseHugePages(memory, length);
  environment->record[kAtFailure] = static_cast<double>(address % kBufferAlignment);
  return result;
}

napi_value registerLayout(napi_env env, napi_callback_info info) {
  void* data;
  size_t count = 1;
  napi_value argument;
  if (napi_get_cb_info(env, info, &count, &argument, nullptr, &data) != napi_ok) return nullptr;
  Environment* environment = boundEnvironment(env, data);
  if (!environment) return nullptr;

  double found;
  if (napi_get_value_double(env, argument, &found) != napi_ok) {
    napi_throw_type_error(env, nullptr, "quern: registerLayout(id: number)");
    return nullptr;
  }
  int64_t id;
  Layout layout;
  Status status = Status::kUnknownLayout;
  if (wholeNumber(found, LayoutTable::kLimit - 1, id) &&
      readLayout(environment->record, kAtLayouts, layout)) {
    try {
      if (environment->layouts.add(id, layout)) status = Status::kOk;
    } catch (const std::bad_alloc&) {
      status = Status::kOutOfMemory;
    }
  }
  setStatus(*environment, status);
  return nullptr;
}

}  // namespace quern
