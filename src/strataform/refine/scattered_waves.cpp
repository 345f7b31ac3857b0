#include "strataform/refine/scattered_waves.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <numbers>

#include "strataform/core/parallel.h"
#include "strataform/core/spread.h"
#include "strataform/wave/propagator.h"
#include "strataform/wave/stability.h"

namespace strataform::refine {
namespace {

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// A larger model whose edges are repeated, a layer around it: what scatters in the padding counts for the edge.
class Frame {
 public:
  Frame(std::span<const float> velocity, const survey::Modelling& modelling, const Context& context)
      : modelling_(modelling), context_(context) {
    survey::Scheme& scheme = modelling_.scheme;
    const std::int64_t margin = std::min(scheme.absorbing_cells, kWidestMargin);
    const std::int64_t top = scheme.free_surface ? 0 : margin;
    const survey::Grid inner = modelling.grid;
    survey::Grid& grid = modelling_.grid;
    grid.nz += top + margin;
    grid.nx += 2 * margin;
    grid.origin = inner.at(static_cast<double>(-top), static_cast<double>(-margin));
    scheme.absorber = survey::Absorber::kPml;
    scheme.aperture = std::numeric_limits<double>::infinity();
    // A thin layer damps strongly, and that costs stability: what the model itself allows must be allowed here.
    const auto [slowest, fastest] = std::ranges::minmax(velocity);
    for (scheme.absorbing_cells = kThinnestLayer; scheme.absorbing_cells < kWidestMargin; ++scheme.absorbing_cells) {
      if (scheme.time_step <= wave::largest_time_step(modelling_, slowest, fastest)) break;
    }
    for (std::int64_t row = 0; row < grid.nz; ++row) {
      for (std::int64_t column = 0; column < grid.nx; ++column) {
        const std::int64_t inner_row = std::clamp<std::int64_t>(row - top, 0, inner.nz - 1);
        const std::int64_t inner_column = std::clamp<std::int64_t>(column - margin, 0, inner.nx - 1);
        cell_of_.push_back(static_cast<std::size_t>(inner_row * inner.nx + inner_column));
        velocity_.push_back(velocity[cell_of_.back()]);
        everywhere_.push_back(grid.at(static_cast<double>(row), static_cast<double>(column)));
      }
    }
  }

  [[nodiscard]] std::int64_t cells() const { return modelling_.grid.cells(); }
  [[nodiscard]] std::size_t cell_of(std::int64_t framed) const { return cell_of_[static_cast<std::size_t>(framed)]; }
  [[nodiscard]] double velocity(std::int64_t framed) const { return velocity_[static_cast<std::size_t>(framed)]; }

  /// The waves from these places in every cell of the frame, [places, samples, cells].
  [[nodiscard]] std::vector<float> waves(std::span<const survey::Point> places,
                                         const std::vector<double>& wavelet) const {
    survey::Modelling modelling = survey::with_wavelet(modelling_, wavelet);
    modelling.survey.shots.clear();
    for (const survey::Point& place : places) modelling.survey.shots.push_back({place, everywhere_});
    const wave::Propagator propagator(modelling, {.context = context_});
    std::vector<float> waves(static_cast<std::size_t>(propagator.gather_size()));
    propagator.forward(velocity_, 1, waves);
    return waves;
  }

 private:
  /// A sponge of OpenFWI's width hardly damps where it begins; what lies farther out adds nothing that is seen.
  static constexpr std::int64_t kWidestMargin = 60;
  static constexpr std::int64_t kThinnestLayer = 20;

  survey::Modelling modelling_;  ///< whose shots are replaced
  std::vector<float> velocity_;
  std::vector<std::size_t> cell_of_;  ///< the model's cell that each of the frame's repeats
  std::vector<survey::Point> everywhere_;
  const Context& context_;
};

/// sum over n of values_n exp(-i omega n dt).
std::complex<double> spectrum_at(const std::vector<double>& values, double omega, double time_step) {
  std::complex<double> sum = 0.0;
  for (std::size_t n = 0; n < values.size(); ++n) {
    sum += values[n] * std::polar(1.0, -omega * time_step * static_cast<double>(n));
  }
  return sum;
}

/// The frequencies at which a wavelet's scattered wave has energy. They are spaced for twice the record's length, so
/// that nothing of a convolution of two records wraps around.
class FrequencyBand {
 public:
  explicit FrequencyBand(const survey::Modelling& modelling)
      : time_step_(modelling.scheme.time_step), samples_(modelling.survey.samples) {
    const std::vector<double>& wavelet = modelling.source.wavelet;
    constexpr double kFaintest = 1e-2;
    std::vector<double> all, strength;
    for (std::int64_t k = 1; k < samples_; ++k) {
      all.push_back(std::numbers::pi * static_cast<double>(k) / (static_cast<double>(samples_) * time_step_));
      strength.push_back(std::abs(spectrum_at(wavelet, all.back(), time_step_)) * all.back() * all.back());
    }
    const double limit = kFaintest * *std::ranges::max_element(strength);
    for (std::size_t k = 0; k < all.size(); ++k) {
      if (strength[k] >= limit) omegas_.push_back(all[k]);
    }
    const double highest = omegas_.back() / (2.0 * std::numbers::pi);
    // A pulse that is a tenth of its peak at the highest frequency is gone at twice that one.
    pulse_ = gaussian(0.33 / highest);
    step_ = std::max<std::int64_t>(1, static_cast<std::int64_t>(1.0 / (3.0 * highest * time_step_)));
    result_step_ = std::max<std::int64_t>(1, static_cast<std::int64_t>(1.0 / (2.3 * highest * time_step_)));
    make_matrices();
  }

