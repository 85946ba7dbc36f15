// Ordering the elements of one row: as unsigned keys with their indices, by stable sorting or by selection.
#pragma once
#include <stdint.h>
#include <string.h>

namespace quern {

// An element's key orders as the element does, NaN being the greatest and −0 equal to 0. Keys come as the low
// kBytes bytes of Key; `flip` is ~0 for descending order, where equal elements still keep theirs.
template <class T>
struct OrderKey;

template <>
struct OrderKey<float> {
  using Key = uint32_t;
  static constexpr int kBytes = 4;
  static constexpr Key kZero = 0x80000000u, kNaN = 0xffffffffu;
  static Key of(float x) {
    const float positive = x + 0.0f;  // −0 becomes 0
    Key bits;
    memcpy(&bits, &positive, sizeof bits);
    bits ^= (bits >> 31) != 0 ? kNaN : kZero;
    return x == x ? bits : kNaN;
  }
  static bool isNaN(Key key) { return key == kNaN; }
  // Whether a key stands for one element alone, and that element.
  static bool tells(Key key) { return key != kZero && key != kNaN; }
  static float value(Key key) {
    const Key bits = key ^ ((key >> 31) != 0 ? kZero : kNaN);
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
  }
};

template <>
struct OrderKey<double> {
  using Key = uint64_t;
  static constexpr int kBytes = 8;
  static constexpr Key kZero = uint64_t{1} << 63, kNaN = ~uint64_t{0};
  static Key of(double x) {
    const double positive = x + 0.0;
    Key bits;
    memcpy(&bits, &positive, sizeof bits);
    bits ^= (bits >> 63) != 0 ? kNaN : kZero;
    return x == x ? bits : kNaN;
  }
  static bool isNaN(Key key) { return key == kNaN; }
  static bool tells(Key key) { return key != kZero && key != kNaN; }
  static double value(Key key) {
    const Key bits = key ^ ((key >> 63) != 0 ? kZero : kNaN);
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
  }
};

template <>
struct OrderKey<int32_t> {
  using Key = uint32_t;
  static constexpr int kBytes = 4;
  static Key of(int32_t x) { return static_cast<Key>(x) ^ 0x80000000u; }
  static bool isNaN(Key) { return false; }
  static bool tells(Key) { return true; }
  static int32_t value(Key key) { return static_cast<int32_t>(key ^ 0x80000000u); }
};

template <>
struct OrderKey<uint8_t> {
  using Key = uint32_t;
  static constexpr int kBytes = 1;
  static Key of(uint8_t x) { return x; }
  static bool isNaN(Key) { return false; }
  static bool tells(Key) { return true; }
  static uint8_t value(Key key) { return static_cast<uint8_t>(key); }
};

// A key and where it stood. Equal keys order by their indices, so that any way of sorting is stable.
template <class Key>
struct Ordered;

template <>
struct Ordered<uint32_t> {
  uint64_t both;
  static Ordered make(uint32_t key, int64_t index) {
    return {static_cast<uint64_t>(key) << 32 | static_cast<uint64_t>(index)};
  }
  uint32_t key() const { return static_cast<uint32_t>(both >> 32); }
  int32_t index() const { return static_cast<int32_t>(both & 0x7fffffffu); }
  bool before(const Ordered& other) const { return both < other.both; }
};

template <>
struct Ordered<uint64_t> {
  uint64_t own;
  int64_t place;
  static Ordered make(uint64_t key, int64_t index) { return {key, index}; }
  uint64_t key() const { return own; }
  int32_t index() const { return static_cast<int32_t>(place); }
  bool before(const Ordered& other) const { return own != other.own ? own < other.own : place < other.place; }
};

constexpr int kDigits = 256;
// Below this many elements counting digits costs more than it saves.
constexpr int64_t kInsertion = 40;

template <class Item>
int digitOf(const Item& item, int byte) {
  return static_cast<int>(item.key() >> (8 * byte) & 0xff);
}

// Sorts n items, of which equal ones stand by their indices, with room for as many in `other`; answers which
// of the two holds them.
template <int kBytes, class Item>
Item* sortItems(Item* items, Item* other, int64_t n) {
  if (n <= kInsertion) {
    for (int64_t i = 1; i < n; ++i) {
      const Item item = items[i];
      int64_t j = i;
      for (; j > 0 && item.before(items[j - 1]); --j) items[j] = items[j - 1];
      items[j] = item;
    }
    return items;
  }
  // By one byte of the key after the other, from the lowest; each pass keeps the order of equals. Bytes that
  // all items share need none.
  int32_t counts[kBytes][kDigits] = {};
  for (int64_t i = 0; i < n; ++i) {
    for (int byte = 0; byte < kBytes; ++byte) ++counts[byte][digitOf(items[i], byte)];
  }
  for (int byte = 0; byte < kBytes; ++byte) {
    int32_t* starts = counts[byte];
    if (starts[digitOf(items[0], byte)] == n) continue;
    int32_t start = 0;
    for (int digit = 0; digit < kDigits; ++digit) {
      const int32_t count = starts[digit];
      starts[digit] = start;
      start += count;
    }
    for (int64_t i = 0; i < n; ++i) other[starts[digitOf(items[i], byte)]++] = items[i];
    Item* const sorted = other;
    other = items;
    items = sorted;
  }
  return items;
}

// What selection found: how many items come before those that have the k-th's key, and how many have it.
struct Boundary {
  int64_t before, equal;
};

// Finds the k-th of n items, of which equal ones stand by their indices, 1 ≤ k ≤ n. Those before its key go
// to `first` (unless that is null), equal ones by their indices; those that have its key to the front of
// `items`.
template <int kBytes, class Item>
Boundary selectItems(Item* items, int64_t n, int64_t k, Item* first) {
  Boundary found = {0, n};
  for (int byte = kBytes - 1; byte >= 0 && found.equal > 1; --byte) {
    int32_t counts[kDigits] = {};
    for (int64_t i = 0; i < found.equal; ++i) ++counts[digitOf(items[i], byte)];
    int64_t less = 0;
    int digit = 0;
    while (found.before + less + counts[digit] < k) less += counts[digit++];
    int64_t kept = 0;
    Item* to = first ? first + found.before : nullptr;
    for (int64_t i = 0; i < found.equal; ++i) {
      const Item item = items[i];
      const int own = digitOf(item, byte);
      if (own == digit) {
        items[kept++] = item;
      } else if (own < digit && to) {
        *to++ = item;
      }
    }
    found.before += less;
    found.equal = kept;
  }
  return found;
}

}  // namespace quern
