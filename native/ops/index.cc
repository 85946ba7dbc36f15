// Drivers that read and write along one axis by index tensors: gather, the scatters, indexSelect, indexAdd,
// indexCopy.
#include <type_traits>

#include "../core/scratch.h"
#include "../core/thread_pool.h"
#include "attributes.h"
#include "drivers.h"
#include "index_check.h"
#include "runs.h"

namespace quern {
namespace {

// All walk the positions of a "list" tensor (gather's output, scatterAdd's source) and, for each, one
// element of an "addressed" tensor that differs in the coordinate along `axis` only, which the index tensor
// holds.
struct Walk {
  int64_t length = 0;    // of the list along the axis
  int64_t listStep = 0;  // strides along the axis
  int64_t indexStep = 0;
  int64_t addressedStep = 0;
  int rank = 0;  // the other axes, the rest, those that lie one after another as one
  int64_t dims[kMaxRank] = {};
  int64_t list[kMaxRank] = {};  // their strides
  int64_t index[kMaxRank] = {};
  int64_t addressed[kMaxRank] = {};
  int64_t positions = 1;  // number of rest positions
  int64_t inner = 1;      // how many of them are walked together: those after the axis, one slice

  // `joins`: whether it may be one axis with the last.
  void addAxis(int64_t dim, int64_t listStride, int64_t indexStride, int64_t addressedStride, bool joins) {
    const int last = rank - 1;
    joins = joins && rank > 0 && list[last] == listStride * dim && index[last] == indexStride * dim &&
            addressed[last] == addressedStride * dim;
    const int place = joins ? last : rank++;
    dims[place] = joins ? dims[place] * dim : dim;
    list[place] = listStride;
    index[place] = indexStride;
    addressed[place] = addressedStride;
  }
};

// `index` has the list's dims, or is one-dimensional and lies along the axis.
Walk planWalk(int axis, const View& list, const View& index, const View& addressed, bool oneDimensional) {
  Walk walk;
  walk.length = list.dim(axis);
  walk.listStep = list.stride(axis);
  walk.indexStep = index.stride(oneDimensional ? 0 : axis);
  walk.addressedStep = addressed.stride(axis);
  bool joins = false;  // not across the axis
  for (int d = 0; d < list.rank(); ++d) {
    if (d == axis) joins = false;
    if (d == axis || list.dim(d) == 1) continue;
    walk.addAxis(list.dim(d), list.stride(d), oneDimensional ? 0 : index.stride(d), addressed.stride(d),
                 joins);
    joins = true;
    walk.positions *= list.dim(d);
    if (d > axis) walk.inner *= list.dim(d);
  }
  // A short last axis (a loss picks one value a row) is walked across the rows, not row by row.
  if (walk.inner == 1 && walk.length < 8) walk.inner = walk.positions;
  return walk;
}

template <class T>
struct Copy {  // gather, indexSelect
  static void apply(T& list, T& addressed) { list = addressed; }
};

template <class T>
struct Assign {  // scatter, indexCopy: what is written last stays
  static void apply(T& list, T& addressed) { addressed = list; }
};

template <class T>
struct Accumulate {  // scatterAdd, indexAdd
  static void apply(T& list, T& addressed) { addressed += list; }
};

template <>
struct Accumulate<int32_t> {  // modulo 2^32
  static void apply(int32_t& list, int32_t& addressed) {
    addressed = static_cast<int32_t>(static_cast<uint32_t>(addressed) + static_cast<uint32_t>(list));
  }
};

template <class T>
struct Multiply {
  static void apply(T& list, T& addressed) { addressed *= list; }
};

template <>
struct Multiply<int32_t> {  // modulo 2^32
  static void apply(int32_t& list, int32_t& addressed) {
    addressed = static_cast<int32_t>(static_cast<uint32_t>(addressed) * static_cast<uint32_t>(list));
  }
};

// NaN wins, on either side.
template <class T>
struct Maximum {
  static void apply(T& list, T& addressed) {
    if (list > addressed || list != list) addressed = list;
  }
};

template <class T>
struct Minimum {
  static void apply(T& list, T& addressed) {
    if (list < addressed || list != list) addressed = list;
  }
};

// The rest positions [begin, end), which lie in one slice, at places [from, to) along the axis. There the
// order is ascending for each position: that is the order in which colliding sources are added, whatever the
// cut.
template <class T, class Action>
void walkSlice(const Walk& walk, T* list, const int32_t* index, T* addressed, int64_t begin, int64_t end,
               int64_t from, int64_t to) {
  const int last = walk.rank > 0 ? walk.rank - 1 : 0;
  const int64_t listRun = walk.list[last], indexRun = walk.index[last], addressedRun = walk.addressed[last];
  const bool rows = indexRun == 0 && listRun == 1 && addressedRun == 1;  // one index for a run without gaps
  forEachRun(walk.rank, walk.dims, {walk.list, walk.index, walk.addressed}, begin, end,
             [&](int64_t, int64_t count, const int64_t (&offsets)[3]) {
               T* l = list + offsets[0] + from * walk.listStep;
               T* a = addressed + offsets[2];
               const int32_t* at = index + offsets[1] + from * walk.indexStep;
               if (count == 1) {
                 for (int64_t j = 0; j < to - from; ++j)
                   Action::apply(l[j * walk.listStep], a[at[j * walk.indexStep] * walk.addressedStep]);
                 return;
               }
               for (int64_t j = from; j < to; ++j, l += walk.listStep, at += walk.indexStep) {
                 if (rows) {
                   T* row = a + *at * walk.addressedStep;
                   for (int64_t i = 0; i < count; ++i) Action::apply(l[i], row[i]);
                   continue;
                 }
                 for (int64_t i = 0; i < count; ++i) {
                   const int64_t target = at[i * indexRun];
                   Action::apply(l[i * listRun], a[i * addressedRun + target * walk.addressedStep]);
                 }
               }
             });
}

constexpr int64_t kChunkWork = 16384;  // elements: less is not worth a thread
constexpr int64_t kMostChunks = 64;
constexpr int64_t kShortestRun =
    32;  // rest positions: pieces of a row smaller than two cache lines share them between threads

// What reads the addressed tensor may be cut along the axis; else threads take disjoint ranges of rest
// positions, so that no two ever touch the same addressed element.
template <class T, class Action>
void runWalk(const Walk& walk, T* list, const int32_t* index, T* addressed) {
  if (walk.positions == 0 || walk.length == 0) return;
  const bool along = std::is_same_v<Action, Copy<T>> && walk.length >= walk.positions;
  const int64_t cuttable = along ? walk.length : walk.positions;
  int64_t chunks = walk.positions * walk.length / kChunkWork;
  chunks = chunks < 1 ? 1 : chunks > kMostChunks ? kMostChunks : chunks;
  int64_t size = (cuttable + chunks - 1) / chunks;
  if (chunks > 1) size = (size + kShortestRun - 1) / kShortestRun * kShortestRun;
  parallelFor((cuttable + size - 1) / size, [&](int64_t chunk, int) {
    const int64_t first = chunk * size, stop = first + size < cuttable ? first + size : cuttable;
    const int64_t end = along ? walk.positions : stop;
    for (int64_t begin = along ? 0 : first; begin < end;) {
      const int64_t sliceEnd = (begin / walk.inner + 1) * walk.inner;
      const int64_t until = sliceEnd < end ? sliceEnd : end;
      walkSlice<T, Action>(walk, list, index, addressed, begin, until, along ? first : 0,
                           along ? stop : walk.length);
      begin = until;
    }
  });
}

// An action that moves bits, by item size.
template <template <class> class Action>
void runMoving(DType dtype, const Walk& walk, const View& list, const int32_t* index, const View& addressed) {
  if (itemSize(dtype) == 8)
    runWalk<uint64_t, Action<uint64_t>>(walk, list.as<uint64_t>(), index, addressed.as<uint64_t>());
  else if (itemSize(dtype) == 4)
    runWalk<uint32_t, Action<uint32_t>>(walk, list.as<uint32_t>(), index, addressed.as<uint32_t>());
  else
    runWalk<uint8_t, Action<uint8_t>>(walk, list.as<uint8_t>(), index, addressed.as<uint8_t>());
}

// One that computes.
template <template <class> class Action>
void runComputing(DType dtype, const Walk& walk, const View& list, const int32_t* index,
                  const View& addressed) {
  if (dtype == DType::kFloat32)
    runWalk<float, Action<float>>(walk, list.as<float>(), index, addressed.as<float>());
  else if (dtype == DType::kFloat64)
    runWalk<double, Action<double>>(walk, list.as<double>(), index, addressed.as<double>());
  else
    runWalk<int32_t, Action<int32_t>>(walk, list.as<int32_t>(), index, addressed.as<int32_t>());
}

// The shapes fit: outside the axis the list lies inside the addressed tensor, and there is an index for each
// element.
bool fits(const View& list, const View& index, const View& addressed, int64_t axis, bool oneDimensional) {
  if (list.rank() != addressed.rank()) return false;
  for (int d = 0; d < list.rank(); ++d) {
    if (d == axis) continue;
    if (oneDimensional ? list.dim(d) != addressed.dim(d) : list.dim(d) > addressed.dim(d)) return false;
  }
  if (oneDimensional) return index.rank() == 1 && index.dim(0) == list.dim(static_cast<int>(axis));
  return sameDims(list, index);
}

using Run = void (*)(DType, const Walk&, const View& list, const int32_t* index, const View& addressed);

// `indexOperand` is the index tensor's place in the call; `run` is what happens between list and addressed.
Status runIndexed(const Call& call, const View& list, int indexOperand, const View& addressed,
                  bool oneDimensional, Run run) {
  const View& indices = call.operand[indexOperand];
  const View& out = call.operand[0];
  int64_t axis;
  if (!wholeAttribute(call, 0, 0, list.rank() - 1, axis)) return Status::kBadAttribute;
  if (!fits(list, indices, addressed, axis, oneDimensional)) return Status::kShapeMismatch;
  const int where = static_cast<int>(axis);
  if (!indicesInRange(call, indexOperand, addressed.dim(where), where)) return Status::kIndexOutOfRange;

  ScratchFrame frame;
  View index = indices;
  Layout packed;
  if (overlaps(out, itemSize(call.dtype), indices, itemSize(DType::kInt32))) {
    // Writing would change indices that have been checked already: read a copy of them.
    int32_t* copy = frame.take<int32_t>(indices.size());
    if (!copy) return Status::kOutOfMemory;
    packed = packIndices(indices, copy);
    index = {copy, &packed};
  }
  const Walk walk = planWalk(where, list, index, addressed, oneDimensional);
  run(call.dtype, walk, list, index.as<int32_t>(), addressed);
  return Status::kOk;
}

}  // namespace

Status run_gather(const Call& call) {
  return runIndexed(call, call.operand[0], 2, call.operand[1], false, runMoving<Copy>);
}

Status run_indexSelect(const Call& call) {
  return runIndexed(call, call.operand[0], 2, call.operand[1], true, runMoving<Copy>);
}

Status run_scatter(const Call& call) {
  return runIndexed(call, call.operand[2], 1, call.operand[0], false, runMoving<Assign>);
}

Status run_indexCopy(const Call& call) {
  return runIndexed(call, call.operand[2], 1, call.operand[0], true, runMoving<Assign>);
}

Status run_scatterAdd(const Call& call) {
  return runIndexed(call, call.operand[2], 1, call.operand[0], false, runComputing<Accumulate>);
}

Status run_indexAdd(const Call& call) {
  return runIndexed(call, call.operand[2], 1, call.operand[0], true, runComputing<Accumulate>);
}

Status run_scatterProd(const Call& call) {
  return runIndexed(call, call.operand[2], 1, call.operand[0], false, runComputing<Multiply>);
}

Status run_scatterAmax(const Call& call) {
  return runIndexed(call, call.operand[2], 1, call.operand[0], false, runComputing<Maximum>);
}

Status run_scatterAmin(const Call& call) {
  return runIndexed(call, call.operand[2], 1, call.operand[0], false, runComputing<Minimum>);
}

}  // namespace quern
