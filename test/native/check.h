// A test framework in one page: TEST(name) { CHECK(condition); } registers itself and runs in main.cc.
#pragma once
#include <math.h>
#include <stdio.h>

#include "kernels/isa.h"

namespace check {

struct Test {
  const char* name;
  void (*body)();
  Test* next;
};

Test*& firstTest();
void fail(const char* file, int line, const char* what);

struct Registration {
  Test test;
  Registration(const char* name, void (*body)()) : test{name, body, firstTest()} { firstTest() = &test; }
};

// Calls body(isa) with each instruction set of this machine in force, then returns to the best one.
template <class Body>
void forEachIsa(const Body& body) {
  for (int i = 0; i < quern::kIsaCount; ++i) {
    const quern::Isa isa = static_cast<quern::Isa>(i);
    if (quern::forceIsa(isa)) body(isa);
  }
  quern::bestIsa();
}

}  // namespace check

#define TEST(name)                                                      \
  static void test_##name();                                            \
  static const check::Registration register_##name(#name, test_##name); \
  static void test_##name()

#define CHECK(condition)                                           \
  do {                                                             \
    if (!(condition)) check::fail(__FILE__, __LINE__, #condition); \
  } while (false)

#define CHECK_CLOSE(a, b, tolerance) CHECK(fabs((a) - (b)) <= (tolerance))
