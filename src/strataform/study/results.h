#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "strataform/study/cell.h"
#include "strataform/study/config.h"
#include "strataform/study/statistics.h"

namespace strataform::study {

/// A number of an outcome.
using Metric = double (*)(const Outcome&);

[[nodiscard]] double mae_of(const Outcome& outcome);   ///< m/s
[[nodiscard]] double rmse_of(const Outcome& outcome);  ///< m/s
[[nodiscard]] double ssim_of(const Outcome& outcome);
[[nodiscard]] double forgetting_of(const Outcome& outcome);  ///< m/s
[[nodiscard]] double seconds_of(const Outcome& outcome);
[[nodiscard]] double best_seconds_of(const Outcome& outcome);
[[nodiscard]] double peak_bytes_of(const Outcome& outcome);

/// A column of the study: a domain with a number of training samples.
struct Column {
  const DomainConfig* domain = nullptr;
  std::int64_t size = 0;
};

/// The finished cells of a study, by row and column. The configuration must outlive it.
///
/// A study may be computed in stretches on several machines. Seconds are compared on one of them, on which most cells
/// were computed: those of the other cells are left out of estimates, differences and comparisons.
class Results {
 public:
  Results(const StudyConfig& config, const std::vector<StudyCell>& cells);

  [[nodiscard]] const StudyConfig& config() const { return config_; }
  /// Columns with any number of samples, or of one domain, in the configuration's order.
  [[nodiscard]] std::vector<Column> columns() const;
  [[nodiscard]] static std::vector<Column> columns_of(const DomainConfig& domain);

  /// All numbers of training samples, ascending.
  [[nodiscard]] std::vector<std::int64_t> sizes() const;

  /// The outcome of a cell; null where it is missing or diverged. A zero-shot row has the same one in all columns.
  [[nodiscard]] const Outcome* find(const MethodConfig& method, const Column& column, std::uint64_t seed) const;
  /// Those columns in which no row lacks an outcome: what is averaged over them is of the same data in every row. Rows
  /// that have no whole column with so many samples yet do not count.
  [[nodiscard]] std::vector<Column> complete(std::vector<Column> columns) const;
  /// Any outcome of a row, for what does not depend on the column; null where there is none.
  [[nodiscard]] const Outcome* any(const MethodConfig& method) const;

  /// Trained cells whose seconds were measured elsewhere than most.
  [[nodiscard]] std::int64_t count_elsewhere() const;

  /// Over the seeds that are there.
  [[nodiscard]] Estimate estimate(const MethodConfig& method, const Column& column, Metric metric) const;
  /// method minus reference over the seeds for which both are there.
  [[nodiscard]] Estimate difference(const MethodConfig& method, const MethodConfig& reference, const Column& column,
                                    Metric metric) const;
  /// Over the seeds: for each of them the mean over those columns that have all seeds. count is 0 without such columns.
  [[nodiscard]] Estimate estimate_over(const MethodConfig& method, const std::vector<Column>& columns,
                                       Metric metric) const;

  /// Zero-shot one number is that of all seeds.
  [[nodiscard]] bool has_all_seeds(const MethodConfig& method, const Column& column) const;

  struct Comparison {
    Estimate relative;             ///< (method - reference) / reference, as a share
    std::int64_t used = 0;         ///< columns that have all seeds of both
    std::int64_t diverged = 0;     ///< others, where for some seed all trainings of either diverged
    std::vector<Column> better{};  ///< of the used ones, those where method has the smaller mean
    std::int64_t equal = 0;        ///< those where all seeds are equal but for rounding: neither has left the base
    std::vector<Column> worse{};   ///< the others
  };
  /// The relative difference by seed, averaged over the columns that have all seeds of both methods: each seed is one
  /// value, so that the interval is over seeds.
  [[nodiscard]] Comparison compare(const MethodConfig& method, const MethodConfig& reference,
                                   const std::vector<Column>& columns, Metric metric) const;

 private:
  [[nodiscard]] bool counts(const Outcome& outcome, Metric metric) const;
  /// Those of which no outcome in these columns, all of them there, is left out.
  [[nodiscard]] std::vector<std::uint64_t> seeds_that_count(const std::vector<const MethodConfig*>& methods,
                                                            const std::vector<Column>& columns, Metric metric) const;
  [[nodiscard]] std::vector<double> values(const MethodConfig& method, const Column& column, Metric metric) const;
  [[nodiscard]] bool has_whole_column(const MethodConfig& method, std::int64_t size) const;
  [[nodiscard]] bool has_diverged(const MethodConfig& method, const Column& column) const;

  const StudyConfig& config_;
  std::map<CellKey, Outcome> outcomes_;
  std::set<CellKey> diverged_;  ///< finished without an outcome
  std::string machine_;         ///< of most trained cells
};

}  // namespace strataform::study
