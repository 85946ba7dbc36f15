// The processor time that the container grants: the cgroup's quota, as a number of processors.
#include "cpu_quota.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <string>

namespace quern {
namespace {

// The file's beginning, empty when it cannot be read. C streams: those of C++ would carry locales into the
// addon.
std::string readFile(const std::string& path) {
  char text[4096];
  FILE* file = fopen(path.c_str(), "r");
  if (!file) return {};
  const size_t length = fread(text, 1, sizeof text, file);
  fclose(file);
  return std::string(text, length);
}

// In processors; 0 when there is no limit ("max" in version 2, −1 in version 1).
double quotient(const char* quota, const char* period) {
  const double q = strtod(quota, nullptr), p = strtod(period, nullptr);
  return q > 0 && p > 0 ? q / p : 0;
}

double quotaOfVersion2(const std::string& folder) {
  const std::string text = readFile(folder + "/cpu.max");  // "<quota> <period>"
  const size_t space = text.find(' ');
  return space == std::string::npos ? 0 : quotient(text.c_str(), text.c_str() + space);
}

double quotaOfVersion1(const std::string& folder) {
  return quotient(readFile(folder + "/cpu.cfs_quota_us").c_str(),
                  readFile(folder + "/cpu.cfs_period_us").c_str());
}

double smaller(double a, double b) { return a == 0 ? b : b == 0 || a < b ? a : b; }

// Every ancestor limits its descendants. Inside a container the path named by the kernel often does not exist
// under the mount, whose root then is the container's own group: the walk ends there in every case.
double smallestOnTheWay(const std::string& root, std::string path, double (*quotaOf)(const std::string&)) {
  double smallest = 0;
  while (path.size() > 1) {
    smallest = smaller(smallest, quotaOf(root + path));
    const size_t slash = path.rfind('/');
    path.erase(slash == std::string::npos ? 0 : slash);
  }
  return smaller(smallest, quotaOf(root));
}

bool namesCpuController(const std::string& controllers) {
  return ("," + controllers + ",").find(",cpu,") != std::string::npos;
}

// Lines of the membership file read "hierarchy:controllers:path"; that of version 2 is "0::path".
double quotaOfLine(const std::string& line, const std::string& mount) {
  const size_t first = line.find(':');
  const size_t second = first == std::string::npos ? first : line.find(':', first + 1);
  if (second == std::string::npos) return 0;
  const std::string controllers = line.substr(first + 1, second - first - 1);
  const std::string path = line.substr(second + 1);
  if (controllers.empty()) return smallestOnTheWay(mount, path, quotaOfVersion2);
  return namesCpuController(controllers) ? smallestOnTheWay(mount + "/cpu", path, quotaOfVersion1) : 0;
}

}  // namespace

int quotaCpus(const char* membership, const char* mount) {
  const std::string lines = readFile(membership);
  double quota = 0;
  for (size_t start = 0; start < lines.size();) {
    size_t end = lines.find('\n', start);
    if (end == std::string::npos) end = lines.size();
    quota = smaller(quota, quotaOfLine(lines.substr(start, end - start), mount));
    start = end + 1;
  }
  return quota < 1e6 ? static_cast<int>(ceil(quota)) : 0;
}

}  // namespace quern
