#include "survey_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "option_names.h"
#include "strataform/core/choice.h"
#include "strataform/core/error.h"
#include "strataform/io/npy.h"
#include "strataform/wave/wavelet.h"

namespace strataform::app {
namespace {

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

std::vector<double> metres_of(const std::string& option, const std::vector<std::string>& texts) {
  std::vector<double> metres;
  for (const std::string& text : texts) {
    if (!add_metres(text, metres)) {
      throw UsageError(fmt::format("{}: expected metres, 0,350,690 or FIRST:STEP:LAST, found '{}'", option, text));
    }
  }
  return metres;
}

/// The preset's places unless the user gave others. what: "source" or "receiver".
std::vector<survey::Point> places(const PositionOptions& options, const std::string& what, const survey::Grid& grid,
                                  std::vector<survey::Point> preset) {
  const std::string depth_option = fmt::format("--{}-depth", what);
  std::vector<double> x = metres_of(fmt::format("--{}-x", what), options.x);
  std::vector<double> z = metres_of(depth_option, options.depth);
  if (options.x.empty()) {
    for (const std::int64_t column : options.columns) x.push_back(grid.at(0.0, static_cast<double>(column)).x);
  }
  if (!x.empty()) preset.resize(x.size());
  if (options.depth.empty()) z = {grid.at(static_cast<double>(options.row), 0.0).z};
  if (z.size() != 1 && z.size() != preset.size()) {
    throw UsageError(fmt::format("{}: expected one depth, or one for each of {} {}s, found {}", depth_option,
                                 preset.size(), what, z.size()));
  }
  for (std::size_t i = 0; i < preset.size(); ++i) {
    preset[i].z = z[z.size() == 1 ? 0 : i];
    if (!x.empty()) preset[i].x = x[i];
  }
  return preset;
}

std::vector<double> read_wavelet(const std::filesystem::path& path) {
  const io::NpyReader reader(path);
  if (reader.shape().size() != 1 || reader.count() == 0) {
    throw InputError(fmt::format("{}: expected a wavelet [time samples], found {}", path.string(),
                                 io::format_shape(reader.shape())));
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

/// --sponge 120, --pml 20 and so on: the cells of one absorber or another.
void add_absorber_options(CLI::App& command, survey::Scheme& scheme) {
  std::vector<CLI::Option*> added;
  for (const Choice<survey::Absorber>& choice : survey::kAbsorbers) {
    const auto set = [&scheme, kind = choice.kind](const std::int64_t& cells) {
      scheme.absorber = kind;
      scheme.absorbing_cells = cells;
    };
    CLI::Option* option = command.add_option_function<std::int64_t>(
        option_name(choice.name), set,
        fmt::format("Absorbing cells on each side, of {}", survey::description_of(choice.kind)));
    if (choice.kind == scheme.absorber) option->default_str(std::to_string(scheme.absorbing_cells));
    for (CLI::Option* other : added) option->excludes(other);
    added.push_back(option);
  }
}

}  // namespace

survey::Modelling make_modelling(const SurveyOptions& options, std::int64_t nz, std::int64_t nx) {
  const bool openfwi_sources =
      options.source_count == 0 && options.sources.columns.empty() && options.sources.x.empty();
  if (options.flip_shot && !openfwi_sources) {
    throw UsageError("--flip-shot: expected OpenFWI's own sources, whose mirror images it adds, found others");
  }
  survey::Modelling modelling = options.modelling;
  survey::OpenfwiOptions places_of{.nz = nz, .nx = nx, .spacing = modelling.grid.spacing};
  places_of.flip_shots = options.flip_shot;
  if (options.source_count > 0) places_of.shots = options.source_count;
  const survey::Modelling preset = survey::openfwi(places_of);
  modelling.grid = preset.grid;
  modelling.survey.sample_interval = modelling.scheme.time_step;
  std::vector<survey::Point> sources;
  for (const survey::Shot& shot : preset.survey.shots) sources.push_back(shot.source);
  const std::vector<survey::Point> receivers =
      places(options.receivers, "receiver", modelling.grid, preset.survey.shots.front().receivers);
  modelling.survey.shots.clear();
  for (const survey::Point& source : places(options.sources, "source", modelling.grid, std::move(sources))) {
    modelling.survey.shots.push_back({source, receivers});
  }
  if (!options.wavelet.empty()) {
    modelling = survey::with_wavelet(std::move(modelling), read_wavelet(options.wavelet));
    survey::Source& source = modelling.source;
    source.peak_frequency = wave::peak_frequency(source.wavelet, source.time_step);
  }
  return modelling;
}

void add_survey_options(CLI::App& command, SurveyOptions& options) {
  auto& [grid, survey, source, scheme] = options.modelling;
  command.add_option("--spacing", grid.spacing, "Cell size in m")->capture_default_str();
  command.add_option("--time-step", scheme.time_step, "Time step in s")->capture_default_str();
  command.add_option("--time-samples,--samples", survey.samples, "Recorded time samples")->capture_default_str();
  CLI::Option* frequency =
      command.add_option("--frequency", source.peak_frequency, "Peak frequency of the Ricker wavelet in Hz")
          ->capture_default_str();
  command.add_option("--wavelet", options.wavelet, "Another wavelet: .npy [time samples], one for each time step")
      ->excludes(frequency);
  add_absorber_options(command, scheme);
  command.add_option("--space-order", scheme.space_order, "Order of the differences in space: 2, 4, 8")
      ->capture_default_str();
  command.add_flag("--free-surface", scheme.free_surface, "Row 0 is a free surface");
  command
      .add_option("--aperture", scheme.aperture,
                  "Simulate each shot so far to both sides of its source and receivers, in m (default: as far as a "
                  "wave can come back from)")
      ->check(CLI::PositiveNumber);
  const auto sources = add_position_options(command, "source", "OpenFWI's, evenly spread", options.sources);
  command.add_option("--source-count", options.source_count, "Sources spread evenly, instead of --sources")
      ->check(CLI::PositiveNumber)
      ->excludes(sources[0])
      ->excludes(sources[1]);
  add_position_options(command, "receiver", "every one unless given", options.receivers);
  command.add_flag("--flip-shot", options.flip_shot, "Add the mirror images of OpenFWI's sources that have none");
}

}  // namespace strataform::app
