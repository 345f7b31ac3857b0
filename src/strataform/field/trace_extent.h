#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "strataform/field/header_word.h"
#include "strataform/field/segy_layout.h"

namespace strataform::field {

/// A number of samples that a header gives.
struct SampleCount {
  std::string word{};  ///< "time samples (bytes 3221-3222)"
  std::int64_t value = 0;
};

/// Sets samples and traces of a layout whose other members are known: the first of the counts with which whole traces
/// fill the file. What others say is noted. Throws InputError where none does; a lenient reader then leaves out the
/// last, incomplete trace.
void find_trace_extent(const io::PositionalFile& file, const std::vector<SampleCount>& counts, const HeaderWords& words,
                       bool lenient, SegyLayout& layout);

/// A sample interval that a header gives, s; 0 where it does not.
struct GivenInterval {
  std::string word{};
  double value = 0.0;
};

/// The first interval above 0; negative ones and others than it are findings.
[[nodiscard]] double choose_interval(const std::vector<GivenInterval>& intervals, std::vector<HeaderFinding>& findings);

}  // namespace strataform::field
