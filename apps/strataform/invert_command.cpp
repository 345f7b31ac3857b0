#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "commands.h"
#include "inversion_figure.h"
#include "strataform/core/error.h"
#include "strataform/data/array_files.h"
#include "strataform/data/input_check.h"
#include "strataform/invert/model_pool.h"
#include "strataform/io/npy.h"

namespace strataform::app {
namespace {

struct InvertCommand {
  std::filesystem::path model;
  std::vector<std::filesystem::path> adapters;
  std::vector<std::size_t> use;  ///< for each model the number of its adapter, from 1; 0: the model alone
  std::filesystem::path data;
  std::filesystem::path output;
  std::filesystem::path figures;
  std::filesystem::path truth;
  std::string device = "cpu";
  std::int64_t batch_size = 16;
  invert::PredictOptions predict;
  bool force = false;

  [[nodiscard]] Overwrite overwrite() const { return force ? Overwrite::kAllow : Overwrite::kRefuse; }
};

/// [N, 1, nz, nx] for gathers [N, shots, samples, receivers], [1, nz, nx] for those of one model without N.
std::vector<std::int64_t> output_shape(const InvertCommand& command, const data::GatherSource& source,
                                       const nn::BackboneShape& map) {
  const bool single = io::NpyReader(command.data).shape().size() == 3;
  std::vector<std::int64_t> shape{1, map.nz, map.nx};
  if (!single) shape.insert(shape.begin(), source.size());
  return shape;
}

/// A picture for each sample, drawn as the maps are made.
class FigureWriter {
 public:
  FigureWriter(const InvertCommand& command, const model::Model& model, const data::GatherSource& source)
      : command_(command), model_(model), source_(source), folder_(command.figures) {
    for (std::int64_t index = 0; index < source.size(); ++index) {
      check_output_path(folder_ / file_name(index), command.overwrite());
    }
    if (command.truth.empty()) return;
    truth_.emplace(command.truth);
    const nn::BackboneShape& map = model.shape();
    if (truth_->count() != source.size() || truth_->nz() != map.nz || truth_->nx() != map.nx) {
      throw MismatchError(fmt::format("{}: expected {} maps of {} x {} cells, found {} of {} x {}",
                                      command.truth.string(), source.size(), map.nz, map.nx, truth_->count(),
                                      truth_->nz(), truth_->nx()));
    }
  }

  void write(std::int64_t index, std::span<const float> prediction) {
    std::vector<float> truth;
    if (truth_) {
      truth.resize(prediction.size());
      truth_->read(index, truth);
    }
    figures::FigureOptions options;
    options.title = fmt::format("{}, model {}", command_.data.filename().string(), index);
    options.subtitle = command_.model.filename().string();
    if (const std::string adapter = adapter_of(index); !adapter.empty()) options.subtitle += " with " + adapter;
    folder_.write(file_name(index), {inversion_panels(model_, source_, {index, prediction, truth})}, options,
                  command_.overwrite());
  }

  void keep() { folder_.keep(); }

 private:
  /// The name of the adapter that a model is computed with; empty: none.
  [[nodiscard]] std::string adapter_of(std::int64_t index) const {
    const std::size_t number = command_.use[static_cast<std::size_t>(index)];
    return number == 0 ? "" : without_slash(command_.adapters[number - 1]).filename().string();
  }

  static std::string file_name(std::int64_t index) { return fmt::format("model_{:04}.png", index); }

