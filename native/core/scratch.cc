// The per-thread arena behind ScratchFrame: a stack of blocks, so that growing never moves what was handed
// out.
#include "scratch.h"

#include <new>

#include "compiler.h"

namespace quern {
namespace {

constexpr int64_t kAlignment = 64;
constexpr int64_t kSmallestBlock = int64_t{1} << 16;
constexpr int64_t kHugePage = int64_t{1} << 21;
constexpr int64_t kRetained = int64_t{1}
                              << 27;  // a larger arena goes back to the system when a driver returns
constexpr int64_t kLargest = int64_t{1} << 46;  // no machine has more; keeps sums of sizes from overflowing

#if defined(QUERN_ADDRESS_SANITIZER)
constexpr bool kExact = true;  // a block of its own for every piece, and nothing kept
#else
constexpr bool kExact = false;
#endif

constexpr int64_t roundUp(int64_t bytes) { return (bytes + kAlignment - 1) & ~(kAlignment - 1); }

struct Block {
  Block* below = nullptr;
  char* data = nullptr;
  int64_t capacity = 0;
  int64_t start = 0;  // position in the stack of the block's first byte
  int64_t used = 0;
};

Block* allocateBlock(int64_t capacity) {
  Block* block = new (std::nothrow) Block;
  if (!block) return nullptr;
  const bool large = capacity >= 2 * kHugePage;
  block->data =
      static_cast<char*>(alignedAllocate(static_cast<size_t>(capacity), large ? kHugePage : kAlignment));
  if (!block->data) {
    delete block;
    return nullptr;
  }
  if (large) adviseHugePages(block->data, static_cast<size_t>(capacity));
  block->capacity = capacity;
  return block;
}

void freeBlock(Block* block) {
  if (!block) return;
  alignedFree(block->data);
  delete block;
}

class Arena {
 public:
  ~Arena() {
    while (top_) freeBlock(pop());
    freeBlock(spare_);
  }

  // Positions count the bytes handed out over all blocks.
  int64_t enter() {
    ++depth_;
    return position();
  }

  void* take(int64_t bytes) {
    if (bytes < 0 || bytes > kLargest || position() > kLargest) return nullptr;
    if (bytes == 0) bytes = 1;
    if ((!top_ || top_->capacity - top_->used < bytes) && !push(bytes)) return nullptr;
    void* memory = top_->data + top_->used;
    top_->used += roundUp(bytes);  // may pass the capacity by less than an alignment: then the block is full
    if (position() > peak_) peak_ = position();
    return memory;
  }

  void leave(int64_t mark) {
    // A block that starts at the mark was pushed after it: taking from a block moves the position beyond its
    // start.
    while (top_ && top_->below && top_->start >= mark) recycle(pop());
    if (top_) top_->used = mark - top_->start;
    if (--depth_ == 0) settle();
  }

 private:
  int64_t position() const { return top_ ? top_->start + top_->used : 0; }

  bool push(int64_t bytes) {
    Block* block = nullptr;
    if (spare_ && spare_->capacity >= bytes) {
      block = spare_;
      spare_ = nullptr;
    } else {
      block = allocateBlock(capacityFor(bytes));
      if (!block) block = allocateBlock(bytes);
      if (!block) return false;
    }
    block->start = position();
    block->used = 0;
    block->below = top_;
    top_ = block;
    return true;
  }

  // Doubling bounds the number of blocks; the peak makes the next call's first block the only one.
  int64_t capacityFor(int64_t bytes) const {
    if (kExact) return bytes;
    int64_t capacity = top_ ? 2 * top_->capacity : peak_;
    if (capacity > kRetained) capacity = kRetained;
    if (capacity < kSmallestBlock) capacity = kSmallestBlock;
    return capacity < bytes ? roundUp(bytes) : capacity;
  }

  Block* pop() {
    Block* block = top_;
    top_ = block->below;
    return block;
  }

  // Keeps the largest block that was popped, for a driver whose inner loop opens frames of its own.
  void recycle(Block* block) {
    if (spare_ && spare_->capacity >= block->capacity) {
      freeBlock(block);
    } else {
      freeBlock(spare_);
      spare_ = block;
    }
  }

  // No frame is open: keep one block of moderate size, or none and the peak as the next one's size.
  void settle() {
    if (top_ && !spare_ && top_->capacity <= kRetained && !kExact) return;
    if (top_) freeBlock(pop());
    freeBlock(spare_);
    spare_ = nullptr;
  }

  Block* top_ = nullptr;
  Block* spare_ = nullptr;
  int64_t peak_ = 0;
  int depth_ = 0;
};

// A raw pointer: a thread-local object with a destructor would run it while the process or the addon goes
// away.
thread_local Arena* arena = nullptr;

}  // namespace

ScratchFrame::ScratchFrame() {
  if (!arena) arena = new (std::nothrow) Arena;
  mark_ = arena ? arena->enter() : -1;
}

ScratchFrame::~ScratchFrame() {
  if (mark_ >= 0) arena->leave(mark_);
}

void* ScratchFrame::take(int64_t bytes) { return mark_ >= 0 ? arena->take(bytes) : nullptr; }

void scratchRelease() {
  delete arena;
  arena = nullptr;
}

}  // namespace quern
