#include "strataform/workflow/evaluate_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/core/version.h"
#include "strataform/data/input_check.h"
#include "strataform/data/resample.h"
#include "strataform/geology/family.h"
#include "strataform/invert/predict.h"
#include "strataform/invert/replica.h"
#include "strataform/io/json.h"
#include "strataform/workflow/pictures.h"

namespace strataform::workflow {
namespace {

/// "Inversion of CurveFault-B"; a folder of other data has its own name.
std::string title_of(const std::string& family) {
  for (const auto* list : {&geology::families(), &geology::extra_families()}) {
    for (const geology::Family* known : *list) {
      if (known->name() == family) return "Inversion of " + known->title();
    }
  }
  return "Inversion of " + family;
}

/// Before the evaluation, which may take long.
void check_picture_names(const data::Dataset& dataset, const InversionPictures& pictures) {
  for (std::int64_t index = 0; index < dataset.size(); ++index) {
    const std::string& family = dataset.family(index);
    if (index == 0 || family != dataset.family(index - 1)) pictures.check(family);
  }
}

/// One picture of a family, a row for each of its first samples.
void write_picture(const EvaluateFilesOptions& options, const model::Model& model, const data::Dataset& dataset,
                   const eval::FamilyScores& family, InversionPictures& pictures, const Context& context) {
  const auto count = std::min(static_cast<std::size_t>(options.examples), family.indices.size());
  std::vector<std::vector<float>> maps;
  std::vector<InversionResult> rows;
  maps.reserve(2 * count);  // the rows look into them
  for (std::size_t row = 0; row < count; ++row) {
    context.throw_if_stopped("interrupted: not all plots were made");
    const std::int64_t index = family.indices[row];
    const auto& prediction =
        maps.emplace_back(invert::predict(model, dataset, index, 1, options.evaluation.predict, context));
    auto& truth = maps.emplace_back(prediction.size());
    dataset.read_velocity(index, truth);
    rows.push_back({index, prediction, truth});
  }
  pictures.write(family.family, rows, title_of(family.family),
                 fmt::format("MAE {:.0f} m/s, SSIM {:.3f} over {} examples", family.scores.mae_velocity,
                             family.scores.ssim, family.scores.samples));
}

nlohmann::json make_report(const EvaluateFilesOptions& options, const model::Model& model,
                           const eval::Evaluation& evaluation) {
  nlohmann::json report = eval::to_json(evaluation);
  report["format"] = "strataform-evaluation";
  report["version"] = kVersion;
  report["configuration"] = {{"model", options.model.string()},
                             {"fingerprint", model.fingerprint},
                             {"adapter", options.adapter.string()},
                             {"data", options.data.string()},
                             {"split", data::name_of(options.split)},
                             {"limit_per_family", options.limit},
                             {"samples", evaluation.over_samples.samples},
                             {"mirror", options.evaluation.predict.mirror},
                             {"device", options.device}};
  if (options.noise_db) report["configuration"]["noise_db"] = *options.noise_db;
  if (options.sample_interval) report["configuration"]["sample_interval"] = *options.sample_interval;
  if (options.mismatch == data::Mismatch::kAccept) report["configuration"]["accept_mismatch"] = true;
  return report;
}

void check(const EvaluateFilesOptions& options) {
  if (options.limit < 0) throw UsageError(fmt::format("`limit`: expected 0 or more, found {}", options.limit));
  if (options.examples < 1) {
    throw UsageError(fmt::format("`examples`: expected at least 1, found {}", options.examples));
  }
  if (!options.json.empty()) check_output_path(options.json, options.overwrite);
}

std::shared_ptr<const data::Dataset> open_dataset(const EvaluateFilesOptions& options, const Context& context) {
  data::DatasetOptions chosen;
  chosen.split = options.split;
  chosen.family = options.family;
  chosen.limit = options.limit;
  std::shared_ptr<const data::Dataset> dataset = data::open_dataset(options.data, chosen, context);
  if (options.noise_db) dataset = data::make_noisy(dataset, *options.noise_db);
  return dataset;
}

}  // namespace

eval::Evaluation evaluate_files(const EvaluateFilesOptions& options, const Context& context) {
  check(options);
  std::shared_ptr<const data::Dataset> dataset = open_dataset(options, context);
  const invert::Replica adapted = invert::load_adapted_model(options.model, options.adapter, options.device);
  const model::Model& model = adapted.model();
  data::check_compatible(model.input, dataset->gather_shape(), dataset->name());
  if (options.sample_interval) dataset = data::resampled(dataset, {*options.sample_interval, model.input.time_step});
  report(data::input_findings(*dataset, model.input), dataset->name(), options.mismatch, context);
  if (options.adapter.empty() && !model.input.any_survey) {
    for (const std::string& text : data::modelling_differences(dataset->modelling(), model.modelling)) {
      context.warn(text);
    }
  }

  std::unique_ptr<InversionPictures> pictures;
  if (!options.figures.path.empty()) {
    pictures = std::make_unique<InversionPictures>(options.figures, options.overwrite, model, *dataset);
    check_picture_names(*dataset, *pictures);
  }
  eval::Evaluation evaluation = eval::evaluate(model, *dataset, options.evaluation, context);
  if (options.measured) options.measured(evaluation);
  if (!options.json.empty()) io::write_json(options.json, make_report(options, model, evaluation), options.overwrite);
  if (!pictures) return evaluation;
  for (const eval::FamilyScores& family : evaluation.families) {
    write_picture(options, model, *dataset, family, *pictures, context);
  }
  pictures->keep();
  return evaluation;
}

}  // namespace strataform::workflow
