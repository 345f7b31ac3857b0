#include "strataform/wave/propagator.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "strataform/core/error.h"
#include "strataform/core/parallel.h"
#include "strataform/wave/absorbers/damping_profile.h"
#include "strataform/wave/device/accelerated_runs.h"
#include "strataform/wave/engine/banded_shots.h"
#include "strataform/wave/engine/in_order.h"
#include "strataform/wave/engine/shot_part.h"
#include "strataform/wave/engine/shot_run.h"

namespace strataform::wave {
namespace {

/// Model `index` of several [count, nz, nx].
template <class Real>
std::span<const Real> model_of(const Setup& setup, std::span<const Real> models, std::int64_t index) {
  const auto cells = static_cast<std::size_t>(setup.modelling.grid.cells());
  return models.subspan(static_cast<std::size_t>(index) * cells, cells);
}

template <class Real>
std::vector<VelocityRange> ranges_of(const Setup& setup, std::span<const Real> models) {
  std::vector<VelocityRange> ranges;
  const std::int64_t count = std::ssize(models) / setup.modelling.grid.cells();
  for (std::int64_t model = 0; model < count; ++model) {
    ranges.push_back(checked_range(setup.modelling, model_of(setup, models, model)));
  }
  return ranges;
}

double cells_per_step(const Setup& setup, double velocity) {
  return velocity * setup.modelling.scheme.time_step / setup.modelling.grid.spacing;
}

/// The gather of shot task mod shots of model task / shots.
template <class Real>
std::span<Real> gather_of(const Setup& setup, std::span<Real> gathers, std::int64_t task) {
  const std::int64_t shots = std::ssize(setup.shots);
  const auto shot = static_cast<std::size_t>(task % shots);
  const std::int64_t start = setup.gather_start[shot];
  return gathers.subspan(static_cast<std::size_t>(task / shots * setup.gather_size() + start),
                         static_cast<std::size_t>(setup.gather_start[shot + 1] - start));
}

const StencilKernel& kernel_of(const std::string& instruction_set) {
  const std::vector<StencilKernel>& kernels = stencil_kernels();
  if (instruction_set.empty()) return kernels.front();
  const auto found = std::ranges::find(kernels, instruction_set, &StencilKernel::name);
  if (found != kernels.end()) return *found;
  throw UsageError(fmt::format("instruction set: expected one of this processor, found '{}'", instruction_set));
}

}  // namespace

std::vector<std::string> instruction_sets() {
  std::vector<std::string> names;
  for (const StencilKernel& kernel : stencil_kernels()) names.push_back(kernel.name);
  return names;
}

Propagator::Propagator(const survey::Modelling& modelling, PropagatorOptions options)
    : setup_(std::make_shared<const Setup>(
          make_setup(modelling, kernel_of(options.instruction_set), options.active_window))),
      accelerator_(std::move(options.accelerator)), context_(std::move(options.context)) {}

const survey::Modelling& Propagator::modelling() const { return setup_->modelling; }

const std::vector<double>& Propagator::wavelet() const { return setup_->wavelet; }

std::int64_t Propagator::shots() const { return std::ssize(setup_->shots); }

std::int64_t Propagator::gather_size() const { return setup_->gather_size(); }

std::int64_t Propagator::gather_start(std::int64_t shot) const {
  return setup_->gather_start[static_cast<std::size_t>(shot)];
}

std::int64_t Propagator::padded_cells(std::int64_t shot, double fastest) const {
  const auto& positions = setup_->shots[static_cast<std::size_t>(shot)];
  const PaddedGrid grid =
      layout_in(*setup_, positions, part_of(*setup_, positions, cells_per_step(*setup_, fastest))).grid();
  return grid.rows() * grid.columns();
}

void Propagator::require_sizes(std::int64_t count, std::size_t velocities, std::size_t values,
                               std::size_t values_each) const {
  const auto models = static_cast<std::size_t>(count);
  const auto cells = static_cast<std::size_t>(setup_->modelling.grid.cells());
  if (velocities == cells * models && values == values_each * models) return;
  throw UsageError(
      fmt::format("simulation of {} maps of {} x {} cells: found {} velocities and {} values beside them, "
                  "expected {} and {}",
                  count, setup_->nz(), setup_->nx(), velocities, values, cells * models, values_each * models));
}

/// work(task, part of the model, shot run, workspace) for the first `tasks` shots of all models, whose ranges these
/// are; task = model * shots + shot.
template <class Real, class Work>
void Propagator::for_each_shot(std::span<const Real> velocity, const std::vector<VelocityRange>& ranges,
                               std::int64_t tasks, const Work& work) const {
  struct Worker {
    ShotWorkspace<Real> workspace;
    std::int64_t model = -1;  ///< whose medium it holds, in these columns
    Interval columns;
  };
  const int threads = context_.thread_count();
  std::vector<Worker> workers(static_cast<std::size_t>(threads));
  parallel_for(tasks, threads, [&](std::int64_t task, int index) {
    context_.throw_if_stopped("simulation: stopped between two shots");
    auto& [workspace, model, columns] = workers[static_cast<std::size_t>(index)];
    const std::int64_t of = task / shots();
    const PartOfModel<Real> part(*setup_, setup_->shots[static_cast<std::size_t>(task % shots())],
                                 model_of(*setup_, velocity, of), ranges[static_cast<std::size_t>(of)]);
    if (model != of || columns != part.columns) {
      model = of;
      columns = part.columns;
      workspace.medium.set(part.layout.grid(), setup_->modelling, part.velocity(), part.range);
    }
    ShotRun<Real> run(*setup_, part.layout, workspace);
    work(task, part, run, workspace);
  });
}

template <class Real>
void Propagator::forward_all(std::span<const Real> velocity, std::int64_t count, std::span<Real> gathers) const {
  require_sizes(count, velocity.size(), gathers.size(), static_cast<std::size_t>(gather_size()));
  if (accelerator_) return AcceleratedRuns<Real>(*setup_, *accelerator_, velocity, count, context_).forward(gathers);
  const std::vector<VelocityRange> ranges = ranges_of(*setup_, velocity);
  // The shots of a last round that leaves threads idle are shared by several of them.
  const std::int64_t tasks = count * shots();
  const std::int64_t last_round = tasks % context_.thread_count();
  const std::int64_t threads_each = last_round > 0 ? context_.thread_count() / last_round : 1;
  const std::int64_t whole = threads_each > 1 ? tasks - last_round : tasks;
  for_each_shot(velocity, ranges, whole,
                [&](std::int64_t task, const auto& /*part*/, ShotRun<Real>& run, auto& /*workspace*/) {
                  run.forward(gather_of(*setup_, gathers, task));
                });
  std::vector<BandedShot<Real>> shared;
  for (std::int64_t task = whole; task < tasks; ++task) {
    const std::span<const Real> model = model_of(*setup_, velocity, task / shots());
    shared.push_back({PartOfModel<Real>(*setup_, setup_->shots[static_cast<std::size_t>(task % shots())], model,
                                        ranges[static_cast<std::size_t>(task / shots())]),
                      gather_of(*setup_, gathers, task)});
  }
  forward_in_bands<Real>(*setup_, shared, threads_each, context_);
}

template <class Real>
void Propagator::born_all(std::span<const Real> velocity, std::span<const Real> change, std::int64_t count,
                          std::span<Real> gathers) const {
  require_sizes(count, velocity.size(), gathers.size(), static_cast<std::size_t>(gather_size()));
  require_sizes(count, change.size(), gathers.size(), static_cast<std::size_t>(gather_size()));
  for_each_shot(velocity, ranges_of(*setup_, velocity), count * shots(),
                [&](std::int64_t task, const auto& part, ShotRun<Real>& run, auto& /*workspace*/) {
                  std::vector<Real> copy;
                  run.born(cut_out(model_of(*setup_, change, task / shots()), setup_->nx(), part.columns, copy),
                           gather_of(*setup_, gathers, task));
                });
}

/// Checkpoints lie where they take the least memory; everything is a single segment.
GradientPlan Propagator::plan_for(const GradientOptions& options, std::int64_t value_bytes, std::int64_t runs,
                                  double cells_per_step) const {
  const std::int64_t steps = setup_->steps();
  if (options.storage == WavefieldStorage::kEveryNthStep && options.every < 1) {
    throw UsageError(fmt::format("steps of the wave: expected every first or later one, found {}", options.every));
  }
  std::int64_t columns = 0;
  for (const ShotPositions& shot : setup_->shots) {
    const Interval part = part_of(*setup_, shot, cells_per_step);
    columns = std::max(columns, part.last - part.first);
  }
  const PaddedGrid grid(setup_->nz(), columns, setup_->modelling.scheme);
  const std::int64_t state = damping_of(setup_->modelling.scheme).state_arrays();
  const auto array = static_cast<std::int64_t>(grid.values());
  // Two waves, velocity, coefficients and image.
  const auto bytes = [&](std::int64_t values) { return runs * value_bytes * (array * (3 + 2 * state) + values); };
  GradientPlan plan{options.storage, whole_segment(steps), options.every};
  if (options.storage == WavefieldStorage::kCheckpoints) plan.segment = least_segment(steps, state);
  std::int64_t needed = bytes(array * kept_arrays(steps, plan.segment, state));
  if (options.storage == WavefieldStorage::kEveryNthStep) {
    needed = bytes(array * ((steps + options.every - 1) / options.every));
  } else if (options.storage == WavefieldStorage::kBoundary) {
    needed = bytes(array * kStepsPerSweep + (steps + 1) * BoundaryStrips<float>(grid).cells());
  }
  if (options.memory_bytes > 0 && needed > options.memory_bytes) {
    throw UsageError(fmt::format("memory for wavefields: expected at least {} bytes for {} threads, found {}", needed,
                                 runs, options.memory_bytes));
  }
  return plan;
}

template <class Real>
Gradient Propagator::gradient_all(std::span<const Real> velocity, std::int64_t count, const Misfit<Real>& misfit,
                                  const GradientOptions& options) const {
  require_sizes(count, velocity.size(), 0, 0);
  if (accelerator_)
    return AcceleratedRuns<Real>(*setup_, *accelerator_, velocity, count, context_).gradient(misfit, options);
  const double fastest = velocity.empty() ? 0.0 : std::ranges::max(velocity);
  const GradientPlan plan = plan_for(options, sizeof(Real), runs(count), cells_per_step(*setup_, fastest));
  struct Found {
    Interval columns;
    typename ShotRun<Real>::Derivatives derivatives;
  };
  const auto cells = static_cast<std::size_t>(setup_->modelling.grid.cells());
  Gradient gradient;
  gradient.velocity.assign(static_cast<std::size_t>(count) * cells, 0.0);
  InOrder<Found> sum([&](std::int64_t task, const Found& found) {
    const auto& [of_misfit, of_velocity, of_wavelet] = found.derivatives;
    gradient.misfits.push_back(of_misfit);
    gradient.wavelet.insert(gradient.wavelet.end(), of_wavelet.begin(), of_wavelet.end());
    add_part(of_velocity, setup_->nx(), found.columns,
             std::span(gradient.velocity).subspan(static_cast<std::size_t>(task / shots()) * cells, cells));
  });
  std::atomic<std::int64_t> largest{0};
  for_each_shot(velocity, ranges_of(*setup_, velocity), count * shots(),
                [&](std::int64_t task, const auto& part, ShotRun<Real>& run, ShotWorkspace<Real>& workspace) {
                  const auto misfit_of = [&](std::span<const Real> gather, std::span<Real> derivative) {
                    return misfit(task / shots(), task % shots(), gather, derivative);
                  };
                  sum.give(task, {part.columns, run.gradient(plan, misfit_of)});
                  std::int64_t before = largest;
                  while (workspace.bytes() > before && !largest.compare_exchange_weak(before, workspace.bytes())) {
                  }
                });
  gradient.peak_bytes = runs(count) * largest;
  return gradient;
}

void Propagator::check_memory(const GradientOptions& options, std::int64_t count) const {
  (void)plan_for(options, sizeof(float), runs(count), kMostCellsPerStep);
}

std::int64_t Propagator::runs(std::int64_t count) const {
  return std::min<std::int64_t>(context_.thread_count(), count * shots());
}

std::vector<double> Propagator::illumination(std::span<const float> velocity) const {
  require_sizes(1, velocity.size(), 0, 0);
  struct Found {
    Interval columns;
    std::vector<double> light;
  };
  std::vector<double> light(velocity.size(), 0.0);
  InOrder<Found> sum(
      [&](std::int64_t /*task*/, const Found& found) { add_part(found.light, setup_->nx(), found.columns, light); });
  for_each_shot(velocity, ranges_of(*setup_, velocity), shots(),
                [&](std::int64_t task, const auto& part, ShotRun<float>& run, ShotWorkspace<float>& /*workspace*/) {
                  std::vector<double> of_shot(part.layout.grid().model_cells(), 0.0);
                  run.add_illumination(of_shot);
                  sum.give(task, {part.columns, std::move(of_shot)});
                });
  return light;
}

void Propagator::forward(std::span<const float> velocity, std::int64_t count, std::span<float> gathers) const {
  forward_all(velocity, count, gathers);
}
void Propagator::forward(std::span<const double> velocity, std::int64_t count, std::span<double> gathers) const {
  forward_all(velocity, count, gathers);
}
void Propagator::born(std::span<const float> velocity, std::span<const float> change, std::int64_t count,
                      std::span<float> gathers) const {
  born_all(velocity, change, count, gathers);
}
void Propagator::born(std::span<const double> velocity, std::span<const double> change, std::int64_t count,
                      std::span<double> gathers) const {
  born_all(velocity, change, count, gathers);
}
Gradient Propagator::gradient(std::span<const float> velocity, std::int64_t count, const Misfit<float>& misfit,
                              const GradientOptions& options) const {
  return gradient_all(velocity, count, misfit, options);
}
Gradient Propagator::gradient(std::span<const double> velocity, std::int64_t count, const Misfit<double>& misfit,
                              const GradientOptions& options) const {
  return gradient_all(velocity, count, misfit, options);
}

}  // namespace strataform::wave
