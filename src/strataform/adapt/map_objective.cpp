#include "strataform/adapt/map_objective.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "strataform/core/mean.h"

namespace strataform::adapt {
namespace {

constexpr double kCollapsed = 0.1;        ///< of a map's standard deviation at the start
constexpr double kSquareKilometre = 1e6;  ///< m^2

/// The standard deviation of every map.
std::vector<double> deviations_of(std::span<const float> maps, std::size_t cells) {
  std::vector<double> deviations;
  for (std::size_t first = 0; first < maps.size(); first += cells) {
    const std::span<const float> map = maps.subspan(first, cells);
    const double mean = std::accumulate(map.begin(), map.end(), 0.0) / static_cast<double>(cells);
    double squares = 0.0;
    for (const float value : map) squares += (value - mean) * (value - mean);
    deviations.push_back(std::sqrt(squares / static_cast<double>(cells)));
  }
  return deviations;
}

}  // namespace

double mean_at(const std::vector<double>& values, std::span<const std::int64_t> places) {
  double sum = 0.0;
  for (const std::int64_t place : places) sum += values[static_cast<std::size_t>(place)];
  return sum / static_cast<double>(places.size());
}

MapObjective::MapObjective(const FitTask& task, const AdaptOptions& options, const Context& context)
    : task_(task), options_(options), network_(task.model, task.source, task.modelling, context),
      misfit_(task.source, task.gathers, task.modelling, options, context), all_(task.gathers.size()) {
  std::iota(all_.begin(), all_.end(), 0);
  std::vector<float> maps = network_.maps(task.gathers);
  start_deviations_ = deviations_of(maps, static_cast<std::size_t>(network_.cells()));
  if (options.pull > 0.0) start_maps_ = std::move(maps);
}

std::vector<float> MapObjective::bounded(std::vector<float> maps) const {
  const auto slowest = static_cast<float>(options_.physics.slowest);
  const auto fastest = static_cast<float>(options_.physics.fastest);
  for (float& value : maps) value = std::clamp(value, slowest, fastest);
  return maps;
}

std::vector<float> MapObjective::all_maps() const { return bounded(network_.maps(task_.gathers)); }

double MapObjective::pull_at(float given, std::size_t cell_of_all) const {
  if (start_maps_.empty()) return 0.0;
  return 2.0 * options_.pull * (given - start_maps_[cell_of_all]) /
         (kSquareKilometre * static_cast<double>(network_.cells()));
}

BatchMisfit MapObjective::evaluate(std::span<const std::int64_t> places, const torch::Tensor& velocity,
                                   double cutoff) const {
  const std::vector<float> given = values_of(velocity);
  BatchMisfit batch{.maps = bounded(given), .shares = {}, .mean = 0.0, .gradient = {}};
  const std::vector<Evaluation> found = misfit_.gradients(places, batch.maps, cutoff);
  for (const Evaluation& one : found) batch.shares.push_back(one.share);
  batch.mean = mean_of(batch.shares);
  if (!std::isfinite(batch.mean)) return batch;
  const auto cells = static_cast<std::size_t>(network_.cells());
  std::vector<double> gradient(given.size());
  for (std::size_t i = 0; i < given.size(); ++i) {
    const double slope = found[i / cells].gradient[i % cells];
    const bool leads_out = (given[i] < batch.maps[i] && slope > 0.0) || (given[i] > batch.maps[i] && slope < 0.0);
    const double pull = pull_at(given[i], static_cast<std::size_t>(places[i / cells]) * cells + i % cells);
    gradient[i] = ((leads_out ? 0.0 : slope) + pull) / static_cast<double>(places.size());
  }
  batch.gradient = torch::tensor(gradient, torch::kFloat64).view(velocity.sizes()).to(velocity.scalar_type());
  return batch;
}

bool MapObjective::has_collapsed(std::span<const std::int64_t> places, std::span<const float> maps) const {
  const std::vector<double> deviations = deviations_of(maps, static_cast<std::size_t>(network_.cells()));
  return mean_of(deviations) < kCollapsed * mean_at(start_deviations_, places);
}

std::optional<double> MapObjective::validation(std::span<const float> maps, double cutoff) const {
  if (options_.validation_shots == 0) return std::nullopt;
  std::vector<double> shares = misfit_.shares(all_, maps, cutoff, Shots::kLeftOut);
  std::erase_if(shares, [](double share) { return std::isnan(share); });
  if (shares.empty()) return std::nullopt;
  return mean_of(shares);
}

double MapObjective::noise_share(double cutoff) const {
  if (!options_.physics.signal_to_noise) return 0.0;
  return mean_of(misfit_.noise_shares(all_, *options_.physics.signal_to_noise, cutoff));
}

void MapObjective::estimate_wavelets(std::span<const float> maps) {
  if (wavelets().defined()) misfit_.estimate_wavelets(all_, maps);
}

}  // namespace strataform::adapt
