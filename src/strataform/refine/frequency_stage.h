#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "strataform/core/context.h"
#include "strataform/refine/options.h"
#include "strataform/wave/propagator.h"

namespace strataform::refine {

/// One band of frequencies: its recorded gathers and a propagator whose wavelet is filtered alike.
class FrequencyStage {
 public:
  /// cutoff in Hz; 0: the whole band.
  FrequencyStage(std::span<const float> recorded, const survey::Modelling& modelling, const RefineOptions& options,
                 double cutoff, const Context& context = {});

  /// The misfit of every shot and the derivatives of their sum by the velocity.
  [[nodiscard]] wave::Gradient gradient(std::span<const float> velocity) const;
  [[nodiscard]] double misfit_of(std::span<const float> velocity) const;
  /// That of gathers without any wave.
  [[nodiscard]] double misfit_of_silence() const;
  /// The misfit (l2) that white noise of this strength, in dB in front of the filter, leaves in a perfect model.
  [[nodiscard]] double noise_misfit(double signal_to_noise) const;
  /// By what every shot's gather is scaled in this model, with SourceEstimate::kAmplitude.
  [[nodiscard]] std::vector<double> amplitudes(std::span<const float> velocity) const;
  [[nodiscard]] const wave::Propagator& propagator() const { return propagator_; }

 private:
  /// A shot's part of the gathers of all.
  template <class Value>
  [[nodiscard]] std::span<Value> gather_of(std::span<Value> gathers, std::int64_t shot) const {
    const auto first = static_cast<std::size_t>(propagator_.gather_start(shot));
    return gathers.subspan(first, static_cast<std::size_t>(propagator_.gather_start(shot + 1)) - first);
  }
  [[nodiscard]] std::span<const float> recorded_of(std::int64_t shot) const {
    return gather_of(std::span<const float>(recorded_), shot);
  }
  [[nodiscard]] std::int64_t traces_of(std::int64_t shot) const;
  [[nodiscard]] double misfit_of_gathers(std::span<const float> gathers) const;
  double shot_misfit(std::span<const float> gather, std::int64_t shot, std::span<float> derivative) const;

  const Misfit& misfit_;
  bool scaled_;
  wave::GradientOptions wavefield_;
  std::vector<float> recorded_;
  wave::Propagator propagator_;
  double noise_energy_;  ///< of the gathers, were they nothing but white noise, behind the filter
};

}  // namespace strataform::refine
