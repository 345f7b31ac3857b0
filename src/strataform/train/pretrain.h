#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "strataform/data/dataset.h"
#include "strataform/data/openfwi_layout.h"
#include "strataform/io/dtype.h"
#include "strataform/train/train_options.h"
#include "strataform/train/train_result.h"

namespace strataform::train {

/// Folders with training samples and those that watch over the training.
struct TrainingData {
  std::vector<std::filesystem::path> folders;
  data::Split split = data::Split::kAll;
  std::string family;                ///< empty: all
  std::int64_t limit = 0;            ///< samples of each family; 0: all
  std::filesystem::path validation;  ///< a folder of its own; empty: held_out of the samples above
  double held_out = 0.0;             ///< share of every family that is not trained on
};

struct LoadedData {
  std::shared_ptr<const data::Dataset> training;
  std::shared_ptr<const data::Dataset> validation;  ///< null: none
  nlohmann::json description;                       ///< folders, families and their counts, for records
};

/// Throws IoError, InputError, MismatchError and UsageError as open_dataset() does.
LoadedData load_data(const TrainingData& data);

struct PretrainOptions {
  TrainingData data;
  std::string backbone = "compact";
  nlohmann::json backbone_options = nlohmann::json::object();
  std::filesystem::path initial;  ///< a model whose weights, backbone and input the training starts from
  std::filesystem::path output;
  io::DType storage = io::DType::kFloat16;
  TrainOptions train;
};

/// Trains a model from data alone, or on from an earlier one, and writes it to a file with a record of how it was
/// made. Throws as train() does, and IoError for the output.
TrainResult pretrain(const PretrainOptions& options, const TrainCallback& callback = {});

}  // namespace strataform::train
