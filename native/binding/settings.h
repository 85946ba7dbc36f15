// The functions that are called rarely: binding the record, threads, instruction sets, figures for tests.
#pragma once
#include <napi.h>

namespace quern {

void bind(const Napi::CallbackInfo& info);              // bind(record: Float64Array, names: string[]): void
void setThreadCountOf(const Napi::CallbackInfo& info);  // setThreadCount(count: number): void
Napi::Value threadCountOf(const Napi::CallbackInfo& info);         // threadCount(): number
Napi::Value defaultThreadCountOf(const Napi::CallbackInfo& info);  // defaultThreadCount(): number
Napi::Value isas(const Napi::CallbackInfo& info);                  // isas(): string[], the best first
Napi::Value isa(const Napi::CallbackInfo& info);                   // isa(): string, the one in force
void forceIsaOf(const Napi::CallbackInfo& info);                   // forceIsa(name: string | null): void
Napi::Value bufferCount(const Napi::CallbackInfo& info);           // bufferCount(): number of live buffers
Napi::Value liveBytes(const Napi::CallbackInfo& info);  // liveBytes(): number, their sizes together

}  // namespace quern
