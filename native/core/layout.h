// How a tensor lies in its buffer: dimensions and strides in elements, and a view of memory so laid out.
#pragma once
#include <stdint.h>

namespace quern {

constexpr int kMaxRank = 16;

struct Layout {
  int rank = 0;
  int64_t dims[kMaxRank] = {};
  int64_t strides[kMaxRank] = {};  // in elements, never negative; 0 repeats a value
  int64_t size = 1;                // number of elements: the product of dims
  int64_t extent = 1;      // elements between the first and the last that is touched, plus one; 0 if empty
  bool contiguous = true;  // row-major without gaps (dimensions of one element may have any stride)
};

// Fills size, extent and contiguous from rank, dims and strides. False when a value is negative or
// a product exceeds 2^52, beyond which JavaScript's numbers could not have named it exactly.
bool completeLayout(Layout& layout);

// Memory seen through a layout. `data` points at the element of index zero.
struct View {
  void* data = nullptr;
  const Layout* layout = nullptr;

  int rank() const { return layout->rank; }
  int64_t dim(int axis) const { return layout->dims[axis]; }
  int64_t stride(int axis) const { return layout->strides[axis]; }
  int64_t size() const { return layout->size; }
  template <class T>
  T* as() const {
    return static_cast<T*>(data);
  }
};

}  // namespace quern
