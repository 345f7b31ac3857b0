#include "strataform/train/trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "strataform/core/error.h"
#include "strataform/core/random.h"
#include "strataform/core/version.h"
#include "strataform/data/batch_loader.h"
#include "strataform/nn/normalised_layer.h"
#include "strataform/train/batch_feed.h"
#include "strataform/train/checkpoint.h"
#include "strataform/train/compute.h"
#include "strataform/train/loss.h"
#include "strataform/train/prefix_cache.h"
#include "strataform/train/run_log.h"
#include "strataform/train/schedule.h"
#include "strataform/train/tensor_memory.h"

namespace strataform::train {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// The buffers that training changes: none where the statistics of BatchNorm are frozen.
NamedTensors trained_buffers(const nn::Backbone& network, bool frozen) {
  NamedTensors buffers;
  if (frozen) return buffers;
  for (const auto& item : network.named_buffers()) {
    if (item.value().is_floating_point()) buffers.emplace_back(item.key(), item.value());
  }
  return buffers;
}

data::BatchOptions batch_options(const TrainOptions& options, int threads, bool with_gathers) {
  return {.batch_size = options.batch_size,
          .seed = options.seed,
          .flip = options.flips,
          .augmentation = {.share = options.augment},
          .with_gathers = with_gathers,
          .threads = threads};
}

nn::BatchNormStatistics statistics_of(const TrainOptions& options) {
  return options.freeze_batch_norm ? nn::BatchNormStatistics::kFrozen : nn::BatchNormStatistics::kUpdated;
}

std::unique_ptr<nn::FoldedNorms> fold_norms(nn::Backbone& network, const TrainOptions& options) {
  nn::set_training(network, statistics_of(options));
  return std::make_unique<nn::FoldedNorms>(network);
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
                  "sample, found 1",
                  network.name()));
}

class Run {
 public:
  Run(const TrainTask& task, const TrainOptions& options, const TrainCallback& callback, const Context& context);
  TrainResult train();

 private:
  void open_run_folder();
  void step();
  TensorBatch next_batch();
  double compute_gradients(const TensorBatch& batch);
  torch::Tensor predict(const TensorBatch& batch);
  void validate();
  void report();
  void show_progress();
  /// Of the last line of the log or, before there is one, of the steps so far. Requires a step.
  [[nodiscard]] double recent_loss() const;
  [[nodiscard]] bool checkpoint_is_due() const;
  [[nodiscard]] bool out_of_patience() const;
  void save();
  [[noreturn]] void fail_diverged(const std::string& what);
  [[noreturn]] void fail_interrupted();
  TrainResult finish();

  void update_clock();
  [[nodiscard]] std::string where_saved() const;
  [[nodiscard]] nlohmann::json identity() const;
  [[nodiscard]] NamedTensors saved_tensors() const;

  const TrainTask& task_;
  const TrainOptions& options_;
  const TrainCallback& callback_;
  const Context& context_;
  torch::Device device_;
  NamedTensors buffers_;
  NamedTensors trained_;  ///< parameters and buffers
  NamedTensors buffers_before_step_;
  NamedTensors best_;
  std::unique_ptr<Optimizer> optimizer_;
  MovingAverage average_;
  std::unique_ptr<nn::FoldedNorms> folded_;
  std::unique_ptr<PrefixCache> prefix_;
  BatchFeed feed_;
  std::unique_ptr<Validator> validator_;
  Schedule schedule_;
  std::unique_ptr<RunLog> log_;
  std::unique_ptr<Progress> progress_;

  RunState state_;
  RunState earlier_;  ///< what the stretch that runs now started from
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_save_ = start_;
  double learning_rate_ = 0.0;
  std::int64_t recent_steps_ = 0;  ///< since the last line of the log, or since this stretch began
  double recent_seconds_ = 0.0;    ///< of these steps
  double samples_per_second_ = 0.0;
  std::int64_t samples_available_ = 0;
  std::int64_t peak_tensor_bytes_ = 0;
  std::optional<ValidationResult> validation_;
  std::int64_t validated_step_ = -1;
};

