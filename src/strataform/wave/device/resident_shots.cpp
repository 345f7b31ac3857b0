#include "strataform/wave/device/resident_shots.h"

#include <algorithm>
#include <vector>

#include "strataform/wave/absorbers/sponge.h"
#include "strataform/wave/device/resident_kernel.h"
#include "strataform/wave/engine/medium.h"
#include "strataform/wave/engine/shot_run.h"

namespace strataform::wave {
namespace {

/// Of the gathers of the models that are modelled in one go.
constexpr std::int64_t kMostBytes = std::int64_t{1} << 30;

/// The setup as the kernel reads it, on the host.
struct Layout {
  std::vector<int> source_row, source_column, receiver_of_column;
  int receiver_row = -1;
};

/// Nothing where a source or receiver does not lie on a cell of its own, or the receivers in different rows.
std::optional<Layout> layout_of(const Setup& setup) {
  Layout layout;
  for (const ShotPositions& shot : setup.shots) {
    const std::vector<WeightedCell> cells = setup.grid.cells_of(shot.source);
    if (cells.size() != 1) return std::nullopt;
    layout.source_row.push_back(static_cast<int>(cells.front().row));
    layout.source_column.push_back(static_cast<int>(cells.front().column));
  }
  layout.receiver_of_column.assign(static_cast<std::size_t>(setup.grid.columns()), -1);
  const std::vector<Position>& receivers = setup.shots.front().receivers;
  for (std::size_t r = 0; r < receivers.size(); ++r) {
    const std::vector<WeightedCell> cells = setup.grid.cells_of(receivers[r]);
    if (cells.size() != 1) return std::nullopt;
    const int row = static_cast<int>(cells.front().row);
    int& receiver = layout.receiver_of_column[static_cast<std::size_t>(cells.front().column)];
    if (receiver >= 0 || (layout.receiver_row >= 0 && row != layout.receiver_row)) return std::nullopt;
    receiver = static_cast<int>(r);
    layout.receiver_row = row;
  }
  return layout;
}

bool fits(const Setup& setup) {
  const survey::Scheme& scheme = setup.modelling.scheme;
  return scheme.absorber == survey::Absorber::kSponge && scheme.space_order == 4 && !scheme.free_surface &&
         setup.steps_per_sample == 1 && survey::has_common_receivers(setup.modelling.survey) &&
         ResidentShots::fits(setup.grid.rows(), setup.grid.columns());
}

/// dt times the largest damping of each model's sponge.
std::vector<double> dampings_of(const Setup& setup, std::span<const float> velocity) {
  const survey::Scheme& scheme = setup.modelling.scheme;
  const auto cells = static_cast<std::size_t>(setup.modelling.grid.cells());
  std::vector<double> dampings;
  for (std::size_t first = 0; first < velocity.size(); first += cells) {
    const VelocityRange range = checked_range(setup.modelling, velocity.subspan(first, cells));
    const Sponge sponge = sponge_in(frame_of(setup.modelling, range));
    dampings.push_back(scheme.time_step * sponge.largest_damping());
  }
  return dampings;
}

std::vector<float> amounts_of(const Setup& setup) {
  std::vector<float> amounts;
  for (const double value : setup.wavelet) amounts.push_back(static_cast<float>(setup.cell_area() * value));
  return amounts;
}

}  // namespace

bool forward_resident(const Setup& setup, Accelerator& accelerator, std::span<const float> velocity, std::int64_t count,
                      std::span<float> gathers) {
  if (!accelerator.has_resident_kernel() || !fits(setup)) return false;
  const std::optional<Layout> layout = layout_of(setup);
  if (!layout) return false;
  const auto shots = std::ssize(setup.shots);
  const auto receivers = std::ssize(setup.shots.front().receivers);
  const std::int64_t model_values = setup.gather_size();
  const auto at_once = std::clamp<std::int64_t>(kMostBytes / (model_values * 4), 1, std::max<std::int64_t>(count, 1));
  const DeviceArray<int> source_row(accelerator, layout->source_row);
  const DeviceArray<int> source_column(accelerator, layout->source_column);
  const DeviceArray<int> receiver_of_column(accelerator, layout->receiver_of_column);
  const std::vector<float> host_amounts = amounts_of(setup);
  const DeviceArray<float> amounts(accelerator, host_amounts);
  for (std::int64_t first = 0; first < count; first += at_once) {
    const std::int64_t models = std::min(at_once, count - first);
    const auto part = [&](auto values, std::int64_t each) {
      return values.subspan(static_cast<std::size_t>(first * each), static_cast<std::size_t>(models * each));
    };
    const std::span<const float> maps = part(velocity, setup.modelling.grid.cells());
    const std::vector<double> host_damping = dampings_of(setup, maps);
    const DeviceArray<float> device_maps(accelerator, maps);
    const DeviceArray<double> damping(accelerator, host_damping);
    const DeviceArray<float> recorded(accelerator, models * model_values);
    ResidentShots kernel;
    kernel.runs = static_cast<int>(models * shots);
    kernel.shots = static_cast<int>(shots);
    kernel.nz = static_cast<int>(setup.nz());
    kernel.nx = static_cast<int>(setup.nx());
    kernel.absorbing = static_cast<int>(setup.modelling.scheme.absorbing_cells);
    kernel.samples = static_cast<int>(setup.steps());
    kernel.receivers = static_cast<int>(receivers);
    kernel.wavelet_samples = static_cast<int>(std::min<std::int64_t>(std::ssize(host_amounts), kernel.samples));
    kernel.receiver_row = layout->receiver_row;
    kernel.cells_per_velocity = setup.modelling.scheme.time_step / setup.modelling.grid.spacing;
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
