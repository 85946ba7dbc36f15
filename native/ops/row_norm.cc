// Drivers of layer and root-mean-square normalisation and of their gradients.
#include "../core/scratch.h"
#include "../kernels/table.h"
#include "attributes.h"
#include "drivers.h"
#include "strided.h"

namespace quern {
namespace {

// The first axis of a row (attribute 0), and the operands of a call; what a call lacks is null.
struct RowNorm {
  int64_t rows = 1, n = 1;
  bool centred;  // whether the statistics begin with a mean for each row; a scale for each follows

  explicit RowNorm(const Call& call)
      : centred(static_cast<Kernel>(call.kernel) == Kernel::k_layerNorm ||
                static_cast<Kernel>(call.kernel) == Kernel::k_layerNormGrad ||
                static_cast<Kernel>(call.kernel) == Kernel::k_layerNormGradWeight) {}

  Status see(const Call& call, const View& x) {
    int64_t axis;
    if (!wholeAttribute(call, 0, 0, x.rank(), axis)) return Status::kBadAttribute;
    for (int i = 0; i < x.rank(); ++i) (i < axis ? rows : n) *= x.dim(i);
    return Status::kOk;
  }
  bool isStatistics(const View& view) const {
    return view.layout->contiguous && view.size() == (centred ? 2 : 1) * rows;
  }
  bool isWeight(const View& view) const { return view.layout->contiguous && view.size() == n; }

