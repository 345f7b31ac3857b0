#include "strataform/wave/device/accelerated_batch.h"

#include <algorithm>
#include <map>
#include <span>

#include "strataform/wave/engine/checkpoints.h"
#include "strataform/wave/engine/medium.h"

namespace strataform::wave {
namespace {

/// Cell -> weight. A free surface can mirror a footprint onto itself: one weight for every cell.
std::map<std::int64_t, double> footprint_on(const PaddedGrid& grid, const Position& position) {
  std::map<std::int64_t, double> weights;
  for (const auto& [row, column, weight] : grid.cells_of(position)) weights[row * grid.columns() + column] += weight;
  return weights;
}

template <class Real>
void append(WeightRows<Real>& rows, const std::map<std::int64_t, double>& weights) {
  for (const auto& [index, weight] : weights) {
    rows.index.push_back(index);
    rows.weight.push_back(static_cast<Real>(weight));
  }
  rows.first.push_back(std::ssize(rows.index));
}

/// The media of models first to before end in the order of Coefficients.
template <class Real>
std::vector<Real> packed_media(const Setup& setup, std::span<const Real> velocity, std::int64_t first,
                               std::int64_t end) {
  const PaddedGrid& grid = setup.grid;
  const auto model_cells = static_cast<std::size_t>(setup.modelling.grid.cells());
  std::vector<Real> packed;
  Medium<Real> medium;
  // The sponge leaves the layer's arrays empty.
  const auto append_profile = [&](const AlignedVector<Real>& from, std::int64_t count) {
    const std::size_t filled = packed.size() + static_cast<std::size_t>(count);
    if (!from.empty()) packed.insert(packed.end(), from.begin(), from.begin() + count);
    packed.resize(filled, Real(0));
  };
  for (std::int64_t model = first; model < end; ++model) {
    const auto of_model = velocity.subspan(static_cast<std::size_t>(model) * model_cells, model_cells);
    medium.set(grid, setup.modelling, of_model, checked_range(setup.modelling, of_model));
    for (std::int64_t row = 0; row < grid.rows(); ++row) {
      const Real* const from = medium.courant.data() + grid.index(row, 0);
      packed.insert(packed.end(), from, from + grid.columns());
    }
    for (const auto* profile : {&medium.kept, &medium.vertical, &medium.column_damping, &medium.column_damping_next}) {
      append_profile(*profile, grid.columns());
    }
    for (const auto* profile : {&medium.row_damping, &medium.row_damping_next}) append_profile(*profile, grid.rows());
  }
  return packed;
}

}  // namespace

template <class Real>
struct AcceleratedSurvey<Real>::HostRows {
  WeightRows<Real> sources, receivers, receiver_columns;
  std::vector<std::int64_t> receiver_cell;
  std::int64_t source_cells = 0, receivers_per_shot = 0, receiver_cells = 0;
  bool common_receivers = false;

