#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "strataform/train/optimizer.h"
#include "strataform/train/run_state.h"
#include "strataform/train/train_task.h"
#include "strataform/train/validation.h"

namespace strataform::train {

/// Validates the averaged weights of a run where it has validation samples and, with TrainOptions::keep_best, keeps the
/// best of them.
class RunValidation {
 public:
  /// trained: what training changes, see Stepper::trained(). task and options must outlive it.
  RunValidation(const TrainTask& task, const TrainOptions& options, const NamedTensors& trained);

  [[nodiscard]] bool is_due(std::int64_t step) const;
  /// Whether states compete, that of the start among them.
  [[nodiscard]] bool keeps_best() const { return !best_.empty(); }
  /// Whether so many steps have brought nothing better that the run is to end.
  [[nodiscard]] bool is_out_of_patience(const RunState& state) const;
  /// Whether the state has been validated, or never can be.
  [[nodiscard]] bool has_seen(std::int64_t step) const { return validator_ == nullptr || step_ == step; }

  /// Leaves the network in evaluation mode. Throws InterruptedError, the state being as it was, when the context asks
  /// to stop.
  void run(RunState& state, MovingAverage& average, const Context& context);
  /// Whether the validation of a state to resume from is still missing, because it was interrupted.
  [[nodiscard]] bool was_interrupted(const RunState& state) const;
  /// The last one.
  [[nodiscard]] const std::optional<ValidationResult>& result() const { return result_; }
  /// That of a step, where it has been validated.
  [[nodiscard]] std::optional<ValidationResult> result_of(std::int64_t step) const;

  /// At the end of a run, when trained() holds the averages: puts the best state there where it is another than the
  /// last, validates it, and returns the step that it is of. Throws InterruptedError when the context asks to stop.
  std::int64_t select_best(const RunState& state, const Context& context);
  /// "best.<name>", for a checkpoint, sharing memory. Empty unless keeps_best().
  [[nodiscard]] const NamedTensors& state() const { return best_; }

 private:
  const TrainTask& task_;
  const TrainOptions& options_;
  NamedTensors trained_;
  NamedTensors best_;
  std::unique_ptr<Validator> validator_;
  std::optional<ValidationResult> result_;
  std::int64_t step_ = -1;  ///< that result_ is of
};

}  // namespace strataform::train
