#include "strataform/data/recorder.h"

#include <cmath>
#include <numbers>
#include <utility>

#include "strataform/core/parallel.h"
#include "strataform/data/varied_recording.h"
#include "strataform/survey/openfwi.h"
#include "strataform/wave/wavelet.h"

namespace strataform::data {
namespace {

/// The Ricker wavelet of a recorded survey in smaller time steps. The scheme adds a source to one cell, whatever that
/// cell's area, hence the factor's square.
std::vector<double> refined_wavelet(const survey::Modelling& recorded, std::int64_t factor) {
  const double frequency = recorded.source.peak_frequency;
  const double time_step = recorded.scheme.time_step;
  const std::int64_t centre = factor * wave::ricker_centre(frequency, time_step);
  std::vector<double> wavelet(static_cast<std::size_t>(2 * centre + 1));
  for (std::int64_t step = 0; step < std::ssize(wavelet); ++step) {
    const double time = static_cast<double>(step - centre) * time_step / static_cast<double>(factor);
    const double phase = std::numbers::pi * frequency * time;
    wavelet[static_cast<std::size_t>(step)] =
        static_cast<double>(factor * factor) * (1.0 - 2.0 * phase * phase) * std::exp(-phase * phase);
  }
  return wavelet;
}

/// The same survey on a finer grid and in smaller time steps, of which as many are recorded.
survey::Modelling refined_modelling(const survey::Modelling& recorded, std::int64_t factor) {
  if (factor == 1) return recorded;
  survey::Modelling modelling = recorded;
  survey::Grid& grid = modelling.grid;
  const auto scale = static_cast<double>(factor);
  grid.nz *= factor;
  grid.nx *= factor;
  grid.spacing /= scale;
  // The centre of the first fine cell lies before that of the coarse one.
  const double before = -(scale - 1.0) / 2.0;
  grid.origin = grid.at(before, before);
  modelling.scheme.time_step /= scale;
  modelling.scheme.absorbing_cells *= factor;
  return survey::with_wavelet(std::move(modelling), refined_wavelet(recorded, factor));
}

class UniformRecorder : public Recorder {
 public:
  UniformRecorder(const Conditions& conditions, bool flip_shot, const geology::MapSize& size,
                  wave::PropagatorOptions options)
      : refinement_(conditions.refinement), size_(size), recorded_(data::modelling_of(conditions, size, flip_shot)),
        propagator_(refined_modelling(recorded_, conditions.refinement), std::move(options)) {}

  [[nodiscard]] survey::Modelling modelling(std::int64_t /*number*/) const override { return recorded_; }
  [[nodiscard]] bool is_uniform() const override { return true; }

  [[nodiscard]] std::vector<float> record(std::span<const float> maps,
                                          std::span<const std::int64_t> numbers) const override {
    const std::int64_t count = std::ssize(numbers);
    std::vector<float> gathers(static_cast<std::size_t>(count * propagator_.gather_size()));
    if (refinement_ == 1) {
      propagator_.forward(maps, count, gathers);
    } else {
      propagator_.forward(refined_maps(maps, size_, refinement_), count, gathers);
    }
    return gathers;
  }

 private:
  std::int64_t refinement_;
  geology::MapSize size_;
  survey::Modelling recorded_;
  wave::Propagator propagator_;
};

/// One propagator for each example; the examples share the threads.
class VariedRecorder : public Recorder {
 public:
  VariedRecorder(const geology::MapSize& size, std::uint64_t seed, wave::PropagatorOptions options)
      : size_(size), seed_(seed), options_(std::move(options)) {}

  [[nodiscard]] survey::Modelling modelling(std::int64_t number) const override {
    return draw_modelling(size_, seed_, number);
  }
  [[nodiscard]] bool is_uniform() const override { return false; }

  [[nodiscard]] std::vector<float> record(std::span<const float> maps,
                                          std::span<const std::int64_t> numbers) const override {
    const auto size = static_cast<std::size_t>(shape().size());
    const auto cells = static_cast<std::size_t>(size_.nz * size_.nx);
    wave::PropagatorOptions options = options_;
    options.context.threads = 1;
    std::vector<float> gathers(numbers.size() * size);
    parallel_for(std::ssize(numbers), options_.accelerator ? 1 : options_.context.thread_count(),
                 [&](std::int64_t example, int /*worker*/) {
                   const auto k = static_cast<std::size_t>(example);
                   const wave::Propagator propagator(modelling(numbers[k]), options);
                   propagator.forward(maps.subspan(k * cells, cells), 1, std::span(gathers).subspan(k * size, size));
                 });
    return gathers;
  }

 private:
  geology::MapSize size_;
  std::uint64_t seed_;
  wave::PropagatorOptions options_;
};

}  // namespace

std::unique_ptr<const Recorder> make_recorder(const Conditions& conditions, bool flip_shot,
                                              const geology::MapSize& size, std::uint64_t seed,
                                              wave::PropagatorOptions options) {
  if (conditions.varied) return std::make_unique<VariedRecorder>(size, seed, std::move(options));
  return std::make_unique<UniformRecorder>(conditions, flip_shot, size, std::move(options));
}

GatherShape Recorder::shape() const {
  const survey::Survey survey = modelling(0).survey;
  return {std::ssize(survey.shots), survey.samples, survey::common_receivers(survey).value()};
}

std::vector<float> refined_maps(std::span<const float> maps, const geology::MapSize& size, std::int64_t factor) {
  std::vector<float> fine;
  fine.reserve(maps.size() * static_cast<std::size_t>(factor * factor));
  const std::int64_t rows = std::ssize(maps) / size.nx;
  for (std::int64_t row = 0; row < rows * factor; ++row) {
    for (std::int64_t column = 0; column < size.nx * factor; ++column) {
      fine.push_back(maps[static_cast<std::size_t>(row / factor * size.nx + column / factor)]);
    }
  }
  return fine;
}

}  // namespace strataform::data
