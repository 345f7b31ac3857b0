#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "strataform/core/context.h"
#include "strataform/data/dataset.h"
#include "strataform/data/input_check.h"
#include "strataform/data/openfwi_layout.h"
#include "strataform/data/sample_stream.h"
#include "strataform/io/dtype.h"
#include "strataform/model/model.h"
#include "strataform/train/train_options.h"
#include "strataform/train/train_result.h"

namespace strataform::train {

/// Of a data set, for its fingerprint: a run is resumed with the data that it began with.
inline constexpr std::int64_t kFingerprintSamples = 16;

/// Folders with training samples and those that watch over the training.
struct TrainingData {
  std::vector<std::filesystem::path> folders;
  /// With families: samples that are modelled during the training, instead of folders. Seed, decimation and
  /// accelerators become those that the training needs.
  data::StreamOptions stream{};
  data::Split split = data::Split::kAll;
  std::string family;                       ///< empty: all
  std::int64_t limit = 0;                   ///< samples of each family; 0: all
  std::filesystem::path validation;         ///< a folder of its own; empty: held_out of the samples above
  double held_out = 0.0;                    ///< share of every family that is not trained on
  std::optional<double> sample_interval{};  ///< of the folders' gathers, s, where it is not the network's
};

struct LoadedData {
  std::shared_ptr<const data::Dataset> training;
  std::shared_ptr<const data::Dataset> validation;  ///< null: none
  nlohmann::json description;                       ///< folders, families and their counts, for records
};

/// Gathers whose sample_interval is given are resampled to this time step, s; 0: to their own. Throws IoError,
/// InputError, MismatchError and UsageError as open_dataset(), data::resampled() and SampleStream do.
LoadedData load_data(const TrainingData& data, const Context& context = {}, double time_step = 0.0);

struct PretrainOptions {
  TrainingData data;
  std::string backbone = "compact";
  nlohmann::json backbone_options = nlohmann::json::object();
  std::filesystem::path initial;  ///< a model whose weights, backbone and input the training starts from
  std::filesystem::path output;
  io::DType storage = io::DType::kFloat16;
  TrainOptions train;
  data::Mismatch mismatch = data::Mismatch::kRefuse;  ///< gathers of another time step or polarity than `initial`'s
};

struct PretrainedModel {
  model::Model model;  ///< on the device of the training, without fingerprint and provenance of its own
  TrainResult training;
};

/// Trains a model from data alone, or on from an earlier one. What options say of data and output does not count.
/// Throws as train() does.
PretrainedModel pretrain(const PretrainOptions& options, const LoadedData& data, const TrainCallback& callback = {},
                         const Context& context = {});

/// Trains a model from the data and to the model file that the options name, with a record of how it was made. Throws
/// as train() does, and IoError for data and output.
TrainResult pretrain(const PretrainOptions& options, const TrainCallback& callback = {}, const Context& context = {});

}  // namespace strataform::train
