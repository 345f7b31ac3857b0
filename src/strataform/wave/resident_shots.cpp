#include "strataform/wave/resident_shots.h"

#include <algorithm>
#include <vector>

#include "strataform/wave/medium.h"
#include "strataform/wave/sponge.h"

namespace strataform::wave {
namespace {

/// Of the gathers of the models that are modelled in one go.
constexpr std::int64_t kMostBytes = std::int64_t{1} << 30;

/// The survey as the kernel reads it, on the host.
struct Layout {
  std::vector<int> source_row, source_column, receiver_of_column;
  int receiver_row = -1;
};

/// Nothing where a source or receiver does not lie on a cell of its own, or the receivers in different rows.
std::optional<Layout> layout_of(const Survey& survey) {
  Layout layout;
  for (const Position& source : survey.acquisition.sources) {
    const std::vector<WeightedCell> cells = survey.grid.cells_of(source);
    if (cells.size() != 1) return std::nullopt;
    layout.source_row.push_back(static_cast<int>(cells.front().row));
    layout.source_column.push_back(static_cast<int>(cells.front().column));
  }
  layout.receiver_of_column.assign(static_cast<std::size_t>(survey.grid.columns()), -1);
  for (std::size_t r = 0; r < survey.acquisition.receivers.size(); ++r) {
    const std::vector<WeightedCell> cells = survey.grid.cells_of(survey.acquisition.receivers[r]);
    if (cells.size() != 1) return std::nullopt;
    const int row = static_cast<int>(cells.front().row);
    int& receiver = layout.receiver_of_column[static_cast<std::size_t>(cells.front().column)];
    if (receiver >= 0 || (layout.receiver_row >= 0 && row != layout.receiver_row)) return std::nullopt;
    receiver = static_cast<int>(r);
    layout.receiver_row = row;
  }
  return layout;
}

bool fits(const Survey& survey) {
  const Acquisition& acquisition = survey.acquisition;
  return acquisition.absorber == Absorber::kSponge && acquisition.space_order == 4 && !acquisition.free_surface &&
         ResidentShots::fits(survey.grid.rows(), survey.grid.columns());
}

/// dt times the largest damping of each model's sponge.
std::vector<double> dampings_of(const Survey& survey, std::span<const float> velocity) {
  const Acquisition& acquisition = survey.acquisition;
  const auto cells = static_cast<std::size_t>(survey.nz * survey.nx);
  std::vector<double> dampings;
  for (std::size_t first = 0; first < velocity.size(); first += cells) {
    const VelocityRange range = checked_range(acquisition, velocity.subspan(first, cells));
    const Sponge sponge{acquisition.absorbing_cells, acquisition.spacing, range.slowest};
    dampings.push_back(acquisition.time_step * sponge.largest_damping());
  }
  return dampings;
}

std::vector<float> amounts_of(const Survey& survey) {
  const double area = survey.acquisition.spacing * survey.acquisition.spacing;
  std::vector<float> amounts;
  for (const double value : survey.wavelet) amounts.push_back(static_cast<float>(area * value));
  return amounts;
}

}  // namespace

bool forward_resident(const Survey& survey, Accelerator& accelerator, std::span<const float> velocity,
                      std::int64_t count, std::span<float> gathers) {
  if (!accelerator.has_resident_kernel() || !fits(survey)) return false;
  const std::optional<Layout> layout = layout_of(survey);
  if (!layout) return false;
  const auto shots = std::ssize(survey.acquisition.sources);
  const auto receivers = std::ssize(survey.acquisition.receivers);
  const std::int64_t model_values = shots * survey.acquisition.samples * receivers;
  const auto at_once = std::clamp<std::int64_t>(kMostBytes / (model_values * 4), 1, std::max<std::int64_t>(count, 1));
  const DeviceArray<int> source_row(accelerator, layout->source_row);
  const DeviceArray<int> source_column(accelerator, layout->source_column);
  const DeviceArray<int> receiver_of_column(accelerator, layout->receiver_of_column);
  const std::vector<float> host_amounts = amounts_of(survey);
  const DeviceArray<float> amounts(accelerator, host_amounts);
  for (std::int64_t first = 0; first < count; first += at_once) {
    const std::int64_t models = std::min(at_once, count - first);
    const auto part = [&](auto values, std::int64_t each) {
      return values.subspan(static_cast<std::size_t>(first * each), static_cast<std::size_t>(models * each));
    };
    const std::span<const float> maps = part(velocity, survey.nz * survey.nx);
    const std::vector<double> host_damping = dampings_of(survey, maps);
    const DeviceArray<float> device_maps(accelerator, maps);
    const DeviceArray<double> damping(accelerator, host_damping);
    const DeviceArray<float> recorded(accelerator, models * model_values);
    ResidentShots kernel;
    kernel.runs = static_cast<int>(models * shots);
    kernel.shots = static_cast<int>(shots);
    kernel.nz = static_cast<int>(survey.nz);
    kernel.nx = static_cast<int>(survey.nx);
    kernel.absorbing = static_cast<int>(survey.acquisition.absorbing_cells);
    kernel.samples = static_cast<int>(survey.acquisition.samples);
    kernel.receivers = static_cast<int>(receivers);
    kernel.wavelet_samples = static_cast<int>(std::min<std::int64_t>(std::ssize(host_amounts), kernel.samples));
    kernel.receiver_row = layout->receiver_row;
    kernel.cells_per_velocity = survey.acquisition.time_step / survey.acquisition.spacing;
    kernel.velocity = device_maps.data();
    kernel.damping = damping.data();
    kernel.source_row = source_row.data();
    kernel.source_column = source_column.data();
    kernel.receiver_of_column = receiver_of_column.data();
    kernel.amounts = amounts.data();
    kernel.gathers = recorded.data();
    accelerator.run_resident(kernel);
    const std::span<float> of_models = part(gathers, model_values);
    recorded.download(of_models);
    require_finite<float>(of_models);
  }
  return true;
}

}  // namespace strataform::wave
