#include "strataform/wave/engine/shot_run.h"

#include <algorithm>
#include <cmath>

#include "strataform/core/error.h"

namespace strataform::wave {
namespace {

constexpr auto kNoLaplacian = [](std::int64_t /*step*/) { return nullptr; };

}  // namespace

template <class Real>
void require_finite(std::span<const Real> gather) {
  if (std::all_of(gather.begin(), gather.end(), [](Real value) { return std::isfinite(value); })) return;
  throw NumericalError("the simulation diverged: the gather has values that are not finite");
}

template <class Real>
std::int64_t ShotWorkspace<Real>::bytes() const {
  std::size_t values = image.size() + scattering.size() + medium.velocity.size() + medium.courant.size() +
                       field.values() + second_field.values();
  for (const auto& checkpoint : checkpoints) values += checkpoint.values();
  for (const auto& array : laplacians) values += array.size();
  if (strips) values += strips->values();
  return static_cast<std::int64_t>(values * sizeof(Real));
}

template <class Real>
ShotRun<Real>::ShotRun(const Setup& setup, const ShotLayout& layout, ShotWorkspace<Real>& workspace)
    : setup_(setup), layout_(layout), grid_(layout.grid()), workspace_(workspace),
      context_{layout,
               layout.grid(),
               workspace.medium,
               setup.kernel.operations<Real>(),
               setup.kernel.operations<Real>().update_row(setup.modelling.scheme.space_order),
               setup.modelling.scheme.space_order,
               workspace.medium.layered},
      steps_(setup.steps()), receivers_(layout.receivers()) {
  for (const auto& [row, column, weight] : layout.source_cells()) {
    const double distance = workspace.medium.velocity[static_cast<std::size_t>(grid_.index(row, column))] *
                            setup.modelling.scheme.time_step;
    source_cells_.push_back({row, column, weight, weight * distance * distance});
  }
}

template <class Real>
double ShotRun<Real>::wavelet_at(std::int64_t step) const {
  return step < std::ssize(setup_.wavelet) ? setup_.wavelet[static_cast<std::size_t>(step)] : 0.0;
}

template <class Real>
Window ShotRun<Real>::window_at(std::int64_t step) const {
  return layout_.window(workspace_.medium.cells_per_step, step);
}

template <class Real>
void ShotRun<Real>::inject(const Row& row, Real* next, std::int64_t step) const {
  for (const SourceCell& cell : source_cells_) {
    if (cell.row != row.wrapped) continue;
    next[row.start + cell.column] += static_cast<Real>(row.sign * cell.scale * wavelet_at(step));
  }
}

template <class Real>
void ShotRun<Real>::record(const Row& row, const Real* next, std::span<Real> gather) const {
  if (row.in_halo || layout_.receivers_in(row.row).empty()) return;
  const std::int64_t sample = setup_.sample_after(row.step);
  if (sample < 0) return;
  for (const auto& [receiver, column, weight] : layout_.receivers_in(row.row)) {
    gather[static_cast<std::size_t>(sample * receivers_ + receiver)] +=
        static_cast<Real>(weight) * next[row.start + column];
  }
}

template <class Real>
void ShotRun<Real>::inject_adjoint(const Row& row, Real* next, std::int64_t step,
                                   std::span<const Real> adjoint_source) const {
  if (layout_.receivers_in(row.wrapped).empty()) return;
  const std::int64_t sample = setup_.sample_after(step);
  if (sample < 0) return;
  for (const auto& [receiver, column, weight] : layout_.receivers_in(row.wrapped)) {
    next[row.start + column] += static_cast<Real>(row.sign * weight) *
                                workspace_.medium.courant[static_cast<std::size_t>(row.start + column)] *
                                adjoint_source[static_cast<std::size_t>(sample * receivers_ + receiver)];
  }
}

template <class Real>
Real* ShotRun<Real>::laplacian(std::int64_t index) {
  auto& arrays = workspace_.laplacians;
  if (index >= std::ssize(arrays)) arrays.resize(static_cast<std::size_t>(index + 1));
  auto& array = arrays[static_cast<std::size_t>(index)];
  if (array.size() != grid_.values()) array.assign(grid_.values(), Real(0));
  return array.data();
}

template <class Real>
template <class LaplacianAt>
void ShotRun<Real>::run_forward(std::int64_t first, std::int64_t end, std::span<Real> gather,
                                LaplacianAt laplacian_at) {
  const auto window = [&](std::int64_t step) { return window_at(step); };
  advance(context_, workspace_.field, first, end, window, laplacian_at, [&](const Row& row, Real* next) {
    inject(row, next, row.step);
    if (!gather.empty()) record(row, next, gather);
  });
}

template <class Real>
template <class Factor>
void ShotRun<Real>::fold_image(std::vector<double>& sum, Factor factor) const {
  for (std::int64_t row = 0; row < grid_.rows(); ++row) {
    for (std::int64_t column = 0; column < grid_.columns(); ++column) {
      const auto cell = static_cast<std::size_t>(grid_.index(row, column));
      sum[grid_.model_cell(row, column)] +=
          factor(static_cast<double>(workspace_.medium.velocity[cell])) * static_cast<double>(workspace_.image[cell]);
    }
  }
}

template <class Real>
void ShotRun<Real>::forward(std::span<Real> gather) {
  workspace_.field.clear(grid_, context_.layered);
  std::fill(gather.begin(), gather.end(), Real(0));
  run_forward(0, steps_, gather, kNoLaplacian);
  require_finite<Real>(gather);
}

template <class Real>
void ShotRun<Real>::forward(const Band<Real>& band, std::span<Real> gather) const {
  SweepContext<Real> context = context_;
  context.band = &band;
  band.field->clear(grid_, context.layered);
  const auto window = [&](std::int64_t step) { return window_at(step); };
  advance(context, *band.field, 0, steps_, window, kNoLaplacian, [&](const Row& row, Real* next) {
    inject(row, next, row.step);
    record(row, next, gather);
  });
}

template <class Real>
std::vector<std::int64_t> ShotRun<Real>::work_of_rows() const {
  constexpr std::int64_t kSample = 32;
  std::vector<std::int64_t> work(static_cast<std::size_t>(grid_.rows()), 0);
  for (std::int64_t step = 0; step < steps_; step += steps_ / kSample + 1) {
    const Window window = window_at(step);
    const std::int64_t cells = std::max<std::int64_t>(0, window.columns.last - window.columns.first);
    for (std::int64_t row = 0; row < grid_.rows(); ++row) {
      if (layout_.is_active(window, row)) work[static_cast<std::size_t>(row)] += cells;
    }
  }
  return work;
}

template <class Real>
void ShotRun<Real>::born(std::span<const Real> model_change, std::span<Real> gather) {
  const Medium<Real>& medium = workspace_.medium;
  const double ratio = setup_.modelling.scheme.time_step / setup_.modelling.grid.spacing;
  auto& scattering = workspace_.scattering;
  scattering.assign(grid_.values(), Real(0));
  for_each_cell(grid_, [&](std::int64_t row, std::size_t cell, std::size_t model_cell) {
    scattering[cell] =
        static_cast<Real>(grid_.sign(row) * 2.0 * medium.velocity[cell] * model_change[model_cell] * ratio * ratio);
  });
  workspace_.field.clear(grid_, context_.layered);
  workspace_.second_field.clear(grid_, context_.layered);
  std::fill(gather.begin(), gather.end(), Real(0));
  const auto window = [&](std::int64_t step) { return window_at(step); };
  for (std::int64_t first = 0; first < steps_; first += kStepsPerSweep) {
    const std::int64_t end = std::min(steps_, first + kStepsPerSweep);
    run_forward(first, end, {}, [&](std::int64_t step) { return laplacian(step - first); });
    advance(context_, workspace_.second_field, first, end, window, kNoLaplacian, [&](const Row& row, Real* next) {
      const std::int64_t begin = row.start + row.columns.first;
      const std::int64_t inner = grid_.index(row.wrapped, row.columns.first);
      context_.operations.multiply_add(next + begin, scattering.data() + begin, laplacian(row.step - first) + inner,
                                       row.columns.last - row.columns.first);
      for (const SourceCell& cell : source_cells_) {
        if (cell.row != row.wrapped) continue;
        const std::int64_t at = row.start + cell.column;
        next[at] += static_cast<Real>(scattering[static_cast<std::size_t>(at)] * cell.weight * setup_.cell_area() *
                                      wavelet_at(row.step));
      }
      record(row, next, gather);
    });
  }
  require_finite<Real>(gather);
}

template <class Real>
void ShotRun<Real>::add_illumination(std::vector<double>& sum) {
  workspace_.field.clear(grid_, context_.layered);
  workspace_.image.assign(grid_.values(), Real(0));
  for (std::int64_t first = 0; first < steps_; first += kStepsPerSweep) {
    const std::int64_t end = std::min(steps_, first + kStepsPerSweep);
    for (std::int64_t step = first; step < end; ++step) std::fill_n(laplacian(step - first), grid_.values(), Real(0));
    run_forward(first, end, {}, [&](std::int64_t step) { return laplacian(step - first); });
    for (std::int64_t step = first; step < end; ++step) {
      const Real* const values = laplacian(step - first);
      context_.operations.multiply_add(workspace_.image.data(), values, values, std::ssize(workspace_.image));
    }
  }
  fold_image(sum, [](double velocity) { return 4.0 / (velocity * velocity); });
}

template <class Real>
typename ShotRun<Real>::Derivatives ShotRun<Real>::gradient(const GradientPlan& plan, const GatherMisfit& misfit_of) {
  std::vector<Real> gather(static_cast<std::size_t>(setup_.modelling.survey.samples * receivers_), Real(0));
  std::vector<Real> adjoint_source(gather.size(), Real(0));
  Derivatives derivatives;
  derivatives.wavelet.assign(setup_.wavelet.size(), 0.0);
  derivatives.velocity.assign(grid_.model_cells(), 0.0);
  workspace_.image.assign(grid_.values(), Real(0));
  workspace_.field.clear(grid_, context_.layered);
  workspace_.second_field.clear(grid_, context_.layered);
  const auto meet = [&] {
    require_finite<Real>(gather);
    derivatives.misfit = misfit_of(gather, adjoint_source);
    return std::span<const Real>(adjoint_source);
  };
  double steps_per_image = 1.0;
  switch (plan.storage) {
    case WavefieldStorage::kCheckpoints:
    case WavefieldStorage::kEverything: between_checkpoints(plan.segment, gather, meet, derivatives); break;
    case WavefieldStorage::kEveryNthStep:
      every_nth_step(plan.every, gather, meet, derivatives);
      steps_per_image = static_cast<double>(plan.every);
      break;
    case WavefieldStorage::kBoundary: from_the_boundary(gather, meet, derivatives); break;
  }
  // dJ/dv = dJ/da da/dv = image / a * 2 a / v.
  fold_image(derivatives.velocity, [&](double velocity) { return steps_per_image * 2.0 / velocity; });
  return derivatives;
}

template <class Real>
template <class MisfitOf>
void ShotRun<Real>::between_checkpoints(std::int64_t segment, std::span<Real> gather, MisfitOf misfit_of,
                                        Derivatives& derivatives) {
  struct Run {
    ShotRun& shot;
    std::span<Real> gather;
    MisfitOf& misfit_of;
    Derivatives& derivatives;
    std::span<const Real> adjoint_source{};

    Wavefield<Real>& field() { return shot.workspace_.field; }
    Wavefield<Real>& checkpoint(std::int64_t k) {
      auto& all = shot.workspace_.checkpoints;
      if (k >= std::ssize(all)) all.resize(static_cast<std::size_t>(k + 1));
      return all[static_cast<std::size_t>(k)];
    }
    void save(std::int64_t k) { checkpoint(k) = field(); }
    void restore(std::int64_t k) { field() = checkpoint(k); }
    void clear() { field().clear(shot.grid_, shot.context_.layered); }
    void forward(Interval steps, bool records, bool keeps) {
      shot.run_forward(steps.first, steps.last, records ? gather : std::span<Real>(),
                       [&](std::int64_t step) { return keeps ? shot.laplacian(step - steps.first) : nullptr; });
    }
    void meet() { adjoint_source = misfit_of(); }
    void adjoint(Interval steps) {
      shot.run_adjoint(
          steps.first, steps.last, adjoint_source,
          [&](std::int64_t step) { return shot.laplacian(step - steps.first); }, derivatives);
    }
  };
  run_with_checkpoints(steps_, segment, Run{*this, gather, misfit_of, derivatives});
}

template <class Real>
template <class MisfitOf>
void ShotRun<Real>::every_nth_step(std::int64_t every, std::span<Real> gather, MisfitOf misfit_of,
                                   Derivatives& derivatives) {
  const auto kept = [&](std::int64_t step) { return step % every == 0 ? laplacian(step / every) : nullptr; };
  run_forward(0, steps_, gather, kept);
  run_adjoint(0, steps_, misfit_of(), kept, derivatives);
}

template <class Real>
template <class MisfitOf>
void ShotRun<Real>::from_the_boundary(std::span<Real> gather, MisfitOf misfit_of, Derivatives& derivatives) {
  if (!workspace_.strips || !workspace_.strips->fit(grid_)) workspace_.strips.emplace(grid_);
  BoundaryStrips<Real>& strips = *workspace_.strips;
  strips.clear(steps_);
  const auto reached = [&](std::int64_t step) { return layout_.reached(workspace_.medium.cells_per_step, step); };
  advance(context_, workspace_.field, 0, steps_, reached, kNoLaplacian, [&](const Row& row, Real* next) {
    inject(row, next, row.step);
    record(row, next, gather);
    strips.save(row.step + 1, row, next);
  });
  const std::span<const Real> adjoint_source = misfit_of();
  // Step m of the way back starts from p_steps-1-m, which has to lie in array m mod 2.
  if (steps_ % 2 == 0) std::swap(workspace_.field.pressure[0], workspace_.field.pressure[1]);
  for (std::int64_t first = 0; first < steps_; first += kStepsPerSweep) {
    const std::int64_t end = std::min(steps_, first + kStepsPerSweep);
    run_backwards(first, end);
    run_adjoint(
        steps_ - end, steps_ - first, adjoint_source,
        [&](std::int64_t step) { return laplacian(steps_ - 1 - step - first); }, derivatives);
  }
  strips.clear_outside(workspace_.image, grid_);
}

/// Steps `first` to before `end` of the way back, L p kept as the first, second .. laplacian.
template <class Real>
void ShotRun<Real>::run_backwards(std::int64_t first, std::int64_t end) {
  const BoundaryStrips<Real>& strips = *workspace_.strips;
  SweepContext<Real> undamped = context_;
  undamped.layered = false;
  advance(
      undamped, workspace_.field, first, end, [&](std::int64_t /*step*/) { return strips.window(); },
      [&](std::int64_t step) { return laplacian(step - first); },
      [&](const Row& row, Real* next) {
        const std::int64_t step = steps_ - 1 - row.step;
        inject(row, next, step);
        strips.restore(step - 1, row, next);
      });
}

template <class Real>
template <class LaplacianOf>
void ShotRun<Real>::run_adjoint(std::int64_t first, std::int64_t end, std::span<const Real> adjoint_source,
                                LaplacianOf laplacian_of, Derivatives& derivatives) {
  // Step m of the adjoint wave is the adjoint of step steps - 1 - m.
  const auto step_of = [&](std::int64_t adjoint_step) { return steps_ - 1 - adjoint_step; };
  const auto window = [&](std::int64_t adjoint_step) { return window_at(step_of(adjoint_step)); };
  const auto after_row = [&](const Row& row, Real* next) {
    const std::int64_t step = step_of(row.step);
    inject_adjoint(row, next, step, adjoint_source);
    if (row.in_halo) return;
    const std::int64_t begin = row.start + row.columns.first;
    if (const Real* const kept = laplacian_of(step); kept != nullptr) {
      context_.operations.multiply_add(workspace_.image.data() + begin, next + begin, kept + begin,
                                       row.columns.last - row.columns.first);
    }
    if (step >= std::ssize(setup_.wavelet)) return;
    for (const SourceCell& cell : source_cells_) {
      if (cell.row != row.row) continue;
      const auto at = static_cast<std::size_t>(row.start + cell.column);
      const double at_source = setup_.cell_area() * cell.weight * next[at];
      derivatives.wavelet[static_cast<std::size_t>(step)] += at_source;
      derivatives.velocity[grid_.model_cell(cell.row, cell.column)] +=
          2.0 / workspace_.medium.velocity[at] * at_source * wavelet_at(step);
    }
  };
  advance(context_, workspace_.second_field, steps_ - end, steps_ - first, window, kNoLaplacian, after_row);
}

template void require_finite(std::span<const float> gather);
template void require_finite(std::span<const double> gather);
template struct ShotWorkspace<float>;
template struct ShotWorkspace<double>;
template class ShotRun<float>;
template class ShotRun<double>;

}  // namespace strataform::wave
