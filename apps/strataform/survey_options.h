#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "strataform/survey/openfwi.h"

namespace strataform::app {

/// Where the sources or the receivers are. Metres stand before columns and row, and what is not given is OpenFWI's.
struct PositionOptions {
  std::vector<std::int64_t> columns;
  std::vector<std::string> x;      ///< m: numbers and FIRST:STEP:LAST
  std::vector<std::string> depth;  ///< m, likewise: one for all or one for each
  std::int64_t row = survey::Openfwi::kSurveyRow;
};

/// Where sources and receivers are and how the scheme runs, as the user says it.
struct SurveyOptions {
  survey::Modelling modelling = survey::openfwi();  ///< but for its places, which follow from the rest
  PositionOptions sources;
  PositionOptions receivers;
  std::filesystem::path wavelet;  ///< empty: Ricker's
  std::int64_t source_count = 0;  ///< 0: not given
  bool flip_shot = false;
};

void add_survey_options(CLI::App& command, SurveyOptions& options);

/// The survey over a model of nz x nx cells: OpenFWI's sources and receivers, where the user did not give others.
/// Throws UsageError for positions that do not belong together, InputError for what is no wavelet.
survey::Modelling make_modelling(const SurveyOptions& options, std::int64_t nz, std::int64_t nx);

}  // namespace strataform::app
