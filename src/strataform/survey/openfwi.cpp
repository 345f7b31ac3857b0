#include "strataform/survey/openfwi.h"

#include <fmt/format.h>

#include <algorithm>

#include "strataform/core/error.h"

namespace strataform::survey {
namespace {

std::vector<std::int64_t> source_columns(const OpenfwiOptions& options) {
  std::vector<std::int64_t> columns = spread_between_ends(options.nx, options.shots);
  if (!options.flip_shots) return columns;
  const std::vector<std::int64_t> own = columns;
  for (const std::int64_t column : own) {
    const std::int64_t mirrored = options.nx - 1 - column;
    if (std::ranges::find(columns, mirrored) == columns.end()) columns.push_back(mirrored);
  }
  return columns;
}

}  // namespace

Modelling openfwi(const OpenfwiOptions& options) {
  if (options.nz < 1 || options.nx < 1 || options.shots < 1) {
    throw UsageError(fmt::format("survey: expected at least one source and one cell, found {} over {} x {}",
                                 options.shots, options.nz, options.nx));
  }
  Modelling modelling;
  modelling.grid = {options.nz, options.nx, options.spacing, {}};
  modelling.source.peak_frequency = Openfwi::kPeakFrequency;
  modelling.scheme = {.time_step = Openfwi::kSampleInterval,
                      .space_order = 4,
                      .absorber = Absorber::kSponge,
                      .absorbing_cells = Openfwi::kSpongeCells};
  Survey& survey = modelling.survey;
  survey.samples = Openfwi::kSamples;
  survey.sample_interval = Openfwi::kSampleInterval;
  const auto place = [&](std::int64_t column) {
    return modelling.grid.at(static_cast<double>(Openfwi::kSurveyRow), static_cast<double>(column));
  };
  std::vector<Point> receivers;
  for (std::int64_t column = 0; column < options.nx; ++column) receivers.push_back(place(column));
  for (const std::int64_t column : source_columns(options)) survey.shots.push_back({place(column), receivers});
  return modelling;
}

}  // namespace strataform::survey
