// Drivers of elementwise kernels: broadcasting, strides and threads around one inner loop.
#include "../kernels/table.h"
#include "attributes.h"
#include "drivers.h"
#include "registry.h"
#include "strided.h"

namespace quern {
namespace {

int64_t operandSize(const Call& call, int operand) {
  const uint8_t code = kernelInfo(call.kernel).operands[operand];
  if (code == kCallDType) return itemSize(call.dtype);
  if (code == kAttributeDType) return itemSize(static_cast<DType>(call.attributes[0]));
  return itemSize(static_cast<DType>(code));
}

// Work for one thread, in the order of memory.
bool isSmallAndContiguous(const View& out) {
  return out.layout->contiguous && out.size() < 2 * kGrain;
}

bool isOneValue(const View& view, const View& out) {
  return view.size() == 1 && view.rank() <= out.rank();
}

Status runUnaryKernel(const Call& call, UnaryKernel kernel) {
  const View& out = call.operand[0];
  const View& a = call.operand[1];
  if (a.layout == out.layout && isSmallAndContiguous(out)) {
    kernel(out.size(), a.data, 1, out.data, 1, call.attributes);
    return Status::kOk;
  }
  StridedLoop loop;
  if (!broadcastLoop(call.operand, 2, loop)) return Status::kShapeMismatch;
  const int64_t outSize = operandSize(call, 0), aSize = operandSize(call, 1);
  runTiled<2>(loop, [&](int64_t n, const int64_t* offsets, const int64_t* strides) {
    kernel(n, a.as<char>() + offsets[1] * aSize, strides[1], out.as<char>() + offsets[0] * outSize, strides[0],
           call.attributes);
  });
  return Status::kOk;
}

}  // namespace

Status run_unary(const Call& call) {
  const auto kernel = kernelTable().get<UnaryKernel>(call.kernel, call.dtype);
  if (call.count != 2) return Status::kWrongCount;
  if (!kernel) return Status::kUnknownKernel;
  return runUnaryKernel(call, kernel);
}

Status run_cast(const Call& call) {
  const auto kernel = kernelTable().get<CastKernel>(call.kernel, call.dtype);
  if (call.count != 2) return Status::kWrongCount;
  if (!kernel) return Status::kUnknownKernel;
  int64_t source;
  if (!wholeAttribute(call, 0, 0, kDTypeCount - 1, source)) return Status::kBadAttribute;
  return runUnaryKernel(call, kernel);
}

Status run_binary(const Call& call) {
  const auto kernel = kernelTable().get<BinaryKernel>(call.kernel, call.dtype);
  if (call.count != 3) return Status::kWrongCount;
  if (!kernel) return Status::kUnknownKernel;
  const View& out = call.operand[0];
  const View& a = call.operand[1];
  const View& b = call.operand[2];
  if (isSmallAndContiguous(out) && out.size() > 0) {
    const bool sameA = a.layout == out.layout, sameB = b.layout == out.layout;
    if ((sameA || isOneValue(a, out)) && (sameB || isOneValue(b, out))) {
      kernel(out.size(), a.data, sameA ? 1 : 0, b.data, sameB ? 1 : 0, out.data, 1);
      return Status::kOk;
    }
  }
  StridedLoop loop;
  if (!broadcastLoop(call.operand, 3, loop)) return Status::kShapeMismatch;
  const int64_t outSize = operandSize(call, 0), aSize = operandSize(call, 1), bSize = operandSize(call, 2);
  runTiled<3>(loop, [&](int64_t n, const int64_t* offsets, const int64_t* strides) {
    kernel(n, a.as<char>() + offsets[1] * aSize, strides[1], b.as<char>() + offsets[2] * bSize, strides[2],
           out.as<char>() + offsets[0] * outSize, strides[0]);
  });
  return Status::kOk;
}

Status run_where(const Call& call) {
  const auto kernel = kernelTable().get<WhereKernel>(call.kernel, call.dtype);
  if (call.count != 4) return Status::kWrongCount;
  if (!kernel) return Status::kUnknownKernel;
  StridedLoop loop;
  if (!broadcastLoop(call.operand, 4, loop)) return Status::kShapeMismatch;
  const View* views = call.operand;
  const int64_t size = itemSize(call.dtype);
  runTiled<4>(loop, [&](int64_t n, const int64_t* offsets, const int64_t* strides) {
    kernel(n, views[1].as<uint8_t>() + offsets[1], strides[1], views[2].as<char>() + offsets[2] * size, strides[2],
           views[3].as<char>() + offsets[3] * size, strides[3], views[0].as<char>() + offsets[0] * size, strides[0]);
  });
  return Status::kOk;
}

Status run_fill(const Call& call) {
  const auto kernel = kernelTable().get<FillKernel>(call.kernel, call.dtype);
  if (call.count != 1) return Status::kWrongCount;
  if (!kernel) return Status::kUnknownKernel;
  StridedLoop loop;
  if (!broadcastLoop(call.operand, 1, loop)) return Status::kShapeMismatch;
  const View& out = call.operand[0];
  const int64_t size = itemSize(call.dtype);
  runTiled<1>(loop, [&](int64_t n, const int64_t* offsets, const int64_t* strides) {
    kernel(n, call.attributes[0], out.as<char>() + offsets[0] * size, strides[0]);
  });
  return Status::kOk;
}

}  // namespace quern