  explicit HostRows(const Setup& setup) {
    using Columns = std::map<std::int64_t, std::map<std::int64_t, double>>;
    common_receivers = survey::has_common_receivers(setup.modelling.survey);
    std::vector<Columns> columns_of_shots;
    for (const ShotPositions& shot : setup.shots) {
      const auto source = footprint_on(setup.grid, shot.source);
      append(sources, source);
      source_cells = std::max(source_cells, std::ssize(source));
      receivers_per_shot = std::max(receivers_per_shot, std::ssize(shot.receivers));
    }
    for (const ShotPositions& shot : std::span(setup.shots).first(common_receivers ? 1 : setup.shots.size())) {
      Columns& columns = columns_of_shots.emplace_back();
      for (std::int64_t receiver = 0; receiver < receivers_per_shot; ++receiver) {
        std::map<std::int64_t, double> weights;
        if (receiver < std::ssize(shot.receivers)) {
          weights = footprint_on(setup.grid, shot.receivers[static_cast<std::size_t>(receiver)]);
        }
        for (const auto& [cell, weight] : weights) columns[cell][receiver] = weight;
        append(receivers, weights);
      }
      receiver_cells = std::max(receiver_cells, std::ssize(columns));
    }
    for (const Columns& columns : columns_of_shots) {
      for (const auto& [cell, weights] : columns) {
        receiver_cell.push_back(cell);
        append(receiver_columns, weights);
      }
      for (std::int64_t missing = std::ssize(columns); missing < receiver_cells; ++missing) {
        receiver_cell.push_back(0);
        append(receiver_columns, {});
      }
    }
  }
};

template <class Real>
AcceleratedSurvey<Real>::DeviceRows::DeviceRows(Accelerator& accelerator, const WeightRows<Real>& rows)
    : first(accelerator, rows.first), index(accelerator, rows.index), weight(accelerator, rows.weight) {}

template <class Real>
AcceleratedSurvey<Real>::AcceleratedSurvey(const Setup& setup, Accelerator& accelerator)
    : AcceleratedSurvey(setup, accelerator, HostRows(setup)) {}

template <class Real>
AcceleratedSurvey<Real>::AcceleratedSurvey(const Setup& setup, Accelerator& accelerator, const HostRows& rows)
    : setup_(setup), accelerator_(accelerator), common_receivers_(rows.common_receivers),
      source_cells_(rows.source_cells), receivers_per_shot_(rows.receivers_per_shot),
      receiver_cells_(rows.receiver_cells), sources_(accelerator, rows.sources),
      receivers_(accelerator, rows.receivers), receiver_columns_(accelerator, rows.receiver_columns),
      receiver_cell_(accelerator, rows.receiver_cell) {}

template <class Real>
std::int64_t AcceleratedSurvey<Real>::forward_bytes() const {
  const RunGrid grid{setup_.grid.row_ring(), setup_.grid.column_ring()};
  return static_cast<std::int64_t>(sizeof(Real)) * (state_arrays() * cells() + grid.coefficients() + gather_size());
}

template <class Real>
std::int64_t AcceleratedSurvey<Real>::gradient_bytes(std::int64_t segment) const {
  const std::int64_t arrays = state_arrays() + 1 + kept_arrays(setup_.steps(), segment, state_arrays());
  return forward_bytes() + static_cast<std::int64_t>(sizeof(Real)) * (arrays * cells() + std::ssize(setup_.wavelet));
}

template <class Real>
struct AcceleratedBatch<Real>::Adjoint {
  DeviceArray<Real> wave, image, sources, laplacians;
};

template <class Real>
struct AcceleratedBatch<Real>::Way {
  AcceleratedBatch& batch;
  const Adjoint& adjoint_wave;
  const GathersMisfit& misfit_of;
  std::vector<DeviceArray<Real>> checkpoints{};

