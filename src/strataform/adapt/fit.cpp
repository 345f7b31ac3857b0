#include "strataform/adapt/fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <utility>

#include "strataform/adapt/best_state.h"
#include "strataform/adapt/fit_keeper.h"
#include "strataform/adapt/fit_state.h"
#include "strataform/adapt/map_objective.h"
#include "strataform/core/choice.h"
#include "strataform/core/error.h"
#include "strataform/core/mean.h"
#include "strataform/core/random.h"
#include "strataform/core/version.h"
#include "strataform/data/dataset.h"
#include "strataform/train/optimizer.h"
#include "strataform/train/schedule.h"

namespace strataform::adapt {
namespace {

using Clock = std::chrono::steady_clock;

constexpr Choice<Ending> kEndings[] = {{"gradients used up", Ending::kGradients},
                                       {"time used up", Ending::kTime},
                                       {"noise reached", Ending::kNoise},
                                       {"no better state", Ending::kPatience},
                                       {"no descent", Ending::kNoDescent}};

constexpr double kLeastRate = 1.0 / 256.0;  ///< of the learning rate, before a band ends
constexpr double kRounding = 1e-9;

std::int64_t batches_of(const FitTask& task, const AdaptOptions& options) {
  return (std::ssize(task.gathers) + options.train.batch_size - 1) / options.train.batch_size;
}

train::TrainOptions with_steps(const FitTask& task, const AdaptOptions& options) {
  train::TrainOptions train = options.train;
  train.steps = options.physics.gradients * batches_of(task, options);
  return train;
}

nlohmann::json fit_identity(const FitTask& task, const AdaptOptions& options) {
  nlohmann::json identity = identity_of(options);
  identity.update(task.identity);
  return identity;
}

class Fit {
 public:
  Fit(const FitTask& task, const AdaptOptions& options, const FitCallback& watch, const Context& context)
      : task_(task), options_(options), watch_(watch), context_(context), train_(with_steps(task, options)),
        schedule_(train_, std::ssize(task.gathers)), objective_(task, options, context),
        optimizer_(train::make_optimizer(train_, task.parameters)), start_(train::copies_of(task.parameters, "")),
        best_(train::joined(task.parameters, optimizer_->state())), keeper_(train_, fit_identity(task, options)) {
    state_ = keeper_.open(tensors(), {{"program", fmt::format("strataform {}", kVersion)},
                                      {"command", train_.command},
                                      {"threads", context_.thread_count()},
                                      {"options", to_json(options_)},
                                      {"task", task_.identity}});
    optimizer_->set_steps(state_.updates);
    skipped_ = state_.gradients;
    earlier_seconds_ = state_.seconds;
  }

  FitResult run() {
    try {
      while (state_.stage < stages()) run_stage();
      return finish();
    } catch (const InterruptedError&) {
      save();
      throw InterruptedError(
          fmt::format("interrupted after {} gradients: {}", state_.gradients, keeper_.where_saved()));
    }
  }

 private:
  [[nodiscard]] std::int64_t stages() const { return std::ssize(options_.physics.frequencies); }
  [[nodiscard]] double cutoff() const { return options_.physics.frequencies[static_cast<std::size_t>(state_.stage)]; }
  [[nodiscard]] double progress() const { return schedule_.progress(state_.step, state_.seconds); }
  [[nodiscard]] const std::vector<std::int64_t>& all() const { return objective_.all(); }

  [[nodiscard]] train::NamedTensors tensors() const {
    train::NamedTensors kept = train::joined(train::joined(task_.parameters, optimizer_->state()), best_.state());
    if (objective_.wavelets().defined()) kept.emplace_back("wavelets", objective_.wavelets());
    return kept;
  }
  void save() {
    update_clock();
    keeper_.save(tensors(), state_);
  }
  void update_clock() {
    state_.seconds = earlier_seconds_ + std::chrono::duration<double>(Clock::now() - began_).count();
  }

