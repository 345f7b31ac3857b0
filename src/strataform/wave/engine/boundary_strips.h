#pragma once

#include <cstdint>
#include <vector>

#include "strataform/wave/engine/sweep.h"

namespace strataform::wave {

/// The wave in the cells around the model's inside at every time step. With them the steps of the inside, where nothing
/// is damped, can be run backwards: p_n-1 = 2 p_n - p_n+1 + a L p_n + source is the step itself. The inside is the
/// model without its outermost cells, which a perfectly matched layer still reaches; at a free surface nothing is left
/// out.
template <class Real>
class BoundaryStrips {
 public:
  /// Throws UsageError where the model has no inside or the absorbing cells are fewer than the strips are wide.
  explicit BoundaryStrips(const PaddedGrid& grid);

  /// Whether they are those of this grid, too.
  [[nodiscard]] bool fit(const PaddedGrid& grid) const {
    return grid.rows() == whole_rows_ && grid.columns() == whole_columns_;
  }
  /// Makes room for states 0 to `steps`, in none of which the wave is there.
  void clear(std::int64_t steps);
  /// The inside and its strips.
  [[nodiscard]] Window window() const;
  /// Copies what a row of the state has in the strips, or puts it back; a state before the first is left alone.
  void save(std::int64_t state, const Row& row, const Real* pressure);
  void restore(std::int64_t state, const Row& row, Real* pressure) const;
  /// Sets to zero what an image has outside of the inside.
  void clear_outside(AlignedVector<Real>& image, const PaddedGrid& grid) const;
  [[nodiscard]] std::size_t values() const { return saved_.size(); }
  /// Of one state.
  [[nodiscard]] std::int64_t cells() const { return cells_; }

 private:
  /// visit(index into saved_, first column, columns) for the strips of a row; nothing for rows without.
  template <class Visit>
  void for_each_strip(std::int64_t state, std::int64_t row, Visit visit) const;

  Interval rows_, columns_;  ///< with the strips
  Interval inner_rows_, inner_columns_;
  std::int64_t whole_rows_, whole_columns_;  ///< of the grid
  std::int64_t cells_;
  std::vector<std::int64_t> first_in_row_;  ///< index of the first saved cell, per row from rows_.first on
  std::vector<Real> saved_;
};

}  // namespace strataform::wave
