// Reads kernels.def into a table at compile time.
#include "registry.h"

#include "drivers.h"

namespace quern {
namespace {

template <class... Codes>
constexpr uint8_t bits(Codes... codes) {
  return static_cast<uint8_t>((0 | ... | (1 << static_cast<int>(codes))));
}

// The names that kernels.def uses for sets of dtypes.
constexpr uint8_t Floats = bits(DType::kFloat32, DType::kFloat64);
constexpr uint8_t Numeric = Floats | bits(DType::kInt32);
constexpr uint8_t Integral = bits(DType::kInt32, DType::kUint8, DType::kBool);
constexpr uint8_t All = Floats | Integral;

constexpr uint8_t operandDType(char letter) {
  switch (letter) {
    case 'd':
      return kCallDType;
    case 's':
      return kAttributeDType;
    case 'b':
      return static_cast<uint8_t>(DType::kBool);
    case 'i':
      return static_cast<uint8_t>(DType::kInt32);
    case 'p':
      return static_cast<uint8_t>(DType::kFloat64);
    default:
      throw "kernels.def: unknown letter in a signature";  // at compile time: the table is constexpr
  }
}

constexpr KernelInfo describe(const char* name, Driver driver, const char* signature, uint8_t dtypes) {
  KernelInfo info;
  info.name = name;
  info.driver = driver;
  info.dtypes = dtypes;
  if (signature[0] == '*') {
    info.listWidth = static_cast<uint8_t>(signature[1] - '0');
    info.least = info.most = 1;
    return info;
  }
  bool optional = false;
  for (const char* letter = signature; *letter; ++letter) {
    if (*letter == '|') {
      optional = true;
      continue;
    }
    info.operands[info.most++] = operandDType(*letter);
    if (!optional) ++info.least;
  }
  return info;
}

constexpr KernelInfo kInfos[] = {
#define QUERN_KERNEL(name, driver, signature, dtypes) describe(#name, run_##driver, signature, dtypes),
#include "../kernels/kernels.def"
#undef QUERN_KERNEL
};

}  // namespace

const KernelInfo& kernelInfo(int kernel) { return kInfos[kernel]; }

}  // namespace quern