  void begin_stage() {
    const std::vector<float> maps = objective_.all_maps();
    objective_.estimate_wavelets(maps);
    const std::vector<double> shares = objective_.shares_of_all(maps, cutoff());
    if (!std::isfinite(mean_of(shares))) {
      throw NumericalError("the wave diverges in the maps that the network gives at first");
    }
    if (state_.stage == 0) {
      const bool is_whole = cutoff() <= 0.0;
      state_.first_misfit = mean_of(is_whole ? shares : objective_.shares_of_all(maps, 0.0));
      state_.first_value = objective_.validation(maps, 0.0).value_or(state_.first_misfit);
      if (state_.first_misfit > 1.0) {
        context_.warn(
            fmt::format("the first maps explain less than nothing of the gathers, whose misfit is {:.3g} of "
                        "what silence leaves: expected the amplitude, sign and wavelet of the survey; "
                        "`estimate` can find them",
                        state_.first_misfit));
      }
    }
    state_.shares = state_.reference = shares;
    state_.best = objective_.validation(maps, cutoff()).value_or(mean_of(shares));
    state_.best_pass = state_.pass;
    state_.rate = 1.0;
    best_.keep();
    state_.stage_end = progress() + (1.0 - progress()) / static_cast<double>(stages() - state_.stage);
    state_.stage_begun = true;
  }

  void run_stage() {
    if (!state_.stage_begun) begin_stage();
    goal_ = objective_.noise_share(cutoff());
    while (!stage_is_over()) {
      context_.throw_if_stopped("stopped between two steps");
      step();
      if (keeper_.is_due(state_)) save();
    }
    // What the last step led to nobody has seen yet.
    const std::vector<float> maps = objective_.all_maps();
    consider(objective_.shares_of_all(maps, cutoff()), [&] { return objective_.validation(maps, cutoff()); });
    best_.restore();
    ++state_.stage;
    state_.stage_begun = false;
  }

  [[nodiscard]] bool stage_is_over() {
    if (mean_of(state_.shares) <= goal_) return ends(Ending::kNoise);
    if (state_.rate < kLeastRate) return ends(Ending::kNoDescent);
    if (options_.patience > 0 && state_.pass - state_.best_pass >= options_.patience) return ends(Ending::kPatience);
    if (progress() < state_.stage_end - kRounding) return false;
    const bool by_steps = schedule_.progress(state_.step, 0.0) >= state_.stage_end - kRounding;
    return ends(by_steps ? Ending::kGradients : Ending::kTime);
  }
  bool ends(Ending how) {
    state_.ending = static_cast<int>(how);
    return true;
  }

  /// Keeps the parameters where these misfits of all gathers are the best ones so far.
  template <class Validate>
  void consider(const std::vector<double>& shares, const Validate& validate) {
    const double value = validate().value_or(mean_of(shares));
    if (!(value < state_.best)) return;
    state_.best = value;
    state_.best_pass = state_.pass;
    state_.reference = shares;
    best_.keep();
  }

  /// The gathers of a step: every pass takes them in another order.
  [[nodiscard]] std::vector<std::int64_t> batch_places() const {
    std::vector<std::int64_t> order = all();
    Random random(train_.seed, static_cast<std::uint64_t>(state_.pass));
    data::shuffle(random, order);
    const auto first = static_cast<std::size_t>(state_.batch * train_.batch_size);
    const auto count = std::min(static_cast<std::size_t>(train_.batch_size), order.size() - first);
    const auto begin = order.begin() + static_cast<std::ptrdiff_t>(first);
    return {begin, begin + static_cast<std::ptrdiff_t>(count)};
  }

  void step() {
    const std::vector<std::int64_t> places = batch_places();
    std::vector<std::int64_t> indices;
    for (const std::int64_t place : places) indices.push_back(task_.gathers[static_cast<std::size_t>(place)]);
    for (const auto& [name, parameter] : task_.parameters) parameter.mutable_grad().reset();
    const torch::Tensor velocity = objective_.network().velocity(indices);
    const BatchMisfit batch = objective_.evaluate(places, velocity, cutoff());
    const bool pass_ends = state_.batch + 1 == batches_of(task_, options_);
    const double rate = schedule_.learning_rate(state_.step, state_.seconds) * state_.rate;
    if (is_failure(places, batch)) {
      go_back();
    } else {
      for (std::size_t k = 0; k < places.size(); ++k) {
        state_.shares[static_cast<std::size_t>(places[k])] = batch.shares[k];
      }
      if (pass_ends) consider(state_.shares, [&] { return validate_now(); });
      velocity.backward(batch.gradient);
      update(rate);
    }
    ++state_.step;
    state_.gradients += std::ssize(places);
    state_.batch = pass_ends ? 0 : state_.batch + 1;
    if (pass_ends) ++state_.pass;
    update_clock();
    report(batch, indices, rate, pass_ends);
  }

