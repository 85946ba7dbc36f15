// Fills one table of kernels per ISA that this machine has, and keeps the one in force.
#include <atomic>

#include "../core/compiler.h"
#include "../core/cpu.h"
#include "isa.h"

namespace quern {
namespace {

struct Tables {
  KernelTable table[kIsaCount];
  bool available[kIsaCount] = {};
};

using Fill = void (*)(KernelTable*);

// What `isa` does not do itself it inherits from `base`.
void add(Tables& tables, Isa isa, Isa base, Fill fill) {
  KernelTable& table = tables.table[static_cast<int>(isa)];
  if (isa != base) table = tables.table[static_cast<int>(base)];
  table.isa = isaName(isa);
  fill(&table);
  tables.available[static_cast<int>(isa)] = true;
}

Tables buildTables() {
  Tables tables;
  add(tables, Isa::kScalar, Isa::kScalar, quern_fill_scalar);
#if defined(QUERN_X64)
  if (cpuHasAvx2()) add(tables, Isa::kAvx2, Isa::kScalar, quern_fill_avx2);
  if (cpuHasAvx512()) add(tables, Isa::kAvx512, Isa::kAvx2, quern_fill_avx512);
  if (cpuHasAvx512Bf16()) quern_fill_avx512bf16(&tables.table[static_cast<int>(Isa::kAvx512)]);
#elif defined(QUERN_ARM64)
  add(tables, Isa::kNeon, Isa::kScalar, quern_fill_neon);
#endif
  return tables;
}

// Trivially destructible: nothing runs when the process or the thread ends.
const Tables& tables() {
  static const Tables built = buildTables();
  return built;
}

std::atomic<const KernelTable*> current{nullptr};

Isa bestAvailable() {
  int best = kIsaCount - 1;
  while (!tables().available[best]) --best;  // scalar always is
  return static_cast<Isa>(best);
}

}  // namespace

const char* isaName(Isa isa) {
  static constexpr const char* names[kIsaCount] = {"scalar", "avx2", "avx512", "neon"};
  return names[static_cast<int>(isa)];
}

bool isaAvailable(Isa isa) { return tables().available[static_cast<int>(isa)]; }

bool forceIsa(Isa isa) {
  if (!isaAvailable(isa)) return false;
  current.store(&tables().table[static_cast<int>(isa)], std::memory_order_release);
  return true;
}

void bestIsa() { forceIsa(bestAvailable()); }

const KernelTable& kernelTable() {
  const KernelTable* table = current.load(std::memory_order_acquire);
  if (!table) {
    table = &tables().table[static_cast<int>(bestAvailable())];
    // Not over a choice that another thread made meanwhile.
    const KernelTable* none = nullptr;
    if (!current.compare_exchange_strong(none, table)) table = none;
  }
  return *table;
}

Isa currentIsa() { return static_cast<Isa>(&kernelTable() - tables().table); }

}  // namespace quern
