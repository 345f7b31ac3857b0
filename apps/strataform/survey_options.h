#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "strataform/core/context.h"
#include "strataform/wave/acquisition.h"

namespace strataform::app {

/// Where the sources or the receivers are. Metres stand before columns and row, and what is not given is the preset's.
struct PositionOptions {
  std::vector<std::int64_t> columns;
  std::vector<std::string> x;      ///< m: numbers and FIRST:STEP:LAST
  std::vector<std::string> depth;  ///< m, likewise: one for all or one for each
  std::int64_t row = 1;            ///< OpenFWI's
};

/// Where sources and receivers are and how the scheme runs, as the user says it.
struct SurveyOptions {
  wave::Acquisition acquisition;
  PositionOptions sources;
  PositionOptions receivers;
  std::filesystem::path wavelet;  ///< empty: Ricker's
  std::int64_t source_count = 0;  ///< 0: not given
  std::int64_t pml_cells = 0;     ///< 0: the sponge
  bool flip_shot = false;
};

void add_survey_options(CLI::App& command, SurveyOptions& options);

/// OpenFWI's sources for its own width, evenly spread ones for any other; the user's positions replace either. Throws
/// UsageError for positions that do not belong together, InputError for what is no wavelet.
wave::Acquisition make_acquisition(const SurveyOptions& options, std::int64_t columns);

/// Tells the user where the grid is too coarse for the frequency in a model as slow as this, m/s. Returns whether it
/// is.
bool warn_of_dispersion(const wave::Acquisition& acquisition, double slowest, const Context& context);

}  // namespace strataform::app
