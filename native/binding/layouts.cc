// The layouts that JavaScript has registered, and those written into the call record itself.
#include "layouts.h"

#include "record.h"

namespace quern {

bool readLayout(const double* record, int64_t at, Layout& layout) {
  int64_t rank = 0;
  if (at < kAtLayouts || at >= kRecordLength || !wholeNumber(record[at], kMaxRank, rank)) return false;
  if (at + 1 + 2 * rank > kRecordLength) return false;
  const double* dims = record + at + 1;
  const double* strides = dims + rank;
  layout.rank = static_cast<int>(rank);
  for (int64_t axis = 0; axis < rank; ++axis) {
    if (!wholeNumber(dims[axis], kLargestWhole, layout.dims[axis])) return false;
    if (!wholeNumber(strides[axis], kLargestWhole, layout.strides[axis])) return false;
  }
  return completeLayout(layout);
}

bool LayoutTable::add(int64_t id, const Layout& layout) {
  if (id <= 0 || id >= kLimit) return false;
  const uint64_t index = static_cast<uint64_t>(id);
  std::unique_ptr<Entry[]>& block = blocks_[index / kBlock];
  if (!block) block.reset(new Entry[kBlock]);
  Entry& entry = block[index % kBlock];
  if (entry.taken) return false;
  entry.layout = layout;
  entry.taken = true;
  return true;
}

}  // namespace quern
