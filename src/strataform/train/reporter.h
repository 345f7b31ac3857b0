#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "strataform/core/context.h"
#include "strataform/train/run_log.h"
#include "strataform/train/run_state.h"
#include "strataform/train/train_options.h"
#include "strataform/train/train_result.h"

namespace strataform::train {

struct TrainTask;

/// One step as it is reported.
struct StepRecord {
  double loss = 0.0;  ///< m/s
  double learning_rate = 0.0;
  double seconds = 0.0;                ///< that it took
  std::int64_t samples_available = 0;  ///< of the training set, when its batch was drawn
};

/// Tells how a run goes: to its log and TensorBoard's scalars, to a callback and, as progress, to a context.
class Reporter {
 public:
  /// steps: of the whole run; 0 where time alone ends it. task, options and callback must outlive it.
  Reporter(const TrainTask& task, const TrainOptions& options, std::int64_t steps, const TrainCallback& callback,
           const Context& context);

  /// Begins, or goes on from where state says. Writes the run's configuration where it has a folder.
  void begin(const RunState& state);
  /// Adds a step to what the next report says.
  void add(RunState& state, const StepRecord& step);
  [[nodiscard]] bool is_due(std::int64_t step) const { return step % options_.log_steps == 0; }
  /// A line of the log. validation: of this step's weights.
  void report(RunState& state, const std::optional<ValidationResult>& validation);
  /// The progress. validation: the last one.
  void show(const RunState& state, const std::optional<ValidationResult>& validation);
  void finish() { progress_->finish(); }

  /// Length of the log, for a checkpoint; 0 without a folder.
  [[nodiscard]] std::uintmax_t log_bytes() const { return log_ == nullptr ? 0 : log_->log_bytes(); }

 private:
  void write_log(const StepReport& report, const RunState& state);

  const TrainTask& task_;
  const TrainOptions& options_;
  const TrainCallback& callback_;
  Context context_;
  std::int64_t steps_;
  std::unique_ptr<RunLog> log_;
  std::unique_ptr<Progress> progress_;

  StepRecord last_;
  std::int64_t recent_steps_ = 0;  ///< since the last line of the log, or since this stretch began
  double recent_seconds_ = 0.0;    ///< of these steps
  double samples_per_second_ = 0.0;
};

}  // namespace strataform::train
