#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "strataform/core/atomic_file.h"
#include "strataform/data/mirror.h"
#include "strataform/io/option.h"

namespace strataform::train {

enum class Precision {
  kFloat32,
  kBFloat16,  ///< autocast: weights, optimiser and loss stay float32
};

enum class OptimizerKind { kAdamW, kMuon };

/// "adamw", "muon". Throws UsageError for another name.
OptimizerKind optimizer_from_name(const std::string& name);
std::string name_of(OptimizerKind optimizer);

/// "float32", "bfloat16". Throws UsageError for another name.
Precision precision_from_name(const std::string& name);
std::string name_of(Precision precision);

/// "never", "exact", "approximate". Throws UsageError for another name.
data::Flip flip_from_name(const std::string& name);
std::string name_of(data::Flip flip);

/// How a network is trained. At least one of steps, epochs and max_minutes is set; a run ends with the first that is
/// reached, and the learning rate has then cooled down whichever it was.
struct TrainOptions {
  std::int64_t steps = 0;    ///< 0: not limited
  double epochs = 0.0;       ///< passes over the training samples, used where steps is 0
  double max_minutes = 0.0;  ///< wall-clock time over all stretches of a resumed run; 0: not limited
  std::int64_t batch_size = 32;
  OptimizerKind optimizer = OptimizerKind::kAdamW;
  double learning_rate = 1e-3;
  double final_share = 0.01;  ///< of the learning rate that is left at the end
  std::int64_t warmup_steps = 100;
  double weight_decay = 0.01;  ///< on parameters with two or more dimensions
  double ema_decay = 0.999;
  double clip_norm = 1.0;  ///< 0: gradients are not clipped
  std::uint64_t seed = 1;
  std::string device = "cpu";  ///< or "cuda", "cuda:1"
  Precision precision = Precision::kFloat32;
  bool channels_last = false;
  data::Flip flips = data::Flip::kExact;  ///< left-right, at random
  double augment = 0.0;                   ///< share of the training samples changed as data::Augmentation says
  double structure_weight = 0.0;          ///< of 1 - structural similarity, added to the l1 loss
  bool freeze_batch_norm = false;
  /// With frozen statistics, frozen stages in front of everything trained are computed once for each sample, if their
  /// activations take no more than this. 0: in every step.
  std::int64_t prefix_cache_bytes = 0;

  std::int64_t validation_steps = 500;  ///< between validations; one more follows the last step
  std::int64_t validation_limit = 512;  ///< samples that each of them uses
  bool keep_best = false;               ///< the result is the state with the lowest validation error, not the last
  /// With keep_best the run ends when so many steps have brought no better validation; 0: never.
  std::int64_t patience_steps = 0;

  std::int64_t log_steps = 10;
  double checkpoint_minutes = 5.0;
  std::int64_t checkpoint_steps = 0;  ///< 0: by the clock alone
  std::filesystem::path run_folder;   ///< empty: nothing is logged or saved on the way
  bool resume = false;
  Overwrite overwrite = Overwrite::kRefuse;
  std::string command;  ///< how the run was started, for its records
};

/// Every option of a training but those that say where and how a run is kept (run_folder, resume, overwrite,
/// command).
[[nodiscard]] const std::vector<io::Option<TrainOptions>>& train_options();

/// Throws UsageError, naming the option, what was expected and what was found.
void check(const TrainOptions& options);

/// Every option, for the records of a run.
nlohmann::json to_json(const TrainOptions& options);

/// The part that decides what a step computes: a resumed run must have the same.
nlohmann::json arithmetic_of(const TrainOptions& options);

}  // namespace strataform::train
