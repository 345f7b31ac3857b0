#include "strataform/data/recorder.h"

#include <cmath>
#include <numbers>
#include <utility>

#include "strataform/wave/acquisition.h"
#include "strataform/wave/wavelet.h"

namespace strataform::data {
namespace {

wave::Acquisition recorded_survey(const Conditions& conditions, bool flip_shot) {
  wave::Acquisition acquisition = wave::openfwi_acquisition(flip_shot);
  acquisition.frequency = conditions.frequency;
  return acquisition;
}

/// The Ricker wavelet of a recorded survey in smaller time steps. The scheme adds a source to one cell, whatever that
/// cell's area, hence the factor's square.
std::vector<double> refined_wavelet(const wave::Acquisition& recorded, std::int64_t factor) {
  const std::int64_t centre = factor * wave::ricker_centre(recorded.frequency, recorded.time_step);
  std::vector<double> wavelet(static_cast<std::size_t>(2 * centre + 1));
  for (std::int64_t step = 0; step < std::ssize(wavelet); ++step) {
    const double time = static_cast<double>(step - centre) * recorded.time_step / static_cast<double>(factor);
    const double phase = std::numbers::pi * recorded.frequency * time;
    wavelet[static_cast<std::size_t>(step)] =
        static_cast<double>(factor * factor) * (1.0 - 2.0 * phase * phase) * std::exp(-phase * phase);
  }
  return wavelet;
}

/// The same survey on a finer grid. A coarse cell's centre lies between fine ones where the factor is even.
wave::Acquisition modelled_survey(const wave::Acquisition& recorded, std::int64_t factor) {
  wave::Acquisition acquisition = recorded;
  if (factor == 1) return acquisition;
  const auto scale = static_cast<double>(factor);
  acquisition.spacing /= scale;
  acquisition.time_step /= scale;
  acquisition.samples *= factor;
  acquisition.absorbing_cells *= factor;
  acquisition.wavelet = refined_wavelet(recorded, factor);
  for (auto* positions : {&acquisition.sources, &acquisition.receivers}) {
    for (wave::Position& position : *positions) {
      position.row = scale * position.row + (scale - 1.0) / 2.0;
      position.column = scale * position.column + (scale - 1.0) / 2.0;
    }
  }
  return acquisition;
}

}  // namespace

Recorder::Recorder(const Conditions& conditions, bool flip_shot, const geology::MapSize& size,
                   wave::PropagatorOptions options)
    : refinement_(conditions.refinement), size_(size), recorded_(recorded_survey(conditions, flip_shot)),
      propagator_(conditions.refinement * size.nz, conditions.refinement * size.nx,
                  modelled_survey(recorded_, conditions.refinement), std::move(options)) {}

GatherShape Recorder::shape() const {
  return {std::ssize(recorded_.sources), recorded_.samples, std::ssize(recorded_.receivers)};
}

std::vector<float> Recorder::model(std::span<const float> maps, std::int64_t count) const {
  std::vector<float> modelled(static_cast<std::size_t>(count * propagator_.gather_size()));
  propagator_.forward(maps, count, modelled);
  return modelled;
}

std::vector<float> Recorder::record(std::span<const float> maps, std::int64_t count) const {
  if (refinement_ == 1) return model(maps, count);
  const std::vector<float> modelled = model(refined_maps(maps, size_, refinement_), count);
  // Sample k is recorded after k + 1 time steps, so of each `refinement` samples the last one counts.
  const auto row = static_cast<std::size_t>(shape().receivers);
  std::vector<float> gathers;
  gathers.reserve(modelled.size() / static_cast<std::size_t>(refinement_));
  for (std::size_t sample = static_cast<std::size_t>(refinement_) - 1; sample * row < modelled.size();
       sample += static_cast<std::size_t>(refinement_)) {
    const auto begin = modelled.begin() + static_cast<std::ptrdiff_t>(sample * row);
    gathers.insert(gathers.end(), begin, begin + static_cast<std::ptrdiff_t>(row));
  }
  return gathers;
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