  template <class T>
  T* means(const View& statistics) const {
    return centred ? statistics.as<T>() : nullptr;
  }
  template <class T>
  T* scales(const View& statistics) const {
    return statistics.as<T>() + (centred ? rows : 0);
  }
};

template <class T>
const NormKernels<T>& kernels() {
  if constexpr (sizeof(T) == 4) {
    return kernelTable().norm32;
  } else {
    return kernelTable().norm64;
  }
}

bool isDense(const View& view, const View& like) { return view.layout->contiguous && sameDims(view, like); }

template <class Body>
void forRowChunks(const RowNorm& shape, const Body& body) {
  int64_t chunks = chunkCount(shape.rows * shape.n);
  if (chunks > shape.rows) chunks = shape.rows;
  parallelFor(chunks, [&](int64_t chunk, int) {
    const int64_t begin = chunkStart(shape.rows, chunks, chunk, 1);
    body(begin, chunkStart(shape.rows, chunks, chunk + 1, 1) - begin);
  });
}

template <class T>
void normalise(const Call& call, const RowNorm& shape) {
  const View &y = call.operand[0], &statistics = call.operand[1], &x = call.operand[2];
  const T* weight = call.count > 3 ? call.operand[3].as<T>() : nullptr;
  const T* bias = call.count > 4 ? call.operand[4].as<T>() : nullptr;
  T *means = shape.means<T>(statistics), *scales = shape.scales<T>(statistics);
  const auto kernel = kernels<T>().rows;
  forRowChunks(shape, [&](int64_t row, int64_t rows) {
    const int64_t offset = row * shape.n;
    kernel(rows, shape.n, x.as<T>() + offset, weight, bias, call.attributes[1], y.as<T>() + offset,
           means ? means + row : nullptr, scales + row);
  });
}

template <class T>
void differentiate(const Call& call, const RowNorm& shape) {
  const View &dx = call.operand[0], &g = call.operand[1], &x = call.operand[2], &statistics = call.operand[3];
  const T* weight = call.count > 4 ? call.operand[4].as<T>() : nullptr;
  const T *means = shape.means<T>(statistics), *scales = shape.scales<T>(statistics);
  const auto kernel = kernels<T>().rowsGrad;
  forRowChunks(shape, [&](int64_t row, int64_t rows) {
    const int64_t offset = row * shape.n;
    kernel(rows, shape.n, g.as<T>() + offset, x.as<T>() + offset, means ? means + row : nullptr, scales + row,
           weight, dx.as<T>() + offset);
  });
}

// Rows are added up in pieces, whose number depends on the shape alone; few, as each has a row of its own.
constexpr int64_t kMostPieces = 16;

// sums: Σ g · z in its first row and, where there is a second, Σ g.
template <class T>
Status sumWeightGradient(const Call& call, const RowNorm& shape) {
  const View &sums = call.operand[0], &g = call.operand[1], &x = call.operand[2],
             &statistics = call.operand[3];
  const int64_t n = shape.n, width = sums.size();
  const T *means = shape.means<T>(statistics), *scales = shape.scales<T>(statistics);
  const auto kernel = kernels<T>().rowsGradWeight;
  int64_t pieces = chunkCount(shape.rows * n);
  if (pieces > kMostPieces) pieces = kMostPieces;
  if (pieces > shape.rows) pieces = shape.rows < 1 ? 1 : shape.rows;
  ScratchFrame frame;
  T* partial = pieces > 1 ? frame.take<T>(pieces * width) : sums.as<T>();
  if (!partial) return Status::kOutOfMemory;
  parallelFor(pieces, [&](int64_t piece, int) {
    const int64_t row = chunkStart(shape.rows, pieces, piece, 1);
    T* to = partial + piece * width;
    kernel(chunkStart(shape.rows, pieces, piece + 1, 1) - row, n, n, g.as<T>() + row * n, x.as<T>() + row * n,
           means ? means + row : nullptr, scales + row, to, width > n ? to + n : nullptr);
  });
  if (pieces == 1) return Status::kOk;
  T* out = sums.as<T>();
  for (int64_t j = 0; j < width; ++j) out[j] = partial[j];
  for (int64_t piece = 1; piece < pieces; ++piece) {
    for (int64_t j = 0; j < width; ++j) out[j] += partial[piece * width + j];
  }
  return Status::kOk;
}

}  // namespace

Status run_rowNorm(const Call& call) {
  const View &y = call.operand[0], &x = call.operand[2];
  RowNorm shape(call);
  const Status status = shape.see(call, x);
  if (status != Status::kOk) return status;
  if (!(call.attributes[1] >= 0)) return Status::kBadAttribute;
  if (!x.layout->contiguous || !isDense(y, x) || !shape.isStatistics(call.operand[1]))
    return Status::kShapeMismatch;
  for (int i = 3; i < call.count; ++i) {
    if (!shape.isWeight(call.operand[i])) return Status::kShapeMismatch;
  }
  if (shape.rows == 0) return Status::kOk;
  call.dtype == DType::kFloat32 ? normalise<float>(call, shape) : normalise<double>(call, shape);
  return Status::kOk;
}

Status run_rowNormGrad(const Call& call) {
  const View &dx = call.operand[0], &x = call.operand[2];
  RowNorm shape(call);
  const Status status = shape.see(call, x);
  if (status != Status::kOk) return status;
  if (!x.layout->contiguous || !isDense(dx, x) || !isDense(call.operand[1], x) ||
      !shape.isStatistics(call.operand[3]) || (call.count > 4 && !shape.isWeight(call.operand[4])))
    return Status::kShapeMismatch;
  if (x.size() == 0) return Status::kOk;
  call.dtype == DType::kFloat32 ? differentiate<float>(call, shape) : differentiate<double>(call, shape);
  return Status::kOk;
}

Status run_rowNormGradWeight(const Call& call) {
  const View &sums = call.operand[0], &x = call.operand[2];
  RowNorm shape(call);
  const Status status = shape.see(call, x);
  if (status != Status::kOk) return status;
  if (!x.layout->contiguous || !isDense(call.operand[1], x) || !shape.isStatistics(call.operand[3]) ||
      !sums.layout->contiguous || (sums.size() != shape.n && sums.size() != 2 * shape.n))
    return Status::kShapeMismatch;
  if (shape.n == 0) return Status::kOk;
  return call.dtype == DType::kFloat32 ? sumWeightGradient<float>(call, shape)
                                       : sumWeightGradient<double>(call, shape);
}

}  // namespace quern
