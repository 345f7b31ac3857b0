#include "strataform/wave/propagator.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "strataform/core/error.h"
#include "strataform/core/parallel.h"
#include "strataform/wave/wavelet.h"

namespace strataform::wave {
namespace {

/// Cells that the stencil reads beyond the one that it updates.
constexpr std::int64_t kReach = 2;
/// Floats on either side of a row: the stencil reads two, and 16 keep the rows on cache lines.
constexpr std::int64_t kHalo = 16;
/// Cells around the travelling wave that the active window keeps: numerical dispersion runs a little ahead.
constexpr std::int64_t kWindowMargin = 12;
/// Time steps done per sweep over the rows, each two rows behind the one before it, so that a row is still in
/// the cache when the next time step needs it.
constexpr std::int64_t kStepsPerSweep = 8;
/// Copies of the rows at the other end of the grid, enough for a sweep: each of its steps uses up two of them.
constexpr std::int64_t kHaloRows = kReach * kStepsPerSweep;

/// Distance from a position to the interval [first, last) on a ring of the given length.
std::int64_t ring_distance(std::int64_t position, std::int64_t first, std::int64_t last, std::int64_t length) {
  if (position >= first && position < last) return 0;
  const std::int64_t before = (first - position + length) % length;
  const std::int64_t after = (position - last + 1 + length) % length;
  return std::min(before, after);
}

std::int64_t round_up(std::int64_t value, std::int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

/// To six digits, so that a limit that was printed and typed in again is within the limit.
double rounded_down(double value) {
  const double unit = std::pow(10.0, std::floor(std::log10(value)) - 5.0);
  return std::floor(value / unit) * unit;
}

}  // namespace

struct Propagator::Workspace {
  double cells_per_step = 0.0;  ///< how far the fastest wave travels in a time step
  std::vector<float> velocity;  ///< padded, m/s
  std::vector<float> courant;   ///< padded, (v dt / dx)^2
  std::vector<float> side;      ///< dt damp of the left and right strips, per padded column
  std::vector<float> vertical;  ///< dt damp of the top and bottom strips, per padded row
  std::vector<float> pressure[2];
};

struct Propagator::Shot {
  GridPoint source;  ///< on the padded grid
  Workspace& workspace;
  std::span<float> gather;  ///< [samples, receivers]
};

Propagator::Propagator(std::int64_t nz, std::int64_t nx, Acquisition acquisition, PropagatorOptions options)
    : nz_(nz), nx_(nx), acquisition_(std::move(acquisition)), options_(options),
      update_row_((options.kernel != nullptr ? *options.kernel : stencil_kernels().front()).update_row) {
  validate(acquisition_, nz, nx);
  const std::int64_t sponge = acquisition_.sponge_cells;
  rows_ = nz + 2 * sponge;
  columns_ = nx + 2 * sponge;
  if (rows_ < kHaloRows) {
    throw UsageError(fmt::format("grid: expected at least {} rows with the absorbing cells, found {} and 2 x {}",
                                 kHaloRows, nz, sponge));
  }
  stride_ = round_up(columns_, kHalo) + 2 * kHalo;
  wavelet_ = ricker(acquisition_.frequency, acquisition_.time_step);

  inside_.assign(static_cast<std::size_t>(stride_), 0.0F);
  std::fill_n(inside_.begin() + sponge, nx, 1.0F);

  receivers_in_row_.resize(static_cast<std::size_t>(rows_));
  receiver_first_row_ = rows_;
  receiver_first_column_ = columns_;
  for (std::size_t index = 0; index < acquisition_.receivers.size(); ++index) {
    const std::int64_t row = acquisition_.receivers[index].row + sponge;
    const std::int64_t column = acquisition_.receivers[index].column + sponge;
    receivers_in_row_[static_cast<std::size_t>(row)].push_back(static_cast<std::int64_t>(index));
    receiver_first_row_ = std::min(receiver_first_row_, row);
    receiver_last_row_ = std::max(receiver_last_row_, row + 1);
    receiver_first_column_ = std::min(receiver_first_column_, column);
    receiver_last_column_ = std::max(receiver_last_column_, column + 1);
  }
}

std::int64_t Propagator::gather_size() const {
  return static_cast<std::int64_t>(acquisition_.sources.size() * acquisition_.receivers.size()) * acquisition_.samples;
}

void Propagator::forward(std::span<const float> velocity, std::int64_t count, std::span<float> gathers) const {
  const auto model_size = static_cast<std::size_t>(nz_ * nx_);
  const auto gather_floats = static_cast<std::size_t>(gather_size());
  if (velocity.size() != model_size * static_cast<std::size_t>(count) ||
      gathers.size() != gather_floats * static_cast<std::size_t>(count)) {
    throw UsageError(
        fmt::format("forward modelling of {} models of {} x {} cells: found {} velocities and room for {} "
                    "samples, expected {} and {}",
                    count, nz_, nx_, velocity.size(), gathers.size(), model_size * count, gather_floats * count));
  }
  std::fill(gathers.begin(), gathers.end(), 0.0F);
  const auto shots = static_cast<std::int64_t>(acquisition_.sources.size());
  const std::size_t shot_floats = gather_floats / static_cast<std::size_t>(shots);
  std::vector<Workspace> workspaces(static_cast<std::size_t>(thread_count()));
  parallel_for(count * shots, [&](std::int64_t task, int worker) {
    Workspace& workspace = workspaces[static_cast<std::size_t>(worker)];
    prepare(velocity.subspan(static_cast<std::size_t>(task / shots) * model_size, model_size), workspace);
    const GridPoint& source = acquisition_.sources[static_cast<std::size_t>(task % shots)];
    const std::int64_t sponge = acquisition_.sponge_cells;
    const auto gather = gathers.subspan(static_cast<std::size_t>(task) * shot_floats, shot_floats);
    run_shot({{source.row + sponge, source.column + sponge}, workspace, gather});
  });
}

void Propagator::prepare(std::span<const float> velocity, Workspace& workspace) const {
  for (const float value : velocity) {
    if (!std::isfinite(value) || value <= 0.0F) {
      throw InputError(fmt::format("velocity: expected finite values above 0 m/s, found {}", value));
    }
  }
  const auto [smallest, largest] = std::minmax_element(velocity.begin(), velocity.end());
  const Sponge sponge{acquisition_.sponge_cells, acquisition_.spacing, *smallest};
  const double dt = acquisition_.time_step;
  const double limit = largest_time_step(sponge, *largest);
  if (dt > limit) {
    throw NumericalError(fmt::format("time step {} s is unstable for {} m/s on a grid of {} m: at most {:.6g} s", dt,
                                     *largest, acquisition_.spacing, rounded_down(limit)));
  }
  workspace.cells_per_step = *largest * dt / acquisition_.spacing;

  const auto padded = static_cast<std::size_t>((rows_ + 2 * kHaloRows) * stride_);
  workspace.courant.assign(padded, 0.0F);
  workspace.velocity.assign(padded, 0.0F);
  for (auto& pressure : workspace.pressure) pressure.assign(padded, 0.0F);
  for (std::int64_t row = -kHaloRows; row < rows_ + kHaloRows; ++row) {
    const std::int64_t model_row = std::clamp<std::int64_t>((row + rows_) % rows_ - sponge.cells, 0, nz_ - 1);
    for (std::int64_t column = 0; column < columns_; ++column) {
      const std::int64_t model_column = std::clamp<std::int64_t>(column - sponge.cells, 0, nx_ - 1);
      const float value = velocity[static_cast<std::size_t>(model_row * nx_ + model_column)];
      const double ratio = value * dt / acquisition_.spacing;
      const auto cell = static_cast<std::size_t>((row + kHaloRows) * stride_ + kHalo + column);
      workspace.velocity[cell] = value;
      workspace.courant[cell] = static_cast<float>(ratio * ratio);
    }
  }
  const auto strips = [&](std::int64_t cells, std::int64_t room) {
    std::vector<float> damping(static_cast<std::size_t>(room), 0.0F);
    for (std::int64_t cell = 0; cell < sponge.cells; ++cell) {
      const auto value = static_cast<float>(dt * sponge.damping(cell));
      damping[static_cast<std::size_t>(sponge.cells - 1 - cell)] = value;
      damping[static_cast<std::size_t>(cells - sponge.cells + cell)] = value;
    }
    return damping;
  };
  workspace.side = strips(columns_, stride_);
  workspace.vertical = strips(rows_, rows_);
}

/// All columns once an edge is reached: what leaves the grid there comes in on the other side.
Propagator::Columns Propagator::columns_within(std::int64_t first, std::int64_t last, std::int64_t distance) const {
  if (first < distance || last + distance > columns_) return {0, columns_};
  return {first - distance, last + distance};
}

Propagator::Window Propagator::window_at(const Shot& shot, std::int64_t step) const {
  if (!options_.active_window) return {rows_, rows_, {0, columns_}};
  const double speed = shot.workspace.cells_per_step;
  const auto reached = static_cast<std::int64_t>(speed * static_cast<double>(step)) + kWindowMargin;
  const auto useful =
      static_cast<std::int64_t>(speed * static_cast<double>(acquisition_.samples - step)) + kWindowMargin;
  const Columns source = columns_within(shot.source.column, shot.source.column + 1, reached);
  const Columns receivers = columns_within(receiver_first_column_, receiver_last_column_, useful);
  const std::int64_t first = std::max(source.first, receivers.first);
  const std::int64_t last = std::min(source.last, receivers.last);
  // Whole cache lines: the vectors of the kernel then need no remainder.
  return {reached, useful, {first / kHalo * kHalo, std::min(round_up(last, kHalo), columns_)}};
}

bool Propagator::is_active(const Shot& shot, const Window& window, std::int64_t row) const {
  const std::int64_t wrapped = (row + rows_) % rows_;
  return ring_distance(wrapped, shot.source.row, shot.source.row + 1, rows_) <= window.source_distance &&
         ring_distance(wrapped, receiver_first_row_, receiver_last_row_, rows_) <= window.receiver_distance;
}

void Propagator::run_shot(const Shot& shot) const {
  for (std::int64_t first = 0; first < acquisition_.samples; first += kStepsPerSweep) {
    const std::int64_t steps = std::min(kStepsPerSweep, acquisition_.samples - first);
    Window windows[kStepsPerSweep];
    for (std::int64_t k = 0; k < steps; ++k) windows[k] = window_at(shot, first + k);
    wrap_rows(shot.workspace);
    // Step k may update the halo rows that the steps after it in this sweep still read.
    for (std::int64_t front = -kHaloRows; front < rows_ + kHaloRows; ++front) {
      for (std::int64_t k = 0; k < steps; ++k) {
        const std::int64_t row = front - kReach * k;
        const std::int64_t halo = kReach * (steps - 1 - k);
        if (row < -halo || row >= rows_ + halo || !is_active(shot, windows[k], row)) continue;
        advance_row(shot, first + k, row, windows[k]);
      }
    }
  }
  if (!std::all_of(shot.gather.begin(), shot.gather.end(), [](float value) { return std::isfinite(value); })) {
    throw NumericalError("forward modelling diverged: the gather has values that are not finite");
  }
}

void Propagator::wrap_rows(Workspace& workspace) const {
  const std::int64_t halo = kHaloRows * stride_;
  const std::int64_t grid = rows_ * stride_;
  for (auto& pressure : workspace.pressure) {
    std::copy_n(pressure.begin() + grid, halo, pressure.begin());
    std::copy_n(pressure.begin() + halo, halo, pressure.begin() + halo + grid);
  }
}

void Propagator::advance_row(const Shot& shot, std::int64_t step, std::int64_t row, const Window& window) const {
  Workspace& workspace = shot.workspace;
  const std::int64_t row_start = (row + kHaloRows) * stride_ + kHalo;
  const std::int64_t wrapped = (row + rows_) % rows_;
  const std::int64_t first = row_start + window.columns.first;
  float* next = workspace.pressure[(step + 1) % 2].data();
  StencilRow stencil;
  stencil.current = workspace.pressure[step % 2].data() + first;
  stencil.previous = next + first;
  stencil.courant = workspace.courant.data() + first;
  stencil.side = workspace.side.data() + window.columns.first;
  stencil.inside = inside_.data() + window.columns.first;
  stencil.vertical = workspace.vertical[static_cast<std::size_t>(wrapped)];
  stencil.stride = stride_;
  stencil.cells = window.columns.last - window.columns.first;
  update_row_(stencil);

  if (wrapped == shot.source.row && step < static_cast<std::int64_t>(wavelet_.size())) {
    const std::int64_t cell = row_start + shot.source.column;
    const double distance = workspace.velocity[static_cast<std::size_t>(cell)] * acquisition_.time_step;
    next[cell] += static_cast<float>(distance * distance * wavelet_[static_cast<std::size_t>(step)]);
  }
  for (std::int64_t offset = 0; offset < kReach; ++offset) {
    next[row_start - kReach + offset] = next[row_start + columns_ - kReach + offset];
    next[row_start + columns_ + offset] = next[row_start + offset];
  }
  if (row != wrapped) return;
  const auto receiver_count = static_cast<std::int64_t>(acquisition_.receivers.size());
  for (const std::int64_t index : receivers_in_row_[static_cast<std::size_t>(row)]) {
    const std::int64_t column = acquisition_.receivers[static_cast<std::size_t>(index)].column;
    shot.gather[static_cast<std::size_t>(step * receiver_count + index)] =
        next[row_start + acquisition_.sponge_cells + column];
  }
}

}  // namespace strataform::wave