Run::Run(const TrainTask& task, const TrainOptions& options, const TrainCallback& callback, const Context& context)
    : task_(task), options_(options), callback_(callback), context_(context), device_(nn::device_of(*task.network)),
      buffers_(trained_buffers(*task.network, options.freeze_batch_norm)), trained_(joined(task.parameters, buffers_)),
      buffers_before_step_(copies_of(buffers_, "")), optimizer_(make_optimizer(options, task.parameters)),
      average_(trained_, options.ema_decay), folded_(fold_norms(*task.network, options)),
      prefix_(PrefixCache::make(task, options, context)),
      feed_(task.training, task.input,
            batch_options(options, device_.is_cpu() ? 1 : context.thread_count(), /*with_gathers=*/prefix_ == nullptr),
            {task.network->shape(), device_, options.channels_last}),
      schedule_(options, task.training->size()) {
  if (task.validation != nullptr) {
    validator_ = std::make_unique<Validator>(task.validation, task.input, options.batch_size, options.validation_limit);
    if (options.keep_best) best_ = copies_of(trained_, "best.");
  }
  if (!options.run_folder.empty()) open_run_folder();
}

void Run::open_run_folder() {
  prepare_run_folder(options_.run_folder, options_.resume, options_.overwrite);
  if (options_.resume) {
    earlier_ = read_checkpoint(checkpoint_file(options_.run_folder), saved_tensors(), identity());
    state_ = earlier_;
    optimizer_->set_steps(state_.step);
  }
  const nlohmann::json configuration = {{"program", fmt::format("strataform {}", kVersion)},
                                        {"command", options_.command},
                                        {"threads", context_.thread_count()},
                                        {"options", to_json(options_)},
                                        {"task", task_.identity},
                                        {"input", data::to_json(task_.input)},
                                        {"training_samples", task_.training->size()},
                                        {"trained_parameters", task_.parameters.size()}};
  log_ = std::make_unique<RunLog>(options_.run_folder, configuration, state_.log_bytes);
}

nlohmann::json Run::identity() const {
  nlohmann::json identity = arithmetic_of(options_);
  identity.update(task_.identity);
  if (options_.keep_best) identity["validation_limit"] = options_.validation_limit;  // errors are compared
  return identity;
}

NamedTensors Run::saved_tensors() const {
  return joined(joined(trained_, average_.state()), joined(optimizer_->state(), best_));
}

TrainResult Run::train() {
  const bool by_time = options_.max_minutes > 0;
  const auto total =
      by_time ? static_cast<std::int64_t>(60.0 * options_.max_minutes) : schedule_.steps() * options_.batch_size;
  progress_ = std::make_unique<Progress>(context_, task_.label, total, by_time ? kSeconds : "samples");
  progress_->skip(by_time ? static_cast<std::int64_t>(state_.seconds) : state_.samples);
  // The state at the start competes too, so that training never makes the result worse.
  if (!best_.empty() && state_.best_step < 0) {
    validate();
    report();
  }
  while (schedule_.progress(state_.step, state_.seconds) < 1.0 && !out_of_patience()) {
    step();
    const bool validated = validator_ != nullptr && state_.step % options_.validation_steps == 0;
    if (validated) validate();
    if (validated || state_.step % options_.log_steps == 0) report();
    if (checkpoint_is_due()) save();
    show_progress();
    if (context_.stop_requested()) fail_interrupted();
  }
  return finish();
}

void Run::update_clock() {
  state_.seconds = earlier_.seconds + seconds_since(start_);
  state_.waiting_seconds = earlier_.waiting_seconds + feed_.seconds_waiting();
}

