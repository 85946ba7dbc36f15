// Scratch memory: aligned, stable while the arena grows, returned in the order of frames.
#include "core/scratch.h"

#include <stdint.h>
#include <string.h>

#include <thread>

#include "check.h"

using namespace quern;

namespace {

bool aligned(const void* pointer) { return reinterpret_cast<uintptr_t>(pointer) % 64 == 0; }

}  // namespace

TEST(scratch_is_aligned_and_disjoint) {
  ScratchFrame frame;
  char* pieces[200];
  for (int i = 0; i < 200; ++i) {
    pieces[i] = frame.take<char>(i * 37);
    CHECK(pieces[i] != nullptr && aligned(pieces[i]));
    memset(pieces[i], i, static_cast<size_t>(i * 37));
  }
  for (int i = 0; i < 200; ++i) {
    for (int j = 0; j < i * 37; ++j) CHECK(pieces[i][j] == static_cast<char>(i));
  }
}

TEST(scratch_keeps_earlier_pointers_while_it_grows) {
  for (int round = 0; round < 3; ++round) {
    ScratchFrame outer;
    double* first = outer.take<double>(100);
    first[99] = 7;
    for (int64_t count = 1000; count < 3000000; count *= 4) {
      ScratchFrame inner;
      double* more = inner.take<double>(count);
      CHECK(more != nullptr && more != first && aligned(more));
      more[0] = more[count - 1] = 1;
    }
    double* second = outer.take<double>(100);
    second[0] = 8;
    CHECK(first[99] == 7 && second != first);
  }
}

TEST(scratch_frames_give_back) {
  ScratchFrame outer;
  outer.take(1000);
  void* pieces[2];
  for (void*& piece : pieces) {
    ScratchFrame inner;
    piece = inner.take(5000);
    memset(piece, 1, 5000);
  }
  CHECK(pieces[0] != nullptr && pieces[1] != nullptr);
}

TEST(scratch_refuses_what_no_machine_has) {
  ScratchFrame frame;
  CHECK(frame.take(int64_t{-1}) == nullptr);
  CHECK(frame.take(int64_t{1} << 60) == nullptr);
  CHECK(frame.take<double>(int64_t{1} << 52) == nullptr);
  CHECK(frame.take(64) != nullptr);
}

TEST(scratch_belongs_to_its_thread) {
  ScratchFrame frame;
  int* mine = frame.take<int>(1);
  *mine = 1;
  std::thread([] {
    {
      ScratchFrame other;
      *other.take<int>(1) = 2;
    }
    scratchRelease();
  }).join();
  CHECK(*mine == 1);
}
