#include "strataform/wave/propagator.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "strataform/core/error.h"
#include "strataform/core/parallel.h"
#include "strataform/wave/accelerated_runs.h"
#include "strataform/wave/banded_shots.h"
#include "strataform/wave/segments.h"
#include "strataform/wave/wavelet.h"

namespace strataform::wave {
namespace {

std::vector<double> wavelet_of(const Acquisition& acquisition) {
  return acquisition.wavelet.empty() ? ricker(acquisition.frequency, acquisition.time_step) : acquisition.wavelet;
}

}  // namespace

Propagator::Propagator(std::int64_t nz, std::int64_t nx, const Acquisition& acquisition, PropagatorOptions options)
    : survey_{nz,
              nx,
              PaddedGrid(nz, nx, acquisition, options.active_window),
              acquisition,
              wavelet_of(acquisition),
              options.kernel != nullptr ? *options.kernel : stencil_kernels().front()},
      accelerator_(std::move(options.accelerator)), context_(std::move(options.context)) {}

std::int64_t Propagator::gather_size() const {
  return shots() * std::ssize(survey_.acquisition.receivers) * survey_.acquisition.samples;
}

void Propagator::require_sizes(std::int64_t count, std::size_t velocities, std::size_t values,
                               std::size_t values_each) const {
  const auto models = static_cast<std::size_t>(count);
  const auto cells = static_cast<std::size_t>(survey_.nz * survey_.nx);
  if (velocities == cells * models && values == values_each * models) return;
  throw UsageError(
      fmt::format("modelling of {} models of {} x {} cells: found {} velocities and {} values beside them, "
                  "expected {} and {}",
                  count, survey_.nz, survey_.nx, velocities, values, cells * models, values_each * models));
}

/// work(task, shot run) for the first `tasks` shots of all models, task = model * shots + shot.
template <class Real, class Work>
void Propagator::for_each_shot(std::span<const Real> velocity, std::int64_t tasks, const Work& work) const {
  const auto cells = static_cast<std::size_t>(survey_.nz * survey_.nx);
  const int threads = context_.thread_count();
  std::vector<ShotWorkspace<Real>> workspaces(static_cast<std::size_t>(threads));
  std::vector<std::int64_t> models(workspaces.size(), -1);  // whose medium they hold
  parallel_for(tasks, threads, [&](std::int64_t task, int worker) {
    context_.throw_if_stopped("modelling: stopped between two shots");
    ShotWorkspace<Real>& workspace = workspaces[static_cast<std::size_t>(worker)];
    const std::int64_t model = task / shots();
    if (std::exchange(models[static_cast<std::size_t>(worker)], model) != model) {
      const auto first = static_cast<std::size_t>(model) * cells;
      workspace.medium.set(survey_.grid, survey_.acquisition, velocity.subspan(first, cells));
    }
    ShotRun<Real> run(survey_, survey_.acquisition.sources[static_cast<std::size_t>(task % shots())], workspace);
    work(task, run, workspace);
  });
}

template <class Real>
void Propagator::forward_all(std::span<const Real> velocity, std::int64_t count, std::span<Real> gathers) const {
  require_sizes(count, velocity.size(), gathers.size(), static_cast<std::size_t>(gather_size()));
  if (accelerator_) return AcceleratedRuns<Real>(survey_, *accelerator_, velocity, count, context_).forward(gathers);
  const auto shot_values = static_cast<std::size_t>(gather_size() / shots());
  const auto gather_of = [&](std::int64_t task) {
    return gathers.subspan(static_cast<std::size_t>(task) * shot_values, shot_values);
  };
  // The shots of a last round that leaves threads idle are shared by several of them.
  const std::int64_t tasks = count * shots();
  const std::int64_t last_round = tasks % context_.thread_count();
  const std::int64_t threads_each = last_round > 0 ? context_.thread_count() / last_round : 1;
  const std::int64_t whole = threads_each > 1 ? tasks - last_round : tasks;
  for_each_shot(velocity, whole, [&](std::int64_t task, ShotRun<Real>& run, ShotWorkspace<Real>& /*workspace*/) {
    run.forward(gather_of(task));
  });
  const auto cells = static_cast<std::size_t>(survey_.nz * survey_.nx);
  std::vector<BandedShot<Real>> shared;
  for (std::int64_t task = whole; task < tasks; ++task) {
    shared.push_back({survey_.acquisition.sources[static_cast<std::size_t>(task % shots())],
                      velocity.subspan(static_cast<std::size_t>(task / shots()) * cells, cells), gather_of(task)});
  }
  forward_in_bands<Real>(survey_, shared, threads_each, context_);
}

template <class Real>
void Propagator::born_all(std::span<const Real> velocity, std::span<const Real> change, std::int64_t count,
                          std::span<Real> gathers) const {
  require_sizes(count, velocity.size(), gathers.size(), static_cast<std::size_t>(gather_size()));
  require_sizes(count, change.size(), gathers.size(), static_cast<std::size_t>(gather_size()));
  const auto shot_values = static_cast<std::size_t>(gather_size() / shots());
  const auto cells = static_cast<std::size_t>(survey_.nz * survey_.nx);
  for_each_shot(velocity, count * shots(),
                [&](std::int64_t task, ShotRun<Real>& run, ShotWorkspace<Real>& /*workspace*/) {
                  run.born(change.subspan(static_cast<std::size_t>(task / shots()) * cells, cells),
                           gathers.subspan(static_cast<std::size_t>(task) * shot_values, shot_values));
                });
}

/// Checkpoints lie where they take the least memory; everything is a single segment.
GradientPlan Propagator::plan_for(const GradientOptions& options, std::int64_t value_bytes, std::int64_t runs) const {
  const std::int64_t samples = survey_.acquisition.samples;
  if (options.storage == WavefieldStorage::kEveryNthStep && options.every < 1) {
    throw UsageError(fmt::format("steps of the wave: expected every first or later one, found {}", options.every));
  }
  const std::int64_t state = survey_.acquisition.absorber == Absorber::kPml ? 6 : 2;
  const auto array = static_cast<std::int64_t>(survey_.grid.values());
  // Two waves, velocity, coefficients and image.
  const auto bytes = [&](std::int64_t values) { return runs * value_bytes * (array * (3 + 2 * state) + values); };
  GradientPlan plan{options.storage, whole_segment(samples), options.every};
  if (options.storage == WavefieldStorage::kCheckpoints) plan.segment = least_segment(samples, state);
  std::int64_t needed = bytes(array * kept_arrays(samples, plan.segment, state));
  if (options.storage == WavefieldStorage::kEveryNthStep) {
    needed = bytes(array * ((samples + options.every - 1) / options.every));
  } else if (options.storage == WavefieldStorage::kBoundary) {
    needed = bytes(array * kStepsPerSweep + (samples + 1) * BoundaryStrips<float>(survey_.grid).cells());
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
    return AcceleratedRuns<Real>(survey_, *accelerator_, velocity, count, context_).gradient(misfit, options);
  const GradientPlan plan = plan_for(options, sizeof(Real), runs(count));
  std::vector<typename ShotRun<Real>::Derivatives> all(static_cast<std::size_t>(count * shots()));
  std::atomic<std::int64_t> largest{0};
  for_each_shot(velocity, count * shots(), [&](std::int64_t task, ShotRun<Real>& run, ShotWorkspace<Real>& workspace) {
    all[static_cast<std::size_t>(task)] =
        run.gradient(plan, [&](std::span<const Real> gather, std::span<Real> derivative) {
          return misfit(task / shots(), task % shots(), gather, derivative);
        });
    std::int64_t before = largest;
    while (workspace.bytes() > before && !largest.compare_exchange_weak(before, workspace.bytes())) {
    }
  });

  Gradient gradient;
  const auto cells = static_cast<std::size_t>(survey_.nz * survey_.nx);
  gradient.velocity.assign(static_cast<std::size_t>(count) * cells, 0.0);
  // In the order of the shots, whichever thread was first.
  for (std::size_t task = 0; task < all.size(); ++task) {
    gradient.misfits.push_back(all[task].misfit);
    gradient.wavelet.insert(gradient.wavelet.end(), all[task].wavelet.begin(), all[task].wavelet.end());
    const std::size_t first = task / static_cast<std::size_t>(shots()) * cells;
    for (std::size_t cell = 0; cell < cells; ++cell) gradient.velocity[first + cell] += all[task].velocity[cell];
  }
  gradient.peak_bytes = runs(count) * largest;
  return gradient;
}

void Propagator::check_memory(const GradientOptions& options, std::int64_t count) const {
  (void)plan_for(options, sizeof(float), runs(count));
}

std::int64_t Propagator::runs(std::int64_t count) const {
  return std::min<std::int64_t>(context_.thread_count(), count * shots());
}

std::vector<double> Propagator::illumination(std::span<const float> velocity) const {
  require_sizes(1, velocity.size(), 0, 0);
  std::vector<std::vector<double>> sums(static_cast<std::size_t>(shots()), std::vector<double>(velocity.size(), 0.0));
  for_each_shot(velocity, shots(), [&](std::int64_t task, ShotRun<float>& run, ShotWorkspace<float>& /*workspace*/) {
    run.add_illumination(sums[static_cast<std::size_t>(task)]);
  });
  for (std::size_t shot = 1; shot < sums.size(); ++shot) {
    for (std::size_t cell = 0; cell < velocity.size(); ++cell) sums[0][cell] += sums[shot][cell];
  }
  return sums[0];
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
