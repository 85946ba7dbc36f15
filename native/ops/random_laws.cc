// Drivers of distributions beyond the uniform and the normal one: transformed words, and samplers that
// reject. The recipes are core/philox.h and core/rejection.h.
#include "../core/rejection.h"
#include "attributes.h"
#include "drivers.h"
#include "random_stream.h"
#include "runs.h"

namespace quern {
namespace {

// out[i] = law(word of i), rounded once.
template <class T, class Law>
void fillWords(const Stream& stream, const View& out, const Law& law) {
  T* to = out.as<T>();
  forChunks(out.size(), [&](int64_t begin, int64_t end) {
    forWords(stream, begin, end, [&](int64_t position, int64_t count, const uint32_t* words) {
      for (int64_t i = 0; i < count; ++i) to[position + i] = static_cast<T>(law(words[i]));
    });
  });
}

template <class Law>
Status drawWords(const Call& call, const Law& law) {
  const View& out = call.operand[0];
  Stream stream;
  if (!readStream(call, out.size(), stream)) return Status::kBadAttribute;
  if (!out.layout->contiguous) return Status::kShapeMismatch;
  if (call.dtype == DType::kFloat32)
    fillWords<float>(stream, out, law);
  else
    fillWords<double>(stream, out, law);
  return Status::kOk;
}

template <class T>
void fillLogNormal(const Stream& stream, const View& out, double mean, double deviation) {
  T* to = out.as<T>();
  forChunks(out.size(), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i += 4) {
      const PhiloxWords words = philox(stream.key, stream.offset + static_cast<uint64_t>(i >> 2));
      const NormalPair first = normalPair(words.w[0], words.w[1]);
      const NormalPair second = normalPair(words.w[2], words.w[3]);
      const double values[4] = {first.even, first.odd, second.even, second.odd};
      for (int lane = 0; lane < 4 && i + lane < end; ++lane) {
        to[i + lane] = static_cast<T>(philoxExp(values[lane] * deviation + mean));
      }
    }
  });
}

// out[i] = sampler(key, block of i, parameter i), where each element has a block of its own.
template <class T, class Valid, class Sampler>
Status drawElements(const Call& call, const Valid& valid, const Sampler& sampler) {
  const View& out = call.operand[0];
  const View& x = call.operand[1];
  Stream stream;
  if (!sameDims(out, x) || !out.layout->contiguous) return Status::kShapeMismatch;
  if (!readStream(call, out.size(), stream)) return Status::kBadAttribute;
  // All parameters are checked before anything is written.
  if (!allValues<T>(call, 1, valid)) return Status::kBadAttribute;
  const Layout& layout = *x.layout;
  const int64_t step = layout.rank > 0 ? layout.strides[layout.rank - 1] : 0;
  T* to = out.as<T>();
  forChunks(layout.size, [&](int64_t begin, int64_t end) {
    forEachRun(layout.rank, layout.dims, {layout.strides}, begin, end,
               [&](int64_t position, int64_t count, const int64_t (&offsets)[1]) {
                 const T* from = x.as<T>() + offsets[0];
                 for (int64_t i = 0; i < count; ++i) {
                   const uint64_t block = stream.offset + static_cast<uint64_t>(position + i);
                   to[position + i] =
                       static_cast<T>(sampler(stream.key, block, static_cast<double>(from[i * step])));
                 }
               });
  });
  return Status::kOk;
}

}  // namespace

Status run_exponential(const Call& call) {
  const double rate = call.attributes[3];
  if (!isFiniteNumber(rate) || rate <= 0) return Status::kBadAttribute;
  return drawWords(call, [rate](uint32_t word) { return -philoxLog(openUniform(word)) / rate; });
}

Status run_cauchy(const Call& call) {
  const double median = call.attributes[3], sigma = call.attributes[4];
  if (!isFiniteNumber(median) || !isFiniteNumber(sigma) || sigma <= 0) return Status::kBadAttribute;
  return drawWords(call, [median, sigma](uint32_t word) {
    // tan(π (v − ½)) = −cos πv / sin πv, and πv is half a turn's v-th part.
    const SinCos turn = sinCosTurns(openUniform(word) * 0.5);
    return median + sigma * (-turn.cos / turn.sin);
  });
}

Status run_geometric(const Call& call) {
  const double logFailure = call.attributes[3];  // ln(1 − p)
  if (!isFiniteNumber(logFailure) || logFailure >= 0) return Status::kBadAttribute;
  return drawWords(call, [logFailure](uint32_t word) {
    const double trials = ceil(philoxLog(openUniform(word)) / logFailure);
    return trials < 1.0 ? 1.0 : trials;
  });
}

Status run_logNormal(const Call& call) {
  const View& out = call.operand[0];
  const double mean = call.attributes[3], deviation = call.attributes[4];
  Stream stream;
  if (!readStream(call, out.size(), stream)) return Status::kBadAttribute;
  if (!isFiniteNumber(mean) || !isFiniteNumber(deviation) || deviation < 0) return Status::kBadAttribute;
  if (!out.layout->contiguous) return Status::kShapeMismatch;
  if (call.dtype == DType::kFloat32)
    fillLogNormal<float>(stream, out, mean, deviation);
  else
    fillLogNormal<double>(stream, out, mean, deviation);
  return Status::kOk;
}

Status run_standardGamma(const Call& call) {
  if (call.dtype == DType::kFloat32) {
    return drawElements<float>(
        call, [](float shape) { return shape > 0 && isFiniteNumber(static_cast<double>(shape)); },
        standardGamma);
  }
  return drawElements<double>(
      call, [](double shape) { return shape > 0 && isFiniteNumber(shape); }, standardGamma);
}

Status run_poisson(const Call& call) {
  if (call.dtype == DType::kFloat32) {
    return drawElements<float>(
        call, [](float rate) { return rate >= 0 && isFiniteNumber(static_cast<double>(rate)); }, poisson);
  }
  return drawElements<double>(call, [](double rate) { return rate >= 0 && isFiniteNumber(rate); }, poisson);
}

}  // namespace quern
