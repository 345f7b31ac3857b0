#include "strataform/train/run_validation.h"

namespace strataform::train {

RunValidation::RunValidation(const TrainTask& task, const TrainOptions& options, const NamedTensors& trained)
    : task_(task), options_(options), trained_(trained) {
  if (task.validation == nullptr) return;
  validator_ = std::make_unique<Validator>(task.validation, task.input, options.batch_size, options.validation_limit);
  if (options.keep_best) best_ = copies_of(trained_, "best.");
}

bool RunValidation::is_due(std::int64_t step) const {
  return validator_ != nullptr && step % options_.validation_steps == 0;
}

bool RunValidation::is_out_of_patience(const RunState& state) const {
  return options_.patience_steps > 0 && keeps_best() && state.step - state.best_step >= options_.patience_steps;
}

void RunValidation::run(RunState& state, MovingAverage& average, const Context& context) {
  const AveragedWeights averaged(average);
  result_ = validator_->run(*task_.network, context);
  step_ = state.validated_step = state.step;
  if (keeps_best() && (state.best_step < 0 || result_->mae < state.best_mae)) {
    state.best_step = state.step;
    state.best_mae = result_->mae;
    copy_values(trained_, best_);
  }
}

bool RunValidation::was_interrupted(const RunState& state) const {
  return state.step > 0 && is_due(state.step) && state.validated_step != state.step;
}

std::optional<ValidationResult> RunValidation::result_of(std::int64_t step) const {
  return step_ == step ? result_ : std::nullopt;
}

std::int64_t RunValidation::select_best(const RunState& state, const Context& context) {
  if (!keeps_best() || state.best_step == state.step) return state.step;
  copy_values(best_, trained_);
  result_ = validator_->run(*task_.network, context);
  return state.best_step;
}

}  // namespace strataform::train