  void save(std::int64_t /*k*/) {
    checkpoints.emplace_back(batch.accelerator_, batch.survey_.state_arrays() * batch.values()).copy_from(batch.wave_);
  }
  void restore(std::int64_t k) { batch.wave_.copy_from(checkpoints[static_cast<std::size_t>(k)]); }
  void clear() { batch.wave_.clear(); }
  void forward(Interval steps, bool records, bool keeps) {
    batch.run_forward(steps.first, steps.last, records, keeps ? adjoint_wave.laplacians.data() : nullptr);
  }
  void meet() {
    std::vector<Real> gathers(static_cast<std::size_t>(batch.runs_ * batch.survey_.gather_size()));
    batch.gathers_.download(gathers);
    misfit_of(gathers);
    batch.gathers_.upload(gathers);
  }
  void adjoint(Interval steps) { batch.run_adjoint(steps.first, steps.last, adjoint_wave); }
};

template <class Real>
AcceleratedBatch<Real>::AcceleratedBatch(const AcceleratedSurvey<Real>& survey, std::span<const Real> velocity,
                                         std::int64_t first_run, std::int64_t runs)
    : survey_(survey), accelerator_(survey.accelerator()), runs_(runs),
      grid_{survey.host().grid.row_ring(), survey.host().grid.column_ring(), std::ssize(survey.host().shots), 0},
      media_(accelerator_,
             packed_media(survey.host(), velocity, first_run / grid_.shots, (first_run + runs - 1) / grid_.shots + 1)),
      wave_(accelerator_, survey.state_arrays() * values()), gathers_(accelerator_, runs * survey.gather_size()) {
  grid_.first_shot = first_run % grid_.shots;
}

template <class Real>
Real* AcceleratedBatch<Real>::update(const DeviceArray<Real>& wave, std::int64_t step, Real* laplacian) {
  const PaddedGrid& grid = survey_.host().grid;
  const std::int64_t now = step % 2;
  const auto array = [&](std::int64_t index) { return wave.data() + index * values(); };
  UpdateCells<Real> kernel{grid_, media_.data(), survey_.host().modelling.scheme.space_order};
  kernel.current = array(now);
  kernel.next = array(1 - now);
  kernel.laplacian = laplacian;
  if (survey_.layered()) {
    kernel.layered = true;
    kernel.memory_x = array(2 + now);
    kernel.next_memory_x = array(3 - now);
    kernel.memory_z = array(4 + now);
    kernel.next_memory_z = array(5 - now);
    const auto [row, column] = grid.model_corner();
    kernel.without_rows = {row + 1, row + survey_.host().nz() - 1};
    kernel.without_columns = {column + 1, column + survey_.host().nx() - 1};
  }
  accelerator_.launch(kernel, {grid_.columns.size, grid_.rows.size, runs_});
  return kernel.next;
}

template <class Real>
void AcceleratedBatch<Real>::run_forward(std::int64_t first, std::int64_t end, bool records, Real* laplacians) {
  const Setup& setup = survey_.host();
  for (std::int64_t step = first; step < end; ++step) {
    Real* const laplacian = laplacians != nullptr ? laplacians + (step - first) * values() : nullptr;
    Real* const next = update(wave_, step, laplacian);
    if (step < std::ssize(setup.wavelet)) {
      const auto amount = static_cast<Real>(setup.cell_area() * setup.wavelet[static_cast<std::size_t>(step)]);
      accelerator_.launch(AddSource<Real>{grid_, media_.data(), survey_.sources(), amount, next, laplacian},
                          {survey_.source_cells(), 1, runs_});
    }
    const std::int64_t sample = setup.sample_after(step);
    if (!records || sample < 0) continue;
    accelerator_.launch(
        Record<Real>{grid_, survey_.has_common_receivers() ? 0 : survey_.receivers(), survey_.receiver_rows(), next,
                     gathers_.data() + sample * survey_.receivers(), survey_.gather_size()},
        {survey_.receivers(), 1, runs_});
  }
}

template <class Real>
void AcceleratedBatch<Real>::run_adjoint(std::int64_t first, std::int64_t end, const Adjoint& adjoint) {
  const std::int64_t wavelet_samples = std::ssize(survey_.host().wavelet);
  for (std::int64_t step = end - 1; step >= first; --step) {
    Real* const next = update(adjoint.wave, survey_.host().steps() - 1 - step, nullptr);
    if (const std::int64_t sample = survey_.host().sample_after(step); sample >= 0) {
      accelerator_.launch(
          AddAdjointSource<Real>{grid_, media_.data(), survey_.has_common_receivers() ? 0 : survey_.receiver_cells(),
                                 survey_.receiver_cell(), survey_.receiver_columns(),
                                 gathers_.data() + sample * survey_.receivers(), survey_.gather_size(), next},
          {survey_.receiver_cells(), 1, runs_});
    }
    accelerator_.launch(AddImage<Real>{survey_.cells(), next, adjoint.laplacians.data() + (step - first) * values(),
                                       adjoint.image.data()},
                        {survey_.cells(), 1, runs_});
    if (step >= wavelet_samples) continue;
    accelerator_.launch(Record<Real>{grid_, 1, survey_.sources(), next, adjoint.sources.data() + step, wavelet_samples},
                        {1, 1, runs_});
  }
}

template <class Real>
void AcceleratedBatch<Real>::forward(std::span<Real> gathers) {
  run_forward(0, survey_.host().steps(), true, nullptr);
  gathers_.download(gathers);
}

template <class Real>
typename AcceleratedBatch<Real>::Derivatives AcceleratedBatch<Real>::gradient(std::int64_t segment,
                                                                              const GathersMisfit& misfit_of) {
  const std::int64_t steps = survey_.host().steps();
  const std::int64_t traces = runs_ * std::ssize(survey_.host().wavelet);
  const Adjoint adjoint{{accelerator_, survey_.state_arrays() * values()},
                        {accelerator_, values()},
                        {accelerator_, traces},
                        {accelerator_, std::min(segment, steps) * values()}};
  Way way{*this, adjoint, misfit_of};
  run_with_checkpoints(steps, segment, way);
  Derivatives derivatives{std::vector<Real>(static_cast<std::size_t>(values())),
                          std::vector<Real>(static_cast<std::size_t>(traces))};
  adjoint.image.download(derivatives.image);
  adjoint.sources.download(derivatives.sources);
  return derivatives;
}

template class AcceleratedSurvey<float>;
template class AcceleratedSurvey<double>;
template class AcceleratedBatch<float>;
template class AcceleratedBatch<double>;

}  // namespace strataform::wave
