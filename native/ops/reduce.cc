// Drivers of reductions: sum, mean, prod, amax, amin, any, all, and argmax, argmin.
#include "../core/scratch.h"
#include "../kernels/table.h"
#include "attributes.h"
#include "drivers.h"
#include "reduce_plan.h"
#include "registry.h"
#include "strided.h"

namespace quern {
namespace {

// Results that wait on the stack between the reduction and the output.
constexpr int64_t kCarried = 512;
constexpr int64_t kLargestItem = 8;

DType operandType(const Call& call, int operand) {
  const uint8_t code = kernelInfo(call.kernel).operands[operand];
  return code == kCallDType ? call.dtype : static_cast<DType>(code);
}

// Where results go: through a conversion to the output's dtype, along its strides.
struct Writer {
  const AxisGroup& kept;
  char* out;
  int64_t outSize;
  CastKernel cast;
  int64_t carrySize;
  double carryCode;

  Writer(const AxisGroup& group, const View& view, DType type, DType carry)
      : kept(group),
        out(view.as<char>()),
        outSize(itemSize(type)),
        cast(kernelTable().get<CastKernel>(static_cast<int>(Kernel::k_cast), type)),
        carrySize(itemSize(carry)),
        carryCode(static_cast<double>(carry)) {}

  void write(int64_t begin, int64_t end, const char* values) const {
    const int64_t* const strides[1] = {kept.out};
    forEachRun(kept.rank, kept.dims, strides, begin, end, [&](int64_t k, int64_t n, const int64_t* offsets) {
      cast(n, values + (k - begin) * carrySize, 1, out + offsets[0] * outSize, kept.out[kept.rank - 1],
           &carryCode);
    });
  }
};

// A mean's carry holds sums, in doubles whatever the dtype.
void divideSums(char* values, int64_t count, int64_t divisor) {
  double* sums = reinterpret_cast<double*>(values);
  for (int64_t i = 0; i < count; ++i) sums[i] /= static_cast<double>(divisor);
}

// One chunk's share: kept positions [begin, end), at most kCarried of them, over reduced positions [from,
// to).
struct Share {
  int64_t begin, end, piece, from, to;
};

template <class Body>
void forEachShare(const ReducePlan& plan, const Body& body) {
  parallelFor(plan.keptChunks * plan.pieces, [&](int64_t index, int) {
    const int64_t part = index / plan.pieces, piece = index % plan.pieces;
    const int64_t from = chunkStart(plan.reduced.size, plan.pieces, piece, 1);
    const int64_t to = chunkStart(plan.reduced.size, plan.pieces, piece + 1, 1);
    const int64_t end = chunkStart(plan.kept.size, plan.keptChunks, part + 1, plan.keptMultiple);
    int64_t k = chunkStart(plan.kept.size, plan.keptChunks, part, plan.keptMultiple);
    for (; k < end; k += kCarried) body(Share{k, end - k < kCarried ? end : k + kCarried, piece, from, to});
  });
}

// Calls body(k, count, position, n, offset) for every two-dimensional run of a share: `count` kept values
// from k on, n reduced ones from `position` on, the first of both at `offset` in the input.
template <class Body>
void forEachRunOf(const ReducePlan& plan, const Share& share, const Body& body) {
  const AxisGroup &kept = plan.kept, &reduced = plan.reduced;
  const int64_t* const keptStrides[1] = {kept.in};
  const int64_t* const reducedStrides[1] = {reduced.in};
  forEachRun(kept.rank, kept.dims, keptStrides, share.begin, share.end,
             [&](int64_t k, int64_t count, const int64_t* outer) {
               forEachRun(reduced.rank, reduced.dims, reducedStrides, share.from, share.to,
                          [&](int64_t position, int64_t n, const int64_t* inner) {
                            body(k, count, position, n, outer[0] + inner[0]);
                          });
             });
}

// A small contiguous input as [outer][inner], of which one is reduced and the other kept, in the output's
// order.
struct Matrix {
  int64_t kept = 1, reduced = 1;
  bool keepsInner = false;
};

bool seeMatrix(const View& out, const View& in, Matrix& matrix) {
  if (!in.layout->contiguous || !out.layout->contiguous || in.size() >= 2 * kGrain || in.size() == 0)
    return false;
  int changes = 0;
  for (int axis = 0; axis < in.rank(); ++axis) {
    const int64_t dim = in.dim(axis);
    if (dim == 1) continue;
    const bool keeps = out.dim(axis) == dim;
    if (matrix.kept * matrix.reduced > 1 && keeps != matrix.keepsInner) ++changes;
    matrix.keepsInner = keeps;
    (keeps ? matrix.kept : matrix.reduced) *= dim;
  }
  return changes < 2 && matrix.kept == out.size() && matrix.kept <= kCarried;
}

}  // namespace

Status run_reduce(const Call& call) {
  if (call.count != 2) return Status::kWrongCount;
  const auto kernel = kernelTable().get<ReduceKernel>(call.kernel, call.dtype);
  if (!kernel) return Status::kUnknownKernel;
  const View& out = call.operand[0];
  const View& in = call.operand[1];
  const Kernel name = static_cast<Kernel>(call.kernel);
  const DType type = operandType(call, 1), carry = carryType(name, type);

  // What most small networks ask for needs no plan. The calls, and so the bits, are those that one would lead
  // to.
  Matrix matrix;
  if (out.rank() == in.rank() && seeMatrix(out, in, matrix)) {
    alignas(64) char values[kCarried * kLargestItem];
    const int64_t kept = matrix.kept, reduced = matrix.reduced;
    kernel(kept, matrix.keepsInner ? 1 : reduced, reduced, matrix.keepsInner ? kept : 1, in.data, false,
           values);
    if (name == Kernel::k_mean) divideSums(values, kept, reduced);
    const double code = static_cast<double>(carry);
    const auto cast = kernelTable().get<CastKernel>(static_cast<int>(Kernel::k_cast), operandType(call, 0));
    cast(kept, values, 1, out.data, 1, &code);
    return Status::kOk;
  }

  ReducePlan plan;
  if (!planReduction(out, in, false, plan)) return Status::kShapeMismatch;
  if (plan.kept.size == 0) return Status::kOk;
  const bool needsValues = name == Kernel::k_amax || name == Kernel::k_amin;
  if (plan.reduced.size == 0 && needsValues) return Status::kShapeMismatch;

  const int64_t inSize = itemSize(type), carrySize = itemSize(carry);
  const Writer writer(plan.kept, out, operandType(call, 0), carry);
  ScratchFrame frame;
  char* partial = nullptr;
  if (plan.pieces > 1) {
    partial = frame.take<char>(plan.pieces * plan.kept.size * carrySize);
    if (!partial) return Status::kOutOfMemory;
  }

  forEachShare(plan, [&](const Share& share) {
    alignas(64) char stack[kCarried * kLargestItem];
    char* values = partial ? partial + (share.piece * plan.kept.size + share.begin) * carrySize : stack;
    // Without elements, or before the first: the identity.
    kernel(share.end - share.begin, 1, 0, 0, in.data, false, values);
    forEachRunOf(plan, share, [&](int64_t k, int64_t count, int64_t, int64_t n, int64_t offset) {
      kernel(count, plan.kept.innerStride(), n, plan.reduced.innerStride(), in.as<char>() + offset * inSize,
             true, values + (k - share.begin) * carrySize);
    });
    if (partial) return;
    if (name == Kernel::k_mean) divideSums(values, share.end - share.begin, plan.reduced.size);
    writer.write(share.begin, share.end, values);
  });
  if (!partial) return Status::kOk;

  // The carry's own kernel adds up the pieces, in their order.
  const auto combine = kernelTable().get<ReduceKernel>(call.kernel, carry);
  for (int64_t k = 0; k < plan.kept.size; k += kCarried) {
    alignas(64) char stack[kCarried * kLargestItem];
    const int64_t count = plan.kept.size - k < kCarried ? plan.kept.size - k : kCarried;
    combine(count, 1, plan.pieces, plan.kept.size, partial + k * carrySize, false, stack);
    if (name == Kernel::k_mean) divideSums(stack, count, plan.reduced.size);
    writer.write(k, k + count, stack);
  }
  return Status::kOk;
}

Status run_argReduce(const Call& call) {
  if (call.count != 2) return Status::kWrongCount;
  const auto kernel = kernelTable().get<ArgReduceKernel>(call.kernel, call.dtype);
  if (!kernel) return Status::kUnknownKernel;
  const View& out = call.operand[0];
  const View& in = call.operand[1];
  int64_t axis;
  if (!wholeAttribute(call, 0, -1, in.rank() - 1, axis)) return Status::kBadAttribute;

  // Indices count in row-major order, so the reduced axes stay in theirs.
  ReducePlan plan;
  if (!planReduction(out, in, true, plan)) return Status::kShapeMismatch;
  if (plan.reduced.size > INT32_MAX) return Status::kShapeMismatch;
  for (int i = 0; i < in.rank(); ++i) {
    const bool reduced = axis < 0 || i == axis;
    if (out.dim(i) != (reduced ? 1 : in.dim(i))) return Status::kShapeMismatch;
  }
  if (plan.kept.size == 0) return Status::kOk;
  if (plan.reduced.size == 0) return Status::kShapeMismatch;

  const int64_t size = itemSize(call.dtype), keptSize = plan.kept.size;
  const Writer writer(plan.kept, out, DType::kInt32, DType::kInt32);
  const auto write = [&](int64_t begin, int64_t end, const int32_t* indices) {
    writer.write(begin, end, reinterpret_cast<const char*>(indices));
  };
  ScratchFrame frame;
  char* partial = nullptr;
  int32_t* partialIndices = nullptr;
  if (plan.pieces > 1) {
    partial = frame.take<char>(plan.pieces * keptSize * size);
    partialIndices = frame.take<int32_t>(plan.pieces * keptSize);
    if (!partial || !partialIndices) return Status::kOutOfMemory;
  }

  forEachShare(plan, [&](const Share& share) {
    alignas(64) char stack[kCarried * kLargestItem];
    int32_t stackIndices[kCarried];
    const int64_t slot = share.piece * keptSize + share.begin;
    char* values = partial ? partial + slot * size : stack;
    int32_t* indices = partial ? partialIndices + slot : stackIndices;
    forEachRunOf(plan, share, [&](int64_t k, int64_t count, int64_t position, int64_t n, int64_t offset) {
      kernel(count, plan.kept.innerStride(), n, plan.reduced.innerStride(), in.as<char>() + offset * size,
             position, position > share.from, values + (k - share.begin) * size, indices + (k - share.begin));
    });
    if (!partial) write(share.begin, share.end, indices);
  });
  if (!partial) return Status::kOk;

  for (int64_t k = 0; k < keptSize; k += kCarried) {
    alignas(64) char values[kCarried * kLargestItem];
    int32_t winners[kCarried];
    const int64_t count = keptSize - k < kCarried ? keptSize - k : kCarried;
    kernel(count, 1, plan.pieces, keptSize, partial + k * size, 0, false, values, winners);
    for (int64_t j = 0; j < count; ++j) winners[j] = partialIndices[winners[j] * keptSize + k + j];
    write(k, k + count, winners);
  }
  return Status::kOk;
}

}  // namespace quern