  const InvertCommand& command_;
  const model::Model& model_;
  const data::GatherSource& source_;
  FigureFolder folder_;
  std::optional<data::VelocityFile> truth_;
};

void check_options(const InvertCommand& command) {
  if (command.batch_size < 1)
    throw UsageError(fmt::format("--batch-size: expected at least 1, found {}", command.batch_size));
  if (!command.truth.empty() && command.figures.empty()) {
    throw UsageError("--truth: is shown in the figures only, expected --figures too");
  }
  check_output_path(command.output, command.overwrite());
}

/// For each model the adapter that the user wants, or the only one.
std::vector<std::size_t> chosen_adapters(const InvertCommand& command, std::int64_t models) {
  const std::size_t adapters = command.adapters.size();
  if (command.use.empty() && adapters <= 1) return std::vector<std::size_t>(static_cast<std::size_t>(models), adapters);
  if (static_cast<std::int64_t>(command.use.size()) != models) {
    throw UsageError(fmt::format("--use: expected the number of an adapter for each of {} models, found {}", models,
                                 command.use.size()));
  }
  for (const std::size_t number : command.use) {
    if (number > adapters) throw UsageError(fmt::format("--use: expected 0 to {}, found {}", adapters, number));
  }
  return command.use;
}

/// The name of an adapter in the pool; 0: the model alone.
std::string name_of(std::size_t number) { return number == 0 ? "" : std::to_string(number); }

void run_invert(InvertCommand command, const Context& context) {
  check_options(command);
  const auto source = data::open_gathers(command.data);
  command.use = chosen_adapters(command, source->size());
  invert::ModelPool pool(std::make_shared<invert::LoadedModel>(command.model, command.device),
                         {.replicas = 1, .batch_size = command.batch_size});
  for (std::size_t k = 0; k < command.adapters.size(); ++k) pool.add_adapter(name_of(k + 1), command.adapters[k]);
  const model::Model& model = pool.model().model();
  data::check_compatible(model.input, source->gather_shape(), source->name());
  invert::check_options(command.predict, model, *source);
  for (const std::string& warning : data::input_warnings(*source, model.input)) context.warn(warning);

  const std::vector<std::int64_t> shape = output_shape(command, *source, model.shape());
  io::NpyWriter writer(command.output, io::DType::kFloat32, shape, command.overwrite());
  std::optional<FigureWriter> figures;
  if (!command.figures.empty()) figures.emplace(command, model, *source);

  const auto start = std::chrono::steady_clock::now();
  const auto cells = static_cast<std::size_t>(model.shape().nz * model.shape().nx);
  Progress progress(context, "invert", source->size(), "models");
  for (std::int64_t first = 0; first < source->size(); first += command.batch_size) {
    if (context.stop_requested()) {
      throw InterruptedError(fmt::format("interrupted: {} was not written", command.output.string()));
    }
    const std::int64_t count = std::min(command.batch_size, source->size() - first);
    std::vector<std::string> names;
    for (std::int64_t index = first; index < first + count; ++index) {
      names.push_back(name_of(command.use[static_cast<std::size_t>(index)]));
    }
    const std::vector<float> maps = pool.predict(*source, first, names, command.predict, context);
    writer.append(maps);
    for (std::int64_t index = 0; figures && index < count; ++index) {
      figures->write(first + index, std::span(maps).subspan(static_cast<std::size_t>(index) * cells, cells));
    }
    progress.update(first + count);
  }
  writer.commit();
  if (figures) figures->keep();
  progress.finish();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  fmt::print("{}: {} float32 in m/s, {:.2f} s\n", command.output.string(), io::format_shape(shape), seconds);
}

}  // namespace

void add_invert_command(CLI::App& app, const Context& context) {
  auto options = std::make_shared<InvertCommand>();
  CLI::App* command = app.add_subcommand("invert", "Turn shot gathers into velocity maps");
  command->add_option("--model", options->model, "Model file (.safetensors)")->required();
  command->add_option("--adapter", options->adapters, "Adapter folder, or several with --use");
  command->add_option("--use", options->use, "For each model the number of its adapter, from 1; 0: the model alone")
      ->delimiter(',');
  command->add_option("--data", options->data, "Gathers: .npy [N, shots, samples, receivers] or without N")->required();
  command->add_option("--output", options->output, "Maps in m/s: .npy [N, 1, nz, nx], or [1, nz, nx] without N")
      ->required();
  command->add_option("--figures", options->figures, "Folder for one picture (PNG) per model");
  command->add_option("--truth", options->truth, "True maps (.npy, m/s) to show in the pictures");
  command->add_flag("--mirror", options->predict.mirror, "Predict from the mirrored gathers too and take the mean");
  command->add_option("--device", options->device, "cpu, cuda or cuda:N")->capture_default_str();
  command->add_option("--batch-size", options->batch_size, "Models per batch")->capture_default_str();
  command->add_flag("--force", options->force, "Overwrite the output and the pictures");
  command->callback([options, &context] { run_invert(*options, context); });
}

}  // namespace strataform::app
