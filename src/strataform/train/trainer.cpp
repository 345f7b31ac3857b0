#include "strataform/train/trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "strataform/core/error.h"
#include "strataform/nn/device.h"
#include "strataform/train/batch_feed.h"
#include "strataform/train/checkpointer.h"
#include "strataform/train/reporter.h"
#include "strataform/train/run_validation.h"
#include "strataform/train/schedule.h"
#include "strataform/train/stepper.h"
#include "strataform/train/tensor_memory.h"

namespace strataform::train {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

BatchFeed make_feed(const TrainTask& task, const TrainOptions& options, bool with_gathers, const Context& context) {
  const torch::Device device = nn::device_of(*task.network);
  const data::BatchOptions batches{.batch_size = options.batch_size,
                                   .seed = options.seed,
                                   .flip = options.flips,
                                   .augmentation = {.share = options.augment},
                                   .with_gathers = with_gathers,
                                   .threads = device.is_cpu() ? 1 : context.thread_count()};
  return {task.training, task.input, batches, {task.network->shape(), device, options.channels_last}};
}

/// What a run must share with the checkpoint that it goes on from.
nlohmann::json identity_of(const TrainTask& task, const TrainOptions& options) {
  nlohmann::json identity = arithmetic_of(options);
  identity.update(task.identity);
  if (options.keep_best) identity["validation_limit"] = options.validation_limit;  // errors are compared
  return identity;
}

void require_map_shape(const nn::BackboneShape& shape, const data::Dataset& dataset) {
  if (dataset.nz() == shape.nz && dataset.nx() == shape.nx) return;
  throw MismatchError(fmt::format("{}: expected velocity maps [{}, {}] for this network, found [{}, {}]",
                                  dataset.name(), shape.nz, shape.nx, dataset.nz(), dataset.nx()));
}

/// Before a long run, what LibTorch would refuse in its first step.
void require_batch(nn::Backbone& network, const TrainOptions& options) {
  if (options.batch_size > 1 || options.freeze_batch_norm || nn::learns_from_one_sample(network)) return;
  throw UsageError(
      fmt::format("`batch_size`: expected 2 or more for backbone '{}', because its BatchNorm learns nothing from one "
                  "example, found 1",
                  network.name()));
}

void use_channels_last(const TrainTask& task) {
  std::vector<torch::Tensor> weights = task.network->parameters();
  for (const auto& [name, parameter] : task.parameters) weights.push_back(parameter);
  for (torch::Tensor& weight : weights) {
    if (weight.dim() == 4) weight.set_data(weight.detach().contiguous(torch::MemoryFormat::ChannelsLast));
  }
}

/// The loop, over parts that each do one thing.
class Run {
 public:
  Run(const TrainTask& task, const TrainOptions& options, const TrainCallback& callback, const Context& context);
  TrainResult train();

 private:
  void take_steps();
  void step();
  TensorBatch next_batch(StepRecord& record);
  void validate();
  void validate_last();
  void report() { reporter_.report(state_, validation_.result_of(state_.step)); }
  void save();
  [[noreturn]] void fail_interrupted() const;
  TrainResult finish();

  void update_clock();
  [[nodiscard]] NamedTensors saved_tensors() const { return joined(stepper_.state(), validation_.state()); }

  const TrainTask& task_;
  Context context_;
  Stepper stepper_;
  BatchFeed feed_;
  Schedule schedule_;
  RunValidation validation_;
  Checkpointer checkpointer_;
  Reporter reporter_;

