// The transforms of fast 3×3 convolution that each ISA fills in; winograd.inl tells the method.
#pragma once
#include <stdint.h>

namespace quern {

constexpr int64_t kWinogradTile = 4;                                  // outputs of a tile, each way
constexpr int64_t kWinogradReach = kWinogradTile + 2;                 // inputs that they meet
constexpr int64_t kWinogradPlaces = kWinogradReach * kWinogradReach;  // products instead of 9 · 16

// Patches hold images with their channels side by side. Row i, column j of tile t lies at
// i · line + (kWinogradTile · t + j) · channels; its value at place p of the transformed domain at
// p · place + t · step.
struct WinogradKernels {
  // The 6×6 inputs of each tile.
  using Data = void (*)(int64_t channels, int64_t tiles, const float* patch, int64_t line, float* to,
                        int64_t step, int64_t place);
  // The 4×4 output gradients of each tile, for the gradient of the weights.
  using Gradient = Data;
  // The kernels that one channel meets: tap k of filter f at taps[k · tapStep + f], k < 9.
  using Weights = void (*)(int64_t filters, const float* taps, int64_t tapStep, float* to, int64_t place);
  // Back to the 4×4 outputs of each tile, bias (may be null) added. False where one of them is not finite.
  using Outputs = bool (*)(int64_t filters, int64_t tiles, const float* products, int64_t step, int64_t place,
                           const float* bias, float* patch, int64_t line);
  // Back to the gradient of one filter's taps: tap k of channel c at taps[k · tapStep + c]. False where one
  // of them is not finite.
  using WeightGradient = bool (*)(int64_t channels, const float* products, int64_t place, float* taps,
                                  int64_t tapStep);

  Data data = nullptr;
  Gradient gradient = nullptr;
  Weights weights = nullptr;
  Outputs outputs = nullptr;
  WeightGradient weightGradient = nullptr;
};

}  // namespace quern
