// The process's pool of worker threads.
//
// One job runs at a time. Its WorkShares tell who may work on what; it is over when all chunks have been
// counted as done, which each thread does for all of its own at once. What callers write for every job lies
// on other cache lines than what spinning workers read.
#include "thread_pool.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>

#if !defined(_WIN32)
#include <pthread.h>
#include <signal.h>
#endif

#include "affinity.h"
#include "compiler.h"
#include "cpu_quota.h"
#include "scratch.h"
#include "work_shares.h"

namespace quern {
namespace {

constexpr int64_t kStayHotNs = 200'000;  // how long a worker without work spins before it sleeps
constexpr int64_t kWaitHotNs = 50'000;   // how long the caller spins for chunks that others still work on
constexpr int64_t kProbeNs = 10'000;     // a worker without processor time for so long has lost its processor
constexpr int64_t kLookAgainNs =
    500'000;  // how long the caller sleeps before it looks for such workers again
constexpr int64_t kWorthWakingNs = 100'000;  // waking a worker costs 9 µs, and it helps after about 35
constexpr int64_t kSamePhaseNs = 1'000'000;  // jobs closer together than this count as one stretch of work
constexpr int kSpinsBetweenClockReads = 64;

int64_t nowNs() {
  using namespace std::chrono;
  return duration_cast<nanoseconds>(steady_clock::now().time_since_epoch()).count();
}

// Spins until `done` or for `limit`; the outcome of done().
template <class Done>
bool spinUntil(int64_t limit, const Done& done) {
  const int64_t end = nowNs() + limit;
  for (;;) {
    for (int i = 0; i < kSpinsBetweenClockReads; ++i) {
      if (done()) return true;
      cpuRelax();
    }
    if (nowNs() > end) return done();
  }
}

// A process's signals are for its main thread's handlers.
void blockSignals() {
#if !defined(_WIN32)
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
#endif
}

// True on a thread that is inside a chunk: what it starts runs serially.
thread_local bool insideChunk = false;

struct Worker {
  std::thread thread;
  std::mutex mutex;
  std::condition_variable woken;
  std::atomic<bool> asleep{false};
  ProcessorLoan loan;                            // the caller's alone
  alignas(64) std::atomic<bool> working{false};  // has claimed chunks and not counted them; a hint only
};

class Pool {
 public:
  ~Pool();
  void run(int64_t chunks, ChunkBody body, void* context, int threads);

 private:
  void count(int64_t chunks, int worker);
  bool isDone() const { return unfinished_.load(std::memory_order_acquire) == 0; }
  void awaitOthers();
  bool sleepUntilDone(int64_t limit);
  void lendProcessor(Worker& worker);

  bool isShorthanded(int threads) const;
  void summon(int threads);
  void wakeSome(int count);
  bool wake(Worker& worker);

  void serve(int worker);
  bool awaitWork(int worker);
  void sleep(int worker);

  WorkShares shares_;
  alignas(64) std::atomic<int64_t> unfinished_{0};  // chunks that nobody has counted

  // The caller asleep, waiting for the last chunk.
  alignas(64) std::atomic<bool> callerSleeps_{false};
  std::mutex callerMutex_;
  std::condition_variable finished_;

  // Workers 1 to created_; worker 0 is the caller.
  Worker* workers_[kMaxThreads] = {};
  std::atomic<int> created_{0};
  std::atomic<int> callerCpu_{-1};
  std::atomic<bool> stop_{false};
  bool refused_ = false;  // the system gave no further thread: don't ask again

