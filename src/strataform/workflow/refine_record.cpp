#include "strataform/workflow/refine_record.h"

#include <fmt/format.h>

#include <utility>

#include "strataform/workflow/map_difference.h"

namespace strataform::workflow {

std::vector<std::string> stage_names(const std::vector<double>& frequencies) {
  std::vector<std::string> names;
  for (const double frequency : frequencies) {
    names.push_back(frequency > 0.0 ? fmt::format("up to {:g} Hz", frequency) : "whole band");
  }
  return names;
}

RefineRecord::RefineRecord(const RefineModel& model, const std::optional<RefineFigures>& figures) : model_(model) {
  if (!figures) return;
  figure_every_ = figures->every;
  next_figure_ = figure_every_;
  stages_ = figures->stages;
  pictures_ = std::make_unique<RefinePictures>(figures->folder, figures->overwrite, model);
  if (figure_every_ > 0) pictures_->draw_step(0, "start", model.initial);
}

std::string RefineRecord::add(const refine::RefineStep& step) {
  nlohmann::json line = {{"gradients", step.gradients}, {"stage", step.stage}, {"misfit", step.misfit}};
  std::string note = fmt::format("map {}, misfit {:.4g}", model_.index, step.misfit);
  RefinePoint& point = points_.emplace_back(RefinePoint{step.gradients, step.stage, step.misfit});
  if (!model_.truth.empty()) {
    point.error = mean_absolute_difference(step.velocity, model_.truth);
    line["mae"] = *point.error;
    note += fmt::format(", MAE {:.1f} m/s", *point.error);
  }
  steps_.push_back(std::move(line));
  // Some steps cost several gradients.
  if (figure_every_ > 0 && step.gradients >= next_figure_) {
    next_figure_ = (step.gradients / figure_every_ + 1) * figure_every_;
    pictures_->draw_step(step.gradients, fmt::format("after {} gradients", step.gradients), step.velocity);
  }
  return note;
}

nlohmann::json RefineRecord::finish(const refine::RefinedModel& result) {
  if (pictures_) {
    pictures_->draw_final(fmt::format("{} gradients, {}", result.gradients, name_of(result.stopped)), result.velocity);
    pictures_->draw_curves(points_, stages_);
    pictures_->keep();
  }
  nlohmann::json record = {{"first_misfit", result.first_misfit},
                           {"last_misfit", result.last_misfit},
                           {"gradients", result.gradients},
                           {"stopped", name_of(result.stopped)},
                           {"steps", std::move(steps_)}};
  if (!result.amplitudes.empty()) record["amplitudes"] = result.amplitudes;
  if (!result.wavelet.empty()) record["wavelet"] = result.wavelet;
  return record;
}

}  // namespace strataform::workflow
