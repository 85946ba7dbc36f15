// Best times of many repetitions, in rounds of one thread, several threads and the limits.
#include "meter.h"

#include <math.h>

#include "core/thread_pool.h"
#include "measure.h"
#include "peak.h"
#include "stream.h"

namespace bench {

using namespace quern;

namespace {

constexpr double kSampleNs = 100e3;
constexpr int kSamples = 4;
constexpr double kLongNs = 20e6;  // from here on a sample a round is enough
constexpr int kLeastRounds = 3;
// A virtual machine's processors may be one core of the host for seconds: only rounds in which they together
// do this part of so many cores' work count as rounds of several threads, as long as patience lasts.
constexpr double kEnough = 0.9;
constexpr double kPatienceNs = 10e9;

// The sum of what each thread reached at the same time.
double peakRate(int threads) {
  if (threads == 1) return peakBurst(currentIsa(), 4);
  double best[kMaxThreads] = {};
  parallelFor(4 * threads, [&](int64_t, int worker) {
    const double rate = peakBurst(currentIsa(), 4);
    if (rate > best[worker]) best[worker] = rate;
  });
  double sum = 0;
  for (double rate : best) sum += rate;
  return sum;
}

double limitRate(const Case& c, int threads) {
  if (c.limit == Limit::kArithmetic) return peakRate(threads);
  const Traffic traffic = c.limit == Limit::kReading   ? Traffic::kRead
                          : c.limit == Limit::kWriting ? Traffic::kWrite
                                                       : Traffic::kUpdate;
  return streamRate(traffic, c.workingSet);
}

double bestNs(DriverCall& call, int samples, int64_t repeats, double best, double (*clock)()) {
  for (int s = 0; s < samples; ++s) {
    const double start = clock();
    for (int64_t r = 0; r < repeats; ++r) call.run();
    const double ns = (clock() - start) / static_cast<double>(repeats);
    best = ns < best ? ns : best;
  }
  return best;
}

bool processorsAreThere(int threads) {
  setThreadCount(threads);
  const double together = peakRate(threads);
  return together >= kEnough * threads * peakBurst(currentIsa(), 4);
}

}  // namespace

bool measure(const Case& c, const Options& options, Measured& out) {
  DriverCall call(DType::kFloat32);
  if (!call.find(c.kernel)) return false;
  c.build(call);
  setThreadCount(1);
  if (!call.run()) return false;
  const double estimate = bestNs(call, 1, 1, INFINITY, nowNs);
  const int64_t repeats = 1 + static_cast<int64_t>(kSampleNs / (estimate > 1 ? estimate : 1));
  const int samples = estimate > kLongNs ? 1 : kSamples;
  double one = INFINITY, wall = INFINITY, many = INFINITY;
  const double begin = nowNs();
  int rounds = 0, whole = 0;
  const auto unfinished = [&] {
    const double spent = nowNs() - begin;
    return rounds < kLeastRounds || spent < options.budgetNs || (whole < kLeastRounds && spent < kPatienceNs);
  };
  do {
    setThreadCount(1);
    out.one.limit = fmax(out.one.limit, limitRate(c, 1));
    one = bestNs(call, samples, repeats, one, threadNs);
    wall = bestNs(call, samples, repeats, wall, nowNs);
    if (options.threads > 1) {
      setThreadCount(options.threads);
      out.many.limit = fmax(out.many.limit, limitRate(c, options.threads));
      many = bestNs(call, samples, repeats, many, nowNs);
    }
    ++rounds;
    if (options.threads == 1 || processorsAreThere(options.threads)) ++whole;
  } while (unfinished());
  out.one.ns = one;
  out.one.rate = c.work / one;
  if (options.threads > 1) {
    out.many.ns = many;
    out.many.rate = c.work / many;
    out.gain = wall / many;
  }
  return true;
}

}  // namespace bench
