#include "strataform/train/checkpointer.h"

#include <fmt/format.h>

#include <utility>

#include "strataform/train/run_log.h"

namespace strataform::train {

Checkpointer::Checkpointer(const TrainOptions& options, nlohmann::json identity)
    : options_(options), identity_(std::move(identity)) {}

RunState Checkpointer::open(const NamedTensors& tensors) const {
  if (!keeps()) return {};
  prepare_run_folder(options_.run_folder, options_.resume, options_.overwrite);
  if (!options_.resume) return {};
  return read_checkpoint(checkpoint_file(options_.run_folder), tensors, identity_);
}

bool Checkpointer::is_due(std::int64_t step) const {
  if (!keeps()) return false;
  if (options_.checkpoint_steps > 0 && step % options_.checkpoint_steps == 0) return true;
  const double seconds = std::chrono::duration<double>(Clock::now() - last_).count();
  return options_.checkpoint_minutes > 0 && seconds >= 60.0 * options_.checkpoint_minutes;
}

void Checkpointer::save(const NamedTensors& tensors, const RunState& state) {
  if (!keeps()) return;
  write_checkpoint(checkpoint_file(options_.run_folder), tensors, state, identity_);
  last_ = Clock::now();
}

std::string Checkpointer::where_saved() const {
  if (!keeps()) return "nothing was saved";
  return fmt::format("the state of that step was saved to {}", checkpoint_file(options_.run_folder).string());
}

}  // namespace strataform::train
