#include "survey_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>
#include <system_error>

#include "strataform/core/error.h"
#include "strataform/io/npy.h"
#include "strataform/wave/stability.h"
#include "strataform/wave/wavelet.h"

namespace strataform::app {
namespace {

constexpr std::int64_t kOpenfwiColumns = 70;
constexpr std::int64_t kDefaultSources = 5;
constexpr std::int64_t kMostPositions = 1'000'000;

/// Takes a number, and a colon that something follows, from the front of the text; false where there is none.
bool read_number(std::string_view& text, double& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !std::isfinite(value)) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (text.starts_with(':') && text.size() > 1) text.remove_prefix(1);
  return true;
}

/// 12.5, or FIRST:STEP:LAST, added to metres; false where it is neither.
bool add_metres(std::string_view text, std::vector<double>& metres) {
  const bool is_range = text.find(':') != std::string_view::npos;
  double first = 0.0;
  double step = 1.0;
  if (!read_number(text, first)) return false;
  double last = first;
  if (is_range && !(read_number(text, step) && read_number(text, last))) return false;
  // The last one belongs to it, however 0.1 is rounded.
  const double steps = std::floor((last - first) / step + 1e-6);
  if (!text.empty() || !(steps >= 0.0 && steps < static_cast<double>(kMostPositions))) return false;
  for (std::int64_t i = 0; i <= static_cast<std::int64_t>(steps); ++i) {
    metres.push_back(first + static_cast<double>(i) * step);
  }
  return true;
}

/// Metres in cells, whole where nothing but rounding says otherwise.
std::vector<double> cells_of(const std::string& option, const std::vector<std::string>& texts, double spacing) {
  std::vector<double> cells;
  for (const std::string& text : texts) {
    if (!add_metres(text, cells)) {
      throw UsageError(fmt::format("{}: expected metres, 0,350,690 or FIRST:STEP:LAST, found '{}'", option, text));
    }
  }
  for (double& cell : cells) {
    cell /= spacing;
    if (std::abs(cell - std::round(cell)) < 1e-6) cell = std::round(cell);
  }
  return cells;
}

/// The preset's columns unless the user gave others. what: "source" or "receiver".
std::vector<wave::Position> positions(const PositionOptions& options, const std::string& what, double spacing,
                                      std::vector<wave::Position> preset) {
  const std::string depth_option = fmt::format("--{}-depth", what);
  std::vector<double> columns = cells_of(fmt::format("--{}-x", what), options.x, spacing);
  std::vector<double> rows = cells_of(depth_option, options.depth, spacing);
  if (options.x.empty()) columns.assign(options.columns.begin(), options.columns.end());
  if (!columns.empty()) preset.resize(columns.size());
  if (options.depth.empty()) rows = {static_cast<double>(options.row)};
  if (rows.size() != 1 && rows.size() != preset.size()) {
    throw UsageError(fmt::format("{}: expected one depth, or one for each of {} {}s, found {}", depth_option,
                                 preset.size(), what, rows.size()));
  }
  for (std::size_t i = 0; i < preset.size(); ++i) {
    preset[i].row = rows[rows.size() == 1 ? 0 : i];
    if (!columns.empty()) preset[i].column = columns[i];
  }
  return preset;
}

std::vector<double> read_wavelet(const std::filesystem::path& path) {
  const io::NpyReader reader(path);
  if (reader.shape().size() != 1 || reader.count() == 0) {
    throw InputError(
        fmt::format("{}: expected a wavelet [samples], found {}", path.string(), io::format_shape(reader.shape())));
  }
  const std::vector<float> values = reader.read_all();
  io::require_finite(values, path, "wavelet");
  if (std::ranges::all_of(values, [](float value) { return value == 0.0F; })) {
    throw InputError(fmt::format("{}: expected a wavelet, found zeros alone", path.string()));
  }
  return {values.begin(), values.end()};
}

/// --sources, --source-row, --source-x and --source-depth, or those of the receivers. Returns the first and the third.
std::vector<CLI::Option*> add_position_options(CLI::App& command, const std::string& what, const std::string& preset,
                                               PositionOptions& options) {
  CLI::Option* columns =
      command
          .add_option(fmt::format("--{}s", what), options.columns, fmt::format("Columns of the {}s: {}", what, preset))
          ->delimiter(',');
  CLI::Option* x = command
                       .add_option(fmt::format("--{}-x", what), options.x,
                                   "Their places in m, between columns too: 0,350,690 or FIRST:STEP:LAST")
                       ->delimiter(',')
                       ->excludes(columns);
  CLI::Option* row = command.add_option(fmt::format("--{}-row", what), options.row, "Their row")->capture_default_str();
  command.add_option(fmt::format("--{}-depth", what), options.depth, "Their depth in m, one for all or one for each")
      ->delimiter(',')
      ->excludes(row);
  return {columns, x};
}

}  // namespace

wave::Acquisition make_acquisition(const SurveyOptions& options, std::int64_t columns) {
  const bool is_openfwi = columns == kOpenfwiColumns && options.source_count == 0 && options.sources.columns.empty() &&
                          options.sources.x.empty();
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
  acquisition.sources = positions(options.sources, "source", acquisition.spacing, preset.sources);
  acquisition.receivers = positions(options.receivers, "receiver", acquisition.spacing, preset.receivers);
  if (!options.wavelet.empty()) {
    acquisition.wavelet = read_wavelet(options.wavelet);
    acquisition.frequency = wave::peak_frequency(acquisition.wavelet, acquisition.time_step);
  }
  return acquisition;
}

void add_survey_options(CLI::App& command, SurveyOptions& options) {
  command.add_option("--spacing", options.acquisition.spacing, "Cell size in m")->capture_default_str();
  command.add_option("--time-step", options.acquisition.time_step, "Time step in s")->capture_default_str();
  command.add_option("--samples", options.acquisition.samples, "Recorded samples")->capture_default_str();
  CLI::Option* frequency =
      command.add_option("--frequency", options.acquisition.frequency, "Peak frequency of the Ricker wavelet in Hz")
          ->capture_default_str();
  command.add_option("--wavelet", options.wavelet, "Another wavelet: .npy [samples], one for each time step")
      ->excludes(frequency);
  CLI::Option* sponge =
      command.add_option("--sponge", options.acquisition.absorbing_cells, "Absorbing cells on each side")
          ->capture_default_str();
  command.add_option("--pml", options.pml_cells, "Cells of a perfectly matched layer, instead of the sponge: 20")
      ->check(CLI::PositiveNumber)
      ->excludes(sponge);
  command.add_option("--space-order", options.acquisition.space_order, "Order of the differences in space: 2, 4, 8")
      ->capture_default_str();
  command.add_flag("--free-surface", options.acquisition.free_surface, "Row 0 is a free surface");
  const auto sources = add_position_options(command, "source", "0,17,34,52,69", options.sources);
  command.add_option("--source-count", options.source_count, "Sources spread evenly, instead of --sources")
      ->check(CLI::PositiveNumber)
      ->excludes(sources[0])
      ->excludes(sources[1]);
  add_position_options(command, "receiver", "every one unless given", options.receivers);
  command.add_flag("--flip-shot", options.flip_shot, "Add OpenFWI's mirror shot at column 35 as a sixth");
}

bool warn_of_dispersion(const wave::Acquisition& acquisition, double slowest, const Context& context) {
  const std::string warning = wave::dispersion_warning(acquisition, slowest);
  if (!warning.empty()) context.warn(warning);
  return !warning.empty();
}

}  // namespace strataform::app
