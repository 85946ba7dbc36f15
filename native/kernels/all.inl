// Includes every kernel once, in a namespace of this ISA with internal linkage, and fills the table with
// them.
#include "../core/dtype.h"
#include "attention.inl"
#include "batch_norm.inl"
#include "bf16.inl"
#include "conv_depthwise.inl"
#include "elementwise.inl"
#include "gemm.inl"
#include "isa.h"
#include "loss.inl"
#include "optim.inl"
#include "optim_adam.inl"
#include "optim_scaled.inl"
#include "pool.inl"
#include "recurrent.inl"
#include "reduce.inl"
#include "rows.inl"
#include "winograd.inl"

#define QUERN_FILL_NAME(isa) quern_fill_##isa
#define QUERN_FILL(isa) QUERN_FILL_NAME(isa)

extern "C" void QUERN_FILL(QUERN_ISA)(quern::KernelTable* table) {
  fillElementwise(*table);
  fillReduce(*table);
  fillRows(*table);
  fillGemm(*table);
  fillAttention(*table);
  fillBf16(*table);
  fillConv(*table);
  fillWinograd(*table);
  fillPool(*table);
  fillRecurrent(*table);
  fillNorm(*table);
  fillLoss(*table);
  fillOptim(*table);
  fillOptimAdam(*table);
  fillOptimScaled(*table);
}
