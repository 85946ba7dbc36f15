// Creation and cleanup of an environment's state.
#include "environment.h"

#include <new>

#include "../core/scratch.h"
#include "../core/thread_pool.h"

namespace quern {
namespace {

struct Cleanup {
  napi_env env;
  Environment* environment;
};

// Runs on the environment's own thread, when it ends.
void cleanUp(void* argument) {
  Cleanup* cleanup = static_cast<Cleanup*>(argument);
  Environment* environment = cleanup->environment;
  environment->buffers.clear(cleanup->env);
  if (environment->recordReference) napi_delete_reference(cleanup->env, environment->recordReference);
  delete environment;
  delete cleanup;
  scratchRelease();
  poolLeave();
}

}  // namespace

Environment* Environment::create(napi_env env) {
  Environment* environment = new (std::nothrow) Environment;
  Cleanup* cleanup = new (std::nothrow) Cleanup{env, environment};
  if (!environment || !cleanup || napi_add_env_cleanup_hook(env, cleanUp, cleanup) != napi_ok) {
    delete environment;
    delete cleanup;
    napi_throw_error(env, nullptr, "quern: the addon's state could not be created");
    return nullptr;
  }
  poolEnter();
  return environment;
}

}  // namespace quern