  // Passed by a caller between publishing a job and looking who sleeps, and by a worker between lying down
  // and looking for work: one of the two sees the other.
  alignas(64) std::atomic<int> gate_{0};
  // Known to callers only: the time they lately worked without all the workers they could have had.
  int64_t alone_ = 0;
  int64_t lastEnd_ = 0;
};

Pool::~Pool() {
  stop_.store(true);
  const int created = created_.load();
  for (int i = 1; i <= created; ++i) wake(*workers_[i]);
  for (int i = 1; i <= created; ++i) workers_[i]->thread.join();
  for (int i = 1; i <= created; ++i) delete workers_[i];  // not before: they wake one another
}

void Pool::count(int64_t chunks, int worker) {
  // Once the last chunk is counted the job may be over and another begun; the pool itself outlives them.
  if (unfinished_.fetch_sub(chunks) == chunks && worker != 0 && callerSleeps_.load()) {
    std::lock_guard<std::mutex> lock(callerMutex_);
    finished_.notify_one();
  }
}

void Pool::run(int64_t chunks, ChunkBody body, void* context, int threads) {
  unfinished_.store(chunks, std::memory_order_relaxed);
  const int cpu = currentCpu();
  if (callerCpu_.load(std::memory_order_relaxed) != cpu) callerCpu_.store(cpu, std::memory_order_relaxed);
  shares_.publish(body, context, chunks, threads);
  gate_.fetch_add(1);

  // Workers that sleep are called only for enough work: judged by what callers lately did without them, and
  // by how fast this job goes.
  bool shorthanded = isShorthanded(threads);
  const bool timed = shorthanded;
  const int64_t start = timed ? nowNs() : 0;
  if (start - lastEnd_ > kSamePhaseNs) alone_ = 0;
  int64_t done = 0;
  for (Claim claim;;) {
    if (shorthanded) {
      const int64_t left = shares_.left(), ahead = done > 0 ? (nowNs() - start) / done * left : 0;
      if (left > 0 && alone_ + ahead > kWorthWakingNs) {
        summon(threads);
        shorthanded = false;
      }
    }
    if (!shares_.claim(0, claim)) break;
    claim.body(claim.context, claim.chunk, 0);
    ++done;
  }
  count(done, 0);
  awaitOthers();
  if (timed) {
    lastEnd_ = nowNs();
    alone_ = shorthanded ? alone_ + lastEnd_ - start : 0;
  }
}

void Pool::awaitOthers() {
  if (isDone() || spinUntil(kWaitHotNs, [this] { return isDone(); })) return;
  const int created = created_.load(std::memory_order_relaxed);
  do {
    for (int i = 1; i <= created; ++i) lendProcessor(*workers_[i]);
  } while (!sleepUntilDone(kLookAgainNs));
  for (int i = 1; i <= created; ++i) workers_[i]->loan.end();
}

bool Pool::sleepUntilDone(int64_t limit) {
  std::unique_lock<std::mutex> lock(callerMutex_);
  callerSleeps_.store(true);
  const auto done = [this] { return unfinished_.load() == 0; };
  const bool finished = finished_.wait_for(lock, std::chrono::nanoseconds(limit), done);
  callerSleeps_.store(false);
  return finished;
}

// Lets a worker that lost its processor in the middle of a chunk run on this thread's, which is about to
// sleep. What has taken a processor keeps it for milliseconds, and meanwhile nobody would work.
void Pool::lendProcessor(Worker& worker) {
  if (!worker.working.load(std::memory_order_relaxed)) return;
  const int64_t before = processorTime(worker.thread);
  if (before < 0 || spinUntil(kProbeNs, [this] { return isDone(); })) return;
  if (processorTime(worker.thread) == before) worker.loan.begin(worker.thread, currentCpu());
}

// Whether a worker that might take part sleeps or does not exist yet.
bool Pool::isShorthanded(int threads) const {
  const int created = created_.load(std::memory_order_relaxed);
  for (int i = 1; i < threads; ++i) {
    if (i > created) return !refused_;
    if (workers_[i]->asleep.load(std::memory_order_relaxed)) return true;
  }
  return false;
}

// Creates the workers that are missing, or wakes the first two of those asleep, who wake the others.
void Pool::summon(int threads) {
  int created = created_.load(std::memory_order_relaxed);
  if (created > 0) wakeSome(2);
  while (created < threads - 1 && !refused_) {
    Worker* worker = new (std::nothrow) Worker;
    const int index = created + 1;
    try {
      if (worker) {
        workers_[index] = worker;
        worker->thread = std::thread([this, index] { serve(index); });
      }
    } catch (const std::system_error&) {
      delete worker;
      worker = nullptr;
    }
    refused_ = worker == nullptr;
    if (worker) created_.store(++created, std::memory_order_release);
  }
}

void Pool::wakeSome(int count) {
  const int created = created_.load(std::memory_order_acquire);
  for (int i = 1; i <= created && count > 0; ++i) {
    if (shares_.calls(i) && wake(*workers_[i])) --count;
  }
}

bool Pool::wake(Worker& worker) {
  if (!worker.asleep.load()) return false;
  {
    std::lock_guard<std::mutex> lock(worker.mutex);
    if (!worker.asleep.exchange(false)) return false;
  }
  worker.woken.notify_one();
  return true;
}

void Pool::serve(int worker) {
  blockSignals();
  insideChunk = true;
  Worker& self = *workers_[worker];
  while (awaitWork(worker)) {
    // On the caller's processor a worker only takes turns with it.
    const int cpu = currentCpu();
    if (cpu >= 0 && cpu == callerCpu_.load(std::memory_order_relaxed)) leaveCpu(cpu);
    int64_t done = 0;
    for (Claim claim; shares_.claim(worker, claim); ++done) {
      if (done == 0) self.working.store(true, std::memory_order_relaxed);
      claim.body(claim.context, claim.chunk, worker);
    }
    if (done == 0) continue;
    count(done, worker);
    self.working.store(false, std::memory_order_relaxed);
  }
  scratchRelease();
}

// False when the pool is to end.
bool Pool::awaitWork(int worker) {
  const auto called = [this, worker] {
    return stop_.load(std::memory_order_relaxed) || shares_.calls(worker);
  };
  while (!spinUntil(kStayHotNs, called)) {
    sleep(worker);
    wakeSome(2);
  }
  return !stop_.load();
}

void Pool::sleep(int worker) {
  Worker& self = *workers_[worker];
  self.asleep.store(true);
  gate_.fetch_add(1);
  // Who called may have looked just before this one lay down.
  if ((stop_.load() || shares_.calls(worker)) && self.asleep.exchange(false)) return;
  std::unique_lock<std::mutex> lock(self.mutex);
  self.woken.wait(lock, [&self] { return !self.asleep.load(); });
}

// Everything below is constant-initialised and has no destructor. `held` guards the pool: who sets it owns
// it.
std::atomic<bool> held{false};
std::atomic<Pool*> pool{nullptr};
std::atomic<int> environments{0};
std::atomic<int> configuredThreads{0};

bool tryHold() {
  return !held.load(std::memory_order_relaxed) && !held.exchange(true, std::memory_order_acquire);
}

void letGo() { held.store(false, std::memory_order_release); }

int clampThreads(int count) { return count < 1 ? 1 : count > kMaxThreads ? kMaxThreads : count; }

// False when the job must run serially.
bool runOnPool(int64_t chunks, ChunkBody body, void* context) {
  if (chunks <= 1 || insideChunk || chunks > WorkShares::kMostChunks) return false;
  int threads = threadCount();
  if (threads > chunks) threads = static_cast<int>(chunks);
  if (threads <= 1 || !tryHold()) return false;
  Pool* workers = pool.load(std::memory_order_relaxed);
  if (!workers) {
    workers = new (std::nothrow) Pool;
    pool.store(workers, std::memory_order_relaxed);
  }
  if (workers) {
    insideChunk = true;
    workers->run(chunks, body, context, threads);
    insideChunk = false;
  }
  letGo();
  return workers != nullptr;
}

}  // namespace

void parallelChunks(int64_t chunks, ChunkBody body, void* context) {
  if (runOnPool(chunks, body, context)) return;
  for (int64_t chunk = 0; chunk < chunks; ++chunk) body(context, chunk, 0);
}

int threadCount() {
  const int count = configuredThreads.load(std::memory_order_relaxed);
  if (count > 0) return count;
  setThreadCount(defaultThreadCount());
  return configuredThreads.load(std::memory_order_relaxed);
}

void setThreadCount(int count) { configuredThreads.store(clampThreads(count), std::memory_order_relaxed); }

int defaultThreadCount() {
  const int allowed = allowedCpus(), quota = quotaCpus();
  return clampThreads(quota > 0 && quota < allowed ? quota : allowed);
}

void poolEnter() { environments.fetch_add(1); }

void poolLeave() {
  if (environments.fetch_sub(1) != 1) return;
  while (!tryHold()) std::this_thread::yield();
  delete pool.exchange(nullptr);
  letGo();
}

}  // namespace quern
