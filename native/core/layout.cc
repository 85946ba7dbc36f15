// Checks a layout and derives its size, extent and contiguity.
#include "layout.h"

namespace quern {
namespace {

constexpr int64_t kLimit = int64_t{1} << 52;

// Factors lie in [0, kLimit]; false when the product does not.
bool multiply(int64_t a, int64_t b, int64_t& product) {
  if (a != 0 && b > kLimit / a) return false;
  product = a * b;
  return true;
}

}  // namespace

bool completeLayout(Layout& layout) {
  if (layout.rank < 0 || layout.rank > kMaxRank) return false;
  int64_t product = 1;  // of the dims that are not 0: drivers multiply some of them, whatever the others are
  int64_t last = 0;     // position of the last element
  bool empty = false;
  bool contiguous = true;
  for (int axis = layout.rank - 1; axis >= 0; --axis) {
    const int64_t dim = layout.dims[axis], stride = layout.strides[axis];
    if (dim < 0 || dim > kLimit || stride < 0 || stride > kLimit) return false;
    if (dim == 0) {
      empty = true;
      continue;
    }
    if (dim != 1 && stride != product) contiguous = false;
    int64_t reach = 0;
    if (!multiply(product, dim, product) || !multiply(dim - 1, stride, reach)) return false;
    last += reach;
    if (last >= kLimit) return false;
  }
  layout.size = empty ? 0 : product;
  layout.extent = empty ? 0 : last + 1;
  layout.contiguous = empty || contiguous;
  return true;
}

}  // namespace quern
