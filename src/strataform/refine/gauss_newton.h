#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "strataform/core/context.h"
#include "strataform/refine/roughness.h"
#include "strataform/survey/modelling.h"

namespace strataform::refine {

/// The Gauss-Newton matrix J^T J of the l2 misfit, J the derivatives of the gathers by the velocities, whole, so that
/// its inverse undoes what a gradient blurs (Pratt, Shin and Hicks, 1998).
///
/// Cell by cell, J has a wave that starts at a source and is scattered in the cell, as a receiver sees it. By
/// reciprocity that is the source's wave x convolved with the wave g that a spike at the receiver sends to the cell,
///
///   J(sample n; cell) = 2 / (v^3 dt^2) sum over k of (x_k - 2 x_k-1 + x_k-2) g_n-k,
///
/// so that a run for every source and every receiver gives all of it, where column by column it would take one for
/// every cell. To stay small it is kept on square blocks of cells, with some sources and receivers that stand for all
/// of them.
class GaussNewton {
 public:
  /// Cells of the largest model that it is meant for: the waves of all cells are in memory.
  static constexpr std::int64_t kMostCells = 20000;

  /// velocity: [nz, nx], m/s. The source's wavelet must be given, in the scheme's time step: its frequencies are the
  /// matrix's. All shots have the same receivers. Throws as Propagator does.
  GaussNewton(std::span<const float> velocity, const survey::Modelling& modelling, const Context& context = {});
  ~GaussNewton();
  GaussNewton(GaussNewton&&) noexcept;
  GaussNewton& operator=(GaussNewton&&) noexcept;

  /// The gradients that its waves would have made: one wave for each of its sources and receivers here, two for every
  /// source in a gradient. Rounded up.
  static std::int64_t cost(const survey::Survey& survey);

  /// scale J^T J + the roughnesses' matrices is what solve() inverts.
  void set(double scale);
  void add(const Roughness& roughness, std::span<const float> velocity, double weight);

  /// change^T J^T J change: what the gathers gain in squares.
  [[nodiscard]] double curvature(std::span<const double> change) const;
  /// The change d of the velocities that minimises gradient . d + 1/2 d . matrix . d + damping / 2 mean((w / 200
  /// m/s)^2) over all d = smooth(w): a damping of 1 weighs changes of 200 m/s everywhere as much as a misfit of 1/2.
  /// Neighbours move alike, in layers more than across them.
  [[nodiscard]] std::vector<double> solve(const std::vector<double>& gradient, double damping) const;

 private:
  struct Matrices;
  std::unique_ptr<Matrices> matrices_;
};

}  // namespace strataform::refine
