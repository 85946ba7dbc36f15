// The buffers that JavaScript has registered: memory behind a small number, for as long as JavaScript keeps
// it.
#pragma once
#include <node_api.h>
#include <stdint.h>

#include <vector>

namespace quern {

struct Buffer {
  napi_ref reference;  // weak; null in a slot without a buffer
  uint8_t* data;
  int64_t length;
};

class BufferTable {
 public:
  // The new buffer's number, from 1 on; 0 when Node-API fails. Throws std::bad_alloc.
  uint32_t add(napi_env env, napi_value array, uint8_t* data, int64_t length);

  // Null for a number without a buffer and for a buffer that was collected. What is found stays alive until
  // the native function returns: the handle made here lies in its scope.
  const Buffer* find(napi_env env, int64_t id) const {
    if (id >= static_cast<int64_t>(slots_.size())) return nullptr;
    const Buffer& slot = slots_[static_cast<size_t>(id)];
    return isAlive(env, slot) ? &slot : nullptr;
  }

  int64_t largestId() const { return static_cast<int64_t>(slots_.size()) - 1; }
  int64_t countLive(napi_env env) const;
  int64_t liveBytes(napi_env env) const;
  void clear(napi_env env);

 private:
  static bool isAlive(napi_env env, const Buffer& slot) {
    napi_value value = nullptr;
    return slot.reference && napi_get_reference_value(env, slot.reference, &value) == napi_ok && value;
  }
  void sweep(napi_env env);

  static constexpr size_t kFirstSweep = 256;

  std::vector<Buffer> slots_ = {Buffer{nullptr, nullptr, 0}};  // number 0 is nobody's
  std::vector<uint32_t> free_;
  size_t sweepAt_ = kFirstSweep;
};

}  // namespace quern
