// The kernels against the machine's limits:
//   quern_bench [options] [words]   cases whose group and name contain one of the words
//     --isa NAME       this instruction set instead of the best one
//     --threads N      beside one thread (default 2)
//     --milliseconds N of each case (default 200)
//     --json           a line of JSON for each case
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/isa.h"
#include "meter.h"

using namespace quern;

namespace {

bool force(const char* name) {
  for (int isa = 0; isa < kIsaCount; ++isa) {
    if (strcmp(name, isaName(static_cast<Isa>(isa))) == 0) return forceIsa(static_cast<Isa>(isa));
  }
  return false;
}

bool wanted(const std::vector<const char*>& words, const bench::Case& c) {
  const std::string name = c.group + " " + c.name;
  for (const char* word : words) {
    if (name.find(word) != std::string::npos) return true;
  }
  return words.empty();
}

void print(const bench::Case& c, const bench::Measured& m, bool json) {
  const char* unit = c.limit == bench::Limit::kArithmetic ? "GFLOP/s" : "GB/s";
  if (json) {
    printf("{\"isa\":\"%s\",\"group\":\"%s\",\"name\":\"%s\",\"unit\":\"%s\",", isaName(currentIsa()),
           c.group.c_str(), c.name.c_str(), unit);
    printf("\"one\":{\"ns\":%.1f,\"rate\":%.3f,\"limit\":%.3f},", m.one.ns, m.one.rate, m.one.limit);
    printf("\"many\":{\"ns\":%.1f,\"rate\":%.3f,\"limit\":%.3f},\"gain\":%.3f}\n", m.many.ns, m.many.rate,
           m.many.limit, m.gain);
  } else {
    printf("%-10s %-30s %10.2f us %7.1f %-7s %4.0f %% of %6.1f   threads %5.2f x %4.0f %% of %6.1f\n",
           c.group.c_str(), c.name.c_str(), m.one.ns / 1e3, m.one.rate, unit, 100 * m.one.rate / m.one.limit,
           m.one.limit, m.gain, m.many.limit > 0 ? 100 * m.many.rate / m.many.limit : 0, m.many.limit);
  }
  fflush(stdout);
}

}  // namespace

int main(int count, char** arguments) {
  bench::Options options;
  bool json = false;
  std::vector<const char*> words;
  for (int i = 1; i < count; ++i) {
    const char* value = i + 1 < count ? arguments[i + 1] : "";
    if (strcmp(arguments[i], "--json") == 0) {
      json = true;
    } else if (strcmp(arguments[i], "--isa") == 0) {
      ++i;
      if (!force(value)) return fprintf(stderr, "%s is not available here\n", value), 1;
    } else if (strcmp(arguments[i], "--threads") == 0) {
      ++i;
      options.threads = atoi(value);
    } else if (strcmp(arguments[i], "--milliseconds") == 0) {
      ++i;
      options.budgetNs = 1e6 * atof(value);
    } else {
      words.push_back(arguments[i]);
    }
  }
  std::vector<bench::Case> cases;
  bench::addProducts(cases);
  bench::addConvolutions(cases);
  bench::addElements(cases);
  if (!json) printf("%s\n", isaName(currentIsa()));
  for (const bench::Case& c : cases) {
    if (!wanted(words, c)) continue;
    bench::Measured measured;
    if (bench::measure(c, options, measured)) {
      print(c, measured, json);
    } else {
      fprintf(stderr, "left out: %s %s, for this build has no such kernel\n", c.group.c_str(),
              c.name.c_str());
    }
  }
  return 0;
}
