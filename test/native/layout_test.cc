// Layouts: derived size, extent and contiguity, and numbers that make none.
#include "core/layout.h"

#include <initializer_list>

#include "check.h"

using namespace quern;

namespace {

Layout make(std::initializer_list<int64_t> dims, std::initializer_list<int64_t> strides) {
  Layout layout;
  layout.rank = static_cast<int>(dims.size());
  int axis = 0;
  for (int64_t dim : dims) layout.dims[axis++] = dim;
  axis = 0;
  for (int64_t stride : strides) layout.strides[axis++] = stride;
  return layout;
}

bool is(Layout layout, int64_t size, int64_t extent, bool contiguous) {
  return completeLayout(layout) && layout.size == size && layout.extent == extent &&
         layout.contiguous == contiguous;
}

bool refused(Layout layout) { return !completeLayout(layout); }

constexpr int64_t kBig = int64_t{1} << 52;

}  // namespace

TEST(layout_derives_size_extent_contiguity) {
  CHECK(is(make({}, {}), 1, 1, true));
  CHECK(is(make({2, 3}, {3, 1}), 6, 6, true));
  CHECK(is(make({2, 3}, {1, 2}), 6, 6, false));
  CHECK(is(make({2, 3}, {5, 1}), 6, 8, false));
  CHECK(is(make({4, 3}, {0, 1}), 12, 3, false));
  CHECK(is(make({2, 1, 3}, {3, 77, 1}), 6, 6, true));
  CHECK(is(make({1, 1}, {0, 0}), 1, 1, true));
  CHECK(is(make({3, 0, 2}, {9, 9, 9}), 0, 0, true));
}

TEST(layout_refuses_numbers_beyond_exact_doubles) {
  CHECK(refused(make({-1}, {1})));
  CHECK(refused(make({2}, {-1})));
  CHECK(refused(make({kBig, 2}, {0, 0})));
  CHECK(refused(make({3}, {kBig})));
  CHECK(refused(make({kBig / 2, kBig / 2, 0}, {0, 0, 0})));
  CHECK(refused(make({2, 2, 2}, {kBig / 2, kBig / 2, kBig / 2})));
  CHECK(refused(make({INT64_MAX}, {INT64_MAX})));
  CHECK(is(make({kBig}, {0}), kBig, 1, false));
  CHECK(is(make({kBig}, {1}), kBig, kBig, true));
  Layout tooDeep;
  tooDeep.rank = kMaxRank + 1;
  CHECK(refused(tooDeep));
  tooDeep.rank = -1;
  CHECK(refused(tooDeep));
}
