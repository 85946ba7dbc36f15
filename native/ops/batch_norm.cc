// Drivers of batch normalisation over (N, C, …): statistics, the normalised values, and their gradient.
#include <math.h>

#include "../core/scratch.h"
#include "../kernels/table.h"
#include "attributes.h"
#include "drivers.h"
#include "strided.h"

namespace quern {
namespace {

// A contiguous x seen as [images][channels][plane].
struct Channels {
  int64_t images = 1, channels = 1, plane = 1;

  bool see(const View& x) {
    if (x.rank() < 2 || !x.layout->contiguous) return false;
    images = x.dim(0);
    channels = x.dim(1);
    for (int i = 2; i < x.rank(); ++i) plane *= x.dim(i);
    return true;
  }
  int64_t size() const { return images * channels * plane; }
  double count() const { return static_cast<double>(images * plane); }
  // Values of one channel lie apart and those of an image side by side: it is worked on by columns.
  bool hasColumns() const { return plane == 1; }
  Segments segments() const { return {images, plane, channels * plane}; }
  // Two values, or rows of values, for each channel.
  bool isPair(const View& view) const { return view.layout->contiguous && view.size() == 2 * channels; }
  bool isVector(const View& view) const { return view.rank() == 1 && view.size() == channels; }
};

template <class T>
const NormKernels<T>& kernels() {
  if constexpr (sizeof(T) == 4) {
    return kernelTable().norm32;
  } else {
    return kernelTable().norm64;
  }
}

// Calls body(channel, channels) for bands of channels, each summed by one thread; never without values.
// Columns are cut where cache lines are.
template <class Body>
void forBands(const Channels& shape, const Body& body) {
  const int64_t multiple = shape.hasColumns() ? kCutMultiple : 1;
  const int64_t most = (shape.channels + multiple - 1) / multiple;
  int64_t bands = shape.size() == 0 ? 0 : chunkCount(shape.size());
  if (bands > most) bands = most;
  parallelFor(bands, [&](int64_t band, int) {
    const int64_t begin = chunkStart(shape.channels, bands, band, multiple);
    body(begin, chunkStart(shape.channels, bands, band + 1, multiple) - begin);
  });
}

// Moves a running statistic towards the batch's.
template <class T>
void moveTowards(const View& running, int64_t channel, double value, double momentum) {
  T& at = running.as<T>()[channel * running.stride(0)];
  at = static_cast<T>((1 - momentum) * static_cast<double>(at) + momentum * value);
}

template <class T>
Status findStatistics(const Call& call, const Channels& shape, double eps, double momentum) {
  const View &statistics = call.operand[0], &x = call.operand[1];
  const NormKernels<T>& table = kernels<T>();
  ScratchFrame frame;
  Moments* moments = frame.take<Moments>(shape.channels);
  if (!moments) return Status::kOutOfMemory;
  for (int64_t c = 0; c < shape.channels; ++c) moments[c] = {0, 0, 0};
  forBands(shape, [&](int64_t channel, int64_t channels) {
    const T* from = x.as<T>() + channel * shape.plane;
    if (shape.hasColumns())
      return table.columnMoments(shape.images, shape.channels, channels, from, moments + channel);
    for (int64_t c = 0; c < channels; ++c)
      moments[channel + c] = table.channelMoments(shape.segments(), from + c * shape.plane);
  });
  T* means = statistics.as<T>();
  for (int64_t c = 0; c < shape.channels; ++c) {
    const Moments& found = moments[c];
    means[c] = static_cast<T>(found.mean);
    means[shape.channels + c] = static_cast<T>(1 / ::sqrt(found.squares / found.count + eps));
    if (call.count < 4 || found.count == 0) continue;
    moveTowards<T>(call.operand[2], c, found.mean, momentum);
    moveTowards<T>(call.operand[3], c, found.squares / (found.count - 1), momentum);
  }
  return Status::kOk;
}

// The statistics of evaluation are the running ones.
template <class T>
void takeStatistics(const Call& call, const Channels& shape, double eps) {
  const View &mean = call.operand[2], &variance = call.operand[3];
  T* means = call.operand[0].as<T>();
  for (int64_t c = 0; c < shape.channels; ++c) {
    means[c] = mean.as<T>()[c * mean.stride(0)];
    const double found = static_cast<double>(variance.as<T>()[c * variance.stride(0)]);
    means[shape.channels + c] = static_cast<T>(1 / ::sqrt(found + eps));
  }
}

// Calls columns(row, rows) or plane(channel, offset) for all values, cut between planes or rows.
template <class Columns, class Plane>
void forValues(const Channels& shape, const Columns& columns, const Plane& plane) {
  const int64_t parts = shape.hasColumns() ? shape.images : shape.images * shape.channels;
  int64_t chunks = chunkCount(shape.size());
  if (chunks > parts) chunks = parts;
  parallelFor(chunks, [&](int64_t chunk, int) {
    const int64_t begin = chunkStart(parts, chunks, chunk, 1), end = chunkStart(parts, chunks, chunk + 1, 1);
    if (shape.hasColumns()) return columns(begin, end - begin);
    for (int64_t i = begin; i < end; ++i) plane(i % shape.channels, i * shape.plane);
  });
}

template <class T>
Status normalise(const Call& call, const Channels& shape) {
  const View &y = call.operand[0], &x = call.operand[1];
  const NormKernels<T>& table = kernels<T>();
  const int64_t channels = shape.channels;
  const T* means = call.operand[2].as<T>();
  ScratchFrame frame;
  T* factors = frame.take<T>(channels);
  T* shifts = frame.take<T>(channels);
  if (!factors || !shifts) return Status::kOutOfMemory;
  for (int64_t c = 0; c < channels; ++c) {
    factors[c] = means[channels + c] * (call.count > 3 ? call.operand[3].as<T>()[c] : T(1));
    shifts[c] = call.count > 4 ? call.operand[4].as<T>()[c] : T(0);
  }
  forValues(
      shape,
      [&](int64_t row, int64_t rows) {
        for (int64_t r = row; r < row + rows; ++r)
          table.columnScale(channels, x.as<T>() + r * channels, means, factors, shifts,
                            y.as<T>() + r * channels);
      },
      [&](int64_t c, int64_t offset) {
        table.channelScale(shape.plane, x.as<T>() + offset, means[c], factors[c], shifts[c],
                           y.as<T>() + offset);
      });
  return Status::kOk;
}

// sums: Σ g · z, z the normalised values, then Σ g.
template <class T>
Status findSums(const Call& call, const Channels& shape) {
  const View &sums = call.operand[0], &g = call.operand[1], &x = call.operand[2];
  const NormKernels<T>& table = kernels<T>();
  const T* means = call.operand[3].as<T>();
  T* out = sums.as<T>();
  ScratchFrame frame;
  double* totals = frame.take<double>(2 * shape.channels);
  if (!totals) return Status::kOutOfMemory;
  double* dots = totals + shape.channels;
  for (int64_t c = 0; c < 2 * shape.channels; ++c) totals[c] = 0;
  forBands(shape, [&](int64_t channel, int64_t channels) {
    const int64_t offset = channel * shape.plane;
    const T *gradients = g.as<T>() + offset, *from = x.as<T>() + offset;
    if (shape.hasColumns())
      return table.columnDots(shape.images, shape.channels, channels, gradients, from, means + channel,
                              totals + channel, dots + channel);
    for (int64_t c = channel; c < channel + channels; ++c, gradients += shape.plane, from += shape.plane) {
      double both[2];
      table.channelDots(shape.segments(), gradients, from, means[c], both);
      totals[c] = both[0];
      dots[c] = both[1];
    }
  });
  for (int64_t c = 0; c < shape.channels; ++c) {
    out[c] = static_cast<T>(dots[c] * static_cast<double>(means[shape.channels + c]));
    out[shape.channels + c] = static_cast<T>(totals[c]);
  }
  return Status::kOk;
}

// dx = (g − mean of g − z · mean of g · z) · scale · weight
template <class T>
Status differentiate(const Call& call, const Channels& shape) {
  const View &dx = call.operand[0], &g = call.operand[1], &x = call.operand[2];
  const NormKernels<T>& table = kernels<T>();
  const int64_t channels = shape.channels;
  const T *means = call.operand[3].as<T>(), *scales = means + channels, *sums = call.operand[4].as<T>();
  ScratchFrame frame;
  T* factors = frame.take<T>(3 * channels);
  if (!factors) return Status::kOutOfMemory;
  T *firsts = factors + channels, *seconds = firsts + channels;
  const double count = shape.count();
  for (int64_t c = 0; c < channels; ++c) {
    factors[c] = scales[c] * (call.count > 5 ? call.operand[5].as<T>()[c] : T(1));
    firsts[c] = static_cast<T>(static_cast<double>(sums[channels + c]) / count);
    seconds[c] = static_cast<T>(static_cast<double>(sums[c]) / count) * scales[c];
  }
  forValues(
      shape,
      [&](int64_t row, int64_t rows) {
        for (int64_t i = row * channels; i < (row + rows) * channels; i += channels)
          table.columnGrad(channels, g.as<T>() + i, x.as<T>() + i, means, factors, firsts, seconds,
                           dx.as<T>() + i);
      },
      [&](int64_t c, int64_t offset) {
        table.channelGrad(shape.plane, g.as<T>() + offset, x.as<T>() + offset, means[c], factors[c],
                          firsts[c], seconds[c], dx.as<T>() + offset);
      });
  return Status::kOk;
}

bool isDense(const View& view, const View& like) { return view.layout->contiguous && sameDims(view, like); }

}  // namespace

// statistics (2, C), x | running mean, running variance; attributes: eps, momentum, and 1 in training.
Status run_batchNormStatistics(const Call& call) {
  const double eps = call.attributes[0], momentum = call.attributes[1];
  int64_t training;
  if (!(eps >= 0) || !isFiniteNumber(momentum) || !wholeAttribute(call, 2, 0, 1, training))
    return Status::kBadAttribute;
  if (call.count == 3) return Status::kWrongCount;
  Channels shape;
  if (!shape.see(call.operand[1]) || !shape.isPair(call.operand[0])) return Status::kShapeMismatch;
  for (int i = 2; i < call.count; ++i) {
    if (!shape.isVector(call.operand[i])) return Status::kShapeMismatch;
  }
  if (training == 0) {
    if (call.count < 4) return Status::kWrongCount;
    call.dtype == DType::kFloat32 ? takeStatistics<float>(call, shape, eps)
                                  : takeStatistics<double>(call, shape, eps);
    return Status::kOk;
  }
  return call.dtype == DType::kFloat32 ? findStatistics<float>(call, shape, eps, momentum)
                                       : findStatistics<double>(call, shape, eps, momentum);
}

Status run_batchNorm(const Call& call) {
  const View& x = call.operand[1];
  Channels shape;
  if (!shape.see(x) || !isDense(call.operand[0], x) || !shape.isPair(call.operand[2]))
    return Status::kShapeMismatch;
  for (int i = 3; i < call.count; ++i) {
    if (!shape.isVector(call.operand[i]) || !call.operand[i].layout->contiguous)
      return Status::kShapeMismatch;
  }
  if (x.size() == 0) return Status::kOk;
  return call.dtype == DType::kFloat32 ? normalise<float>(call, shape) : normalise<double>(call, shape);
}

Status run_batchNormSums(const Call& call) {
  const View& x = call.operand[2];
  Channels shape;
  if (!shape.see(x) || !isDense(call.operand[1], x) || !shape.isPair(call.operand[0]) ||
      !shape.isPair(call.operand[3]))
    return Status::kShapeMismatch;
  return call.dtype == DType::kFloat32 ? findSums<float>(call, shape) : findSums<double>(call, shape);
}

Status run_batchNormGrad(const Call& call) {
  const View& x = call.operand[2];
  Channels shape;
  if (!shape.see(x) || !isDense(call.operand[0], x) || !isDense(call.operand[1], x) ||
      !shape.isPair(call.operand[3]) || !shape.isPair(call.operand[4]))
    return Status::kShapeMismatch;
  if (call.count > 5 && (!shape.isVector(call.operand[5]) || !call.operand[5].layout->contiguous))
    return Status::kShapeMismatch;
  if (x.size() == 0) return Status::kOk;
  return call.dtype == DType::kFloat32 ? differentiate<float>(call, shape)
                                       : differentiate<double>(call, shape);
}

}  // namespace quern
