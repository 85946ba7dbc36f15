// One pool of worker threads per process: callers and workers claim chunks of a job until none is left.
#pragma once
#include <stdint.h>

namespace quern {

using ChunkBody = void (*)(void* context, int64_t chunk, int worker);

// Runs body(context, c, worker) once for each c in [0, chunks), on at most threadCount() threads, and returns
// when all are done. `worker` is 0 for the caller and below kMaxThreads otherwise: an index for scratch
// memory. The caller takes part and never waits for a worker that has claimed nothing. Runs serially when
// chunks is 1, when called from inside a chunk, or while another environment's job holds the pool.
void parallelChunks(int64_t chunks, ChunkBody body, void* context);

// The same with a callable: for (chunk, worker).
template <class F>
void parallelFor(int64_t chunks, const F& body) {
  parallelChunks(
      chunks, [](void* f, int64_t chunk, int worker) { (*static_cast<const F*>(f))(chunk, worker); },
      const_cast<F*>(&body));
}

constexpr int kMaxThreads = 256;

int threadCount();
void setThreadCount(int count);  // clamped to [1, kMaxThreads]
int defaultThreadCount();        // the affinity mask and the cgroup's cpu quota, rounded up

// Environments that use the pool; the last one to leave joins the workers.
void poolEnter();
void poolLeave();

}  // namespace quern
