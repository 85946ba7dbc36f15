// Drivers of the losses of classes: cross entropy of logits, and negative log-likelihood, with their
// gradients.
#include "../kernels/table.h"
#include "attributes.h"
#include "drivers.h"
#include "strided.h"

namespace quern {
namespace {

enum Reduction : int64_t { kNone = 0, kSum = 1, kMean = 2 };

// Positions that are worked on together: what is computed for each lies on the stack.
constexpr int64_t kTile = 256;

// Scores (N, C, …) seen as [images][classes][stride], targets as [images][stride], and the options of a loss:
// attributes 0 the class that counts for nothing, 1 the share spread over all classes, 2 the reduction.
struct ClassLoss {
  int64_t images = 1, classes = 1, stride = 1, positions = 1;
  int64_t ignored = 0;
  double smoothing = 0;
  int64_t reduction = kMean;
  bool normalises;  // whether the scores are logits; else logarithms of probabilities

  explicit ClassLoss(const Call& call)
      : normalises(static_cast<Kernel>(call.kernel) == Kernel::k_crossEntropy ||
                   static_cast<Kernel>(call.kernel) == Kernel::k_crossEntropyGrad) {}

  bool readOptions(const Call& call) {
    constexpr int64_t most = int64_t{1} << 52;
    smoothing = call.attributes[1];
    return wholeAttribute(call, 0, -most, most, ignored) && smoothing >= 0 && smoothing <= 1 &&
           wholeAttribute(call, 2, kNone, kMean, reduction);
  }
  bool see(const View& x, const View& target) {
    if (x.rank() < 2 || target.rank() != x.rank() - 1) return false;
    if (!x.layout->contiguous || !target.layout->contiguous) return false;
    for (int axis = 0; axis < target.rank(); ++axis) {
      if (target.dim(axis) != x.dim(axis == 0 ? 0 : axis + 1)) return false;
    }
    images = x.dim(0);
    classes = x.dim(1);
    positions = target.size();
    stride = 1;
    for (int axis = 2; axis < x.rank(); ++axis) stride *= x.dim(axis);
    return classes > 0 || positions == 0;
  }
  bool isLoss(const View& view, const View& target) const {
    if (reduction != kNone) return view.rank() == 0;
    return view.layout->contiguous && sameDims(view, target);
  }
  // For each position its largest logit and the logarithm of its sum, then what the total is divided by.
  bool isHelper(const View& view) const {
    return view.layout->contiguous && view.size() == 2 * positions + 1;
  }
  bool isWeight(const View& view) const {
    return view.layout->contiguous && view.rank() == 1 && view.size() == classes;
  }
  // Where the scores of a position begin, and how far the next position's are.
  int64_t scoresAt(int64_t position) const {
    return stride == 1 ? position * classes : position / stride * classes * stride + position % stride;
  }
  Scores scores(int64_t count) const { return {count, classes, stride}; }
};

template <class T>
const LossKernels<T>& kernels() {
  if constexpr (sizeof(T) == 4) {
    return kernelTable().loss32;
  } else {
    return kernelTable().loss64;
  }
}

// Calls body(position, count, chunk) for tiles of positions; those of one tile belong to one image where the
// classes are not innermost.
template <class Body>
void forTiles(const ClassLoss& loss, const Body& body) {
  const int64_t span = loss.stride == 1 ? loss.positions : loss.stride;
  const int64_t tiles = (span + kTile - 1) / kTile, all = loss.stride == 1 ? tiles : tiles * loss.images;
  int64_t chunks = chunkCount(loss.positions * loss.classes);
  if (chunks > all) chunks = all;
  parallelFor(chunks, [&](int64_t chunk, int) {
    const int64_t end = chunkStart(all, chunks, chunk + 1, 1);
    for (int64_t tile = chunkStart(all, chunks, chunk, 1); tile < end; ++tile) {
      const int64_t start = tile % tiles * kTile;
      body(tile / tiles * span + start, span - start < kTile ? span - start : kTile, chunk);
    }
  });
}

// Whether all classes lie in [0, classes) or are the ignored one; `counted` is the number of others, or the
// sum of their weights.
template <class T>
bool countClasses(const Call& call, const ClassLoss& loss, int operand, const T* weight, double& counted) {
  const int32_t* target = call.operand[operand].as<int32_t>();
  counted = 0;
  for (int64_t i = 0; i < loss.positions; ++i) {
    const int64_t found = target[i];
    if (found == loss.ignored) continue;
    if (found < 0 || found >= loss.classes) {
      call.failure[0] = operand;
      call.failure[1] = static_cast<double>(found);
      call.failure[2] = static_cast<double>(loss.classes);
      call.failure[3] = 1;
      return false;
    }
    counted += weight ? static_cast<double>(weight[found]) : 1;
  }
  return true;
}

template <class T>
Status findLoss(const Call& call, const ClassLoss& loss) {
  const View &out = call.operand[0], &helper = call.operand[1];
  const T* x = call.operand[2].as<T>();
  const int32_t* target = call.operand[3].as<int32_t>();
  const T* weight = call.count > 4 ? call.operand[4].as<T>() : nullptr;
  double counted;
  if (!countClasses(call, loss, 3, weight, counted)) return Status::kIndexOutOfRange;
  T *largest = helper.as<T>(), *logs = largest + loss.positions;
  const double divisor = loss.reduction == kMean ? counted : 1;
  logs[loss.positions] = static_cast<T>(divisor);

  const LossKernels<T>& table = kernels<T>();
  const T own = static_cast<T>(1 - loss.smoothing);
  const T share = static_cast<T>(loss.smoothing / static_cast<double>(loss.classes));
  double sums[kMostChunks] = {};
  forTiles(loss, [&](int64_t position, int64_t count, int64_t chunk) {
    const T* from = x + loss.scoresAt(position);
    T spread[kTile];
    if (loss.normalises) {
      table.logSumExp(loss.scores(count), from, largest + position, logs + position);
      if (share > 0)
        table.spread(loss.scores(count), from, largest + position, logs + position, weight, spread);
    }
    const int64_t step = loss.stride == 1 ? loss.classes : 1;
    for (int64_t i = 0; i < count; ++i) {
      const int64_t at = position + i, chosen = target[at];
      T value = 0;
      if (chosen != loss.ignored) {
        const T score = from[i * step + chosen * loss.stride];
        value = (loss.normalises ? largest[at] - score + logs[at] : -score) * own;
        if (weight) value *= weight[chosen];
        if (share > 0) value += share * spread[i];
      }
      if (loss.reduction == kNone) {
        out.as<T>()[at] = value;
      } else {
        sums[chunk] += static_cast<double>(value);
      }
    }
  });
  if (loss.reduction == kNone) return Status::kOk;
  double total = 0;
  for (double sum : sums) total += sum;
  *out.as<T>() = static_cast<T>(total / divisor);
  return Status::kOk;
}

template <class T>
Status findGradient(const Call& call, const ClassLoss& loss) {
  const View &dx = call.operand[0], &g = call.operand[1], &helper = call.operand[3];
  const T* x = call.operand[2].as<T>();
  const int32_t* target = call.operand[4].as<int32_t>();
  const T* weight = call.count > 5 ? call.operand[5].as<T>() : nullptr;
  double counted;
  if (!countClasses(call, loss, 4, weight, counted)) return Status::kIndexOutOfRange;
  const T *largest = helper.as<T>(), *logs = largest + loss.positions;

  const LossKernels<T>& table = kernels<T>();
  const T divisor = logs[loss.positions], own = static_cast<T>(1 - loss.smoothing);
  const T share = static_cast<T>(loss.smoothing / static_cast<double>(loss.classes));
  T everyWeight = static_cast<T>(loss.classes);
  if (weight) {
    double sum = 0;
    for (int64_t c = 0; c < loss.classes; ++c) sum += static_cast<double>(weight[c]);
    everyWeight = static_cast<T>(sum);
  }
  forTiles(loss, [&](int64_t position, int64_t count, int64_t) {
    const int64_t start = loss.scoresAt(position), step = loss.stride == 1 ? loss.classes : 1;
    T* to = dx.as<T>() + start;
    T chosenParts[kTile], factors[kTile], evens[kTile];
    for (int64_t i = 0; i < count; ++i) {
      const int64_t at = position + i, chosen = target[at];
      const bool counts = chosen != loss.ignored;
      const T gradient = counts ? g.as<T>()[loss.reduction == kNone ? at : 0] / divisor : T(0);
      chosenParts[i] = counts ? gradient * own * (weight ? weight[chosen] : T(1)) : T(0);
      evens[i] = gradient * share;
      factors[i] = loss.normalises ? chosenParts[i] + evens[i] * everyWeight : T(0);
    }
    table.grad(loss.scores(count), x + start, largest + position, logs + position, factors,
               share > 0 ? evens : nullptr, weight, to);
    for (int64_t i = 0; i < count; ++i) {
      const int64_t chosen = target[position + i];
      if (chosen != loss.ignored) to[i * step + chosen * loss.stride] -= chosenParts[i];
    }
  });
  return Status::kOk;
}

}  // namespace

// out, helper, x, target | weight
Status run_classLoss(const Call& call) {
  const View &x = call.operand[2], &target = call.operand[3];
  ClassLoss loss(call);
  if (!loss.readOptions(call)) return Status::kBadAttribute;
  if (!loss.normalises && loss.smoothing > 0) return Status::kBadAttribute;
  if (!loss.see(x, target) || !loss.isLoss(call.operand[0], target) || !loss.isHelper(call.operand[1]) ||
      (call.count > 4 && !loss.isWeight(call.operand[4])))
    return Status::kShapeMismatch;
  return call.dtype == DType::kFloat32 ? findLoss<float>(call, loss) : findLoss<double>(call, loss);
}

// dx, g, x, helper, target | weight
Status run_classLossGrad(const Call& call) {
  const View &dx = call.operand[0], &x = call.operand[2], &target = call.operand[4];
  ClassLoss loss(call);
  if (!loss.readOptions(call)) return Status::kBadAttribute;
  if (!loss.see(x, target) || !dx.layout->contiguous || !sameDims(dx, x) ||
      !loss.isLoss(call.operand[1], target) || !loss.isHelper(call.operand[3]) ||
      (call.count > 5 && !loss.isWeight(call.operand[5])))
    return Status::kShapeMismatch;
  if (x.size() == 0) return Status::kOk;
  return call.dtype == DType::kFloat32 ? findGradient<float>(call, loss) : findGradient<double>(call, loss);
}

}  // namespace quern
