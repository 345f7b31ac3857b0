#include "strataform/wave/engine/banded_shots.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "strataform/core/parallel.h"
#include "strataform/wave/engine/shot_run.h"

namespace strataform::wave {
namespace {

/// Rows in front of which a grid may be cut: no receiver off the grid reads on both sides, for the order of its sum is
/// part of the result.
std::vector<bool> possible_cuts(const ShotLayout& layout) {
  std::vector<Interval> rows(static_cast<std::size_t>(layout.receivers()), {layout.grid().rows(), 0});
  for (std::int64_t row = 0; row < layout.grid().rows(); ++row) {
    for (const ReceiverCell& cell : layout.receivers_in(row)) {
      Interval& read = rows[static_cast<std::size_t>(cell.receiver)];
      read = {std::min(read.first, row), row};
    }
  }
  std::vector<bool> possible(static_cast<std::size_t>(layout.grid().rows()), true);
  for (const auto& [top, bottom] : rows) {
    for (std::int64_t row = top + 1; row <= bottom; ++row) possible[static_cast<std::size_t>(row)] = false;
  }
  return possible;
}

/// At most `count` bands of about the same work, each at least as high as what is computed twice around it; `work` is
/// each row's.
std::vector<Interval> bands_of(const ShotLayout& layout, const std::vector<std::int64_t>& work, std::int64_t count) {
  const std::vector<bool> possible = possible_cuts(layout);
  const std::int64_t rows = layout.grid().rows();
  const std::int64_t lowest = 2 * layout.grid().halo_rows();
  const std::int64_t all = std::accumulate(work.begin(), work.end(), std::int64_t{0});
  std::vector<Interval> bands;
  std::int64_t first = 0;
  std::int64_t above = 0;
  for (std::int64_t row = 0; row + lowest <= rows && std::ssize(bands) + 1 < count; ++row) {
    const bool enough = above * count >= all * (std::ssize(bands) + 1) && row >= first + lowest;
    if (enough && possible[static_cast<std::size_t>(row)]) {
      bands.push_back({first, row});
      first = row;
    }
    above += work[static_cast<std::size_t>(row)];
  }
  bands.push_back({first, rows});
  return bands;
}

/// A shot whose rows several threads share.
template <class Real>
class Split {
 public:
  Split(const Setup& setup, const BandedShot<Real>& shot, std::int64_t threads) : gather_(shot.gather) {
    const PartOfModel<Real>& part = shot.part;
    workspace_.medium.set(part.layout.grid(), setup.modelling, part.velocity(), part.range);
    run_.emplace(setup, part.layout, workspace_);
    const std::vector<Interval> rows = bands_of(part.layout, run_->work_of_rows(), threads);
    rendezvous_.emplace(static_cast<int>(rows.size()));
    fields_.resize(rows.size());
    for (std::size_t k = 0; k < rows.size(); ++k) bands_.push_back({rows[k], &fields_[k], {}, &*rendezvous_});
    for (Band<Real>& band : bands_) band.all = bands_;
    std::fill(gather_.begin(), gather_.end(), Real(0));
  }

  [[nodiscard]] const std::vector<Band<Real>>& bands() const { return bands_; }

  void run(const Band<Real>& band) const {
    try {
      run_->forward(band, gather_);
    } catch (...) {
      band.rendezvous->leave();
      throw;
    }
  }

 private:
  std::span<Real> gather_;
  ShotWorkspace<Real> workspace_;  ///< for its medium alone
  std::optional<ShotRun<Real>> run_;
  std::optional<Rendezvous> rendezvous_;
  std::vector<Wavefield<Real>> fields_;
  std::vector<Band<Real>> bands_;
};

}  // namespace

template <class Real>
void forward_in_bands(const Setup& setup, std::span<const BandedShot<Real>> shots, std::int64_t threads_each,
                      const Context& context) {
  context.throw_if_stopped("simulation: stopped between two shots");
  std::vector<std::unique_ptr<Split<Real>>> splits(shots.size());
  parallel_for(std::ssize(shots), context.thread_count(), [&](std::int64_t shot, int /*worker*/) {
    const auto index = static_cast<std::size_t>(shot);
    splits[index] = std::make_unique<Split<Real>>(setup, shots[index], threads_each);
  });
  std::vector<std::pair<const Split<Real>*, const Band<Real>*>> tasks;
  for (const auto& split : splits) {
    for (const Band<Real>& band : split->bands()) tasks.emplace_back(split.get(), &band);
  }
  run_together(static_cast<int>(tasks.size()), [&](int task) {
    const auto& [split, band] = tasks[static_cast<std::size_t>(task)];
    split->run(*band);
  });
  for (const BandedShot<Real>& shot : shots) require_finite<Real>(shot.gather);
}

template void forward_in_bands(const Setup&, std::span<const BandedShot<float>>, std::int64_t, const Context&);
template void forward_in_bands(const Setup&, std::span<const BandedShot<double>>, std::int64_t, const Context&);

}  // namespace strataform::wave
