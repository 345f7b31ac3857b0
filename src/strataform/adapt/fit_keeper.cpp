#include "strataform/adapt/fit_keeper.h"

#include <fmt/format.h>

#include <filesystem>

#include "strataform/core/error.h"
#include "strataform/train/checkpoint.h"

namespace strataform::adapt {

FitState FitKeeper::open(const train::NamedTensors& tensors, const nlohmann::json& configuration) {
  if (!keeps()) return {};
  train::prepare_run_folder(options_.run_folder, options_.resume, options_.overwrite);
  FitState state;
  if (options_.resume) {
    const std::filesystem::path path = train::checkpoint_file(options_.run_folder);
    try {
      state = fit_state_from_json(train::read_checkpoint_state(path, tensors, identity_));
    } catch (const nlohmann::json::exception& error) {
      throw InputError(fmt::format("{}: the state of the run is damaged: {}", path.string(), error.what()));
    }
  }
  log_ = std::make_unique<train::RunLog>(options_.run_folder, configuration, state.log_bytes);
  last_ = Clock::now();
  return state;
}

bool FitKeeper::is_due(const FitState& state) const {
  if (!keeps()) return false;
  if (options_.checkpoint_steps > 0 && state.step % options_.checkpoint_steps == 0) return true;
  const double seconds = std::chrono::duration<double>(Clock::now() - last_).count();
  return options_.checkpoint_minutes > 0 && seconds >= 60.0 * options_.checkpoint_minutes;
}

void FitKeeper::save(const train::NamedTensors& tensors, FitState& state) {
  if (!keeps()) return;
  log_->flush();
  state.log_bytes = log_->log_bytes();
  train::write_checkpoint(train::checkpoint_file(options_.run_folder), tensors, to_json(state), identity_);
  last_ = Clock::now();
}

void FitKeeper::write(const FitState& state, double misfit, double learning_rate) {
  if (!log_) return;
  log_->write({{"step", state.step},
               {"gradients", state.gradients},
               {"seconds", state.seconds},
               {"stage", state.stage},
               {"misfit", misfit},
               {"best", state.best},
               {"learning_rate", learning_rate}});
  log_->scalar("adapt/misfit", misfit, state.step);
  log_->scalar("adapt/learning_rate", learning_rate, state.step);
  log_->flush();
}

std::string FitKeeper::where_saved() const {
  if (!keeps()) return "nothing was saved";
  return fmt::format("the state was saved to {}; continue with the same command and `resume`",
                     train::checkpoint_file(options_.run_folder).string());
}

}  // namespace strataform::adapt