  [[nodiscard]] std::optional<double> validate_now() const {
    if (options_.validation_shots == 0) return std::nullopt;
    return objective_.validation(objective_.all_maps(), cutoff());
  }

  [[nodiscard]] bool is_failure(std::span<const std::int64_t> places, const BatchMisfit& batch) const {
    if (!std::isfinite(batch.mean)) return true;
    const double reference = mean_at(state_.reference, places);
    if (batch.mean > (1.0 + options_.largest_rise) * reference) return true;
    // A map may lose its structure where the data want it.
    return batch.mean > reference && objective_.has_collapsed(places, batch.maps);
  }

  void go_back() {
    best_.restore();
    state_.rate *= 0.5;
    ++state_.setbacks;
  }

  void update(double rate) {
    const double norm = train::clip_gradients(task_.parameters, train_.clip_norm);
    if (!std::isfinite(norm)) return go_back();
    optimizer_->step(rate);
    ++state_.updates;
    if (options_.adapter_pull <= 0.0) return;
    const torch::NoGradGuard no_grad;
    const double share = std::min(1.0, rate * options_.adapter_pull);
    for (std::size_t i = 0; i < start_.size(); ++i) task_.parameters[i].second.detach().lerp_(start_[i].second, share);
  }

  void report(const BatchMisfit& batch, std::span<const std::int64_t> indices, double rate, bool pass_ends) {
    const FitStep step{.gradients = state_.gradients,
                       .skipped = skipped_,
                       .each = static_cast<double>(state_.gradients) / static_cast<double>(all().size()),
                       .stage = state_.stage,
                       .misfit = batch.mean,
                       .best = state_.best,
                       .learning_rate = rate,
                       .seconds = state_.seconds,
                       .gathers = indices,
                       .maps = batch.maps,
                       .pass_ends = pass_ends};
    if (pass_ends) keeper_.write(state_, mean_of(state_.shares), rate);
    if (watch_) watch_(step);
  }

  FitResult finish() {
    FitResult result;
    std::vector<float> maps = objective_.all_maps();
    result.last_misfit = mean_of(objective_.shares_of_all(maps, 0.0));
    result.last_validation = objective_.validation(maps, 0.0);
    if (result.last_validation) result.first_validation = state_.first_value;
    result.first_misfit = state_.first_misfit;
    if (!(result.last_validation.value_or(result.last_misfit) < state_.first_value)) {
      const torch::NoGradGuard no_grad;
      train::copy_values(start_, task_.parameters);
      maps = objective_.all_maps();
      result.last_misfit = result.first_misfit;
      result.last_validation = result.first_validation;
      result.is_start = true;
    }
    result.maps = std::move(maps);
    result.gradients = state_.gradients;
    result.setbacks = state_.setbacks;
    update_clock();
    result.seconds = state_.seconds;
    result.ending = static_cast<Ending>(state_.ending);
    save();
    return result;
  }

  const FitTask& task_;
  const AdaptOptions& options_;
  const FitCallback& watch_;
  const Context& context_;
  train::TrainOptions train_;
  train::Schedule schedule_;
  MapObjective objective_;
  std::unique_ptr<train::Optimizer> optimizer_;
  train::NamedTensors start_;  ///< what training began with
  BestState best_;
  FitKeeper keeper_;

  FitState state_;
  double goal_ = 0.0;  ///< misfit of the band that noise alone leaves
  std::int64_t skipped_ = 0;
  double earlier_seconds_ = 0.0;
  Clock::time_point began_ = Clock::now();
};

}  // namespace

const char* name_of(Ending ending) { return name_of(kEndings, ending); }

nlohmann::json to_json(const FitResult& result) {
  nlohmann::json json = {{"first_misfit", result.first_misfit}, {"last_misfit", result.last_misfit},
                         {"gradients", result.gradients},       {"setbacks", result.setbacks},
                         {"seconds", result.seconds},           {"ended", name_of(result.ending)},
                         {"is_start", result.is_start}};
  if (result.first_validation) json["first_validation"] = *result.first_validation;
  if (result.last_validation) json["last_validation"] = *result.last_validation;
  return json;
}

FitResult fit(const FitTask& task, const AdaptOptions& options, const FitCallback& watch, const Context& context) {
  check(options, task.modelling);
  return Fit(task, options, watch, context).run();
}

}  // namespace strataform::adapt
