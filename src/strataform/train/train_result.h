#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>

#include "strataform/train/validation.h"

namespace strataform::train {

/// A look at a run: with every line of its log and after every validation.
struct StepReport {
  std::int64_t step = 0;
  std::int64_t steps = 0;  ///< of the whole run; 0 where time alone ends it
  double seconds = 0.0;
  std::optional<double> loss{};  ///< mean absolute error on the last training batches, m/s; none before the first step
  double learning_rate = 0.0;
  double samples_per_second = 0.0;
  std::optional<ValidationResult> validation;  ///< of the averaged weights
};
using TrainCallback = std::function<void(const StepReport&)>;

struct TrainResult {
  std::int64_t steps = 0;
  std::int64_t samples = 0;
  double seconds = 0.0;                        ///< over all stretches of a resumed run
  double training_seconds = 0.0;               ///< of it, without validation and checkpoints
  double waiting_seconds = 0.0;                ///< of it, waiting for data
  double loss = 0.0;                           ///< m/s, of the last steps
  std::int64_t peak_tensor_bytes = 0;          ///< in a training step, in main memory; 0: not counted
  std::optional<ValidationResult> validation;  ///< of the weights that the network now has
  std::int64_t selected_step = 0;              ///< where those weights come from

  [[nodiscard]] double seconds_per_step() const;
  [[nodiscard]] double samples_per_second() const;
  [[nodiscard]] double waiting_share() const;  ///< of `seconds`, 0 to 1
};

nlohmann::json to_json(const TrainResult& result);

}  // namespace strataform::train
