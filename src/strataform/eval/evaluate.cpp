#include "strataform/eval/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "strataform/core/error.h"
#include "strataform/core/parallel.h"
#include "strataform/data/input_spec.h"
#include "strataform/eval/metrics.h"
#include "strataform/invert/predict.h"

namespace strataform::eval {
namespace {

/// The scores of one map on [-1, 1].
struct MapScores {
  double mae = 0.0;
  double mse = 0.0;
  double ssim = 0.0;
};

void require_maps(const model::Model& model, const data::Dataset& dataset, const EvaluateOptions& options) {
  const nn::BackboneShape& shape = model.shape();
  if (options.batch_size < 1) {
    throw UsageError(fmt::format("`batch_size`: expected at least 1, found {}", options.batch_size));
  }
  if (dataset.nz() != shape.nz || dataset.nx() != shape.nx) {
    throw MismatchError(
        fmt::format("{}: expected velocity maps of {} x {} cells as the network gives them, found {} x {}",
                    dataset.name(), shape.nz, shape.nx, dataset.nz(), dataset.nx()));
  }
  invert::check(options.predict, model, dataset);
}

MapScores score_map(const data::Dataset& dataset, std::int64_t index, std::span<const float> velocity) {
  const data::Normalization openfwi;
  std::vector<float> prediction(velocity.size());
  std::vector<float> truth(velocity.size());
  dataset.read_velocity(index, truth);
  data::normalize_velocity(openfwi, velocity, prediction);
  data::normalize_velocity(openfwi, truth, truth);
  return {mean_absolute_error(prediction, truth), mean_squared_error(prediction, truth),
          structural_similarity(prediction, truth, dataset.nz(), dataset.nx())};
}

std::vector<MapScores> score_all(const model::Model& model, const data::Dataset& dataset,
                                 const EvaluateOptions& options, const Context& context) {
  std::vector<MapScores> scores(static_cast<std::size_t>(dataset.size()));
  const auto cells = static_cast<std::size_t>(dataset.nz() * dataset.nx());
  Progress progress(context, "evaluate", dataset.size(), "examples");
  for (std::int64_t first = 0; first < dataset.size(); first += options.batch_size) {
    context.throw_if_stopped("interrupted: nothing was written");
    const std::int64_t count = std::min(options.batch_size, dataset.size() - first);
    const std::vector<float> velocity = invert::predict(model, dataset, first, count, options.predict, context);
    parallel_for(count, context.thread_count(), [&](std::int64_t index, int) {
      const auto map = std::span(velocity).subspan(static_cast<std::size_t>(index) * cells, cells);
      scores[static_cast<std::size_t>(first + index)] = score_map(dataset, first + index, map);
    });
    progress.update(first + count);
  }
  return scores;
}

double metres_per_second() {
  const data::Normalization openfwi;
  return (openfwi.velocity_max - openfwi.velocity_min) / 2.0;
}

Scores with_velocities(Scores scores) {
  scores.mae_velocity = scores.mae * metres_per_second();
  scores.rmse_velocity = scores.rmse * metres_per_second();
  return scores;
}

Scores mean_of(const std::vector<MapScores>& maps, const std::vector<std::int64_t>& indices) {
  MapScores sum;
  for (const std::int64_t index : indices) {
    const MapScores& map = maps[static_cast<std::size_t>(index)];
    sum.mae += map.mae;
    sum.mse += map.mse;
    sum.ssim += map.ssim;
  }
  const auto count = static_cast<double>(indices.size());
  return with_velocities(
      {static_cast<std::int64_t>(indices.size()), sum.mae / count, std::sqrt(sum.mse / count), sum.ssim / count});
}

Scores mean_of(const std::vector<FamilyScores>& families) {
  Scores mean;
  const auto count = static_cast<double>(families.size());
  for (const FamilyScores& family : families) {
    mean.samples += family.scores.samples;
    mean.mae += family.scores.mae / count;
    mean.rmse += family.scores.rmse / count;
    mean.ssim += family.scores.ssim / count;
  }
  return with_velocities(mean);
}

nlohmann::json to_json(const Scores& scores) {
  return {{"samples", scores.samples},
          {"mae", scores.mae},
          {"rmse", scores.rmse},
          {"ssim", scores.ssim},
          {"mae_m_per_s", scores.mae_velocity},
          {"rmse_m_per_s", scores.rmse_velocity}};
}

std::string table_line(const std::string& name, const Scores& scores) {
  return fmt::format("{:<24}{:>8}{:>11.1f}{:>11.1f}{:>9.4f}{:>9.4f}{:>8.4f}\n", name, scores.samples,
                     scores.mae_velocity, scores.rmse_velocity, scores.mae, scores.rmse, scores.ssim);
}

}  // namespace

Evaluation evaluate(const model::Model& model, const data::Dataset& dataset, const EvaluateOptions& options,
                    const Context& context) {
  require_maps(model, dataset, options);
  const std::vector<MapScores> maps = score_all(model, dataset, options, context);
  Evaluation evaluation;
  std::vector<std::int64_t> all;
  for (std::int64_t index = 0; index < dataset.size(); ++index) {
    const std::string& name = dataset.family(index);
    auto& families = evaluation.families;
    auto family =
        std::find_if(families.begin(), families.end(), [&](const FamilyScores& known) { return known.family == name; });
    if (family == families.end()) family = families.insert(families.end(), {name, {}, {}});
    family->indices.push_back(index);
    all.push_back(index);
  }
  for (FamilyScores& family : evaluation.families) family.scores = mean_of(maps, family.indices);
  evaluation.over_families = mean_of(evaluation.families);
  evaluation.over_samples = mean_of(maps, all);
  return evaluation;
}

nlohmann::json to_json(const Evaluation& evaluation) {
  nlohmann::json families = nlohmann::json::array();
  for (const FamilyScores& family : evaluation.families) {
    nlohmann::json line = to_json(family.scores);
    line["family"] = family.family;
    families.push_back(line);
  }
  return {{"families", families},
          {"mean_over_families", to_json(evaluation.over_families)},
          {"mean_over_samples", to_json(evaluation.over_samples)}};
}

std::string format_table(const Evaluation& evaluation) {
  std::string table = fmt::format("{:<24}{:>8}{:>11}{:>11}{:>9}{:>9}{:>8}\n", "family", "examples", "MAE (m/s)",
                                  "RMSE (m/s)", "MAE", "RMSE", "SSIM");
  const std::string rule(table.size() - 1, '-');
  table += rule + "\n";
  for (const FamilyScores& family : evaluation.families) table += table_line(family.family, family.scores);
  table += rule + "\n";
  table += table_line("mean over families", evaluation.over_families);
  table += table_line("mean over examples", evaluation.over_samples);
  return table;
}

}  // namespace strataform::eval