  [[nodiscard]] std::int64_t size() const { return std::ssize(omegas_); }
  [[nodiscard]] const std::vector<double>& omegas() const { return omegas_; }
  /// What stands for a spike at a receiver.
  [[nodiscard]] const std::vector<double>& pulse() const { return pulse_; }
  /// Of how many samples one is computed in from_spectrum().
  [[nodiscard]] std::int64_t result_step() const { return result_step_; }

  /// [samples, cells] to the spectra of all cells, [frequencies, cells], each divided by factor(omega).
  template <class Factor>
  [[nodiscard]] Eigen::MatrixXcf to_spectrum(const float* values, std::int64_t cells, Factor factor) const {
    const Eigen::Map<const RowMajor, 0, Eigen::OuterStride<>> some(values, to_.cols(), cells,
                                                                   Eigen::OuterStride<>(step_ * cells));
    const Eigen::MatrixXf parts = to_ * some;
    Eigen::MatrixXcf spectrum(size(), cells);
    spectrum.real() = parts.topRows(size());
    spectrum.imag() = parts.bottomRows(size());
    for (Eigen::Index k = 0; k < size(); ++k) {
      spectrum.row(k) *= static_cast<std::complex<float>>(factor(omegas_[static_cast<std::size_t>(k)]));
    }
    return spectrum;
  }
  /// [frequencies, columns] to every result_step-th sample.
  [[nodiscard]] Eigen::MatrixXf from_spectrum(const Eigen::MatrixXcf& spectrum) const {
    return from_real_ * spectrum.real() + from_imaginary_ * spectrum.imag();
  }

 private:
  [[nodiscard]] std::vector<double> gaussian(double deviation) const {
    const double sigma = deviation / time_step_;
    const double middle = std::ceil(4.5 * sigma);
    std::vector<double> pulse;
    for (double n = 0.0; n <= 2.0 * middle; n += 1.0) {
      pulse.push_back(std::exp(-0.5 * (n - middle) * (n - middle) / (sigma * sigma)));
    }
    return pulse;
  }

  void make_matrices() {
    const auto angle = [&](std::int64_t frequency, std::int64_t sample) {
      return omegas_[static_cast<std::size_t>(frequency)] * time_step_ * static_cast<double>(sample);
    };
    to_.resize(2 * size(), (samples_ + step_ - 1) / step_);
    from_real_.resize((samples_ + result_step_ - 1) / result_step_, size());
    from_imaginary_.resizeLike(from_real_);
    for (std::int64_t k = 0; k < size(); ++k) {
      for (Eigen::Index n = 0; n < to_.cols(); ++n) {
        to_(k, n) = static_cast<float>(static_cast<double>(step_) * std::cos(angle(k, n * step_)));
        to_(size() + k, n) = static_cast<float>(static_cast<double>(-step_) * std::sin(angle(k, n * step_)));
      }
      const double share = 1.0 / static_cast<double>(samples_);
      for (Eigen::Index n = 0; n < from_real_.rows(); ++n) {
        from_real_(n, k) = static_cast<float>(share * std::cos(angle(k, n * result_step_)));
        from_imaginary_(n, k) = static_cast<float>(-share * std::sin(angle(k, n * result_step_)));
      }
    }
  }

