#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "strataform/core/context.h"
#include "strataform/data/dataset.h"
#include "strataform/data/input_check.h"
#include "strataform/io/dtype.h"
#include "strataform/model/model.h"
#include "strataform/peft/adapter_options.h"
#include "strataform/train/pretrain.h"
#include "strataform/train/train_options.h"
#include "strataform/train/train_result.h"

namespace strataform::peft {
class Adapter;
}

namespace strataform::train {

struct FinetuneOptions {
  peft::AdapterOptions adapter;
  /// Largest share of the parameters to train, 0..1: the rank (or width) is the largest that stays within it.
  std::optional<double> budget;
  bool keeps_budget = true;  ///< else rank 1 is taken where even that is more
  TrainOptions train;
  data::Mismatch mismatch = data::Mismatch::kRefuse;  ///< gathers of another time step or polarity than the network's
  /// Called with what will be trained, before it is.
  std::function<void(const peft::TrainableReport&)> announce;
};

/// Learning rates and intervals that suit a short run on a few samples, with frozen BatchNorm statistics and the best
/// state kept where there are validation samples. The length of the run is left to the caller.
TrainOptions finetune_defaults();

/// What docs/study found best with a method, by its name: layers, budget, learning rate and length. Throws UsageError
/// for an unknown name.
FinetuneOptions recommended_finetune(const std::string& method);

struct FinetuneResult {
  std::shared_ptr<peft::Adapter> adapter;  ///< on the model as long as it lives; for "full" it only names the weights
  peft::TrainableReport trainable;
  TrainResult training;
};

/// Throws UsageError where finetune() would because of the adapter. The model stays as it is.
void check_adapter(const model::Model& model, const peft::AdapterOptions& adapter, const std::optional<double>& budget);

/// Adapts a model to new samples. The model's own weights keep their bits, except with the method "full".
/// validation may be null. Throws as train() and the constructor of peft::Adapter do, and MismatchError for gathers of
/// another time step or polarity than the network's, unless that is accepted.
FinetuneResult finetune(const model::Model& model, std::shared_ptr<const data::Dataset> training,
                        std::shared_ptr<const data::Dataset> validation, const FinetuneOptions& options,
                        const TrainCallback& callback = {}, const Context& context = {});

struct FinetuneFiles {
  std::filesystem::path base;
  TrainingData data;
  std::filesystem::path output;             ///< an adapter's folder, or a model file for "full"
  io::DType storage = io::DType::kFloat16;  ///< of a model file; adapters are stored in float32
};

/// Adapts the model of a file to samples of files and writes the adapter, with a record of how it was made. Throws as
/// train() and the constructor of peft::Adapter do, and IoError.
TrainResult finetune(const FinetuneFiles& files, const FinetuneOptions& options, const TrainCallback& callback = {},
                     const Context& context = {});

}  // namespace strataform::train
