#include "strataform/refine/refine.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "strataform/core/error.h"
#include "strataform/refine/lbfgs.h"
#include "strataform/refine/low_pass.h"
#include "strataform/refine/total_variation.h"
#include "strataform/wave/propagator.h"
#include "strataform/wave/sponge.h"

namespace strataform::refine {
namespace {

void require(bool holds, const std::string& message) {
  if (!holds) throw UsageError(message);
}

/// Velocities between bounds as a function of free variables, one m/s of each being about one m/s at the start.
class BoundedVelocity {
 public:
  BoundedVelocity(std::span<const float> initial, std::vector<double> scale, const RefineOptions& options)
      : slowest_(options.slowest), width_(options.fastest - options.slowest), scale_(std::move(scale)) {
    for (std::size_t cell = 0; cell < initial.size(); ++cell) {
      // A model on a bound could never leave it.
      const double share = std::clamp((initial[cell] - slowest_) / width_, 1e-3, 1.0 - 1e-3);
      offset_.push_back(std::log(share / (1.0 - share)));
      scale_[cell] /= width_ * share * (1.0 - share);
    }
    shares_.resize(initial.size());
  }

  void velocity_at(const std::vector<double>& x, std::vector<float>& velocity) {
    for (std::size_t cell = 0; cell < x.size(); ++cell) {
      shares_[cell] = 1.0 / (1.0 + std::exp(-(offset_[cell] + scale_[cell] * x[cell])));
      velocity[cell] = static_cast<float>(slowest_ + width_ * shares_[cell]);
    }
  }
  /// From derivatives by the last velocity to those by the variables, in place.
  void chain(std::vector<double>& gradient) const {
    for (std::size_t cell = 0; cell < gradient.size(); ++cell) {
      gradient[cell] *= scale_[cell] * width_ * shares_[cell] * (1.0 - shares_[cell]);
    }
  }

