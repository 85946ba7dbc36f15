// The layouts that JavaScript has registered, and those written into the call record itself.
#pragma once
#include <memory>

#include "../core/call.h"

namespace quern {

// Reads rank, dims and strides at record[at]. False when they do not lie within the record or make no layout.
bool readLayout(const double* record, int64_t at, Layout& layout);

class LayoutTable {
 public:
  static constexpr int64_t kLimit = 65536;  // numbers are 1 to kLimit − 1

  // False when the number is out of range or taken: calls in flight elsewhere may rely on what it means.
  // Throws std::bad_alloc.
  bool add(int64_t id, const Layout& layout);

  // `id` in [0, kLimit). Null when it was never registered.
  const Layout* find(int64_t id) const {
    const uint64_t index = static_cast<uint64_t>(id);
    const Entry* block = blocks_[index / kBlock].get();
    return block && block[index % kBlock].taken ? &block[index % kBlock].layout : nullptr;
  }

 private:
  struct Entry {
    Layout layout;
    bool taken = false;
  };
  // Blocks, because most programs use a few dozen layouts, and because a registered layout must never move.
  static constexpr uint64_t kBlock = 64;
  std::unique_ptr<Entry[]> blocks_[kLimit / kBlock];
};

}  // namespace quern
