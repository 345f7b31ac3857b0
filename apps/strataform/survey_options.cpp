#include "survey_options.h"

#include <fmt/format.h>

#include "strataform/core/error.h"

namespace strataform::app {
namespace {

constexpr std::int64_t kOpenfwiColumns = 70;
constexpr std::int64_t kDefaultSources = 5;

/// The preset's columns unless the user gave others, all on one row.
std::vector<wave::Position> points_on(std::int64_t row, const std::vector<std::int64_t>& columns,
                                      std::vector<wave::Position> preset) {
  if (!columns.empty()) preset.resize(columns.size());
  for (std::size_t i = 0; i < preset.size(); ++i) {
    preset[i] = {static_cast<double>(row), columns.empty() ? preset[i].column : static_cast<double>(columns[i])};
  }
  return preset;
}

}  // namespace

wave::Acquisition make_acquisition(const SurveyOptions& options, std::int64_t columns) {
  const bool is_openfwi = columns == kOpenfwiColumns && options.source_count == 0 && options.sources.empty();
  if (options.flip_shot && !is_openfwi) {
    throw UsageError(
        fmt::format("--flip-shot belongs to OpenFWI's own sources over {} columns, not to other sources "
                    "or to a model of {} columns",
                    kOpenfwiColumns, columns));
  }
  const std::int64_t count = options.source_count > 0 ? options.source_count : kDefaultSources;
  const wave::Acquisition preset =
      is_openfwi ? wave::openfwi_acquisition(options.flip_shot) : wave::surface_acquisition(columns, count);
  wave::Acquisition acquisition = options.acquisition;
  if (options.pml_cells != 0) {
    acquisition.absorber = wave::Absorber::kPml;
    acquisition.absorbing_cells = options.pml_cells;
  }
  acquisition.sources = points_on(options.source_row, options.sources, preset.sources);
  acquisition.receivers = points_on(options.receiver_row, options.receivers, preset.receivers);
  return acquisition;
}

void add_survey_options(CLI::App& command, SurveyOptions& options) {
  command.add_option("--spacing", options.acquisition.spacing, "Cell size in m")->capture_default_str();
  command.add_option("--time-step", options.acquisition.time_step, "Time step in s")->capture_default_str();
  command.add_option("--samples", options.acquisition.samples, "Recorded samples")->capture_default_str();
  command.add_option("--frequency", options.acquisition.frequency, "Peak frequency of the Ricker wavelet in Hz")
      ->capture_default_str();
  CLI::Option* sponge =
      command.add_option("--sponge", options.acquisition.absorbing_cells, "Absorbing cells on each side")
          ->capture_default_str();
  command.add_option("--pml", options.pml_cells, "Cells of a perfectly matched layer, instead of the sponge: 20")
      ->check(CLI::PositiveNumber)
      ->excludes(sponge);
  command.add_option("--space-order", options.acquisition.space_order, "Order of the differences in space: 2, 4, 8")
      ->capture_default_str();
  command.add_flag("--free-surface", options.acquisition.free_surface, "Row 0 is a free surface");
  CLI::Option* sources =
      command.add_option("--sources", options.sources, "Columns of the sources: 0,17,34,52,69")->delimiter(',');
  command.add_option("--source-count", options.source_count, "Sources spread evenly, instead of --sources")
      ->check(CLI::PositiveNumber)
      ->excludes(sources);
  command.add_option("--receivers", options.receivers, "Columns of the receivers (default: every column)")
      ->delimiter(',');
  command.add_option("--source-row", options.source_row, "Row of the sources")->capture_default_str();
  command.add_option("--receiver-row", options.receiver_row, "Row of the receivers")->capture_default_str();
  command.add_flag("--flip-shot", options.flip_shot, "Add OpenFWI's mirror shot at column 35 as a sixth");
}

}  // namespace strataform::app
