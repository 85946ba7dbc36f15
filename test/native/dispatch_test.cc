// Dispatch and registry: tables are complete, ISAs can be switched, kernels.def is read as it is meant.
#include <string.h>

#include "check.h"
#include "core/cpu.h"
#include "ops/registry.h"

using namespace quern;

namespace {

const KernelInfo& find(const char* name) {
  int kernel = 0;
  while (kernel < kKernelCount - 1 && strcmp(kernelInfo(kernel).name, name) != 0) ++kernel;
  return kernelInfo(kernel);
}

}  // namespace

TEST(dispatch_switches_isa) {
  CHECK(isaAvailable(Isa::kScalar));
  check::forEachIsa([](Isa isa) {
    CHECK(currentIsa() == isa);
    CHECK(strcmp(kernelTable().isa, isaName(isa)) == 0);
    CHECK(kernelTable().get<AnyKernel>(static_cast<int>(Kernel::k_add), DType::kFloat32) != nullptr);
    CHECK(kernelTable().gemm32.multiply != nullptr && kernelTable().gemm64.multiply != nullptr);
  });
  const Isa best = currentIsa();
  CHECK(best != Isa::kScalar || (!cpuHasAvx2() && !isaAvailable(Isa::kNeon)));
  if (!isaAvailable(Isa::kNeon)) CHECK(!forceIsa(Isa::kNeon));
  CHECK(currentIsa() == best);
}

// What one ISA has, all have: scalar fills everything and the others override.
TEST(dispatch_tables_serve_the_same_kernels) {
  AnyKernel scalar[kKernelCount][kDTypeCount];
  forceIsa(Isa::kScalar);
  memcpy(scalar, kernelTable().inner, sizeof scalar);
  check::forEachIsa([&](Isa) {
    for (int kernel = 0; kernel < kKernelCount; ++kernel) {
      for (int dtype = 0; dtype < kDTypeCount; ++dtype) {
        CHECK((kernelTable().inner[kernel][dtype] != nullptr) == (scalar[kernel][dtype] != nullptr));
      }
    }
  });
}

TEST(registry_reads_signatures) {
  const KernelInfo& add = find("add");
  CHECK(add.least == 3 && add.most == 3 && add.listWidth == 0);
  CHECK(add.dtypes == 0b00111 && add.operands[0] == kCallDType);
  const KernelInfo& where = find("where");
  CHECK(where.most == 4 && where.operands[1] == static_cast<uint8_t>(DType::kBool) &&
        where.dtypes == 0b11111);
  const KernelInfo& conv2d = find("conv2d");
  CHECK(conv2d.least == 3 && conv2d.most == 4);
  CHECK(find("cast").operands[1] == kAttributeDType);
  CHECK(find("argmax").operands[0] == static_cast<uint8_t>(DType::kInt32));
  const KernelInfo& adam = find("adam");
  CHECK(adam.listWidth == 4 && adam.least == 1 && adam.most == 1);
}
