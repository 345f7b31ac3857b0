#include "strataform/wave/accelerated_batch.h"

#include <algorithm>
#include <map>

#include "strataform/wave/segments.h"

namespace strataform::wave {
namespace {

/// Row by row: column -> weight. A free surface can mirror a footprint onto itself: one weight for every cell.
using Rows = std::vector<std::map<std::int64_t, double>>;

Rows footprints_of(const PaddedGrid& grid, const std::vector<Position>& positions) {
  Rows rows;
  for (const Position& position : positions) {
    auto& weights = rows.emplace_back();
    for (const auto& [row, column, weight] : grid.cells_of(position)) weights[row * grid.columns() + column] += weight;
  }
  return rows;
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
std::vector<Real> packed_media(const Survey& survey, std::span<const Real> velocity, std::int64_t first,
                               std::int64_t end) {
  const PaddedGrid& grid = survey.grid;
  const auto model_cells = static_cast<std::size_t>(survey.nz * survey.nx);
  std::vector<Real> packed;
  Medium<Real> medium;
  // The sponge leaves the layer's arrays empty.
  const auto append_profile = [&](const AlignedVector<Real>& from, std::int64_t count) {
    const std::size_t filled = packed.size() + static_cast<std::size_t>(count);
    if (!from.empty()) packed.insert(packed.end(), from.begin(), from.begin() + count);
    packed.resize(filled, Real(0));
  };
  for (std::int64_t model = first; model < end; ++model) {
    medium.set(grid, survey.acquisition, velocity.subspan(static_cast<std::size_t>(model) * model_cells, model_cells));
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
  std::int64_t source_cells = 0;

  explicit HostRows(const Survey& survey) {
    for (const auto& weights : footprints_of(survey.grid, survey.acquisition.sources)) {
      append(sources, weights);
      source_cells = std::max(source_cells, std::ssize(weights));
    }
    std::map<std::int64_t, std::map<std::int64_t, double>> columns;
    for (const auto& weights : footprints_of(survey.grid, survey.acquisition.receivers)) {
      for (const auto& [cell, weight] : weights) columns[cell][receivers.rows()] = weight;
      append(receivers, weights);
    }
    for (const auto& [cell, weights] : columns) {
      receiver_cell.push_back(cell);
      append(receiver_columns, weights);
    }
  }
};

template <class Real>
AcceleratedSurvey<Real>::DeviceRows::DeviceRows(Accelerator& accelerator, const WeightRows<Real>& rows)
    : first(accelerator, rows.first), index(accelerator, rows.index), weight(accelerator, rows.weight) {}

template <class Real>
AcceleratedSurvey<Real>::AcceleratedSurvey(const Survey& survey, Accelerator& accelerator)
    : AcceleratedSurvey(survey, accelerator, HostRows(survey)) {}

template <class Real>
AcceleratedSurvey<Real>::AcceleratedSurvey(const Survey& survey, Accelerator& accelerator, const HostRows& rows)
    : survey_(survey), accelerator_(accelerator), source_cells_(rows.source_cells),
      receiver_cells_(std::ssize(rows.receiver_cell)), sources_(accelerator, rows.sources),
      receivers_(accelerator, rows.receivers), receiver_columns_(accelerator, rows.receiver_columns),
      receiver_cell_(accelerator, rows.receiver_cell) {}

template <class Real>
std::int64_t AcceleratedSurvey<Real>::forward_bytes() const {
  const RunGrid grid{survey_.grid.row_ring(), survey_.grid.column_ring()};
  return static_cast<std::int64_t>(sizeof(Real)) * (state_arrays() * cells() + grid.coefficients() + gather_size());
}

template <class Real>
std::int64_t AcceleratedSurvey<Real>::gradient_bytes(std::int64_t segment) const {
  const std::int64_t arrays = state_arrays() + 1 + kept_arrays(survey_.acquisition.samples, segment, state_arrays());
  return forward_bytes() + static_cast<std::int64_t>(sizeof(Real)) * (arrays * cells() + std::ssize(survey_.wavelet));
}

template <class Real>
struct AcceleratedBatch<Real>::Adjoint {
  DeviceArray<Real> wave, image, sources, laplacians;
};

template <class Real>
AcceleratedBatch<Real>::AcceleratedBatch(const AcceleratedSurvey<Real>& survey, std::span<const Real> velocity,
                                         std::int64_t first_run, std::int64_t runs)
    : survey_(survey), accelerator_(survey.accelerator()), runs_(runs),
      grid_{survey.host().grid.row_ring(), survey.host().grid.column_ring(),
            std::ssize(survey.host().acquisition.sources), 0},
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
  UpdateCells<Real> kernel{grid_, media_.data(), survey_.host().acquisition.space_order};
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
    kernel.without_rows = {row + 1, row + survey_.host().nz - 1};
    kernel.without_columns = {column + 1, column + survey_.host().nx - 1};
  }
  accelerator_.launch(kernel, {grid_.columns.size, grid_.rows.size, runs_});
  return kernel.next;
}

template <class Real>
void AcceleratedBatch<Real>::run_forward(std::int64_t first, std::int64_t end, bool records, Real* laplacians) {
  const Survey& survey = survey_.host();
  for (std::int64_t step = first; step < end; ++step) {
    Real* const laplacian = laplacians != nullptr ? laplacians + (step - first) * values() : nullptr;
    Real* const next = update(wave_, step, laplacian);
    if (step < std::ssize(survey.wavelet)) {
      const double area = survey.acquisition.spacing * survey.acquisition.spacing;
      const auto amount = static_cast<Real>(area * survey.wavelet[static_cast<std::size_t>(step)]);
      accelerator_.launch(AddSource<Real>{grid_, media_.data(), survey_.sources(), amount, next, laplacian},
                          {survey_.source_cells(), 1, runs_});
    }
    if (!records) continue;
    accelerator_.launch(Record<Real>{grid_, survey_.receiver_rows(), false, next,
                                     gathers_.data() + step * survey_.receivers(), survey_.gather_size()},
                        {survey_.receivers(), 1, runs_});
  }
}

template <class Real>
void AcceleratedBatch<Real>::run_adjoint(std::int64_t first, std::int64_t end, const Adjoint& adjoint) {
  const std::int64_t wavelet_samples = std::ssize(survey_.host().wavelet);
  for (std::int64_t step = end - 1; step >= first; --step) {
    Real* const next = update(adjoint.wave, survey_.host().acquisition.samples - 1 - step, nullptr);
    accelerator_.launch(
        AddAdjointSource<Real>{grid_, media_.data(), survey_.receiver_cell(), survey_.receiver_columns(),
                               gathers_.data() + step * survey_.receivers(), survey_.gather_size(), next},
        {survey_.receiver_cells(), 1, runs_});
    accelerator_.launch(AddImage<Real>{survey_.cells(), next, adjoint.laplacians.data() + (step - first) * values(),
                                       adjoint.image.data()},
                        {survey_.cells(), 1, runs_});
    if (step >= wavelet_samples) continue;
    accelerator_.launch(
        Record<Real>{grid_, survey_.sources(), true, next, adjoint.sources.data() + step, wavelet_samples},
        {1, 1, runs_});
  }
}

template <class Real>
void AcceleratedBatch<Real>::forward(std::span<Real> gathers) {
  run_forward(0, survey_.host().acquisition.samples, true, nullptr);
  gathers_.download(gathers);
}

template <class Real>
typename AcceleratedBatch<Real>::Derivatives AcceleratedBatch<Real>::gradient(std::int64_t segment,
                                                                              const GathersMisfit& misfit_of) {
  const std::int64_t samples = survey_.host().acquisition.samples;
  const std::int64_t last_segment = (samples - 1) / segment;
  const std::int64_t traces = runs_ * std::ssize(survey_.host().wavelet);
  const Adjoint adjoint{{accelerator_, survey_.state_arrays() * values()},
                        {accelerator_, values()},
                        {accelerator_, traces},
                        {accelerator_, std::min(segment, samples) * values()}};
  std::vector<DeviceArray<Real>> checkpoints;
  for (std::int64_t k = 0; k <= last_segment; ++k) {
    if (k > 0 && k < last_segment) {
      checkpoints.emplace_back(accelerator_, survey_.state_arrays() * values()).copy_from(wave_);
    }
    // The last segment is the first that the adjoint needs: it is not computed again.
    run_forward(k * segment, std::min(samples, (k + 1) * segment), true,
                k == last_segment ? adjoint.laplacians.data() : nullptr);
  }
  std::vector<Real> gathers(static_cast<std::size_t>(runs_ * survey_.gather_size()));
  gathers_.download(gathers);
  misfit_of(gathers);
  gathers_.upload(gathers);
  for (std::int64_t k = last_segment; k >= 0; --k) {
    const std::int64_t first = k * segment;
    const std::int64_t end = std::min(samples, first + segment);
    if (k < last_segment) {
      if (k == 0) {
        wave_.clear();
      } else {
        wave_.copy_from(checkpoints[static_cast<std::size_t>(k - 1)]);
      }
      run_forward(first, end, false, adjoint.laplacians.data());
    }
    run_adjoint(first, end, adjoint);
  }
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
