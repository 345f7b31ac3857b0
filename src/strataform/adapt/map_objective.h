#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "strataform/adapt/adapt_options.h"
#include "strataform/adapt/fit.h"
#include "strataform/adapt/network_maps.h"
#include "strataform/adapt/wave_misfit.h"
#include "strataform/core/context.h"

namespace strataform::adapt {

/// What the gathers of a step say.
struct BatchMisfit {
  std::vector<float> maps;     ///< within the bounds
  std::vector<double> shares;  ///< of each gather's misfit in what silence leaves
  double mean = 0.0;           ///< infinite where a wave diverges
  torch::Tensor gradient;      ///< of the mean and the pull, by the velocities that the network gave
};

/// What is made small: from gathers by the network to maps, by the wave equation to misfits, and a pull towards the
/// maps at the start. Gathers are told by their places in the task's list.
class MapObjective {
 public:
  /// Takes what the network gives now as the start.
  MapObjective(const FitTask& task, const AdaptOptions& options, const Context& context);

  /// Its misfit in a band and, where that is finite, its derivatives. Beyond a bound a velocity counts as the bound; a
  /// derivative that would lead further out has no effect. velocity: of network().velocity().
  [[nodiscard]] BatchMisfit evaluate(std::span<const std::int64_t> places, const torch::Tensor& velocity,
                                     double cutoff) const;
  /// Whether these maps have lost their structure, as measured by their standard deviations beside those at the start.
  [[nodiscard]] bool has_collapsed(std::span<const std::int64_t> places, std::span<const float> maps) const;

  [[nodiscard]] const std::vector<std::int64_t>& all() const { return all_; }
  /// Of all gathers, within the bounds.
  [[nodiscard]] std::vector<float> all_maps() const;
  [[nodiscard]] std::vector<double> shares_of_all(std::span<const float> maps, double cutoff) const {
    return misfit_.shares(all_, maps, cutoff);
  }
  /// The mean share of the shots that were left out; nothing where none of them is live.
  [[nodiscard]] std::optional<double> validation(std::span<const float> maps, double cutoff) const;
  /// The mean share that noise alone leaves; 0 where its strength is not given.
  [[nodiscard]] double noise_share(double cutoff) const;
  /// Where wavelets are estimated, from these maps of all gathers.
  void estimate_wavelets(std::span<const float> maps);
  /// See WaveMisfit.
  [[nodiscard]] const torch::Tensor& wavelets() const { return misfit_.wavelets(); }
  [[nodiscard]] const NetworkMaps& network() const { return network_; }

 private:
  [[nodiscard]] std::vector<float> bounded(std::vector<float> maps) const;
  [[nodiscard]] double pull_at(float given, std::size_t cell_of_all) const;

  const FitTask& task_;
  const AdaptOptions& options_;
  NetworkMaps network_;
  WaveMisfit misfit_;
  std::vector<std::int64_t> all_;
  std::vector<double> start_deviations_;
  std::vector<float> start_maps_;  ///< empty where nothing is pulled towards them
};

/// The mean of the values at these places.
[[nodiscard]] double mean_at(const std::vector<double>& values, std::span<const std::int64_t> places);

}  // namespace strataform::adapt
