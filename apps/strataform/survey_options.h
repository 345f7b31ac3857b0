#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <vector>

#include "strataform/wave/acquisition.h"

namespace strataform::app {

/// Where sources and receivers are and how the scheme runs, as the user says it.
struct SurveyOptions {
  wave::Acquisition acquisition;
  std::vector<std::int64_t> sources;    ///< columns
  std::vector<std::int64_t> receivers;  ///< columns
  std::int64_t source_count = 0;        ///< 0: not given
  std::int64_t pml_cells = 0;           ///< 0: the sponge
  std::int64_t source_row = 1;          ///< OpenFWI's
  std::int64_t receiver_row = 1;
  bool flip_shot = false;
};

void add_survey_options(CLI::App& command, SurveyOptions& options);

/// OpenFWI's sources for its own width, evenly spread ones for any other; the user's columns replace either.
wave::Acquisition make_acquisition(const SurveyOptions& options, std::int64_t columns);

}  // namespace strataform::app
