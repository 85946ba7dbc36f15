// Drivers of softmax, logSoftmax and their gradients along any axis.
#include "../core/scratch.h"
#include "../kernels/table.h"
#include "attributes.h"
#include "drivers.h"
#include "long_rows.h"
#include "strided.h"
#include "transposed_copy.h"

namespace quern {
namespace {

// A contiguous tensor seen as [rows][n][stride], the middle one being the axis.
struct Rows {
  int64_t rows = 1, n = 1, stride = 1;
};

bool seeRows(const View& out, int64_t axis, Rows& shape) {
  if (!out.layout->contiguous) return false;
  for (int i = 0; i < out.rank(); ++i) {
    int64_t& part = i < axis ? shape.rows : i == axis ? shape.n : shape.stride;
    part *= out.dim(i);
  }
  return true;
}

// Copies any strides into contiguous memory, in row-major order.
void pack(const View& from, DType dtype, void* to) {
  Layout dense = *from.layout;
  int64_t stride = 1;
  for (int axis = dense.rank - 1; axis >= 0; --axis) {
    dense.strides[axis] = stride;
    stride *= dense.dims[axis];
  }
  const View views[2] = {{to, &dense}, from};
  StridedLoop loop;
  broadcastLoop(views, 2, loop);  // the same dims on both sides
  const auto copy = kernelTable().get<CastKernel>(static_cast<int>(Kernel::k_cast), dtype);
  const double code = static_cast<double>(dtype);
  const int64_t size = itemSize(dtype);
  if (copyTransposed(loop, size, from.as<char>(), static_cast<char*>(to))) return;
  runTiled<2>(loop, [&](int64_t n, const int64_t* offsets, const int64_t* strides) {
    copy(n, from.as<char>() + offsets[1] * size, strides[1], static_cast<char*>(to) + offsets[0] * size,
         strides[0], &code);
  });
}

// Calls body(rows, columns, offset) for pieces of about a grain: several rows, or some columns of one.
template <class Body>
void forEachBand(const Rows& shape, const Body& body) {
  const int64_t chunks = chunkCount(shape.rows * shape.n * shape.stride);
  const int64_t bands = shape.rows < chunks ? shape.rows : chunks;
  const int64_t most = shape.stride / kCutMultiple, wanted = chunks / bands;
  const int64_t strips = most < 1 || wanted < 1 ? 1 : wanted < most ? wanted : most;
  parallelFor(bands * strips, [&](int64_t chunk, int) {
    const int64_t band = chunk / strips, strip = chunk % strips;
    const int64_t row = chunkStart(shape.rows, bands, band, 1);
    const int64_t column = chunkStart(shape.stride, strips, strip);
    body(chunkStart(shape.rows, bands, band + 1, 1) - row,
         chunkStart(shape.stride, strips, strip + 1) - column, row * shape.n * shape.stride + column);
  });
}

}  // namespace

Status run_softmax(const Call& call) {
  if (call.count != 2) return Status::kWrongCount;
  const auto kernel = kernelTable().get<SoftmaxKernel>(call.kernel, call.dtype);
  if (!kernel) return Status::kUnknownKernel;
  const View& out = call.operand[0];
  const View& in = call.operand[1];
  int64_t axis;
  if (!wholeAttribute(call, 0, 0, out.rank() - 1, axis)) return Status::kBadAttribute;
  Rows shape;
  if (!sameDims(out, in) || !seeRows(out, axis, shape)) return Status::kShapeMismatch;
  if (out.size() == 0) return Status::kOk;

  const char* from = in.as<char>();
  if (!in.layout->contiguous) {
    pack(in, call.dtype, out.data);  // and then in place
    from = out.as<char>();
  }
  const int64_t size = itemSize(call.dtype);
  if (isLongRow(shape.rows, shape.n, shape.stride)) {
    const bool logarithm = call.kernel == static_cast<int>(Kernel::k_logSoftmax);
    for (int64_t offset = 0; offset < out.size() * size; offset += shape.n * size) {
      softmaxLongRow(call.dtype, logarithm, shape.n, from + offset, out.as<char>() + offset);
    }
    return Status::kOk;
  }
  forEachBand(shape, [&](int64_t rows, int64_t columns, int64_t offset) {
    kernel(rows, shape.n, shape.stride, columns, from + offset * size, out.as<char>() + offset * size);
  });
  return Status::kOk;
}

Status run_softmaxGrad(const Call& call) {
  if (call.count != 3) return Status::kWrongCount;
  const auto kernel = kernelTable().get<SoftmaxGradKernel>(call.kernel, call.dtype);
  if (!kernel) return Status::kUnknownKernel;
  const View& out = call.operand[0];
  int64_t axis;
  if (!wholeAttribute(call, 0, 0, out.rank() - 1, axis)) return Status::kBadAttribute;
  Rows shape;
  if (!sameDims(out, call.operand[1]) || !sameDims(out, call.operand[2]) || !seeRows(out, axis, shape)) {
    return Status::kShapeMismatch;
  }
  if (out.size() == 0) return Status::kOk;

  const int64_t size = itemSize(call.dtype);
  ScratchFrame frame;
  const char* inputs[2];
  for (int i = 0; i < 2; ++i) {
    const View& in = call.operand[i + 1];
    inputs[i] = in.as<char>();
    if (in.layout->contiguous) continue;
    char* packed = frame.take<char>(out.size() * size);
    if (!packed) return Status::kOutOfMemory;
    pack(in, call.dtype, packed);
    inputs[i] = packed;
  }
  if (isLongRow(shape.rows, shape.n, shape.stride)) {
    const bool logarithm = call.kernel == static_cast<int>(Kernel::k_logSoftmaxGrad);
    for (int64_t offset = 0; offset < out.size() * size; offset += shape.n * size) {
      softmaxGradLongRow(call.dtype, logarithm, shape.n, inputs[0] + offset, inputs[1] + offset,
                         out.as<char>() + offset);
    }
    return Status::kOk;
  }
  forEachBand(shape, [&](int64_t rows, int64_t columns, int64_t offset) {
    kernel(rows, shape.n, shape.stride, columns, inputs[0] + offset * size, inputs[1] + offset * size,
           out.as<char>() + offset * size);
  });
  return Status::kOk;
}

}  // namespace quern
