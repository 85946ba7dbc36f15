// The buffers that JavaScript has registered.
#include "buffers.h"

#include <algorithm>

namespace quern {

uint32_t BufferTable::add(napi_env env, napi_value array, uint8_t* data, int64_t length) {
  if (free_.empty() && slots_.size() >= sweepAt_) sweep(env);
  if (free_.empty()) {
    slots_.push_back(Buffer{nullptr, nullptr, 0});
    free_.push_back(static_cast<uint32_t>(slots_.size() - 1));
  }
  const uint32_t id = free_.back();
  napi_ref reference = nullptr;
  if (napi_create_reference(env, array, 0, &reference) != napi_ok) return 0;
  slots_[id] = Buffer{reference, data, length};
  free_.pop_back();
  return id;
}

// Frees the slots of collected buffers. Waiting for the table to double since the last survivors were counted
// makes the cost per registration constant; a finalizer each would cost more than most kernels, and not run
// in a synchronous loop.
void BufferTable::sweep(napi_env env) {
  free_.reserve(slots_.size());  // so that nothing throws while the scope is open
  napi_handle_scope scope;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  for (uint32_t id = 1; id < slots_.size(); ++id) {
    Buffer& slot = slots_[id];
    if (isAlive(env, slot)) continue;
    if (slot.reference) napi_delete_reference(env, slot.reference);
    slot = Buffer{nullptr, nullptr, 0};
    free_.push_back(id);
  }
  napi_close_handle_scope(env, scope);
  const size_t live = slots_.size() - free_.size();
  sweepAt_ = std::max(kFirstSweep, 2 * live);
}

int64_t BufferTable::countLive(napi_env env) const {
  return std::count_if(slots_.begin(), slots_.end(),
                       [env](const Buffer& slot) { return isAlive(env, slot); });
}

int64_t BufferTable::liveBytes(napi_env env) const {
  int64_t bytes = 0;
  for (const Buffer& slot : slots_) {
    if (isAlive(env, slot)) bytes += slot.length;
  }
  return bytes;
}

void BufferTable::clear(napi_env env) {
  for (Buffer& slot : slots_) {
    if (slot.reference) napi_delete_reference(env, slot.reference);
  }
  slots_.resize(1);
  free_.clear();
  sweepAt_ = kFirstSweep;
}

}  // namespace quern
