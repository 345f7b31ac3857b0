#pragma once

#include <cstdint>

#include "strataform/train/train_options.h"

namespace strataform::train {

/// Linear warm-up over the first steps, then half a cosine down to a share of the learning rate (Loshchilov and
/// Hutter, 2017, without restarts).
///
/// Progress is the larger of the shares of steps and of time that are spent, so that a run which time ends has cooled
/// down as well. Without a time limit the learning rate is a function of the step alone.
class Schedule {
 public:
  /// samples: of the training set, for a run that is given in epochs.
  Schedule(const TrainOptions& options, std::int64_t samples);

  /// Steps of the whole run; 0 where time alone ends it.
  [[nodiscard]] std::int64_t steps() const { return steps_; }
  /// 0 at the start, 1 or more when the run is over. step is the number of finished steps.
  [[nodiscard]] double progress(std::int64_t step, double elapsed_seconds) const;
  /// Of the step that follows `step` finished ones.
  [[nodiscard]] double learning_rate(std::int64_t step, double elapsed_seconds) const;

 private:
  std::int64_t steps_;
  std::int64_t warmup_steps_;
  double max_seconds_;
  double peak_;
  double final_share_;
};

}  // namespace strataform::train
