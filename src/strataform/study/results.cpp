#include "strataform/study/results.h"

#include <algorithm>
#include <cmath>

namespace strataform::study {
namespace {

/// Relative: the same weights give errors that differ by some 1e-7, depending on how they were merged.
constexpr double kRounding = 1e-6;

/// The machine of most trained cells.
std::string usual_machine(const std::map<CellKey, Outcome>& outcomes) {
  std::map<std::string, std::int64_t> cells;
  for (const auto& [key, outcome] : outcomes) {
    if (key.size > 0) ++cells[outcome.machine];
  }
  const auto usual = std::ranges::max_element(cells, {}, [](const auto& entry) { return entry.second; });
  return usual == cells.end() ? "" : usual->first;
}

}  // namespace

double mae_of(const Outcome& outcome) { return outcome.scores.mae_velocity; }
double rmse_of(const Outcome& outcome) { return outcome.scores.rmse_velocity; }
double ssim_of(const Outcome& outcome) { return outcome.scores.ssim; }
double forgetting_of(const Outcome& outcome) { return outcome.forgetting; }
double seconds_of(const Outcome& outcome) { return outcome.seconds; }
double best_seconds_of(const Outcome& outcome) { return outcome.best_seconds; }
double peak_bytes_of(const Outcome& outcome) { return static_cast<double>(outcome.peak_bytes); }

Results::Results(const StudyConfig& config, const std::vector<StudyCell>& cells) : config_(config) {
  for (const StudyCell& cell : cells) {
    if (cell.outcome) {
      outcomes_[cell.key] = *cell.outcome;
    } else if (cell.finished) {
      diverged_.insert(cell.key);
    }
  }
  machine_ = usual_machine(outcomes_);
}

bool Results::counts(const Outcome& outcome, Metric metric) const {
  const bool is_time = metric == seconds_of || metric == best_seconds_of;
  return !is_time || outcome.machine == machine_;
}

std::int64_t Results::count_elsewhere() const {
  return std::ranges::count_if(
      outcomes_, [this](const auto& entry) { return entry.first.size > 0 && !counts(entry.second, seconds_of); });
}

std::vector<Column> Results::columns_of(const DomainConfig& domain) {
  std::vector<Column> columns;
  for (const std::int64_t size : domain.sizes) columns.push_back({&domain, size});
  return columns;
}

std::vector<Column> Results::columns() const {
  std::vector<Column> all;
  for (const DomainConfig& domain : config_.domains) {
    const std::vector<Column> columns = columns_of(domain);
    all.insert(all.end(), columns.begin(), columns.end());
  }
  return all;
}

std::vector<std::int64_t> Results::sizes() const {
  std::set<std::int64_t> all;
  for (const DomainConfig& domain : config_.domains) all.insert(domain.sizes.begin(), domain.sizes.end());
  return {all.begin(), all.end()};
}

const Outcome* Results::find(const MethodConfig& method, const Column& column, std::uint64_t seed) const {
  CellKey key{column.domain->name, method.name, column.size, seed};
  if (method.kind == MethodKind::kZeroShot) key.size = key.seed = 0;
  const auto found = outcomes_.find(key);
  return found == outcomes_.end() ? nullptr : &found->second;
}

const Outcome* Results::any(const MethodConfig& method) const {
  for (const auto& [key, outcome] : outcomes_) {
    if (key.method == method.name) return &outcome;
  }
  return nullptr;
}

std::vector<double> Results::values(const MethodConfig& method, const Column& column, Metric metric) const {
  std::vector<double> values;
  for (const std::uint64_t seed : config_.seeds) {
    const Outcome* outcome = find(method, column, seed);
    if (outcome == nullptr || !counts(*outcome, metric)) continue;
    values.push_back(metric(*outcome));
    if (method.kind == MethodKind::kZeroShot) break;  // one number, whatever the seed
  }
  return values;
}

Estimate Results::estimate(const MethodConfig& method, const Column& column, Metric metric) const {
  return estimate_mean(values(method, column, metric));
}

Estimate Results::difference(const MethodConfig& method, const MethodConfig& reference, const Column& column,
                             Metric metric) const {
  std::vector<double> a;
  std::vector<double> b;
  for (const std::uint64_t seed : config_.seeds) {
    const Outcome* first = find(method, column, seed);
    const Outcome* second = find(reference, column, seed);
    if (first == nullptr || second == nullptr || !counts(*first, metric) || !counts(*second, metric)) continue;
    a.push_back(metric(*first));
    b.push_back(metric(*second));
  }
  return estimate_difference(a, b);
}

bool Results::has_all_seeds(const MethodConfig& method, const Column& column) const {
  return std::ranges::all_of(config_.seeds, [&](std::uint64_t seed) { return find(method, column, seed) != nullptr; });
}

bool Results::has_whole_column(const MethodConfig& method, std::int64_t size) const {
  return std::ranges::any_of(
      columns(), [&](const Column& column) { return column.size == size && has_all_seeds(method, column); });
}

bool Results::has_diverged(const MethodConfig& method, const Column& column) const {
  return std::ranges::any_of(config_.seeds, [&](std::uint64_t seed) {
    return diverged_.contains({column.domain->name, method.name, column.size, seed});
  });
}

std::vector<std::uint64_t> Results::seeds_that_count(const std::vector<const MethodConfig*>& methods,
                                                     const std::vector<Column>& columns, Metric metric) const {
  std::vector<std::uint64_t> seeds = config_.seeds;
  for (const MethodConfig* method : methods) {
    for (const Column& column : columns) {
      std::erase_if(seeds, [&](std::uint64_t seed) { return !counts(*find(*method, column, seed), metric); });
    }
  }
  return seeds;
}

Estimate Results::estimate_over(const MethodConfig& method, const std::vector<Column>& columns, Metric metric) const {
  std::vector<Column> used = columns;
  std::erase_if(used, [&](const Column& column) { return !has_all_seeds(method, column); });
  if (used.empty()) return {};
  std::vector<double> by_seed;
  for (const std::uint64_t seed : seeds_that_count({&method}, used, metric)) {
    double sum = 0.0;
    for (const Column& column : used) sum += metric(*find(method, column, seed));
    by_seed.push_back(sum / static_cast<double>(used.size()));
  }
  return estimate_mean(by_seed);
}

std::vector<Column> Results::complete(std::vector<Column> columns) const {
  std::erase_if(columns, [this](const Column& column) {
    return !std::ranges::all_of(config_.methods, [&](const MethodConfig& method) {
      return has_all_seeds(method, column) || !has_whole_column(method, column.size);
    });
  });
  return columns;
}

Results::Comparison Results::compare(const MethodConfig& method, const MethodConfig& reference,
                                     const std::vector<Column>& columns, Metric metric) const {
  Comparison comparison;
  std::vector<Column> used;
  for (const Column& column : columns) {
    if (has_all_seeds(method, column) && has_all_seeds(reference, column)) {
      used.push_back(column);
    } else if (has_diverged(method, column) || has_diverged(reference, column)) {
      ++comparison.diverged;
    }
  }
  const std::vector<std::uint64_t> seeds = seeds_that_count({&method, &reference}, used, metric);
  if (used.empty() || seeds.empty()) return comparison;
  std::vector<double> by_seed(seeds.size(), 0.0);
  for (const Column& column : used) {
    double difference = 0.0;
    double largest = 0.0;
    for (std::size_t k = 0; k < by_seed.size(); ++k) {
      const double mine = metric(*find(method, column, seeds[k]));
      const double theirs = metric(*find(reference, column, seeds[k]));
      const double relative = (mine - theirs) / theirs;
      by_seed[k] += relative;
      difference += mine - theirs;
      largest = std::max(largest, std::abs(relative));
    }
    ++comparison.used;
    if (largest < kRounding) {
      ++comparison.equal;
    } else if (difference < 0.0) {
      comparison.better.push_back(column);
    } else {
      comparison.worse.push_back(column);
    }
  }
  for (double& value : by_seed) value /= static_cast<double>(comparison.used);
  comparison.relative = estimate_mean(by_seed);
  return comparison;
}

}  // namespace strataform::study
