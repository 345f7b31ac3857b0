#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "commands.h"
#include "inversion_figure.h"
#include "strataform/core/error.h"
#include "strataform/core/version.h"
#include "strataform/data/input_check.h"
#include "strataform/eval/evaluate.h"
#include "strataform/invert/predict.h"
#include "strataform/invert/replica.h"
#include "strataform/io/json.h"

namespace strataform::app {
namespace {

struct EvaluateCommand {
  std::filesystem::path model;
  std::filesystem::path adapter;
  std::filesystem::path data;
  std::filesystem::path json;
  std::filesystem::path figures;
  std::string split = "all";
  std::string family;
  std::int64_t limit = 0;
  std::optional<double> noise_db;
  std::int64_t examples = 4;
  std::string device = "cpu";
  eval::EvaluateOptions evaluation;
  bool force = false;

  [[nodiscard]] Overwrite overwrite() const { return force ? Overwrite::kAllow : Overwrite::kRefuse; }
};

std::string figure_name(const std::string& family) { return family + ".png"; }

/// Before the evaluation, which may take long.
void check_figure_paths(const EvaluateCommand& command, const data::Dataset& dataset, const FigureFolder& folder) {
  for (std::int64_t index = 0; index < dataset.size(); ++index) {
    const std::string& family = dataset.family(index);
    if (index == 0 || family != dataset.family(index - 1)) {
      check_output_path(folder / figure_name(family), command.overwrite());
    }
  }
}

/// One picture per family, a row for each of its first samples.
void write_figures(const EvaluateCommand& command, const model::Model& model, const data::Dataset& dataset,
                   const eval::Evaluation& evaluation, FigureFolder& folder, const Context& context) {
  for (const eval::FamilyScores& family : evaluation.families) {
    const auto rows = std::min(command.examples, static_cast<std::int64_t>(family.indices.size()));
    std::vector<std::vector<figures::Panel>> grid;
    for (std::int64_t row = 0; row < rows; ++row) {
      context.throw_if_stopped("interrupted: not all pictures were drawn");
      const std::int64_t index = family.indices[static_cast<std::size_t>(row)];
      const std::vector<float> prediction =
          invert::predict(model, dataset, index, 1, command.evaluation.predict, context);
      std::vector<float> truth(prediction.size());
      dataset.read_velocity(index, truth);
      grid.push_back(inversion_panels(model, dataset, {index, prediction, truth}));
    }
    figures::FigureOptions options;
    options.title = family.family;
    options.subtitle = fmt::format("MAE {:.0f} m/s, SSIM {:.3f} over {} models", family.scores.mae_velocity,
                                   family.scores.ssim, family.scores.samples);
    folder.write(figure_name(family.family), grid, options, command.overwrite());
  }
  folder.keep();
}

nlohmann::json make_report(const EvaluateCommand& command, const model::Model& model,
                           const eval::Evaluation& evaluation) {
  nlohmann::json report = eval::to_json(evaluation);
  report["format"] = "strataform-evaluation";
  report["version"] = kVersion;
  report["configuration"] = {{"model", command.model.string()},
                             {"fingerprint", model.fingerprint},
                             {"adapter", command.adapter.string()},
                             {"data", command.data.string()},
                             {"split", command.split},
                             {"limit_per_family", command.limit},
                             {"samples", evaluation.over_samples.samples},
                             {"mirror", command.evaluation.predict.mirror},
                             {"device", command.device}};
  if (command.noise_db) report["configuration"]["noise_db"] = *command.noise_db;
  return report;
}

void check_options(const EvaluateCommand& command) {
  if (command.limit < 0) throw UsageError(fmt::format("--limit: expected 0 or more, found {}", command.limit));
  if (command.examples < 1)
    throw UsageError(fmt::format("--examples: expected at least 1, found {}", command.examples));
  if (!command.json.empty()) check_output_path(command.json, command.overwrite());
}

void run_evaluate(const EvaluateCommand& command, const Context& context) {
  check_options(command);
  data::DatasetOptions options;
  options.split = data::split_from_name(command.split);
  options.family = command.family;
  options.limit = command.limit;
  std::shared_ptr<const data::Dataset> dataset = data::open_dataset(command.data, options, context);
  if (command.noise_db) dataset = data::make_noisy(dataset, *command.noise_db);
  const auto adapted = invert::load_adapted_model(command.model, command.adapter, command.device);
  for (const std::string& warning : data::input_warnings(*dataset, adapted.model().input)) context.warn(warning);

  std::optional<FigureFolder> folder;
  if (!command.figures.empty()) {
    folder.emplace(command.figures);
    check_figure_paths(command, *dataset, *folder);
  }
  const eval::Evaluation evaluation = eval::evaluate(adapted.model(), *dataset, command.evaluation, context);
  fmt::print("{}", eval::format_table(evaluation));
  if (!command.json.empty()) {
    io::write_json(command.json, make_report(command, adapted.model(), evaluation), command.overwrite());
  }
  if (folder) write_figures(command, adapted.model(), *dataset, evaluation, *folder, context);
}

}  // namespace

void add_evaluate_command(CLI::App& app, const Context& context) {
  auto options = std::make_shared<EvaluateCommand>();
  CLI::App* command = app.add_subcommand("evaluate", "Measure a model on a dataset: MAE, RMSE and SSIM per family");
  command->add_option("--model", options->model, "Model file (.safetensors)")->required();
  command->add_option("--adapter", options->adapter, "Adapter folder");
  command->add_option("--data", options->data, "Dataset folder, of one family or of family folders")->required();
  command->add_option("--json", options->json, "Write the scores and how they were measured");
  command->add_option("--figures", options->figures, "Folder for one picture (PNG) per family");
  command->add_option("--examples", options->examples, "Models in each picture")->capture_default_str();
  command->add_option("--split", options->split, "all, train or test as published")->capture_default_str();
  command->add_option("--family", options->family, "One family only");
  command->add_option("--limit", options->limit, "Models per family, 0 for all")->capture_default_str();
  command->add_option("--noise-db", options->noise_db,
                      "Add white noise to the gathers, of this signal-to-noise ratio over each model's");
  command->add_flag("--mirror", options->evaluation.predict.mirror,
                    "Predict from the mirrored gathers too and take the mean");
  command->add_option("--device", options->device, "cpu, cuda or cuda:N")->capture_default_str();
  command->add_option("--batch-size", options->evaluation.batch_size, "Models per batch")->capture_default_str();
  command->add_flag("--force", options->force, "Overwrite what is written");
  command->callback([options, &context] { run_evaluate(*options, context); });
}

}  // namespace strataform::app
