// The analytic solution in a homogeneous medium, to measure gathers against.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>
#include <utility>
#include <vector>

#include "strataform/wave/wavelet.h"
#include "support/relative_difference.h"
#include "wave/cell_survey.h"

namespace strataform::wave {

using test::relative_difference;

/// Pressure of a line source in a homogeneous medium: p(t) = dx^2 / (2 pi) * integral of w(t - (r/v) cosh u) du
/// over u from 0 to acosh(v t / r), the two-dimensional Green's function after the substitution that removes its
/// singularity. dx^2 is the area of the cell that the scheme injects into.
inline double analytic_pressure(const CellSurvey& acquisition, double velocity, double distance, double time) {
  if (velocity * time <= distance) return 0.0;
  const auto wavelet = ricker(acquisition.frequency, acquisition.time_step);
  const std::size_t middle = wavelet.size() / 2;
  const double centre = static_cast<double>(middle) * acquisition.time_step;
  const double end = std::acosh(velocity * time / distance);
  constexpr int kSteps = 4000;
  double sum = 0.0;
  for (int k = 0; k < kSteps; ++k) {
    const double u = end * (k + 0.5) / kSteps;
    const double argument =
        std::numbers::pi * acquisition.frequency * (time - distance / velocity * std::cosh(u) - centre);
    const double beta = argument * argument;
    sum += (1.0 - 2.0 * beta) * std::exp(-beta);
  }
  return acquisition.spacing * acquisition.spacing / (2.0 * std::numbers::pi) * sum * end / kSteps;
}

/// The largest relative difference of a trace of one shot to the sum of sources of different strengths.
inline double largest_analytic_difference(const CellSurvey& acquisition, double velocity, std::span<const float> gather,
                                          const std::vector<std::pair<double, Position>>& sources) {
  double largest = 0.0;
  const std::size_t receivers = acquisition.receivers.size();
  for (std::size_t receiver = 0; receiver < receivers; ++receiver) {
    std::vector<float> found;
    std::vector<float> expected;
    for (std::size_t sample = 0; sample < gather.size() / receivers; ++sample) {
      found.push_back(gather[sample * receivers + receiver]);
      // The first sample is the state after the first time step.
      const double time = static_cast<double>(sample + 1) * acquisition.time_step;
      double pressure = 0.0;
      for (const auto& [strength, source] : sources) {
        const double distance =
            acquisition.spacing * std::hypot(acquisition.receivers[receiver].row - source.row,
                                             acquisition.receivers[receiver].column - source.column);
        pressure += strength * analytic_pressure(acquisition, velocity, distance, time);
      }
      expected.push_back(static_cast<float>(pressure));
    }
    largest = std::max(largest, relative_difference(found, expected));
  }
  return largest;
}

}  // namespace strataform::wave
