#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <vector>

#include "strataform/core/random.h"
#include "strataform/refine/refine.h"
#include "strataform/wave/propagator.h"
#include "wave/cell_survey.h"

namespace strataform::refine {

/// What is to be found: a round place that is faster by so many m/s, or slower, in a model [nz, nx].
struct Lens {
  double row, column;  ///< of its centre
  double width;        ///< cells^2, of exp(-distance^2 / width)
  float faster;        ///< m/s in its centre
};

inline std::vector<float> with_lens(std::vector<float> velocity, std::int64_t nx, const Lens& lens) {
  for (std::size_t cell = 0; cell < velocity.size(); ++cell) {
    const std::lldiv_t place = std::lldiv(static_cast<std::int64_t>(cell), nx);
    const double distance =
        std::hypot(static_cast<double>(place.quot) - lens.row, static_cast<double>(place.rem) - lens.column);
    velocity[cell] += lens.faster * static_cast<float>(std::exp(-distance * distance / lens.width));
  }
  return velocity;
}

/// A slow lens in a medium that gets faster with depth, shot from the surface and recorded there and at the bottom.
class SlowLens : public ::testing::Test {
 protected:
  static constexpr std::int64_t kCells = 32;

  SlowLens() {
    acquisition_.sources = {{1, 0}, {1, 10}, {1, 20}, {1, 31}};
    acquisition_.absorbing_cells = 20;
    acquisition_.samples = 400;
    for (std::int64_t column = 0; column < kCells; ++column) {
      acquisition_.receivers.push_back({kCells - 2, static_cast<double>(column)});
    }
    for (std::int64_t row = 0; row < kCells; ++row) {
      initial_.insert(initial_.end(), kCells, 1800.0F + 20.0F * static_cast<float>(row));
    }
    truth_ = with_lens(initial_, kCells, {.row = 12, .column = 16, .width = 50.0, .faster = -200.0F});
    recorded_ = gathers_of(truth_);
  }

  [[nodiscard]] std::vector<float> gathers_of(const std::vector<float>& velocity) const {
    const wave::Propagator propagator(acquisition_.on(kCells, kCells));
    std::vector<float> gathers(static_cast<std::size_t>(propagator.gather_size()));
    propagator.forward(velocity, 1, gathers);
    return gathers;
  }
  [[nodiscard]] double error_of(const std::vector<float>& velocity) const {
    double sum = 0.0;
    for (std::size_t i = 0; i < velocity.size(); ++i) sum += std::abs(velocity[i] - truth_[i]);
    return sum / static_cast<double>(velocity.size());
  }
  void add_noise_of_10_db() {
    double energy = 0.0;
    for (const float value : recorded_) energy += static_cast<double>(value) * value;
    const double deviation = std::sqrt(0.1 * energy / static_cast<double>(recorded_.size()));
    Random random(3);
    for (float& value : recorded_) value += static_cast<float>(random.normal() * deviation);
  }
  [[nodiscard]] RefinedModel run(const RefineOptions& options,
                                 const std::function<bool(const RefineStep&)>& watch = {}) const {
    return refine(initial_, recorded_, acquisition_.on(kCells, kCells), options, watch);
  }

  wave::CellSurvey acquisition_ = wave::surface_cells(kCells, 4);
  std::vector<float> initial_;
  std::vector<float> truth_;
  std::vector<float> recorded_;
};

}  // namespace strataform::refine
