// Drivers of elementwise kernels: broadcasting, strides and threads around one inner loop.
#include <string.h>

#include <atomic>

#include "../kernels/table.h"
#include "attributes.h"
#include "drivers.h"
#include "registry.h"
#include "strided.h"
#include "transposed_copy.h"

namespace quern {
namespace {

int64_t operandSize(const Call& call, int operand) {
  const uint8_t code = kernelInfo(call.kernel).operands[operand];
  if (code == kCallDType) return itemSize(call.dtype);
  if (code == kAttributeDType) return itemSize(static_cast<DType>(call.attributes[0]));
  return itemSize(static_cast<DType>(code));
}

// Work for one thread, in the order of memory.
bool isSmallAndContiguous(const View& out) { return out.layout->contiguous && out.size() < 2 * kGrain; }

bool isOneValue(const View& view, const View& out) { return view.size() == 1 && view.rank() <= out.rank(); }

// Whether `row` is repeated for each row of the output, as a bias is: its dims are the output's last ones.
// One that is worth a chunk of its own is better cut, as is any operand of the output's size.
bool isRow(const View& row, const View& out) {
  if (!row.layout->contiguous || row.rank() > out.rank() || row.size() < 2 || row.size() > kGrain)
    return false;
  bool leading = true;
  for (int axis = 0; axis < row.rank(); ++axis) {
    leading = leading && row.dim(axis) == 1;
    if (!leading && row.dim(axis) != out.dim(axis + out.rank() - row.rank())) return false;
  }
  return true;
}

// Rows shorter than this are repeated into a stage: an inner call should be worth its overhead.
constexpr int64_t kShortRow = 128;
constexpr int64_t kStageBytes = 4096;

// A contiguous output, one operand of its layout and one that is a row of it (the first, if `rowFirst`).
void runWithRow(const Call& call, BinaryKernel kernel, bool rowFirst, int64_t itemSize, int64_t outSize) {
  const View& out = call.operand[0];
  const View& row = call.operand[rowFirst ? 1 : 2];
  const char* other = call.operand[rowFirst ? 2 : 1].as<char>();
  const int64_t columns = row.size(), rows = out.size() / columns;
  const char* repeated = row.as<char>();
  int64_t width = columns;
  alignas(64) char stage[kStageBytes];
  if (columns < kShortRow) {
    const int64_t bytes = columns * itemSize, fit = kStageBytes / bytes, times = rows < fit ? rows : fit;
    for (int64_t i = 0; i < times; ++i) memcpy(stage + i * bytes, row.data, static_cast<size_t>(bytes));
    repeated = stage;
    width = columns * times;
  }
  const auto range = [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i += width) {
      const int64_t n = end - i < width ? end - i : width;
      const void* a = rowFirst ? repeated : other + i * itemSize;
      const void* b = rowFirst ? other + i * itemSize : repeated;
      kernel(n, a, 1, b, 1, out.as<char>() + i * outSize, 1, call.attributes);
    }
  };
  const int64_t chunks = chunkCount(out.size());
  if (chunks == 1) return range(0, out.size());
  parallelFor(chunks, [&](int64_t chunk, int) {
    range(chunkStart(out.size(), chunks, chunk, width), chunkStart(out.size(), chunks, chunk + 1, width));
  });
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
    kernel(n, a.as<char>() + offsets[1] * aSize, strides[1], out.as<char>() + offsets[0] * outSize,
           strides[0], call.attributes);
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
  StridedLoop loop;
  if (static_cast<DType>(source) == call.dtype && call.operand[1].layout != call.operand[0].layout) {
    if (!broadcastLoop(call.operand, 2, loop)) return Status::kShapeMismatch;
    const bool copied =
        copyTransposed(loop, itemSize(call.dtype), call.operand[1].as<char>(), call.operand[0].as<char>());
    if (copied) return Status::kOk;
  }
  return runUnaryKernel(call, kernel);
}

Status run_binary(const Call& call) {
  const auto kernel = kernelTable().get<BinaryKernel>(call.kernel, call.dtype);
  if (call.count != 3) return Status::kWrongCount;
  if (!kernel) return Status::kUnknownKernel;
  const View& out = call.operand[0];
  const View& a = call.operand[1];
  const View& b = call.operand[2];
  const bool sameA = a.layout == out.layout, sameB = b.layout == out.layout;
  if (isSmallAndContiguous(out) && out.size() > 0) {
    if ((sameA || isOneValue(a, out)) && (sameB || isOneValue(b, out))) {
      kernel(out.size(), a.data, sameA ? 1 : 0, b.data, sameB ? 1 : 0, out.data, 1, call.attributes);
      return Status::kOk;
    }
  }
  const int64_t outSize = operandSize(call, 0), size = operandSize(call, 1);  // both inputs are of one dtype
  if (out.layout->contiguous && out.size() > 0 && ((sameA && isRow(b, out)) || (sameB && isRow(a, out)))) {
    runWithRow(call, kernel, !sameA, size, outSize);
    return Status::kOk;
  }
  StridedLoop loop;
  if (!broadcastLoop(call.operand, 3, loop)) return Status::kShapeMismatch;
  runTiled<3>(loop, [&](int64_t n, const int64_t* offsets, const int64_t* strides) {
    kernel(n, a.as<char>() + offsets[1] * size, strides[1], b.as<char>() + offsets[2] * size, strides[2],
           out.as<char>() + offsets[0] * outSize, strides[0], call.attributes);
  });
  return Status::kOk;
}

// Integers have no quotient by 0.
Status run_quotient(const Call& call) {
  if (call.count == 3 && call.dtype == DType::kInt32) {
    const View views[] = {call.operand[0], call.operand[2]};
    StridedLoop loop;
    if (!broadcastLoop(views, 2, loop)) return Status::kShapeMismatch;
    std::atomic<bool> zero{false};
    runLoop<2>(loop, [&](int64_t n, const int64_t* offsets) {
      const int64_t stride = loop.strides[1][loop.rank - 1], count = stride == 0 ? 1 : n;
      const int32_t* divisor = views[1].as<int32_t>() + offsets[1];
      bool found = false;
      for (int64_t i = 0; i < count; ++i) found |= divisor[i * stride] == 0;
      if (found) zero.store(true, std::memory_order_relaxed);
    });
    if (zero) return Status::kDivisionByZero;
  }
  return run_binary(call);
}

Status run_ternary(const Call& call) {
  const auto kernel = kernelTable().get<TernaryKernel>(call.kernel, call.dtype);
  if (call.count != 4) return Status::kWrongCount;
  if (!kernel) return Status::kUnknownKernel;
  StridedLoop loop;
  if (!broadcastLoop(call.operand, 4, loop)) return Status::kShapeMismatch;
  const View* views = call.operand;
  const int64_t size = itemSize(call.dtype);
  runTiled<4>(loop, [&](int64_t n, const int64_t* offsets, const int64_t* strides) {
    kernel(n, views[1].as<char>() + offsets[1] * size, strides[1], views[2].as<char>() + offsets[2] * size,
           strides[2], views[3].as<char>() + offsets[3] * size, strides[3],
           views[0].as<char>() + offsets[0] * size, strides[0], call.attributes);
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
    kernel(n, views[1].as<uint8_t>() + offsets[1], strides[1], views[2].as<char>() + offsets[2] * size,
           strides[2], views[3].as<char>() + offsets[3] * size, strides[3],
           views[0].as<char>() + offsets[0] * size, strides[0]);
  });
  return Status::kOk;
}

Status run_fill(const Call& call) {
  const auto kernel = kernelTable().get<FillKernel>(call.kernel, call.dtype);
  if (call.count != 1) return Status::kWrongCount;
  if (!kernel) return Status::kUnknownKernel;
  const View& out = call.operand[0];
  if (isSmallAndContiguous(out)) {
    kernel(out.size(), call.attributes[0], out.data, 1);
    return Status::kOk;
  }
  StridedLoop loop;
  if (!broadcastLoop(call.operand, 1, loop)) return Status::kShapeMismatch;
  const int64_t size = itemSize(call.dtype);
  runTiled<1>(loop, [&](int64_t n, const int64_t* offsets, const int64_t* strides) {
    kernel(n, call.attributes[0], out.as<char>() + offsets[0] * size, strides[0]);
  });
  return Status::kOk;
}

}  // namespace quern
