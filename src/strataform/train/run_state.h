#pragma once

#include <cstdint>

namespace strataform::train {

/// Where a run stands, beside its tensors. There is no state of random numbers: all of them are functions of the
/// seed and the step.
struct RunState {
  std::int64_t step = 0;          ///< finished optimiser steps
  std::int64_t samples = 0;       ///< seen so far
  double seconds = 0.0;           ///< wall-clock time of all stretches
  double training_seconds = 0.0;  ///< of it, without validation and checkpoints
  double waiting_seconds = 0.0;   ///< of it, waiting for data
  double loss_sum = 0.0;          ///< of the steps since the last line of the log
  std::int64_t loss_count = 0;
  double last_loss = 0.0;            ///< m/s, in the last line of the log
  std::int64_t best_step = -1;       ///< of the best validation so far; -1: none
  double best_mae = 0.0;             ///< m/s, at best_step
  std::uintmax_t log_bytes = 0;      ///< length of log.jsonl
  std::int64_t validated_step = -1;  ///< of the last validation that was finished; -1: none
};

}  // namespace strataform::train
