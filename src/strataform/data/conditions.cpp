#include "strataform/data/conditions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "strataform/core/error.h"

namespace strataform::data {
namespace {

using Option = io::Option<Conditions>;

constexpr io::Range kRefinements{"1 to 4", [](double value) { return value >= 1 && value <= 4; }};
constexpr io::Range kAtLeastTwo{"at least 2", [](double value) { return value >= 2; }};
constexpr io::Range kNotZero{"a number other than zero", [](double value) { return value != 0; }};

}  // namespace

const std::vector<Option>& condition_options() {
  using C = Conditions;
  static const std::vector<Option> options = {
      {"frequency", "Peak frequency of the Ricker wavelet, Hz", &C::frequency, io::kPositive},
      {"refinement", "Cells and time steps that each one of the survey is simulated with", &C::refinement,
       kRefinements},
      {"spacing", "Of the cells, m; time step, positions and depths grow with it", &C::spacing, io::kPositive},
      {"absorber", "What takes up waves that leave the map", io::named(&C::absorber, survey::kAbsorbers)},
      {"absorbing_cells", "Its cells on each side", &C::absorbing_cells, kAtLeastTwo},
      {"free_surface", "The first row is a free surface", &C::free_surface},
      {"sources", "Places of the sources along the line, m; otherwise OpenFWI's five", &C::sources, io::kZeroOrMore},
      {"receiver_step", "Columns between two receivers", &C::receiver_step, io::kAtLeastOne},
      {"depth", "Of sources and receivers, m on cells of 10 m", &C::depth, io::kZeroOrMore},
      {"phase", "Rotates the wavelet's phase, degrees; the survey is not told", &C::phase},
      {"delay", "Delays the records, ms; the survey is not told", &C::delay},
      {"gain", "Multiplies the amplitudes; below 0 it reverses the polarity", &C::gain, kNotZero},
      {"noise_db", "Signal-to-noise ratio of white noise, dB", &C::noise_db},
      {"muted", "Share of the traces that are dead", &C::muted, io::kBelowOne},
      {"one_sided", "Traces to the left of their source are dead", &C::one_sided}};
  return options;
}

void check(const Conditions& conditions) { io::check_all(condition_options(), conditions); }

nlohmann::json to_json(const Conditions& conditions) {
  const Conditions usual;
  nlohmann::json json = nlohmann::json::object();
  for (const Option& option : condition_options()) {
    const nlohmann::json value = option.value(conditions);
    if (value != option.value(usual)) json[option.record_key()] = value;
  }
  return json;
}

survey::Modelling modelling_of(const Conditions& conditions, const geology::MapSize& size, bool flip_shot) {
  survey::Modelling modelling =
      survey::openfwi({.nz = size.nz, .nx = size.nx, .spacing = conditions.spacing, .flip_shots = flip_shot});
  const double scale = conditions.spacing / survey::Openfwi::kSpacing;
  modelling.source.peak_frequency = conditions.frequency;
  modelling.scheme.time_step *= scale;
  modelling.survey.sample_interval *= scale;
  modelling.scheme.absorber = conditions.absorber;
  modelling.scheme.absorbing_cells = conditions.absorbing_cells;
  modelling.scheme.free_surface = conditions.free_surface;
  std::vector<survey::Shot>& shots = modelling.survey.shots;
  if (!conditions.sources.empty()) {
    shots.resize(conditions.sources.size(), shots.front());
    for (std::size_t k = 0; k < shots.size(); ++k) shots[k].source.x = conditions.sources[k];
  }
  const double depth = conditions.depth * scale;
  for (survey::Shot& shot : shots) {
    shot.source.z = depth;
    std::vector<survey::Point> receivers;
    const std::int64_t columns = std::ssize(shot.receivers);
    for (std::int64_t column = 0; column < columns; column += conditions.receiver_step) {
      receivers.push_back({shot.receivers[static_cast<std::size_t>(column)].x, depth});
    }
    shot.receivers = std::move(receivers);
  }
  return modelling;
}

}  // namespace strataform::data
