#include "strataform/wave/device/accelerated_runs.h"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>

#include "strataform/core/error.h"
#include "strataform/core/parallel.h"
#include "strataform/wave/device/resident_shots.h"
#include "strataform/wave/engine/checkpoints.h"
#include "strataform/wave/engine/shot_run.h"

namespace strataform::wave {
namespace {

/// Cells that keep an accelerator busy when they are updated side by side.
constexpr std::int64_t kBusyCells = 1 << 20;
/// Runs are the third dimension of a kernel's threads, of which CUDA allows so many.
constexpr std::int64_t kMostRuns = 65535;

/// Between gathers [samples, receivers] of which one has more receivers than the other: those that both have.
template <class Real>
void copy_traces(std::span<const Real> from, std::span<Real> to, std::int64_t samples) {
  const auto of_from = std::ssize(from) / samples;
  const auto of_to = std::ssize(to) / samples;
  for (std::int64_t sample = 0; sample < samples; ++sample) {
    std::copy_n(from.begin() + sample * of_from, std::min(of_from, of_to), to.begin() + sample * of_to);
  }
}

}  // namespace

template <class Real>
AcceleratedRuns<Real>::AcceleratedRuns(const Setup& setup, Accelerator& accelerator, std::span<const Real> velocity,
                                       std::int64_t count, const Context& context)
    : survey_(setup, accelerator), velocity_(velocity), count_(count), shots_(std::ssize(setup.shots)),
      context_(context) {}

template <class Real>
std::int64_t AcceleratedRuns<Real>::budget(std::int64_t asked_bytes) const {
  return asked_bytes > 0 ? asked_bytes : survey_.accelerator().free_bytes() / 10 * 9;
}

template <class Real>
std::int64_t AcceleratedRuns<Real>::runs_within(std::int64_t budget_bytes, std::int64_t bytes_per_run) const {
  if (bytes_per_run > budget_bytes) {
    throw UsageError(fmt::format("memory of {}: expected at least {} bytes for a shot, found {}",
                                 survey_.accelerator().name(), bytes_per_run, budget_bytes));
  }
  return std::min({budget_bytes / bytes_per_run, runs(), kMostRuns});
}

template <class Real>
typename AcceleratedRuns<Real>::Plan AcceleratedRuns<Real>::plan_for(const GradientOptions& options) const {
  if (options.storage != WavefieldStorage::kCheckpoints && options.storage != WavefieldStorage::kEverything) {
    throw UsageError(fmt::format("gradient on {}: expected checkpoints or the whole wave to be kept, found another way",
                                 survey_.accelerator().name()));
  }
  const std::int64_t steps = survey_.host().steps();
  const std::int64_t budget_bytes = budget(options.memory_bytes);
  const std::int64_t whole = whole_segment(steps);
  const std::int64_t enough = std::min(runs(), (kBusyCells + survey_.cells() - 1) / survey_.cells());
  if (options.storage == WavefieldStorage::kEverything || budget_bytes / survey_.gradient_bytes(whole) >= enough) {
    return {runs_within(budget_bytes, survey_.gradient_bytes(whole)), whole};
  }
  const std::int64_t segment = least_segment(steps, survey_.state_arrays());
  return {runs_within(budget_bytes, survey_.gradient_bytes(segment)), segment};
}

template <class Real>
std::span<Real> AcceleratedRuns<Real>::gather_of(std::span<Real> gathers, std::int64_t run) const {
  const Setup& setup = survey_.host();
  const auto shot = static_cast<std::size_t>(run % shots_);
  return gathers.subspan(static_cast<std::size_t>(run / shots_ * setup.gather_size() + setup.gather_start[shot]),
                         static_cast<std::size_t>(setup.gather_start[shot + 1] - setup.gather_start[shot]));
}

template <class Real>
void AcceleratedRuns<Real>::forward(std::span<Real> gathers) const {
  if (runs() == 0) return;
  if constexpr (std::is_same_v<Real, float>) {
    if (forward_resident(survey_.host(), survey_.accelerator(), velocity_, count_, gathers)) return;
  }
  const std::int64_t at_once = runs_within(budget(0), survey_.forward_bytes());
  const auto padded = static_cast<std::size_t>(survey_.gather_size());
  std::vector<Real> of_batch(static_cast<std::size_t>(at_once) * padded);
  for (std::int64_t first = 0; first < runs(); first += at_once) {
    context_.throw_if_stopped("simulation: stopped between two shots");
    const std::int64_t batch_runs = std::min(at_once, runs() - first);
    of_batch.resize(static_cast<std::size_t>(batch_runs) * padded);
    AcceleratedBatch<Real>(survey_, velocity_, first, batch_runs).forward(of_batch);
    require_finite<Real>(of_batch);
    for (std::int64_t k = 0; k < batch_runs; ++k) {
      copy_traces<Real>(std::span(of_batch).subspan(static_cast<std::size_t>(k) * padded, padded),
                        gather_of(gathers, first + k), survey_.host().modelling.survey.samples);
    }
  }
}

template <class Real>
Gradient AcceleratedRuns<Real>::gradient(const Misfit<Real>& misfit, const GradientOptions& options) const {
  Gradient gradient;
  gradient.misfits.resize(static_cast<std::size_t>(runs()));
  gradient.velocity.assign(velocity_.size(), 0.0);
  if (runs() == 0) return gradient;
  const Plan plan = plan_for(options);
  const auto padded = static_cast<std::size_t>(survey_.gather_size());
  const std::int64_t samples = survey_.host().modelling.survey.samples;
  for (std::int64_t first = 0; first < runs(); first += plan.runs) {
    context_.throw_if_stopped("simulation: stopped between two shots");
    const auto misfits_of = [&](std::span<Real> gathers) {
      require_finite<Real>(gathers);
      parallel_for(std::ssize(gathers) / survey_.gather_size(), context_.thread_count(), [&](std::int64_t index, int) {
        const std::span<Real> here = gathers.subspan(static_cast<std::size_t>(index) * padded, padded);
        const std::int64_t run = first + index;
        const auto shot = static_cast<std::size_t>(run % shots_);
        const auto& start = survey_.host().gather_start;
        std::vector<Real> gather(static_cast<std::size_t>(start[shot + 1] - start[shot]));
        std::vector<Real> derivative(gather.size(), Real(0));
        copy_traces<Real>(here, gather, samples);
        gradient.misfits[static_cast<std::size_t>(run)] =
            misfit(run / shots_, run % shots_, std::span<const Real>(gather), derivative);
        copy_traces<Real>(derivative, here, samples);
      });
    };
    AcceleratedBatch<Real> batch(survey_, velocity_, first, std::min(plan.runs, runs() - first));
    add(batch.gradient(plan.segment, misfits_of), first, gradient);
  }
  gradient.peak_bytes = plan.runs * survey_.gradient_bytes(plan.segment);
  return gradient;
}

template <class Real>
void AcceleratedRuns<Real>::add(const typename AcceleratedBatch<Real>::Derivatives& found, std::int64_t first_run,
                                Gradient& gradient) const {
  const Setup& setup = survey_.host();
  const PaddedGrid& grid = setup.grid;
  for (const Real value : found.sources) gradient.wavelet.push_back(setup.cell_area() * static_cast<double>(value));
  const std::int64_t end_run = first_run + std::ssize(found.image) / survey_.cells();
  const std::int64_t first_model = first_run / shots_;
  const auto model_cells = static_cast<std::size_t>(setup.modelling.grid.cells());
  // In the order of the shots, whichever thread is first.
  parallel_for((end_run - 1) / shots_ + 1 - first_model, context_.thread_count(), [&](std::int64_t index, int) {
    const std::int64_t model = first_model + index;
    const std::size_t start = static_cast<std::size_t>(model) * model_cells;
    for (std::int64_t run = std::max(first_run, model * shots_); run < std::min(end_run, (model + 1) * shots_); ++run) {
      auto image = found.image.begin() + (run - first_run) * survey_.cells();
      for (std::int64_t row = 0; row < grid.rows(); ++row) {
        for (std::int64_t column = 0; column < grid.columns(); ++column) {
          // dJ/dv = dJ/da da/dv = image / a * 2 a / v.
          const std::size_t cell = start + grid.model_cell(row, column);
          gradient.velocity[cell] += 2.0 / static_cast<double>(velocity_[cell]) * static_cast<double>(*image++);
        }
      }
    }
  });
}

template class AcceleratedRuns<float>;
template class AcceleratedRuns<double>;

}  // namespace strataform::wave
