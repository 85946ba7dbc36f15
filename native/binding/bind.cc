// Joins the addon to the copy of the library that loaded it: its record and its numbering of the kernels.
#include <string>
#include <unordered_map>
#include <vector>

#include "../ops/registry.h"
#include "environment.h"
#include "record.h"
#include "settings.h"

namespace quern {
namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

// JavaScript's numbers → rows of kernels.def. Both lists must name the same kernels, in whatever order.
std::vector<BoundKernel> matchKernels(Napi::Env env, const Napi::Array& names) {
  std::unordered_map<std::string, int> rows;
  for (int row = 0; row < kKernelCount; ++row) rows[kernelInfo(row).name] = row;
  std::vector<BoundKernel> kernels;
  std::vector<std::string> unknown, missing;
  for (uint32_t i = 0; i < names.Length(); ++i) {
    const std::string name = Napi::Value(names[i]).ToString();
    const auto found = rows.find(name);
    if (found == rows.end()) {
      unknown.push_back(name);
    } else {
      kernels.push_back(BoundKernel{&kernelInfo(found->second), found->second});
      rows.erase(found);
    }
  }
  for (int row = 0; row < kKernelCount; ++row) {
    if (rows.count(kernelInfo(row).name)) missing.push_back(kernelInfo(row).name);
  }
  if (!unknown.empty() || !missing.empty()) {
    std::string text =
        "quern: the addon does not belong to this version of the library; rebuild it (npm run build:native).";
    if (!unknown.empty()) text += " Kernels that it lacks: " + joined(unknown) + ".";
    if (!missing.empty()) text += " Kernels that only it has: " + joined(missing) + ".";
    throw Napi::Error::New(env, text);
  }
  return kernels;
}

}  // namespace

void bind(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Environment& environment = *static_cast<Environment*>(info.Data());
  if (!info[0].IsTypedArray() || info[0].As<Napi::TypedArray>().TypedArrayType() != napi_float64_array ||
      info[0].As<Napi::Float64Array>().ElementLength() < kRecordLength || !info[1].IsArray()) {
    throw Napi::TypeError::New(env, "quern: bind(record: Float64Array(544), names: string[])");
  }
  // Numbers of buffers and layouts belong to one copy of the library; a second one sharing them would corrupt
  // both.
  if (environment.record) {
    throw Napi::Error::New(env,
                           "quern: this load of the addon is already bound to another copy of the library");
  }
  environment.kernels = matchKernels(env, info[1].As<Napi::Array>());
  Napi::Float64Array record = info[0].As<Napi::Float64Array>();
  if (napi_create_reference(env, record, 1, &environment.recordReference) != napi_ok)
    throw Napi::Error::New(env);
  environment.record = record.Data();
}

}  // namespace quern
