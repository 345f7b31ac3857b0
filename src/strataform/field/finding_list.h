#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "strataform/field/trace_header.h"

namespace strataform::field {

/// Findings by their text, each with its first trace and how many have it. A file of random bytes makes a text of its
/// own of every trace: those beyond the first hundred are counted together.
class FindingList {
 public:
  void add(HeaderFinding finding);
  /// text: what TraceFile::header() throws, without the name of the trace in front.
  void add(bool is_error, const std::string& text, std::int64_t trace) {
    add({.is_error = is_error, .text = text, .first_trace = trace, .traces = 1});
  }
  [[nodiscard]] const std::vector<HeaderFinding>& all() const { return findings_; }

 private:
  std::vector<HeaderFinding> findings_{};
  std::map<std::string, std::size_t> places_{};
};

}  // namespace strataform::field
