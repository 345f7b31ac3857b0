#pragma once

#include <cstdint>
#include <vector>

#include "strataform/wave/engine/padded_grid.h"

namespace strataform::wave {

/// A shot in the cells of a model, or of a part of one.
struct ShotPositions {
  Position source;
  std::vector<Position> receivers;
};

/// What one time step updates: columns, and those of the rows that lie within two distances.
struct Window {
  Interval rows, columns;
  std::int64_t source_distance, receiver_distance;
};

/// A cell that a receiver reads.
struct ReceiverCell {
  std::int64_t receiver, column;
  double weight;
};

/// How a shot's active window is bounded.
struct WindowBounds {
  bool active = true;       ///< else every step updates all cells
  std::int64_t steps = 0;   ///< of the whole record
  std::int64_t margin = 0;  ///< cells around the travelling wave
};

/// Cells around the travelling wave that the active window keeps: numerical dispersion runs a little ahead, and off the
/// grid, where any of the shots has a position, the wave starts from and ends in whole footprints.
std::int64_t window_margin(const std::vector<ShotPositions>& shots);

/// Where a shot's source and receivers lie on a padded grid, and which of its cells matter to them at a time.
class ShotLayout {
 public:
  ShotLayout(const PaddedGrid& grid, const ShotPositions& shot, const WindowBounds& bounds);

  [[nodiscard]] const PaddedGrid& grid() const { return grid_; }
  [[nodiscard]] std::int64_t receivers() const { return receivers_; }
  /// The source's footprint.
  [[nodiscard]] const std::vector<WeightedCell>& source_cells() const { return source_cells_; }
  /// What receivers read in a row.
  [[nodiscard]] const std::vector<ReceiverCell>& receivers_in(std::int64_t row) const {
    return receivers_in_row_[static_cast<std::size_t>(row)];
  }

  /// The cells that a wave from the source can have reached at this step and that can still reach a receiver, or all.
  [[nodiscard]] Window window(double cells_per_step, std::int64_t step) const;
  /// The cells that it can have reached, whether that matters to a receiver or not.
  [[nodiscard]] Window reached(double cells_per_step, std::int64_t step) const;
  [[nodiscard]] bool is_active(const Window& window, std::int64_t row) const {
    const std::int64_t inner = grid_.wrapped(row);
    if (inner < window.rows.first || inner >= window.rows.last) return false;
    return grid_.rows_between(inner, {source_.row, source_.row + 1}) <= window.source_distance &&
           grid_.rows_between(inner, receiver_rows_) <= window.receiver_distance;
  }

 private:
  [[nodiscard]] Window whole() const;

  PaddedGrid grid_;
  WindowBounds bounds_;
  GridPoint source_;
  std::vector<WeightedCell> source_cells_;
  std::int64_t receivers_;
  std::vector<std::vector<ReceiverCell>> receivers_in_row_;
  Interval receiver_rows_, receiver_columns_;  ///< the box of the receivers
};

}  // namespace strataform::wave
