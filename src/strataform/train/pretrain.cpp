#include "strataform/train/pretrain.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "strataform/core/error.h"
#include "strataform/core/version.h"
#include "strataform/data/axes.h"
#include "strataform/data/resample.h"
#include "strataform/model/model.h"
#include "strataform/nn/device.h"
#include "strataform/train/run_log.h"
#include "strataform/train/trainer.h"

namespace strataform::train {
namespace {

/// The same samples of a folder are held out in every stretch of a training, whatever its seed and its other folders.
constexpr std::uint64_t kSplitSeed = 0;

std::shared_ptr<const data::Dataset> concatenated(std::vector<std::shared_ptr<const data::Dataset>> parts) {
  return parts.size() == 1 ? parts.front() : data::concatenate(std::move(parts));
}

nlohmann::json count_families(const data::Dataset& dataset) {
  std::map<std::string, std::int64_t> counts;
  for (std::int64_t index = 0; index < dataset.size(); ++index) ++counts[dataset.family(index)];
  return counts;
}

/// Of the blocks of recorded samples whose means the network reads. name is that of the data.
std::int64_t decimation_for(const nn::BackboneShape& shape, std::int64_t recorded, const std::string& name) {
  const std::int64_t times = shape.samples - shape.geometry_rows;
  if (recorded % times == 0) return recorded / times;
  throw MismatchError(
      fmt::format("{}: expected gathers whose number of time samples is a multiple of the network's {}, found {}", name,
                  times, recorded));
}

/// Those samples that can be read by now.
std::shared_ptr<const data::Dataset> available_part(const std::shared_ptr<const data::Dataset>& dataset) {
  std::vector<std::int64_t> there(static_cast<std::size_t>(dataset->available()));
  std::iota(there.begin(), there.end(), 0);
  return data::make_subset(dataset, std::move(there));
}

/// What a fresh network of this shape reads from the data: as many recorded samples as there are.
data::InputSpec input_for(const nn::BackboneShape& shape, const std::shared_ptr<const data::Dataset>& dataset,
                          const std::optional<double>& sample_interval) {
  data::InputSpec input;
  input.shots = shape.shots;
  input.receivers = shape.receivers;
  if (shape.takes_any_survey()) {
    using survey::ShotImage;
    input.any_survey = true;
    input.decimation = std::llround(ShotImage::kRowTime / input.time_step);
    input.samples = ShotImage::kTimes * input.decimation;
    return input;
  }
  data::require_axes(dataset->gather_shape(), shape.shots, shape.receivers, dataset->name());
  const std::int64_t recorded = dataset->gather_shape().recorded_samples();
  input.samples = recorded;
  input.decimation = decimation_for(shape, recorded, dataset->name());
  if (const auto modelling = dataset->modelling()) input.time_step = modelling->survey.sample_interval;
  if (sample_interval) input.time_step = *sample_interval;
  input.amplitude = data::measure_amplitudes(*available_part(dataset), input.time_step);
  return input;
}

/// What the training starts from. A fresh model knows its input, by fit_to(), when the data are there.
model::Model make_model(const PretrainOptions& options) {
  if (!options.initial.empty()) return model::load_model(options.initial);
  model::Model model;
  model.backbone = nn::make_backbone(options.backbone, options.backbone_options, options.train.seed);
  return model;
}

void fit_to(model::Model& model, const std::shared_ptr<const data::Dataset>& dataset,
            const std::optional<double>& sample_interval) {
  model.input = input_for(model.backbone->shape(), dataset, sample_interval);
  if (model.input.any_survey) {
    model.modelling = survey::openfwi();  // what gathers are taken for that do not say how they were recorded
  } else if (auto modelling = dataset->modelling()) {
    model.modelling = std::move(modelling);
  }
}

nlohmann::json provenance(const PretrainOptions& options, const LoadedData& data, const model::Model& model,
                          const TrainResult& result) {
  nlohmann::json record = {{"program", fmt::format("strataform {}", kVersion)},
                           {"command", options.train.command},
                           {"kind", "pretrain"},
                           {"data", data.description},
                           {"options", to_json(options.train)},
                           {"result", to_json(result)}};
  if (!options.initial.empty()) {
    record["initial"] = {{"file", options.initial.filename().string()},
                         {"fingerprint", model.fingerprint},
                         {"provenance", model.provenance}};
  }
  return record;
}

/// Several, so that some model waves while the host prepares maps and reads gathers for others. They leave half of the
/// device to the training, unless all samples are there before it. Without the resident kernel one fills the device. A
/// build without CUDA's compiler models on the processor's threads.
std::vector<std::shared_ptr<wave::Accelerator>> modelling_accelerators(const data::StreamOptions& stream,
                                                                       const Context& context) {
  constexpr int kCount = 8;
  const double together = stream.first >= stream.samples ? 1.0 : 0.5;
  std::vector<std::shared_ptr<wave::Accelerator>> accelerators;
  try {
    do {
      accelerators.push_back(wave::cuda_accelerator({.share = together / kCount}));
    } while (std::ssize(accelerators) < kCount && accelerators.front()->has_resident_kernel());
  } catch (const UsageError& error) {
    context.warn(fmt::format("{}; this machine's threads simulate the gathers", error.what()));
  }
  return accelerators;
}

/// What is modelled for this training. What it can do without the samples is checked here: they take a while.
data::StreamOptions stream_for(const PretrainOptions& options, const model::Model& model, const torch::Device& device,
                               const Context& context) {
  if (device.index() > 0) {
    throw UsageError(fmt::format("`generate`: expected the first device, which simulates, found {}", device.str()));
  }
  data::StreamOptions stream = options.data.stream;
  stream.seed = options.train.seed;
  stream.varied = model.backbone->shape().takes_any_survey();
  stream.decimation = options.initial.empty()
                          ? decimation_for(model.backbone->shape(), survey::Openfwi::kSamples, "generated examples")
                          : model.input.decimation;
  if (!options.train.run_folder.empty()) {
    prepare_run_folder(options.train.run_folder, options.train.resume, options.train.overwrite);
  }
  if (device.is_cuda()) stream.accelerators = modelling_accelerators(stream, context);
  return stream;
}

/// Samples of the stream's seed are in the training, whoever made them.
void require_other_maps(const data::Dataset& training, const data::Dataset& validation) {
  constexpr std::int64_t kCompared = 64;
  if (training.nz() != validation.nz() || training.nx() != validation.nx()) return;  // an error of its own
  const auto map_of = [](const data::Dataset& dataset, std::int64_t index) {
    std::vector<float> map(static_cast<std::size_t>(dataset.nz() * dataset.nx()));
    dataset.read_velocity(index, map);
    return map;
  };
  std::set<std::vector<float>> trained;
  for (std::int64_t i = 0; i < std::min(kCompared, training.available()); ++i) trained.insert(map_of(training, i));
  std::set<std::string> families;
  for (std::int64_t i = 0; i < validation.size(); ++i) {
    if (families.insert(validation.family(i)).second && trained.contains(map_of(validation, i))) {
      throw UsageError(
          fmt::format("{}: expected examples of another seed than the training's, found the same maps; choose another "
                      "`seed`",
                      validation.name()));
    }
  }
}

void describe_validation(LoadedData& loaded) {
  loaded.description["validation"] = count_families(*loaded.validation);
  loaded.description["validation_fingerprint"] = data::fingerprint_of(*loaded.validation, kFingerprintSamples);
}

std::shared_ptr<const data::Dataset> open_folder(const std::filesystem::path& folder,
                                                 const data::DatasetOptions& options, const TrainingData& data,
                                                 double time_step, const Context& context) {
  std::shared_ptr<const data::Dataset> dataset = data::open_dataset(folder, options, context);
  if (!data.sample_interval) return dataset;
  return data::resampled(dataset, {*data.sample_interval, time_step > 0.0 ? time_step : *data.sample_interval});
}

LoadedData load_stream(const TrainingData& data, const Context& context) {
  if (!data.folders.empty()) {
    throw UsageError("`generate`: expected no `data` beside it; `validation` names examples to validate on");
  }
  LoadedData loaded;
  loaded.training = std::make_shared<data::SampleStream>(data.stream, context);
  loaded.description = {
      {"generated", {{"seed", data.stream.seed}, {"flip_shot", data.stream.flip_shot}, {"varied", data.stream.varied}}},
      {"families", count_families(*loaded.training)}};
  if (data.validation.empty()) return loaded;
  loaded.validation = data::open_dataset(data.validation, {.family = data.family}, context);
  require_other_maps(*loaded.training, *loaded.validation);
  describe_validation(loaded);
  return loaded;
}

PretrainedModel train_model(model::Model model, const PretrainOptions& options, const LoadedData& data,
                            const TrainCallback& callback, const Context& context) {
  if (options.initial.empty()) {
    fit_to(model, data.training, options.data.sample_interval);
  } else {
    data::check_compatible(model.input, data.training->gather_shape(), data.training->name());
    report(data::input_findings(*available_part(data.training), model.input), data.training->name(), options.mismatch,
           context);
  }
  model.backbone->to(nn::device_from_name(options.train.device));
  context.info(fmt::format("{}: {} parameters, {} training examples, {} for validation", model.backbone->name(),
                           nn::parameter_count(*model.backbone), data.training->size(),
                           data.validation == nullptr ? 0 : data.validation->size()));

  TrainTask task;
  task.network = model.backbone;
  for (const auto& item : model.backbone->named_parameters()) task.parameters.emplace_back(item.key(), item.value());
  task.input = model.input;
  task.training = data.training;
  task.validation = data.validation;
  task.identity = {{"data", data.description},
                   {"backbone", model.backbone->name()},
                   {"backbone_options", model.backbone->options()},
                   {"initial", model.fingerprint}};
  task.label = "pretrain";
  check(task);
  const TrainResult result = train(task, options.train, callback, context);
  return {std::move(model), result};
}

}  // namespace

LoadedData load_data(const TrainingData& data, const Context& context, double time_step) {
  if (!data.stream.families.empty()) return load_stream(data, context);
  if (data.folders.empty()) throw UsageError("`data`: expected at least one folder, found none");
  if (data.held_out < 0 || data.held_out >= 1) {
    throw UsageError(fmt::format("`held_out`: expected a share from 0 to below 1, found {}", data.held_out));
  }
  data::DatasetOptions open_options;
  open_options.split = data.split;
  open_options.family = data.family;
  open_options.limit = data.limit;
  std::vector<std::shared_ptr<const data::Dataset>> training;
  std::vector<std::shared_ptr<const data::Dataset>> validation;
  nlohmann::json folders = nlohmann::json::array();
  for (const auto& folder : data.folders) {
    std::shared_ptr<const data::Dataset> part = open_folder(folder, open_options, data, time_step, context);
    folders.push_back(folder.lexically_normal().filename().string());
    if (data.validation.empty() && data.held_out > 0) {
      data::TrainValidation split = data::split_by_share(*part, data.held_out, kSplitSeed);
      if (!split.validation.empty()) {
        validation.emplace_back(data::make_subset(part, std::move(split.validation)));
      }
      part = data::make_subset(part, std::move(split.train));
    }
    training.push_back(std::move(part));
  }

  LoadedData loaded;
  loaded.training = concatenated(std::move(training));
  if (!data.validation.empty()) {
    loaded.validation = open_folder(data.validation, {.family = data.family}, data, time_step, context);
  } else if (!validation.empty()) {
    loaded.validation = concatenated(std::move(validation));
  } else if (data.held_out > 0) {
    context.warn("`held_out`: one example of each family is too few to hold one out; there is no validation");
  }
  loaded.description = {{"folders", folders},
                        {"families", count_families(*loaded.training)},
                        {"fingerprint", data::fingerprint_of(*loaded.training, kFingerprintSamples)}};
  if (loaded.validation != nullptr) describe_validation(loaded);
  return loaded;
}

PretrainedModel pretrain(const PretrainOptions& options, const LoadedData& data, const TrainCallback& callback,
                         const Context& context) {
  check(options.train);
  return train_model(make_model(options), options, data, callback, context);
}

TrainResult pretrain(const PretrainOptions& options, const TrainCallback& callback, const Context& context) {
  check(options.train);
  check_output_path(options.output, options.train.overwrite);
  const torch::Device device = nn::device_from_name(options.train.device);
  model::Model start = make_model(options);
  TrainingData training = options.data;
  if (!training.stream.families.empty()) training.stream = stream_for(options, start, device, context);
  const LoadedData data = load_data(training, context, options.initial.empty() ? 0.0 : start.input.time_step);
  auto [model, result] = train_model(std::move(start), options, data, callback, context);

  model.provenance = provenance(options, data, model, result);
  model.unmerged = nullptr;
  model.backbone->to(torch::kCPU);
  model::save_model(options.output, model, options.storage, options.train.overwrite);
  return result;
}

}  // namespace strataform::train
