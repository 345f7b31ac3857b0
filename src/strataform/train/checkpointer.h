#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "strataform/train/checkpoint.h"
#include "strataform/train/train_options.h"

namespace strataform::train {

/// Keeps the state of a run in its folder. A run without a folder has nothing kept.
class Checkpointer {
 public:
  /// identity: what a run must share with its checkpoint. options must outlive it.
  Checkpointer(const TrainOptions& options, nlohmann::json identity);

  [[nodiscard]] bool keeps() const { return !options_.run_folder.empty(); }
  /// Prepares the folder. Where a run is resumed, fills its tensors and returns its state. Throws as
  /// prepare_run_folder() and read_checkpoint() do.
  [[nodiscard]] RunState open(const NamedTensors& tensors) const;

  /// By steps or by the time since the last one.
  [[nodiscard]] bool is_due(std::int64_t step) const;
  void save(const NamedTensors& tensors, const RunState& state);
  /// What was saved where, for the end of a message.
  [[nodiscard]] std::string where_saved() const;

 private:
  using Clock = std::chrono::steady_clock;

  const TrainOptions& options_;
  nlohmann::json identity_;
  Clock::time_point last_ = Clock::now();
};

}  // namespace strataform::train