  RunState state_;
  RunState earlier_;  ///< what the stretch that runs now started from
  Clock::time_point start_ = Clock::now();
  std::int64_t peak_tensor_bytes_ = 0;
};

Run::Run(const TrainTask& task, const TrainOptions& options, const TrainCallback& callback, const Context& context)
    : task_(task), context_(context), stepper_(task, options, context),
      feed_(make_feed(task, options, stepper_.reads_gathers(), context)), schedule_(options, task.training->size()),
      validation_(task, options, stepper_.trained()), checkpointer_(options, identity_of(task, options)),
      reporter_(task, options, schedule_.steps(), callback, context) {
  state_ = earlier_ = checkpointer_.open(saved_tensors());
  stepper_.set_steps(state_.step);
  reporter_.begin(state_);
}

TrainResult Run::train() {
  try {
    take_steps();
    validate_last();
  } catch (const InterruptedError&) {
    save();
    fail_interrupted();
  }
  return finish();
}

void Run::take_steps() {
  // The state at the start competes too, so that training never makes the result worse.
  if ((validation_.keeps_best() && state_.best_step < 0) || validation_.was_interrupted(state_)) {
    validate();
    report();
  }
  while (schedule_.progress(state_.step, state_.seconds) < 1.0 && !validation_.is_out_of_patience(state_)) {
    step();
    const bool validates = validation_.is_due(state_.step);
    if (validates) validate();
    if (validates || reporter_.is_due(state_.step)) report();
    if (checkpointer_.is_due(state_.step)) save();
    reporter_.show(state_, validation_.result());
    context_.throw_if_stopped("stopped between two steps");
  }
}

void Run::update_clock() {
  state_.seconds = earlier_.seconds + seconds_since(start_);
  state_.waiting_seconds = earlier_.waiting_seconds + feed_.seconds_waiting();
}

void Run::step() {
  const auto start = Clock::now();
  reset_peak_tensor_bytes();
  StepRecord record;
  const TensorBatch batch = next_batch(record);
  record.learning_rate = schedule_.learning_rate(state_.step, state_.seconds);
  try {
    record.loss = stepper_.step(batch, state_.step, record.learning_rate) * metres_per_unit(task_.input.normalization);
  } catch (const Divergence& divergence) {
    save();
    throw NumericalError(fmt::format("training diverged after step {}: {}; {}; try a lower `learning_rate`",
                                     state_.step, divergence.what(), checkpointer_.where_saved()));
  }
  ++state_.step;
  state_.samples += batch.host.count;
  peak_tensor_bytes_ = std::max(peak_tensor_bytes_, peak_tensor_bytes());
  record.seconds = seconds_since(start);
  state_.training_seconds += record.seconds;
  reporter_.add(state_, record);
  update_clock();
}

TensorBatch Run::next_batch(StepRecord& record) {
  try {
    record.samples_available = task_.training->available();
    return feed_.batch(state_.step);
  } catch (const std::exception&) {
    save();  // what was learnt is worth more than the data that failed
    throw;
  }
}

void Run::validate() {
  validation_.run(state_, stepper_.average(), context_);
  update_clock();
}

void Run::validate_last() {
  const bool unvalidated = !validation_.has_seen(state_.step);
  if (unvalidated) validate();
  if (unvalidated || state_.loss_count > 0) report();
}

void Run::fail_interrupted() const {
  throw InterruptedError(fmt::format("interrupted after step {}: {}{}", state_.step, checkpointer_.where_saved(),
                                     checkpointer_.keeps() ? "; continue with the same command and `resume`" : ""));
}

void Run::save() {
  update_clock();
  state_.log_bytes = reporter_.log_bytes();
  checkpointer_.save(saved_tensors(), state_);
}

TrainResult Run::finish() {
  save();
  reporter_.show(state_, validation_.result());
  reporter_.finish();

  TrainResult result;
  result.steps = state_.step;
  result.samples = state_.samples;
  result.seconds = state_.seconds;
  result.training_seconds = state_.training_seconds;
  result.peak_tensor_bytes = peak_tensor_bytes_;
  result.waiting_seconds = state_.waiting_seconds;
  result.loss = state_.last_loss;
  stepper_.average().swap();
  const Clock::time_point start = Clock::now();
  try {
    result.selected_step = validation_.select_best(state_, context_);
  } catch (const InterruptedError&) {
    fail_interrupted();  // the state is saved, and the weights are no longer those of the last step
  }
  if (result.selected_step != state_.step) result.seconds += seconds_since(start);
  result.validation = validation_.result();
  task_.network->eval();
  return result;
}

}  // namespace

void check(const TrainTask& task) {
  require_map_shape(task.network->shape(), *task.training);
  if (task.validation != nullptr) require_map_shape(task.network->shape(), *task.validation);
}

TrainResult train(const TrainTask& task, const TrainOptions& options, const TrainCallback& callback,
                  const Context& context) {
  check(options);
  check(task);
  require_batch(*task.network, options);
  if (options.channels_last) use_channels_last(task);
  return Run(task, options, callback, context).train();
}

}  // namespace strataform::train
