#include "strataform/wave/engine/shot_layout.h"

#include <algorithm>

namespace strataform::wave {

std::int64_t window_margin(const std::vector<ShotPositions>& shots) {
  constexpr std::int64_t kDispersion = 12;
  const auto off_grid = [](const Position& position) { return footprint(position).size() > 1; };
  const bool any = std::ranges::any_of(shots, [&](const ShotPositions& shot) {
    return off_grid(shot.source) || std::ranges::any_of(shot.receivers, off_grid);
  });
  return kDispersion + (any ? kFootprintReach : 0);
}

ShotLayout::ShotLayout(const PaddedGrid& grid, const ShotPositions& shot, const WindowBounds& bounds)
    : grid_(grid), bounds_(bounds), source_(grid.nearest(shot.source)), source_cells_(grid.cells_of(shot.source)),
      receivers_(std::ssize(shot.receivers)), receivers_in_row_(static_cast<std::size_t>(grid.rows())),
      receiver_rows_{grid.rows(), 0}, receiver_columns_{grid.columns(), 0} {
  for (std::size_t index = 0; index < shot.receivers.size(); ++index) {
    for (const auto& [row, column, weight] : grid.cells_of(shot.receivers[index])) {
      receivers_in_row_[static_cast<std::size_t>(row)].push_back({static_cast<std::int64_t>(index), column, weight});
    }
    const auto [row, column] = grid.nearest(shot.receivers[index]);
    receiver_rows_ = {std::min(receiver_rows_.first, row), std::max(receiver_rows_.last, row + 1)};
    receiver_columns_ = {std::min(receiver_columns_.first, column), std::max(receiver_columns_.last, column + 1)};
  }
}

Window ShotLayout::whole() const {
  return {{0, grid_.rows()}, {0, grid_.columns()}, 4 * grid_.rows(), 4 * grid_.rows()};
}

Window ShotLayout::reached(double cells_per_step, std::int64_t step) const {
  Window window = whole();
  if (!bounds_.active) return window;
  window.source_distance = static_cast<std::int64_t>(cells_per_step * static_cast<double>(step)) + bounds_.margin;
  const Interval column{source_.column, source_.column + 1};
  window.columns = grid_.whole_lines(grid_.columns_within(column, window.source_distance));
  return window;
}

Window ShotLayout::window(double cells_per_step, std::int64_t step) const {
  Window window = reached(cells_per_step, step);
  if (!bounds_.active) return window;
  window.receiver_distance =
      static_cast<std::int64_t>(cells_per_step * static_cast<double>(bounds_.steps - step)) + bounds_.margin;
  const Interval useful = grid_.columns_within(receiver_columns_, window.receiver_distance);
  window.columns =
      grid_.whole_lines({std::max(window.columns.first, useful.first), std::min(window.columns.last, useful.last)});
  return window;
}

}  // namespace strataform::wave
