#include "strataform/wave/banded_shots.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "strataform/core/parallel.h"

namespace strataform::wave {
namespace {

/// Rows in front of which a grid may be cut: no receiver off the grid reads on both sides, for the order of its sum is
/// part of the result.
std::vector<bool> possible_cuts(const Survey& survey) {
  std::vector<bool> possible(static_cast<std::size_t>(survey.grid.rows()), true);
  for (const Position& receiver : survey.acquisition.receivers) {
    const std::vector<WeightedCell> cells = survey.grid.cells_of(receiver);
    if (cells.empty()) continue;
    const auto [top, bottom] = std::ranges::minmax_element(cells, {}, &WeightedCell::row);
    for (std::int64_t row = top->row + 1; row <= bottom->row; ++row) possible[static_cast<std::size_t>(row)] = false;
  }
  return possible;
}

/// Bands of about the same work, at least as high as what is computed twice around them; `work` is each row's.
std::vector<Interval> bands_of(const Survey& survey, const std::vector<std::int64_t>& work, std::int64_t count) {
  const std::vector<bool> possible = possible_cuts(survey);
  const std::int64_t rows = survey.grid.rows();
  const std::int64_t lowest = 2 * survey.grid.halo_rows();
  std::int64_t all = 0;
  for (const std::int64_t one : work) all += one;
  std::vector<Interval> bands;
  std::int64_t first = 0;
  std::int64_t done = 0;
  for (std::int64_t row = 0; row + lowest <= rows; ++row) {
    const std::int64_t goal = all * (std::ssize(bands) + 1) / count;
    if (done >= goal && row >= first + lowest && possible[static_cast<std::size_t>(row)]) {
      bands.push_back({first, row});
      first = row;
    }
    done += work[static_cast<std::size_t>(row)];
  }
  bands.push_back({first, rows});
  return bands;
}

/// A shot and the threads that share it.
template <class Real>
class Split {
 public:
  Split(const Survey& survey, const BandedShot<Real>& shot, std::int64_t threads) : survey_(survey), shot_(shot) {
    ShotWorkspace<Real> whole;
    whole.medium.set(survey.grid, survey.acquisition, shot.velocity);
    const std::vector<Interval> rows = bands_of(survey, ShotRun<Real>(survey, shot.source, whole).work_of_rows(), threads);
    workspaces_.resize(rows.size());
    rendezvous_ = std::make_unique<Rendezvous>(static_cast<int>(rows.size()));
    for (std::size_t k = 0; k < rows.size(); ++k) {
      bands_.push_back({rows[k], {}, &workspaces_[k].field, rendezvous_.get()});
    }
    for (Band<Real>& band : bands_) band.all = bands_;
    std::fill(shot.gather.begin(), shot.gather.end(), Real(0));
  }

  [[nodiscard]] std::size_t bands() const { return bands_.size(); }

  void run(std::size_t band) {
    ShotWorkspace<Real>& workspace = workspaces_[band];
    try {
      workspace.medium.set(survey_.grid, survey_.acquisition, shot_.velocity);
      ShotRun<Real>(survey_, shot_.source, workspace).forward(bands_[band], shot_.gather);
    } catch (...) {
      rendezvous_->leave();
      throw;
    }
  }

 private:
  const Survey& survey_;
  BandedShot<Real> shot_;
  std::vector<ShotWorkspace<Real>> workspaces_;
  std::unique_ptr<Rendezvous> rendezvous_;
  std::vector<Band<Real>> bands_;
};

}  // namespace

template <class Real>
void forward_in_bands(const Survey& survey, std::span<const BandedShot<Real>> shots, std::int64_t threads_each) {
  std::vector<std::unique_ptr<Split<Real>>> splits;
  std::vector<std::pair<Split<Real>*, std::size_t>> tasks;
  for (const BandedShot<Real>& shot : shots) {
    splits.push_back(std::make_unique<Split<Real>>(survey, shot, threads_each));
    for (std::size_t band = 0; band < splits.back()->bands(); ++band) tasks.emplace_back(splits.back().get(), band);
  }
  // No more tasks than threads: each gets one of its own, so that the bands of a shot run at the same time.
  parallel_for(std::ssize(tasks), [&](std::int64_t task, int /*worker*/) {
    const auto& [split, band] = tasks[static_cast<std::size_t>(task)];
    split->run(band);
  });
  for (const BandedShot<Real>& shot : shots) require_finite<Real>(shot.gather);
}

template void forward_in_bands(const Survey&, std::span<const BandedShot<float>>, std::int64_t);
template void forward_in_bands(const Survey&, std::span<const BandedShot<double>>, std::int64_t);

}  // namespace strataform::wave
