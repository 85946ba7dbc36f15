// Functions of float32 as sixteen polynomials, of which each lane looks up its own: as short as one, whatever
// the function, and without a division or an exponential.
#pragma once
#include "formula.h"
#include "pieces_table.h"

namespace {

// Where s ≥ 0 lies: the number of its piece, as the last four bits of a float, and how far from the piece's
// middle it is. From the end of the sixteenth on, where s is 15.5 lengths, the numbers begin again.
template <class V>
struct Place {
  V piece, offset;

  Place(V s, float length) {
    const V magic = V::broadcast(0x1.8p23f * length);  // whose last bit counts as one piece
    piece = s + magic;
    offset = s - (piece - magic);
  }
};

// All terms of the polynomial but the constant, divided by the offset.
template <class V, int rows>
inline V slopeIn(const Place<V>& place, const Pieces<rows>& pieces) {
  V sum = lookup16(pieces.c[0], place.piece);
  for (int k = 1; k + 1 < rows; k++) sum = mulAdd(sum, place.offset, lookup16(pieces.c[k], place.piece));
  return sum;
}

// The function that the pieces are of.
template <class V, int rows>
inline V inPieces(V s, const Pieces<rows>& pieces) {
  const Place<V> place(s, pieces.length);
  return mulAdd(slopeIn(place, pieces), place.offset, lookup16(pieces.c[rows - 1], place.piece));
}

// The same of an odd function whose first piece lacks s itself: so the smallest arguments lose nothing.
template <class V, int rows>
inline V oddInPieces(V s, const Pieces<rows>& pieces) {
  const Place<V> place(s, pieces.length);
  const auto first = s <= V::broadcast(pieces.length / 2);
  const V middle = select(first, s, lookup16(pieces.c[rows - 1], place.piece));
  return mulAdd(slopeIn(place, pieces), place.offset, middle);
}

}  // namespace
