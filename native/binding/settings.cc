// The functions that are called rarely: threads, instruction sets, figures for tests.
#include "settings.h"

#include <string>

#include "../core/thread_pool.h"
#include "../ops/isa.h"
#include "environment.h"

namespace quern {
namespace {

const Environment& environmentOf(const Napi::CallbackInfo& info) {
  return *static_cast<const Environment*>(info.Data());
}

}  // namespace

void setThreadCountOf(const Napi::CallbackInfo& info) {
  const double count = info[0].IsNumber() ? info[0].As<Napi::Number>().DoubleValue() : 0;
  if (!(count >= 1))
    throw Napi::RangeError::New(info.Env(), "quern: the number of threads is a number from 1");
  setThreadCount(count < kMaxThreads ? static_cast<int>(count) : kMaxThreads);
}

Napi::Value threadCountOf(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), threadCount());
}

Napi::Value defaultThreadCountOf(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), defaultThreadCount());
}

Napi::Value isas(const Napi::CallbackInfo& info) {
  Napi::Array names = Napi::Array::New(info.Env());
  for (int i = kIsaCount - 1; i >= 0; --i) {
    if (isaAvailable(static_cast<Isa>(i))) names.Set(names.Length(), isaName(static_cast<Isa>(i)));
  }
  return names;
}

Napi::Value isa(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), isaName(currentIsa()));
}

void forceIsaOf(const Napi::CallbackInfo& info) {
  if (info[0].IsNull()) {
    bestIsa();
    return;
  }
  const std::string name = info[0].ToString();
  for (int i = 0; i < kIsaCount; ++i) {
    if (name == isaName(static_cast<Isa>(i)) && forceIsa(static_cast<Isa>(i))) return;
  }
  throw Napi::Error::New(info.Env(),
                         "quern: the instruction set '" + name + "' is not available on this machine");
}

Napi::Value bufferCount(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(),
                           static_cast<double>(environmentOf(info).buffers.countLive(info.Env())));
}

Napi::Value liveBytes(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(),
                           static_cast<double>(environmentOf(info).buffers.liveBytes(info.Env())));
}

}  // namespace quern
