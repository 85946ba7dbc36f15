// The addon's exports.
#include "binding/calls.h"
#include "binding/environment.h"
#include "binding/settings.h"

namespace {

using namespace quern;

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  Environment* environment = Environment::create(env);
  if (!environment) return exports;

  const auto raw = [&](const char* name, napi_callback function) {
    napi_value value = nullptr;
    if (napi_create_function(env, name, NAPI_AUTO_LENGTH, function, environment, &value) != napi_ok)
      throw Napi::Error::New(env);
    exports.Set(name, value);
  };
  raw("invoke", invoke);
  raw("registerBuffer", registerBuffer);
  raw("registerLayout", registerLayout);

  const auto wrapped = [&](const char* name, Napi::Function function) { exports.Set(name, function); };
  wrapped("bind", Napi::Function::New<bind>(env, "bind", environment));
  wrapped("setThreadCount", Napi::Function::New<setThreadCountOf>(env, "setThreadCount", environment));
  wrapped("threadCount", Napi::Function::New<threadCountOf>(env, "threadCount", environment));
  wrapped("defaultThreadCount",
          Napi::Function::New<defaultThreadCountOf>(env, "defaultThreadCount", environment));
  wrapped("isas", Napi::Function::New<isas>(env, "isas", environment));
  wrapped("isa", Napi::Function::New<isa>(env, "isa", environment));
  wrapped("forceIsa", Napi::Function::New<forceIsaOf>(env, "forceIsa", environment));
  wrapped("bufferCount", Napi::Function::New<bufferCount>(env, "bufferCount", environment));
  wrapped("liveBytes", Napi::Function::New<liveBytes>(env, "liveBytes", environment));
  exports.Set("layoutLimit", static_cast<double>(LayoutTable::kLimit));
  return exports;
}

}  // namespace

NODE_API_MODULE(quern, initialize)
