// Runs the native tests: all of them, or those whose name contains the argument.
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "core/scratch.h"
#include "core/thread_pool.h"

namespace {
int failures = 0;
}

check::Test*& check::firstTest() {
  static Test* first = nullptr;
  return first;
}

void check::fail(const char* file, int line, const char* what) {
  ++failures;
  printf("  %s:%d: %s\n", file, line, what);
}

int main(int count, char** arguments) {
  quern::poolEnter();
  int tests = 0, failed = 0;
  for (const check::Test* test = check::firstTest(); test; test = test->next) {
    if (count > 1 && !strstr(test->name, arguments[1])) continue;
    const int before = failures;
    test->body();
    ++tests;
    if (failures > before) ++failed;
    printf("%s %s\n", failures > before ? "FAIL" : "ok  ", test->name);
    fflush(stdout);
  }
  quern::scratchRelease();
  quern::poolLeave();
  printf("%d tests, %d failed\n", tests, failed);
  return failed > 0 || tests == 0 ? 1 : 0;
}