  double time_step_;
  std::int64_t samples_;
  std::int64_t step_ = 1, result_step_ = 1;
  std::vector<double> omegas_;
  std::vector<double> pulse_;
  Eigen::MatrixXf to_, from_real_, from_imaginary_;
};

std::vector<survey::Point> some_of(const std::vector<survey::Point>& places, std::int64_t count) {
  std::vector<survey::Point> some;
  for (const std::int64_t index : evenly_spread(std::ssize(places), count, SpreadPlace::kMiddle)) {
    some.push_back(places[static_cast<std::size_t>(index)]);
  }
  return some;
}

/// What a source's wave becomes in each cell of the frame when the velocity of the cell changes.
Eigen::MatrixXcf scattered_wave(const Frame& frame, const FrequencyBand& band, const survey::Modelling& modelling,
                                const survey::Point& source) {
  const double dt = modelling.scheme.time_step;
  const std::vector<float> wave = frame.waves(std::span(&source, 1), modelling.source.wavelet);
  // x_k - 2 x_k-1 + x_k-2
  Eigen::MatrixXcf spectrum = band.to_spectrum(wave.data(), frame.cells(), [&](double omega) {
    const double half = std::sin(0.5 * omega * dt);
    return -4.0 * half * half * std::polar(1.0, -omega * dt);
  });
  for (std::int64_t cell = 0; cell < frame.cells(); ++cell) {
    const double v = frame.velocity(cell);
    spectrum.col(cell) *= static_cast<float>(2.0 / (v * v * v * dt * dt));
  }
  return spectrum;
}

/// Adds a receiver's part: its wave in all cells times every source's.
void add_receiver(const Frame& frame, const FrequencyBand& band, const Blocks& blocks,
                  const std::vector<Eigen::MatrixXcf>& sources, const float* wave, double time_step,
                  Eigen::MatrixXf& sum) {
  const Eigen::MatrixXcf receiver = band.to_spectrum(
      wave, frame.cells(), [&](double omega) { return 1.0 / spectrum_at(band.pulse(), omega, time_step); });
  for (const Eigen::MatrixXcf& source : sources) {
    Eigen::MatrixXcf spectrum = Eigen::MatrixXcf::Zero(band.size(), blocks.count());
    for (std::int64_t cell = 0; cell < frame.cells(); ++cell) {
      const std::size_t inner = frame.cell_of(cell);
      spectrum.col(blocks.block_of[inner]) +=
          blocks.weight_of[inner] * source.col(cell).cwiseProduct(receiver.col(cell));
    }
    const Eigen::MatrixXf derivatives = band.from_spectrum(spectrum);
    sum.selfadjointView<Eigen::Lower>().rankUpdate(derivatives.transpose());
  }
}

}  // namespace

Blocks::Blocks(std::int64_t nz, std::int64_t nx) {
  constexpr std::int64_t kMostBlocks = 1300;
  std::int64_t side = 1;
  const auto blocks_along = [&](std::int64_t cells) { return (cells + side - 1) / side; };
  while (blocks_along(nz) * blocks_along(nx) > kMostBlocks) ++side;
  rows = blocks_along(nz);
  columns = blocks_along(nx);
  std::vector<float> cells(static_cast<std::size_t>(count()), 0.0F);
  for (std::int64_t row = 0; row < nz; ++row) {
    for (std::int64_t column = 0; column < nx; ++column) {
      block_of.push_back(row / side * columns + column / side);
      cells[static_cast<std::size_t>(block_of.back())] += 1.0F;
    }
  }
  for (const std::int64_t block : block_of)
    weight_of.push_back(1.0F / std::sqrt(cells[static_cast<std::size_t>(block)]));
}

Eigen::VectorXd Blocks::from_cells(const std::vector<double>& values) const {
  Eigen::VectorXd result = Eigen::VectorXd::Zero(count());
  for (std::size_t cell = 0; cell < values.size(); ++cell) result[block_of[cell]] += weight_of[cell] * values[cell];
  return result;
}

std::vector<double> Blocks::to_cells(const Eigen::VectorXd& values) const {
  std::vector<double> result(block_of.size());
  for (std::size_t cell = 0; cell < result.size(); ++cell) result[cell] = weight_of[cell] * values[block_of[cell]];
  return result;
}

Eigen::MatrixXf scattering_matrix(std::span<const float> velocity, const survey::Modelling& modelling,
                                  const Blocks& blocks, const Context& context) {
  const Frame frame(velocity, modelling, context);
  const FrequencyBand band(modelling);
  std::vector<survey::Point> all_sources;
  for (const survey::Shot& shot : modelling.survey.shots) all_sources.push_back(shot.source);
  const std::vector<survey::Point>& all_receivers = modelling.survey.shots.front().receivers;
  std::vector<Eigen::MatrixXcf> sources;
  for (const survey::Point& source : some_of(all_sources, kMatrixSources)) {
    sources.push_back(scattered_wave(frame, band, modelling, source));
  }
  // A few receivers at a time, each with a sum of its own, so that the result does not depend on the threads.
  constexpr std::size_t kAtATime = 2;
  const std::vector<survey::Point> receivers = some_of(all_receivers, kMatrixReceivers);
  std::vector<Eigen::MatrixXf> sums(kAtATime, Eigen::MatrixXf::Zero(blocks.count(), blocks.count()));
  const std::int64_t values = modelling.survey.samples * frame.cells();
  for (std::size_t first = 0; first < receivers.size(); first += kAtATime) {
    const std::size_t count = std::min(kAtATime, receivers.size() - first);
    const std::vector<float> waves = frame.waves(std::span(receivers).subspan(first, count), band.pulse());
    parallel_for(static_cast<std::int64_t>(count), context.thread_count(), [&](std::int64_t k, int /*worker*/) {
      add_receiver(frame, band, blocks, sources, waves.data() + k * values, modelling.scheme.time_step,
                   sums[static_cast<std::size_t>(k)]);
    });
  }
  for (std::size_t k = 1; k < kAtATime; ++k) sums[0] += sums[k];
  const double shares = static_cast<double>(all_receivers.size() * all_sources.size()) /
                        static_cast<double>(receivers.size() * sources.size());
  sums[0] *= static_cast<float>(shares * static_cast<double>(band.result_step()));
  return sums[0].selfadjointView<Eigen::Lower>();
}

}  // namespace strataform::refine