void Run::step() {
  const auto start = Clock::now();
  reset_peak_tensor_bytes();
  const TensorBatch batch = next_batch();
  learning_rate_ = schedule_.learning_rate(state_.step, state_.seconds);
  copy_values(buffers_, buffers_before_step_);
  const double loss = compute_gradients(batch);
  if (!std::isfinite(loss)) fail_diverged(fmt::format("the loss is {}", loss));
  const double norm = clip_gradients(task_.parameters, options_.clip_norm);
  if (!std::isfinite(norm)) fail_diverged(fmt::format("the norm of the gradients is {}", norm));
  optimizer_->step(learning_rate_);
  ++state_.step;
  average_.update(state_.step);

  state_.samples += batch.host.count;
  state_.loss_sum += loss * metres_per_unit(task_.input.normalization);
  ++state_.loss_count;
  peak_tensor_bytes_ = std::max(peak_tensor_bytes_, peak_tensor_bytes());
  const double elapsed = seconds_since(start);
  ++recent_steps_;
  recent_seconds_ += elapsed;
  state_.training_seconds += elapsed;
  update_clock();
}

TensorBatch Run::next_batch() {
  try {
    samples_available_ = task_.training->available();
    return feed_.batch(state_.step);
  } catch (const std::exception&) {
    save();  // what was learnt is worth more than the data that failed
    throw;
  }
}

double Run::compute_gradients(const TensorBatch& batch) {
  nn::set_training(*task_.network, statistics_of(options_));
  // What the network draws (dropout) is a function of seed and step too, so that no generator has to be saved.
  torch::manual_seed(Random(options_.seed, static_cast<std::uint64_t>(state_.step)).bits());
  for (const auto& [name, parameter] : task_.parameters) parameter.mutable_grad().reset();
  const torch::Tensor prediction = predict(batch).to(torch::kFloat32);
  const torch::Tensor error = torch::l1_loss(prediction, batch.velocity);
  torch::Tensor loss = error;
  if (options_.structure_weight > 0) {
    loss = loss + options_.structure_weight * (1.0 - structural_similarity(prediction, batch.velocity));
  }
  loss.backward();
  return error.item<double>();
}

torch::Tensor Run::predict(const TensorBatch& batch) {
  nn::Backbone& network = *task_.network;
  const Autocast autocast(options_.precision, device_.type());
  if (prefix_) return network.run_stages(prefix_->of(batch.host), prefix_->stage(), network.stage_count()).front();
  return network.forward(batch.gathers);
}

void Run::validate() {
  const AveragedWeights averaged(average_);
  validation_ = validator_->run(*task_.network);
  validated_step_ = state_.step;
  if (!best_.empty() && (state_.best_step < 0 || validation_->mae < state_.best_mae)) {
    state_.best_step = state_.step;
    state_.best_mae = validation_->mae;
    copy_values(trained_, best_);
  }
  update_clock();
}

void Run::report() {
  if (state_.loss_count > 0) {
    state_.last_loss = state_.loss_sum / static_cast<double>(state_.loss_count);
    const auto samples = static_cast<double>(recent_steps_ * options_.batch_size);
    samples_per_second_ = recent_steps_ > 0 ? samples / recent_seconds_ : 0.0;
  }
  state_.loss_sum = recent_seconds_ = 0.0;
  state_.loss_count = recent_steps_ = 0;

  StepReport report{state_.step,    schedule_.steps(),   state_.seconds, std::nullopt,
                    learning_rate_, samples_per_second_, std::nullopt};
  if (state_.step > 0) report.loss = state_.last_loss;
  if (validated_step_ == state_.step) report.validation = validation_;
  if (log_ != nullptr) {
    nlohmann::json line = {{"step", report.step},
                           {"seconds", report.seconds},
                           {"samples_available", samples_available_},
                           {"seconds_waiting", state_.waiting_seconds}};
    if (report.validation) line["validation"] = to_json(*report.validation);
    if (report.loss) {
      line["loss"] = *report.loss;
      line["learning_rate"] = report.learning_rate;
      line["samples_per_second"] = report.samples_per_second;
      log_->scalar("train/loss_m_per_s", *report.loss, report.step);
      log_->scalar("train/learning_rate", report.learning_rate, report.step);
      log_->scalar("train/samples_per_second", report.samples_per_second, report.step);
    }
    log_->write(line);
    if (report.validation) log_->scalar("validation/mae_m_per_s", report.validation->mae, report.step);
    log_->flush();
  }
  if (callback_) callback_(report);
}

