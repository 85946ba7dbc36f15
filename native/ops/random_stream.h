// What the drivers of random numbers share: a draw's place in the stream, its chunks, and checks on what it
// reads.
#pragma once
#include "../core/philox.h"
#include "../core/thread_pool.h"
#include "attributes.h"
#include "runs.h"

namespace quern {

constexpr int64_t kRandomChunk = 8192;  // elements; a multiple of four, so that a block is never split
constexpr int64_t kCounterLimit = int64_t{1} << 53;

struct Stream {
  PhiloxKey key;
  uint64_t offset;
};

// Attributes 0 to 2; `size` elements must not run past the last counter that JavaScript can name.
inline bool readStream(const Call& call, int64_t size, Stream& stream) {
  int64_t lo, hi, offset;
  if (!wholeAttribute(call, 0, 0, 0xFFFFFFFFll, lo) || !wholeAttribute(call, 1, 0, 0xFFFFFFFFll, hi))
    return false;
  if (!wholeAttribute(call, 2, 0, kCounterLimit - 1, offset) || size > kCounterLimit - offset) return false;
  stream = {{static_cast<uint32_t>(lo), static_cast<uint32_t>(hi)}, static_cast<uint64_t>(offset)};
  return true;
}

// Calls body(begin, end) for chunks of [0, size), on all threads. Each value depends on its own index alone.
template <class Body>
void forChunks(int64_t size, const Body& body) {
  parallelFor((size + kRandomChunk - 1) / kRandomChunk, [&](int64_t chunk, int) {
    const int64_t begin = chunk * kRandomChunk;
    body(begin, begin + kRandomChunk < size ? begin + kRandomChunk : size);
  });
}

// Calls body(position, count, words) for pieces of [begin, end): words[j] is the 32-bit word of element
// position + j. Begins at any element, as runs of views do. By pieces, so that what is made of the words is a
// plain loop.
template <class Body>
void forWords(const Stream& stream, int64_t begin, int64_t end, const Body& body) {
  constexpr int64_t piece = 256;
  uint32_t words[piece + 4];
  while (begin < end) {
    const int64_t skip = begin & 3;
    const int64_t count = end - begin < piece - skip ? end - begin : piece - skip;
    const uint64_t block = stream.offset + static_cast<uint64_t>(begin >> 2);
    for (int64_t i = 0; i < skip + count; i += 4) {
      const PhiloxWords four = philox(stream.key, block + static_cast<uint64_t>(i >> 2));
      for (int lane = 0; lane < 4; ++lane) words[i + lane] = four.w[lane];
    }
    body(begin, count, words + skip);
    begin += count;
  }
}

// Whether all values of an operand will do; where not, the first that will not is the call's failure.
template <class T, class Valid>
bool allValues(const Call& call, int operand, const Valid& valid) {
  const View& x = call.operand[operand];
  const Layout& layout = *x.layout;
  const int64_t step = layout.rank > 0 ? layout.strides[layout.rank - 1] : 0;
  bool allValid = true;
  forEachRun(layout.rank, layout.dims, {layout.strides}, 0, layout.size,
             [&](int64_t, int64_t count, const int64_t (&offsets)[1]) {
               const T* from = x.as<T>() + offsets[0];
               bool runValid = true;
               for (int64_t i = 0; i < count; ++i) runValid &= valid(from[i * step]);
               if (runValid || !allValid) return;
               allValid = false;
               int64_t i = 0;
               while (i + 1 < count && valid(from[i * step])) ++i;
               call.failure[0] = operand;
               call.failure[1] = static_cast<double>(from[i * step]);
             });
  return allValid;
}

}  // namespace quern
