#pragma once

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "strataform/adapt/fit_state.h"
#include "strataform/train/named_tensors.h"
#include "strataform/train/run_log.h"
#include "strataform/train/train_options.h"

namespace strataform::adapt {

/// Keeps the state of an adaptation in its run folder, with a log. One without a folder has nothing kept.
class FitKeeper {
 public:
  /// options outlive it. identity: what a run must share with its checkpoint.
  FitKeeper(const train::TrainOptions& options, nlohmann::json identity)
      : options_(options), identity_(std::move(identity)) {}

  [[nodiscard]] bool keeps() const { return !options_.run_folder.empty(); }
  /// Prepares the folder and begins its log, whose first entry is the configuration. Where a run is resumed, fills its
  /// tensors and returns its state. Throws what train::prepare_run_folder() and train::read_checkpoint() throw.
  [[nodiscard]] FitState open(const train::NamedTensors& tensors, const nlohmann::json& configuration);
  /// By steps or by the time since the last one.
  [[nodiscard]] bool is_due(const FitState& state) const;
  void save(const train::NamedTensors& tensors, FitState& state);
  /// A line of the log.
  void write(const FitState& state, double misfit, double learning_rate);
  /// What was saved where, for the end of a message.
  [[nodiscard]] std::string where_saved() const;

 private:
  using Clock = std::chrono::steady_clock;

  const train::TrainOptions& options_;
  nlohmann::json identity_;
  std::unique_ptr<train::RunLog> log_;
  Clock::time_point last_ = Clock::now();
};

}  // namespace strataform::adapt
