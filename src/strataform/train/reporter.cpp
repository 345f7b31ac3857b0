#include "strataform/train/reporter.h"

#include <fmt/format.h>

#include <string>

#include "strataform/core/version.h"
#include "strataform/train/train_task.h"

namespace strataform::train {
namespace {

/// Of the last line of the log or, before there is one, of the steps so far.
double recent_loss(const RunState& state) {
  const bool is_logged = state.last_loss > 0;
  return is_logged || state.loss_count == 0 ? state.last_loss : state.loss_sum / static_cast<double>(state.loss_count);
}

}  // namespace

Reporter::Reporter(const TrainTask& task, const TrainOptions& options, std::int64_t steps,
                   const TrainCallback& callback, const Context& context)
    : task_(task), options_(options), callback_(callback), context_(context), steps_(steps) {}

void Reporter::begin(const RunState& state) {
  if (!options_.run_folder.empty()) {
    const nlohmann::json configuration = {{"program", fmt::format("strataform {}", kVersion)},
                                          {"command", options_.command},
                                          {"threads", context_.thread_count()},
                                          {"options", to_json(options_)},
                                          {"task", task_.identity},
                                          {"input", data::to_json(task_.input)},
                                          {"training_samples", task_.training->size()},
                                          {"trained_parameters", task_.parameters.size()}};
    log_ = std::make_unique<RunLog>(options_.run_folder, configuration, state.log_bytes);
  }
  const bool by_time = options_.max_minutes > 0;
  const auto total = by_time ? static_cast<std::int64_t>(60.0 * options_.max_minutes) : steps_ * options_.batch_size;
  progress_ = std::make_unique<Progress>(context_, task_.label, total, by_time ? kSeconds : "examples");
  progress_->skip(by_time ? static_cast<std::int64_t>(state.seconds) : state.samples);
}

void Reporter::add(RunState& state, const StepRecord& step) {
  state.loss_sum += step.loss;
  ++state.loss_count;
  ++recent_steps_;
  recent_seconds_ += step.seconds;
  last_ = step;
}

void Reporter::report(RunState& state, const std::optional<ValidationResult>& validation) {
  if (state.loss_count > 0) {
    state.last_loss = state.loss_sum / static_cast<double>(state.loss_count);
    const auto samples = static_cast<double>(recent_steps_ * options_.batch_size);
    samples_per_second_ = recent_steps_ > 0 ? samples / recent_seconds_ : 0.0;
  }
  state.loss_sum = recent_seconds_ = 0.0;
  state.loss_count = recent_steps_ = 0;

  StepReport report{state.step,          steps_,    state.seconds, std::nullopt, last_.learning_rate,
                    samples_per_second_, validation};
  if (state.step > 0) report.loss = state.last_loss;
  if (log_ != nullptr) write_log(report, state);
  if (callback_) callback_(report);
}

void Reporter::write_log(const StepReport& report, const RunState& state) {
  nlohmann::json line = {{"step", report.step},
                         {"seconds", report.seconds},
                         {"samples_available", last_.samples_available},
                         {"seconds_waiting", state.waiting_seconds}};
  if (report.validation) line["validation"] = to_json(*report.validation);
  if (report.loss) {
    line["loss"] = *report.loss;
    log_->scalar("train/loss_m_per_s", *report.loss, report.step);
  }
  // Not of a validation that an earlier, interrupted run has left over.
  if (report.samples_per_second > 0) {
    line["learning_rate"] = report.learning_rate;
    line["samples_per_second"] = report.samples_per_second;
    log_->scalar("train/learning_rate", report.learning_rate, report.step);
    log_->scalar("train/samples_per_second", report.samples_per_second, report.step);
  }
  log_->write(line);
  if (report.validation) log_->scalar("validation/mae_m_per_s", report.validation->mae, report.step);
  log_->flush();
}

void Reporter::show(const RunState& state, const std::optional<ValidationResult>& validation) {
  std::string note = fmt::format("loss {:.1f} m/s", recent_loss(state));
  if (validation) note += fmt::format(", validation {:.1f} m/s", validation->mae);
  if (options_.max_minutes > 0) {
    if (samples_per_second_ > 0) note += fmt::format(", {:.0f} samples/s", samples_per_second_);
    progress_->update(static_cast<std::int64_t>(state.seconds), note);
  } else {
    progress_->update(state.samples, note);
  }
}

}  // namespace strataform::train
