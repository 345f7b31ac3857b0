#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <span>
#include <vector>

#include "strataform/adapt/adapt_options.h"
#include "strataform/adapt/recording.h"
#include "strataform/core/context.h"
#include "strataform/data/gather_source.h"

namespace strataform::adapt {

/// The misfit of one gather as a share of what silence would leave, and its derivatives by the velocities of its map,
/// [nz, nx]. Infinite, without derivatives, where the wave diverges or the map is not finite.
struct Evaluation {
  double share = 0.0;
  std::vector<double> gradient;
};

/// Which shots a misfit is of.
enum class Shots { kFitted, kLeftOut };

/// The misfits of gathers in their maps, by the code of a refinement: its misfits, bands, estimates of the source and
/// treatment of dead traces. Gathers are told by their places in a list; where there are several they are computed side
/// by side, each by fewer threads.
class WaveMisfit {
 public:
  /// Source and options outlive it; indices are those of the source.
  WaveMisfit(const data::GatherSource& source, std::vector<std::int64_t> indices, const survey::Modelling& modelling,
             const AdaptOptions& options, const Context& context);

  /// places: of the maps [places, nz, nx]. cutoff in Hz, 0 the whole band. Throws InterruptedError when the context
  /// asks to stop.
  [[nodiscard]] std::vector<Evaluation> gradients(std::span<const std::int64_t> places, std::span<const float> maps,
                                                  double cutoff) const;
  /// The shares alone, for a third of the time; NaN for a gather that has no live trace in those shots.
  [[nodiscard]] std::vector<double> shares(std::span<const std::int64_t> places, std::span<const float> maps,
                                           double cutoff, Shots shots = Shots::kFitted) const;
  /// What white noise of this strength alone leaves of each gather's misfit (l2).
  [[nodiscard]] std::vector<double> noise_shares(std::span<const std::int64_t> places, double signal_to_noise,
                                                 double cutoff) const;
  /// With SourceEstimate::kWavelet: finds each gather's wavelet anew from its map.
  void estimate_wavelets(std::span<const std::int64_t> places, std::span<const float> maps);
  /// [gathers, samples], which further misfits depend on; undefined where wavelets are not estimated.
  [[nodiscard]] const torch::Tensor& wavelets() const { return wavelets_; }

 private:
  template <class Result, class Work>
  std::vector<Result> for_each(std::span<const std::int64_t> places, const Work& work) const;
  [[nodiscard]] survey::Modelling modelling_of(std::int64_t place, const survey::Survey& survey) const;

  const data::GatherSource& source_;
  std::vector<std::int64_t> indices_;
  survey::Modelling modelling_;
  const AdaptOptions& options_;
  Context context_;
  torch::Tensor wavelets_;
};

}  // namespace strataform::adapt
