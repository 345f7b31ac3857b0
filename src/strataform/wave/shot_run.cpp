#include "strataform/wave/shot_run.h"

#include <algorithm>
#include <cmath>

#include "strataform/core/error.h"

namespace strataform::wave {

template <class Real>
std::int64_t ShotWorkspace<Real>::bytes() const {
  std::size_t values = image.size() + scattering.size() + medium.velocity.size() + medium.courant.size();
  const auto add = [&values](const Wavefield<Real>& wave) {
    values += wave.pressure[0].size() + wave.pressure[1].size();
  };
  add(field);
  add(second_field);
  for (const auto& checkpoint : checkpoints) add(checkpoint);
  for (const auto& array : laplacians) values += array.size();
  return static_cast<std::int64_t>(values * sizeof(Real));
}

template <class Real>
ShotRun<Real>::ShotRun(const Survey& survey, const GridPoint& source, ShotWorkspace<Real>& workspace)
    : survey_(survey), workspace_(workspace),
      context_{survey.grid, workspace.medium, survey.kernel.operations<Real>(), survey.grid.padded(source)},
      samples_(survey.acquisition.samples), receivers_(std::ssize(survey.acquisition.receivers)),
      cell_area_(survey.acquisition.spacing * survey.acquisition.spacing) {}

template <class Real>
double ShotRun<Real>::wavelet_at(std::int64_t step) const {
  return step < std::ssize(survey_.wavelet) ? survey_.wavelet[static_cast<std::size_t>(step)] : 0.0;
}

template <class Real>
void ShotRun<Real>::record(const Row& row, const Real* next, std::span<Real> gather) const {
  if (row.in_halo()) return;
  for (const std::int64_t index : survey_.grid.receivers_in(row.row)) {
    const GridPoint at = survey_.grid.padded(survey_.acquisition.receivers[static_cast<std::size_t>(index)]);
    gather[static_cast<std::size_t>(row.step * receivers_ + index)] = next[row.start + at.column];
  }
}

template <class Real>
void ShotRun<Real>::require_finite(std::span<const Real> gather) const {
  if (std::all_of(gather.begin(), gather.end(), [](Real value) { return std::isfinite(value); })) return;
  throw NumericalError("forward modelling diverged: the gather has values that are not finite");
}

template <class Real>
Real* ShotRun<Real>::laplacian(std::int64_t index) {
  auto& arrays = workspace_.laplacians;
  if (index >= std::ssize(arrays)) arrays.resize(static_cast<std::size_t>(index + 1));
  auto& array = arrays[static_cast<std::size_t>(index)];
  if (array.size() != survey_.grid.values()) array.assign(survey_.grid.values(), Real(0));
  return array.data();
}

template <class Real>
template <class LaplacianAt>
void ShotRun<Real>::run_forward(std::int64_t first, std::int64_t end, std::span<Real> gather,
                                LaplacianAt laplacian_at) {
  const GridPoint& source = context_.source;
  const auto window_at = [&](std::int64_t step) {
    return survey_.grid.window(source, workspace_.medium.cells_per_step, step);
  };
  const double distance =
      workspace_.medium.velocity[static_cast<std::size_t>(survey_.grid.index(source.row, source.column))] *
      survey_.acquisition.time_step;
  advance(context_, workspace_.field, first, end, window_at, laplacian_at, [&](const Row& row, Real* next) {
    if (row.wrapped == source.row) {
      next[row.start + source.column] += static_cast<Real>(distance * distance * wavelet_at(row.step));
    }
    if (!gather.empty()) record(row, next, gather);
  });
}

template <class Real>
template <class Factor>
void ShotRun<Real>::fold_image(std::vector<double>& sum, Factor factor) const {
  const PaddedGrid& grid = survey_.grid;
  for (std::int64_t row = 0; row < grid.rows(); ++row) {
    for (std::int64_t column = 0; column < grid.columns(); ++column) {
      const auto cell = static_cast<std::size_t>(grid.index(row, column));
      sum[grid.model_cell(row, column)] +=
          factor(static_cast<double>(workspace_.medium.velocity[cell])) * static_cast<double>(workspace_.image[cell]);
    }
  }
}

template <class Real>
void ShotRun<Real>::forward(std::span<Real> gather) {
  workspace_.field.clear(survey_.grid);
  std::fill(gather.begin(), gather.end(), Real(0));
  run_forward(0, samples_, gather, [](std::int64_t) { return nullptr; });
  require_finite(gather);
}

template <class Real>
void ShotRun<Real>::born(std::span<const Real> model_change, std::span<Real> gather) {
  const PaddedGrid& grid = survey_.grid;
  const Medium<Real>& medium = workspace_.medium;
  const double ratio = survey_.acquisition.time_step / survey_.acquisition.spacing;
  workspace_.scattering.assign(grid.values(), Real(0));
  for_each_cell(grid, [&](std::size_t cell, std::size_t model_cell) {
    workspace_.scattering[cell] =
        static_cast<Real>(2.0 * medium.velocity[cell] * model_change[model_cell] * ratio * ratio);
  });
  workspace_.field.clear(grid);
  workspace_.second_field.clear(grid);
  std::fill(gather.begin(), gather.end(), Real(0));
  const GridPoint& source = context_.source;
  const double change_at_source =
      workspace_.scattering[static_cast<std::size_t>(grid.index(source.row, source.column))] * cell_area_;
  const auto window_at = [&](std::int64_t step) { return grid.window(source, medium.cells_per_step, step); };
  for (std::int64_t first = 0; first < samples_; first += kStepsPerSweep) {
    const std::int64_t end = std::min(samples_, first + kStepsPerSweep);
    run_forward(first, end, {}, [&](std::int64_t step) { return laplacian(step - first); });
    advance(
        context_, workspace_.second_field, first, end, window_at, [](std::int64_t) { return nullptr; },
        [&](const Row& row, Real* next) {
          const std::int64_t begin = row.start + row.columns.first;
          const std::int64_t inner = grid.index(row.wrapped, row.columns.first);
          context_.operations.multiply_add(next + begin, workspace_.scattering.data() + inner,
                                           laplacian(row.step - first) + inner, row.columns.last - row.columns.first);
          if (row.wrapped == source.row) {
            next[row.start + source.column] += static_cast<Real>(change_at_source * wavelet_at(row.step));
          }
          record(row, next, gather);
        });
  }
  require_finite(gather);
}

template <class Real>
void ShotRun<Real>::add_illumination(std::vector<double>& sum) {
  const PaddedGrid& grid = survey_.grid;
  workspace_.field.clear(grid);
  workspace_.image.assign(grid.values(), Real(0));
  for (std::int64_t first = 0; first < samples_; first += kStepsPerSweep) {
    const std::int64_t end = std::min(samples_, first + kStepsPerSweep);
    for (std::int64_t step = first; step < end; ++step) std::fill_n(laplacian(step - first), grid.values(), Real(0));
    run_forward(first, end, {}, [&](std::int64_t step) { return laplacian(step - first); });
    for (std::int64_t step = first; step < end; ++step) {
      const Real* const values = laplacian(step - first);
      context_.operations.multiply_add(workspace_.image.data(), values, values, std::ssize(workspace_.image));
    }
  }
  fold_image(sum, [](double velocity) { return 4.0 / (velocity * velocity); });
}

template <class Real>
typename ShotRun<Real>::Derivatives ShotRun<Real>::gradient(
    std::int64_t segment, const std::function<double(std::span<const Real>, std::span<Real>)>& misfit_of) {
  const PaddedGrid& grid = survey_.grid;
  std::vector<Real> gather(static_cast<std::size_t>(samples_ * receivers_), Real(0));
  workspace_.field.clear(grid);
  const std::int64_t last_segment = (samples_ - 1) / segment;
  workspace_.checkpoints.resize(static_cast<std::size_t>(std::max<std::int64_t>(0, last_segment - 1)));
  for (std::int64_t k = 0; k <= last_segment; ++k) {
    const std::int64_t first = k * segment;
    if (k > 0 && k < last_segment) workspace_.checkpoints[static_cast<std::size_t>(k - 1)] = workspace_.field;
    // The last segment is the first that the adjoint needs: it is not computed again.
    run_forward(first, std::min(samples_, first + segment), gather,
                [&](std::int64_t step) { return k == last_segment ? laplacian(step - first) : nullptr; });
  }
  require_finite(gather);
  std::vector<Real> adjoint_source(gather.size(), Real(0));
  Derivatives derivatives;
  derivatives.misfit = misfit_of(gather, adjoint_source);
  derivatives.wavelet.assign(survey_.wavelet.size(), 0.0);

  workspace_.image.assign(grid.values(), Real(0));
  workspace_.second_field.clear(grid);
  for (std::int64_t k = last_segment; k >= 0; --k) {
    const std::int64_t first = k * segment;
    const std::int64_t end = std::min(samples_, first + segment);
    if (k < last_segment) {
      if (k == 0) {
        workspace_.field.clear(grid);
      } else {
        workspace_.field = workspace_.checkpoints[static_cast<std::size_t>(k - 1)];
      }
      run_forward(first, end, {}, [&](std::int64_t step) { return laplacian(step - first); });
    }
    run_adjoint(first, end, adjoint_source, derivatives);
  }
  // dJ/dv = dJ/da da/dv = image / a * 2 a / v.
  derivatives.velocity.assign(static_cast<std::size_t>(survey_.nz * survey_.nx), 0.0);
  fold_image(derivatives.velocity, [](double velocity) { return 2.0 / velocity; });
  return derivatives;
}

/// The adjoint of steps end - 1 down to first. Step m of the adjoint wave is the adjoint of step samples - 1 - m.
template <class Real>
void ShotRun<Real>::run_adjoint(std::int64_t first, std::int64_t end, std::span<const Real> adjoint_source,
                                Derivatives& derivatives) {
  const PaddedGrid& grid = survey_.grid;
  const GridPoint& source = context_.source;
  const auto step_of = [&](std::int64_t adjoint_step) { return samples_ - 1 - adjoint_step; };
  const auto window_at = [&](std::int64_t adjoint_step) {
    return grid.window(source, workspace_.medium.cells_per_step, step_of(adjoint_step));
  };
  advance(
      context_, workspace_.second_field, samples_ - end, samples_ - first, window_at,
      [](std::int64_t) { return nullptr; },
      [&](const Row& row, Real* next) {
        const std::int64_t step = step_of(row.step);
        for (const std::int64_t index : grid.receivers_in(row.wrapped)) {
          const GridPoint at = grid.padded(survey_.acquisition.receivers[static_cast<std::size_t>(index)]);
          next[row.start + at.column] += workspace_.medium.courant[static_cast<std::size_t>(row.start + at.column)] *
                                         adjoint_source[static_cast<std::size_t>(step * receivers_ + index)];
        }
        if (row.in_halo()) return;
        const std::int64_t begin = row.start + row.columns.first;
        context_.operations.multiply_add(workspace_.image.data() + begin, next + begin, laplacian(step - first) + begin,
                                         row.columns.last - row.columns.first);
        if (row.row != source.row || step >= std::ssize(survey_.wavelet)) return;
        const std::int64_t cell = row.start + source.column;
        const double at_source = cell_area_ * next[cell];
        derivatives.wavelet[static_cast<std::size_t>(step)] = at_source;
        workspace_.image[static_cast<std::size_t>(cell)] += static_cast<Real>(at_source * wavelet_at(step));
      });
}

template struct ShotWorkspace<float>;
template struct ShotWorkspace<double>;
template class ShotRun<float>;
template class ShotRun<double>;

}  // namespace strataform::wave
