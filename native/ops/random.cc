// Drivers that draw random numbers: the recipe is core/philox.h, element i of a draw being i in row-major
// order.
#include "attributes.h"
#include "drivers.h"
#include "random_stream.h"
#include "runs.h"

namespace quern {
namespace {

constexpr double kTwo32 = 4294967296.0;

template <class T>
inline T uniformValue(double u, double low, double span, double high) {
  const T value = static_cast<T>(low + u * span);
  return static_cast<double>(value) >= high ? static_cast<T>(low) : value;
}

void fillUniform(const Stream& stream, float* out, int64_t begin, int64_t end, double low, double high) {
  const double span = high - low;
  forWords(stream, begin, end, [&](int64_t position, int64_t count, const uint32_t* words) {
    for (int64_t i = 0; i < count; ++i) {
      out[position + i] = uniformValue<float>(uniform24(words[i]), low, span, high);
    }
  });
}

void fillUniform(const Stream& stream, double* out, int64_t begin, int64_t end, double low, double high) {
  const double span = high - low;
  for (int64_t i = begin; i < end; i += 2) {  // begin is even: chunks are
    const PhiloxWords words = philox(stream.key, stream.offset + static_cast<uint64_t>(i >> 1));
    out[i] = uniformValue<double>(uniform53(words.w[0], words.w[1]), low, span, high);
    if (i + 1 < end) out[i + 1] = uniformValue<double>(uniform53(words.w[2], words.w[3]), low, span, high);
  }
}

template <class T>
void fillNormal(const Stream& stream, T* out, int64_t begin, int64_t end, double mean, double deviation) {
  for (int64_t i = begin; i < end; i += 4) {
    const PhiloxWords words = philox(stream.key, stream.offset + static_cast<uint64_t>(i >> 2));
    const NormalPair first = normalPair(words.w[0], words.w[1]);
    const NormalPair second = normalPair(words.w[2], words.w[3]);
    const double values[4] = {first.even, first.odd, second.even, second.odd};
    for (int lane = 0; lane < 4 && i + lane < end; ++lane) {
      out[i + lane] = static_cast<T>(values[lane] * deviation + mean);
    }
  }
}

template <class T>
void fillIntegers(const Stream& stream, T* out, int64_t begin, int64_t end, int64_t low, uint64_t span) {
  forWords(stream, begin, end, [&](int64_t position, int64_t count, const uint32_t* words) {
    for (int64_t i = 0; i < count; ++i) {
      out[position + i] = static_cast<T>(low + static_cast<int64_t>(below(words[i], span)));
    }
  });
}

// out[i] = value(x[i], word of i) over an input of any strides.
template <class T, class Value>
void mapWords(const Stream& stream, const View& x, T* out, const Value& value) {
  const Layout& layout = *x.layout;
  const int64_t step = layout.rank > 0 ? layout.strides[layout.rank - 1] : 0;
  forChunks(layout.size, [&](int64_t begin, int64_t end) {
    forEachRun(layout.rank, layout.dims, {layout.strides}, begin, end,
               [&](int64_t position, int64_t count, const int64_t (&offsets)[1]) {
                 const T* run = x.as<T>() + offsets[0];
                 forWords(stream, position, position + count,
                          [&](int64_t at, int64_t n, const uint32_t* words) {
                            const T* from = run + (at - position) * step;
                            if (step == 1) {
                              for (int64_t i = 0; i < n; ++i) out[at + i] = value(from[i], words[i]);
                            } else {
                              for (int64_t i = 0; i < n; ++i) out[at + i] = value(from[i * step], words[i]);
                            }
                          });
               });
  });
}

template <class T>
Status drawBernoulli(const Call& call, const Stream& stream) {
  const View& p = call.operand[1];
  T* out = call.operand[0].as<T>();
  // All probabilities are checked before anything is written.
  if (!allValues<T>(call, 1, [](T probability) { return probability >= T(0) && probability <= T(1); }))
    return Status::kBadAttribute;
  mapWords<T>(stream, p, out, [](T probability, uint32_t word) {
    return uniform24(word) < static_cast<double>(probability) ? T(1) : T(0);
  });
  return Status::kOk;
}

template <class T>
void drawDropout(const Stream& stream, const View& x, T* out, double p) {
  const T scale = static_cast<T>(1.0 / (1.0 - p));  // infinite for p = 1, where nothing is kept
  const int32_t limit = static_cast<int32_t>(ceil(p * 16777216.0));  // u < p, in units of 2^-24
  mapWords<T>(stream, x, out, [scale, limit](T value, uint32_t word) {
    const T kept = value * scale;
    return static_cast<int32_t>(word >> 8) < limit ? T(0) : kept;
  });
}

}  // namespace

Status run_uniform(const Call& call) {
  const View& out = call.operand[0];
  Stream stream;
  const double low = call.attributes[3], high = call.attributes[4];
  if (!readStream(call, out.size(), stream)) return Status::kBadAttribute;
  if (!isFiniteNumber(low) || !isFiniteNumber(high) || !isFiniteNumber(high - low) || low > high) {
    return Status::kBadAttribute;
  }
  if (!out.layout->contiguous) return Status::kShapeMismatch;
  forChunks(out.size(), [&](int64_t begin, int64_t end) {
    if (call.dtype == DType::kFloat32)
      fillUniform(stream, out.as<float>(), begin, end, low, high);
    else
      fillUniform(stream, out.as<double>(), begin, end, low, high);
  });
  return Status::kOk;
}

Status run_normal(const Call& call) {
  const View& out = call.operand[0];
  Stream stream;
  const double mean = call.attributes[3], deviation = call.attributes[4];
  if (!readStream(call, out.size(), stream)) return Status::kBadAttribute;
  if (!isFiniteNumber(mean) || !isFiniteNumber(deviation) || deviation < 0) return Status::kBadAttribute;
  if (!out.layout->contiguous) return Status::kShapeMismatch;
  forChunks(out.size(), [&](int64_t begin, int64_t end) {
    if (call.dtype == DType::kFloat32)
      fillNormal(stream, out.as<float>(), begin, end, mean, deviation);
    else
      fillNormal(stream, out.as<double>(), begin, end, mean, deviation);
  });
  return Status::kOk;
}

Status run_randint(const Call& call) {
  const View& out = call.operand[0];
  Stream stream;
  int64_t low, high;
  // The bounds that the dtype can hold exactly; every whole number that a float64 can name otherwise.
  const bool integers = call.dtype == DType::kInt32;
  const int64_t least = integers ? -(int64_t{1} << 31) : -kCounterLimit;
  const int64_t most = integers ? int64_t{1} << 31 : kCounterLimit;
  if (!readStream(call, out.size(), stream)) return Status::kBadAttribute;
  if (!wholeAttribute(call, 3, least, most, low) || !wholeAttribute(call, 4, least, most, high)) {
    return Status::kBadAttribute;
  }
  if (low >= high || static_cast<double>(high - low) > kTwo32) return Status::kBadAttribute;
  if (!out.layout->contiguous) return Status::kShapeMismatch;
  const uint64_t span = static_cast<uint64_t>(high - low);
  forChunks(out.size(), [&](int64_t begin, int64_t end) {
    if (integers)
      fillIntegers(stream, out.as<int32_t>(), begin, end, low, span);
    else if (call.dtype == DType::kFloat32)
      fillIntegers(stream, out.as<float>(), begin, end, low, span);
    else
      fillIntegers(stream, out.as<double>(), begin, end, low, span);
  });
  return Status::kOk;
}

Status run_bernoulli(const Call& call) {
  const View& out = call.operand[0];
  const View& p = call.operand[1];
  Stream stream;
  if (!sameDims(out, p) || !out.layout->contiguous) return Status::kShapeMismatch;
  if (!readStream(call, out.size(), stream)) return Status::kBadAttribute;
  return call.dtype == DType::kFloat32 ? drawBernoulli<float>(call, stream)
                                       : drawBernoulli<double>(call, stream);
}

Status run_dropout(const Call& call) {
  const View& out = call.operand[0];
  const View& x = call.operand[1];
  const double p = call.attributes[3];
  Stream stream;
  if (!sameDims(out, x) || !out.layout->contiguous) return Status::kShapeMismatch;
  if (!readStream(call, out.size(), stream) || !(p >= 0 && p <= 1)) return Status::kBadAttribute;
  if (call.dtype == DType::kFloat32)
    drawDropout(stream, x, out.as<float>(), p);
  else
    drawDropout(stream, x, out.as<double>(), p);
  return Status::kOk;
}

}  // namespace quern
