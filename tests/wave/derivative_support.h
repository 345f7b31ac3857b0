// What the tests of derivatives share.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "strataform/core/random.h"
#include "strataform/wave/propagator.h"
#include "strataform/wave/stability.h"
#include "wave/cell_survey.h"

namespace strataform::wave {

inline constexpr std::int64_t kRows = 40;
inline constexpr std::int64_t kColumns = 44;
inline const PropagatorOptions kWholeGrid{.active_window = false, .instruction_set = {}};

inline CellSurvey small_survey() {
  CellSurvey acquisition = surface_cells(kColumns, 3);
  acquisition.absorbing_cells = 24;
  acquisition.samples = 300;
  acquisition.receivers.push_back({30, 11});
  return acquisition;
}

template <class Real>
std::vector<Real> random_values(std::uint64_t seed, std::size_t count, double low, double high) {
  Random random(seed);
  std::vector<Real> values(count);
  for (Real& value : values) value = static_cast<Real>(random.uniform(low, high));
  return values;
}

/// Velocities between 1600 and 3900 m/s with structure at every wavelength.
template <class Real>
std::vector<Real> rough_model() {
  auto velocity = random_values<Real>(1, static_cast<std::size_t>(kRows * kColumns), 1600.0, 2400.0);
  for (std::size_t cell = 0; cell < velocity.size() / 2; ++cell) velocity[velocity.size() - 1 - cell] += Real(1500);
  return velocity;
}

template <class A, class B>
double dot(const A& a, const B& b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

template <class A>
double norm(const A& a) {
  return std::sqrt(dot(a, a));
}

/// J^T y, for gathers y.
template <class Real>
Gradient adjoint_of(const Propagator& propagator, const std::vector<Real>& velocity, const std::vector<Real>& y,
                    const GradientOptions& options = {}) {
  const Misfit<Real> misfit = [&](std::int64_t /*model*/, std::int64_t shot, std::span<const Real> gather,
                                  std::span<Real> derivative) {
    std::copy_n(y.begin() + shot * std::ssize(gather), gather.size(), derivative.begin());
    return dot(gather, derivative);
  };
  return propagator.gradient(std::span<const Real>(velocity), 1, misfit, options);
}

/// Everywhere but at the slowest and the fastest cell, on which the absorber depends.
inline std::vector<double> direction_without_extremes(const std::vector<double>& velocity) {
  auto direction = random_values<double>(6, velocity.size(), -1.0, 1.0);
  const auto [slowest, fastest] = std::ranges::minmax_element(velocity);
  direction[static_cast<std::size_t>(slowest - velocity.begin())] = 0.0;
  direction[static_cast<std::size_t>(fastest - velocity.begin())] = 0.0;
  return direction;
}

inline std::vector<double> moved(const std::vector<double>& velocity, const std::vector<double>& direction,
                                 double step) {
  std::vector<double> result = velocity;
  for (std::size_t i = 0; i < result.size(); ++i) result[i] += step * direction[i];
  return result;
}

/// <J x, y> - <x, J^T y> as a share of |J x| |y|, J being the Jacobian by the velocity.
template <class Real>
double velocity_dot_test(const Propagator& propagator, const std::vector<Real>& velocity) {
  const auto x = random_values<Real>(2, velocity.size(), -1.0, 1.0);
  const auto y = random_values<Real>(3, static_cast<std::size_t>(propagator.gather_size()), -1.0, 1.0);
  std::vector<Real> jx(y.size());
  propagator.born(velocity, x, 1, jx);
  return std::abs(dot(jx, y) - dot(x, adjoint_of(propagator, velocity, y).velocity)) / (norm(jx) * norm(y));
}

/// That of a survey over the rough model.
template <class Real>
double velocity_dot_test(const CellSurvey& acquisition) {
  return velocity_dot_test(Propagator(acquisition.on(kRows, kColumns), kWholeGrid), rough_model<Real>());
}

/// The same by the wavelet, in which the gathers are linear: the Jacobian is the modelling itself.
template <class Real>
double wavelet_dot_test(CellSurvey acquisition) {
  acquisition.wavelet = random_values<double>(4, static_cast<std::size_t>(acquisition.samples), -1.0, 1.0);
  const Propagator propagator(acquisition.on(kRows, kColumns), kWholeGrid);
  const auto velocity = rough_model<Real>();
  const auto y = random_values<Real>(5, static_cast<std::size_t>(propagator.gather_size()), -1.0, 1.0);
  std::vector<Real> jx(y.size());
  propagator.forward(velocity, 1, jx);
  const Gradient gradient = adjoint_of(propagator, velocity, y);
  double adjoint_side = 0.0;
  for (std::size_t i = 0; i < gradient.wavelet.size(); ++i) {
    adjoint_side += gradient.wavelet[i] * acquisition.wavelet[i % acquisition.wavelet.size()];
  }
  return std::abs(dot(jx, y) - adjoint_side) / (norm(jx) * norm(y));
}

}  // namespace strataform::wave