void Run::show_progress() {
  std::string note = fmt::format("loss {:.1f} m/s", recent_loss());
  if (validation_) note += fmt::format(", validation {:.1f} m/s", validation_->mae);
  if (options_.max_minutes > 0) {
    if (samples_per_second_ > 0) note += fmt::format(", {:.0f} samples/s", samples_per_second_);
    progress_->update(static_cast<std::int64_t>(state_.seconds), note);
  } else {
    progress_->update(state_.samples, note);
  }
}

double Run::recent_loss() const {
  const bool is_logged = state_.last_loss > 0;
  return is_logged || state_.loss_count == 0 ? state_.last_loss
                                             : state_.loss_sum / static_cast<double>(state_.loss_count);
}

bool Run::out_of_patience() const {
  return options_.patience_steps > 0 && !best_.empty() && state_.step - state_.best_step >= options_.patience_steps;
}

bool Run::checkpoint_is_due() const {
  if (log_ == nullptr) return false;
  if (options_.checkpoint_steps > 0 && state_.step % options_.checkpoint_steps == 0) return true;
  return options_.checkpoint_minutes > 0 && seconds_since(last_save_) >= 60.0 * options_.checkpoint_minutes;
}

void Run::save() {
  if (log_ == nullptr) return;
  update_clock();
  state_.log_bytes = log_->log_bytes();
  write_checkpoint(checkpoint_file(options_.run_folder), saved_tensors(), state_, identity());
  last_save_ = Clock::now();
}

std::string Run::where_saved() const {
  if (log_ == nullptr) return "nothing was saved";
  return fmt::format("the state of that step was saved to {}", checkpoint_file(options_.run_folder).string());
}

void Run::fail_diverged(const std::string& what) {
  // The forward pass has moved the statistics of BatchNorm already; the weights are those of the last good step.
  copy_values(buffers_before_step_, buffers_);
  save();
  throw NumericalError(fmt::format("training diverged after step {}: {}; {}; try a lower --learning-rate", state_.step,
                                   what, where_saved()));
}

void Run::fail_interrupted() {
  save();
  throw InterruptedError(fmt::format("interrupted after step {}: {}{}", state_.step, where_saved(),
                                     log_ == nullptr ? "" : "; continue with the same command and --resume"));
}

TrainResult Run::finish() {
  const bool unvalidated = validator_ != nullptr && validated_step_ != state_.step;
  if (unvalidated) validate();
  if (unvalidated || state_.loss_count > 0) report();
  save();
  show_progress();
  progress_->finish();

  TrainResult result;
  result.steps = result.selected_step = state_.step;
  result.samples = state_.samples;
  result.seconds = state_.seconds;
  result.training_seconds = state_.training_seconds;
  result.peak_tensor_bytes = peak_tensor_bytes_;
  result.waiting_seconds = state_.waiting_seconds;
  result.loss = state_.last_loss;
  average_.swap();
  if (!best_.empty() && state_.best_step != state_.step) {
    copy_values(best_, trained_);
    result.selected_step = state_.best_step;
    const Clock::time_point start = Clock::now();
    validation_ = validator_->run(*task_.network);
    result.seconds += seconds_since(start);
  }
  result.validation = validation_;
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
  if (options.channels_last) {
    std::vector<torch::Tensor> weights = task.network->parameters();
    for (const auto& [name, parameter] : task.parameters) weights.push_back(parameter);
    for (torch::Tensor& weight : weights) {
      if (weight.dim() == 4) weight.set_data(weight.detach().contiguous(torch::MemoryFormat::ChannelsLast));
    }
  }
  return Run(task, options, callback, context).train();
}

}  // namespace strataform::train
