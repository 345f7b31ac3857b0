#include "strataform/core/machine.h"

#include <fmt/format.h>

#include <fstream>

namespace strataform {
namespace {

/// Linux alone tells, and not on every architecture.
std::string processor_name() {
  std::ifstream info("/proc/cpuinfo");
  std::string line;
  while (std::getline(info, line)) {
    const auto colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown processor";
}

}  // namespace

std::string machine_name(int threads) { return fmt::format("{}, {} threads", processor_name(), threads); }

}  // namespace strataform
