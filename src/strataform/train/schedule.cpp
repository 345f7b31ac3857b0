#include "strataform/train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace strataform::train {

Schedule::Schedule(const TrainOptions& options, std::int64_t samples)
    : steps_(options.steps), warmup_steps_(options.warmup_steps), max_seconds_(60.0 * options.max_minutes),
      peak_(options.learning_rate), final_share_(options.final_share) {
  if (steps_ == 0 && options.epochs > 0) {
    const double batches = static_cast<double>(samples) / static_cast<double>(options.batch_size);
    steps_ = std::max<std::int64_t>(1, std::llround(options.epochs * batches));
  }
}

double Schedule::progress(std::int64_t step, double elapsed_seconds) const {
  const double of_steps = steps_ > 0 ? static_cast<double>(step) / static_cast<double>(steps_) : 0.0;
  const double of_time = max_seconds_ > 0 ? elapsed_seconds / max_seconds_ : 0.0;
  return std::max(of_steps, of_time);
}

double Schedule::learning_rate(std::int64_t step, double elapsed_seconds) const {
  const double warmup = step < warmup_steps_ ? static_cast<double>(step + 1) / static_cast<double>(warmup_steps_) : 1.0;
  const double cosine = 0.5 * (1.0 + std::cos(std::numbers::pi * std::min(1.0, progress(step, elapsed_seconds))));
  return peak_ * warmup * (final_share_ + (1.0 - final_share_) * cosine);
}

}  // namespace strataform::train
