#include "refine_record.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "inversion_figure.h"
#include "strataform/figures/chart.h"

namespace strataform::app {
namespace {

std::string prefix_of(const RefineModel& model) { return fmt::format("model_{:05}", model.index); }

}  // namespace

double refine_error(std::span<const float> velocity, std::span<const float> truth) {
  return mean_absolute_difference(velocity, truth);
}

RefineRecord::RefineRecord(const RefineModel& model, const std::optional<RefineFigures>& figures)
    : model_(model), figures_(figures) {
  if (!figures) return;
  folder_ = std::make_unique<FigureFolder>(figures->folder);
  check_output_path(*folder_ / (prefix_of(model) + "_final.png"), figures->overwrite);
  if (figures->every > 0) draw(prefix_of(model) + "_gradients_000.png", "start", model.initial);
}

RefineRecord::~RefineRecord() = default;

std::string RefineRecord::add(const refine::RefineStep& step) {
  nlohmann::json line = {{"gradients", step.gradients}, {"stage", step.stage}, {"misfit", step.misfit}};
  std::string note = fmt::format("model {}, misfit {:.4g}", model_.index, step.misfit);
  misfits_.push_back(step.misfit);
  if (!model_.truth.empty()) {
    errors_.push_back(refine_error(step.velocity, model_.truth));
    line["mae"] = errors_.back();
    note += fmt::format(", MAE {:.1f} m/s", errors_.back());
  }
  steps_.push_back(std::move(line));
  if (figures_ && figures_->every > 0 && step.gradients % figures_->every == 0) {
    draw(fmt::format("{}_gradients_{:03}.png", prefix_of(model_), step.gradients),
         fmt::format("after {} gradients", step.gradients), step.velocity);
  }
  return note;
}

nlohmann::json RefineRecord::finish(const refine::RefinedModel& result) {
  if (figures_) {
    draw(prefix_of(model_) + "_final.png", fmt::format("{} gradients, {}", result.gradients, name_of(result.stopped)),
         result.velocity);
    draw_curve("misfit", "misfit, share of each stage's first", misfits_);
    if (!errors_.empty()) draw_curve("error", "mean absolute error (m/s)", errors_);
    folder_->keep();
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

void RefineRecord::draw(const std::string& name, const std::string& title, std::span<const float> velocity) {
  const figures::MapShape map{static_cast<int>(model_.nz), static_cast<int>(model_.nx), model_.spacing};
  std::vector<figures::Panel> panels{figures::velocity_panel(model_.initial, map, "Start"),
                                     figures::velocity_panel(velocity, map, "Refined")};
  if (!model_.truth.empty()) {
    panels[0].caption = fmt::format("MAE {:.0f} m/s", refine_error(model_.initial, model_.truth));
    panels[1].caption = fmt::format("MAE {:.0f} m/s", refine_error(velocity, model_.truth));
    panels.push_back(figures::velocity_panel(model_.truth, map, "True velocity"));
    panels.push_back(figures::difference_panel(velocity, model_.truth, map, "Difference"));
  }
  figures::FigureOptions options;
  options.title = fmt::format("Model {}, {}", model_.index, title);
  folder_->write(name, {panels}, options, figures_->overwrite);
}

void RefineRecord::draw_curve(const std::string& what, const char* label, const std::vector<double>& values) {
  figures::Series series;
  bool all_positive = true;
  for (std::size_t k = 0; k < values.size(); ++k) {
    if (!std::isfinite(values[k])) continue;  // where a wave diverged
    series.x.push_back(static_cast<double>(k + 1));
    series.y.push_back(values[k]);
    all_positive = all_positive && values[k] > 0.0;
  }
  if (series.x.empty()) return;
  figures::LineChartOptions options;
  options.title = fmt::format("Model {}, {}", model_.index, what);
  options.x_label = "gradients";
  options.y_label = label;
  options.log_y = all_positive && what == "misfit";
  write_line_chart(*folder_ / fmt::format("{}_{}.png", prefix_of(model_), what), {series}, options,
                   figures_->overwrite);
}

}  // namespace strataform::app
