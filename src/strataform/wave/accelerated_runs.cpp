#include "strataform/wave/accelerated_runs.h"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>

#include "strataform/core/error.h"
#include "strataform/core/parallel.h"
#include "strataform/wave/resident_shots.h"
#include "strataform/wave/segments.h"

namespace strataform::wave {
namespace {

/// Cells that keep an accelerator busy when they are updated side by side.
constexpr std::int64_t kBusyCells = 1 << 20;
/// Runs are the third dimension of a kernel's threads, of which CUDA allows so many.
constexpr std::int64_t kMostRuns = 65535;

}  // namespace

template <class Real>
AcceleratedRuns<Real>::AcceleratedRuns(const Survey& survey, Accelerator& accelerator, std::span<const Real> velocity,
                                       std::int64_t count, const Context& context)
    : survey_(survey, accelerator), velocity_(velocity), count_(count), shots_(std::ssize(survey.acquisition.sources)),
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
  const std::int64_t samples = survey_.host().acquisition.samples;
  const std::int64_t budget_bytes = budget(options.memory_bytes);
  const std::int64_t whole = whole_segment(samples);
  const std::int64_t enough = std::min(runs(), (kBusyCells + survey_.cells() - 1) / survey_.cells());
  if (options.storage == WavefieldStorage::kEverything || budget_bytes / survey_.gradient_bytes(whole) >= enough) {
    return {runs_within(budget_bytes, survey_.gradient_bytes(whole)), whole};
  }
  const std::int64_t segment = least_segment(samples, survey_.state_arrays());
  return {runs_within(budget_bytes, survey_.gradient_bytes(segment)), segment};
}

template <class Real>
void AcceleratedRuns<Real>::forward(std::span<Real> gathers) const {
  if (runs() == 0) return;
  if constexpr (std::is_same_v<Real, float>) {
    if (forward_resident(survey_.host(), survey_.accelerator(), velocity_, count_, gathers)) return;
  }
  const std::int64_t at_once = runs_within(budget(0), survey_.forward_bytes());
  const auto gather_size = static_cast<std::size_t>(survey_.gather_size());
  for (std::int64_t first = 0; first < runs(); first += at_once) {
    context_.throw_if_stopped("modelling: stopped between two shots");
    const std::int64_t batch_runs = std::min(at_once, runs() - first);
    const auto of_batch = gathers.subspan(static_cast<std::size_t>(first) * gather_size,
                                          static_cast<std::size_t>(batch_runs) * gather_size);
    AcceleratedBatch<Real>(survey_, velocity_, first, batch_runs).forward(of_batch);
    require_finite<Real>(of_batch);
  }
}

template <class Real>
Gradient AcceleratedRuns<Real>::gradient(const Misfit<Real>& misfit, const GradientOptions& options) const {
  Gradient gradient;
  gradient.misfits.resize(static_cast<std::size_t>(runs()));
  gradient.velocity.assign(velocity_.size(), 0.0);
  if (runs() == 0) return gradient;
  const Plan plan = plan_for(options);
  const auto gather_size = static_cast<std::size_t>(survey_.gather_size());
  for (std::int64_t first = 0; first < runs(); first += plan.runs) {
    context_.throw_if_stopped("modelling: stopped between two shots");
    const auto misfits_of = [&](std::span<Real> gathers) {
      require_finite<Real>(gathers);
      parallel_for(std::ssize(gathers) / survey_.gather_size(), context_.thread_count(), [&](std::int64_t index, int) {
        const std::span<Real> gather = gathers.subspan(static_cast<std::size_t>(index) * gather_size, gather_size);
        std::vector<Real> derivative(gather_size, Real(0));
        const std::int64_t run = first + index;
        gradient.misfits[static_cast<std::size_t>(run)] = misfit(run / shots_, run % shots_, gather, derivative);
        std::ranges::copy(derivative, gather.begin());
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
  const Survey& survey = survey_.host();
  const PaddedGrid& grid = survey.grid;
  const double area = survey.acquisition.spacing * survey.acquisition.spacing;
  for (const Real value : found.sources) gradient.wavelet.push_back(area * static_cast<double>(value));
  const std::int64_t end_run = first_run + std::ssize(found.image) / survey_.cells();
  const std::int64_t first_model = first_run / shots_;
  const auto model_cells = static_cast<std::size_t>(survey.nz * survey.nx);
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