 private:
  double slowest_, width_;
  std::vector<double> offset_;
  std::vector<double> scale_;
  std::vector<double> shares_;  ///< of the way between the bounds
};

double sum_of(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

/// One band of frequencies: its recorded gathers and a propagator whose wavelet is filtered alike.
class Stage {
 public:
  Stage(std::int64_t nz, std::int64_t nx, std::span<const float> recorded, const wave::Acquisition& acquisition,
        MisfitKind kind, double cutoff)
      : kind_(kind), recorded_(recorded.begin(), recorded.end()), traces_(std::ssize(acquisition.receivers)),
        propagator_(nz, nx, filtered(nz, nx, acquisition, cutoff)) {
    if (cutoff <= 0.0) return;
    const std::size_t gather = recorded_.size() / acquisition.sources.size();
    for (std::size_t first = 0; first < recorded_.size(); first += gather) {
      low_pass(cutoff, acquisition.time_step, traces_, std::span(recorded_).subspan(first, gather));
    }
  }

  /// The misfit and, where wanted, its gradient by the velocity.
  [[nodiscard]] wave::Gradient gradient(const std::vector<float>& velocity) const {
    return propagator_.gradient(
        std::span<const float>(velocity), 1,
        [&](std::int64_t /*model*/, std::int64_t shot, std::span<const float> gather, std::span<float> derivative) {
          const auto first = static_cast<std::size_t>(shot) * gather.size();
          return misfit(kind_, traces_, gather, std::span(recorded_).subspan(first, gather.size()), derivative);
        });
  }
  [[nodiscard]] double misfit_of(std::span<const float> velocity) const {
    std::vector<float> gathers(recorded_.size());
    propagator_.forward(velocity, 1, gathers);
    const auto gather = static_cast<std::size_t>(traces_ * propagator_.acquisition().samples);
    std::vector<float> derivative(gather);
    double sum = 0.0;
    // Shot by shot, as in the gradient: other misfits than l2 depend on what is a gather.
    for (std::size_t first = 0; first < gathers.size(); first += gather) {
      sum += misfit(kind_, traces_, std::span(gathers).subspan(first, gather),
                    std::span(recorded_).subspan(first, gather), derivative);
    }
    return sum;
  }
  /// The misfit that noise of this strength leaves in a perfect model: that of no wave at all, scaled.
  [[nodiscard]] double noise_misfit(double signal_to_noise) const {
    const std::vector<float> silence(recorded_.size(), 0.0F);
    std::vector<float> derivative(recorded_.size());
    const double energy_share = 1.0 / (1.0 + std::pow(10.0, signal_to_noise / 10.0));
    return energy_share * misfit(MisfitKind::kL2, traces_, silence, recorded_, derivative);
  }
  [[nodiscard]] const wave::Propagator& propagator() const { return propagator_; }

 private:
  static wave::Acquisition filtered(std::int64_t nz, std::int64_t nx, wave::Acquisition acquisition, double cutoff) {
    if (cutoff <= 0.0) return acquisition;
    acquisition.wavelet = wave::Propagator(nz, nx, acquisition).wavelet();
    acquisition.wavelet.resize(static_cast<std::size_t>(acquisition.samples), 0.0);
    low_pass(cutoff, acquisition.time_step, 1, std::span(acquisition.wavelet));
    return acquisition;
  }

  MisfitKind kind_;
  std::vector<float> recorded_;
  std::int64_t traces_;
  wave::Propagator propagator_;
};

/// (light / mean light)^-power, at most ten times and at least a tenth of the others.
std::vector<double> scale_of(const wave::Propagator& propagator, std::span<const float> velocity, double power) {
  std::vector<double> light = propagator.illumination(velocity);
  const double mean = sum_of(light) / static_cast<double>(light.size());
  for (double& value : light) value = std::clamp(std::pow(value / mean + 1e-6, -power), 0.1, 10.0);
  return light;
}

}  // namespace

void check(const RefineOptions& options, const wave::Acquisition& acquisition) {
  require(options.gradients >= 1, fmt::format("--gradients: expected at least 1, found {}", options.gradients));
  require(
      !options.frequencies.empty() && std::ssize(options.frequencies) <= options.gradients,
      fmt::format("--frequencies: expected 1 to {} stages, found {}", options.gradients, options.frequencies.size()));
  for (const double frequency : options.frequencies) {
    require(frequency >= 0.0 && frequency < 0.5 / acquisition.time_step,
            fmt::format("--frequencies: expected 0 (the whole band) to below {} Hz, found {}",
                        0.5 / acquisition.time_step, frequency));
  }
  require(options.slowest > 0.0 && options.fastest > options.slowest && std::isfinite(options.fastest),
          fmt::format("bounds: expected two increasing velocities above 0 m/s, found {} and {}", options.slowest,
                      options.fastest));
  const wave::Sponge sponge{acquisition.sponge_cells, acquisition.spacing, options.slowest};
  const double limit = largest_time_step(sponge, options.fastest);
  require(acquisition.time_step <= limit,
          fmt::format("bounds: a time step of {} s is unstable at {} m/s; at most {:.4g} s", acquisition.time_step,
                      options.fastest, limit));
  require(options.total_variation >= 0.0 && std::isfinite(options.total_variation),
          fmt::format("--total-variation: expected zero or more, found {}", options.total_variation));
  require(!options.signal_to_noise || (options.misfit == MisfitKind::kL2 && std::isfinite(*options.signal_to_noise)),
          "--signal-to-noise: expected a number of dB and the misfit l2, which is the one that noise is measured in");
  require(options.first_step > 0.0,
          fmt::format("--first-step: expected more than 0 m/s, found {}", options.first_step));
}

RefinedModel refine(std::span<const float> initial, std::int64_t nz, std::int64_t nx, std::span<const float> recorded,
                    const wave::Acquisition& acquisition, const RefineOptions& options,
                    const std::function<bool(const RefineStep&)>& watch) {
  check(options, acquisition);
  const Stage whole(nz, nx, recorded, acquisition, options.misfit, 0.0);
  require(std::ssize(recorded) == whole.propagator().gather_size(),
          fmt::format("recorded gathers: expected {} values for this acquisition, found {}",
                      whole.propagator().gather_size(), recorded.size()));
  for (const float value : initial) {
    require(value >= options.slowest && value <= options.fastest,
            fmt::format("initial model: expected {} to {} m/s, the bounds, found {}", options.slowest, options.fastest,
                        value));
  }

  RefinedModel result;
  result.velocity.assign(initial.begin(), initial.end());
  result.first_misfit = whole.misfit_of(result.velocity);
  bool stopped = false;
  for (std::size_t stage = 0; stage < options.frequencies.size() && !stopped; ++stage) {
    const Stage band(nz, nx, recorded, acquisition, options.misfit, options.frequencies[stage]);
    BoundedVelocity bounded(result.velocity, scale_of(band.propagator(), result.velocity, options.illumination),
                            options);
    const TotalVariation variation(nz, nx, result.velocity);
    std::vector<float> velocity = result.velocity;
    std::vector<float> best = velocity;
    double scale = 0.0;
    double share = 1.0;  ///< of the misfit that the stage began with
    const Objective objective = [&](const std::vector<double>& x, std::vector<double>& gradient) {
      bounded.velocity_at(x, velocity);
      wave::Gradient found = band.gradient(velocity);
      const double value = sum_of(found.misfits);
      if (scale == 0.0) scale = value > 0.0 ? 1.0 / value : 1.0;
      gradient = std::move(found.velocity);
      for (double& entry : gradient) entry *= scale;
      const double rough = variation.add(velocity, options.total_variation, gradient);
      bounded.chain(gradient);
      share = scale * value;
      return share + rough;
    };
    const auto stages_left = static_cast<std::int64_t>(options.frequencies.size() - stage);
    LbfgsOptions search;
    search.evaluations = (options.gradients - result.gradients) / stages_left;
    search.first_step = options.first_step;
    const double goal = options.signal_to_noise ? band.noise_misfit(*options.signal_to_noise) : 0.0;
    std::int64_t done = result.gradients;
    search.after_evaluation = [&](double /*value*/, bool is_best) {
      ++done;
      if (is_best) best = velocity;
      if (watch) stopped = watch({done, stage, share, best});
      return stopped || share <= goal * scale;
    };
    std::vector<double> x(initial.size(), 0.0);
    result.gradients += minimise(objective, x, search).evaluations;
    result.velocity = best;
  }
  result.last_misfit = whole.misfit_of(result.velocity);
  return result;
}

}  // namespace strataform::refine
