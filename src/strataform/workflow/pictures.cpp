#include "strataform/workflow/pictures.h"

#include <fmt/format.h>

#include <algorithm>

#include "strataform/workflow/figure_folder.h"
#include "strataform/workflow/inversion_panels.h"
#include "strataform/workflow/stage_curves.h"

namespace strataform::workflow {
namespace {

std::string prefix_of(const RefineModel& model) { return fmt::format("model_{:05}", model.index); }

}  // namespace

void check(const PictureFolder& folder) {
  if (!folder.path.empty()) check_figure_format(folder.format);
}

struct InversionPictures::State {
  FigureFolder folder;
  const model::Model& model;
  const data::GatherSource& source;
};

InversionPictures::InversionPictures(const PictureFolder& folder, Overwrite overwrite, const model::Model& model,
                                     const data::GatherSource& source)
    : state_(new State{{folder.path, folder.format, overwrite}, model, source}) {}

InversionPictures::~InversionPictures() = default;

void InversionPictures::check(const std::string& name) const { state_->folder.check(name); }

void InversionPictures::write(const std::string& name, std::span<const InversionResult> rows, const std::string& title,
                              const std::string& subtitle) {
  std::vector<std::vector<figures::Panel>> grid;
  for (const InversionResult& row : rows) grid.push_back(inversion_panels(state_->model, state_->source, row));
  state_->folder.write(name, grid, {.title = title, .subtitle = subtitle});
}

void InversionPictures::keep() { state_->folder.keep(); }

struct RefinePictures::State {
  FigureFolder folder;
  const RefineModel& model;

  void draw(const std::string& name, const std::string& title, std::span<const float> velocity);
  void draw_curve(const std::string& what, const std::vector<figures::Series>& series,
                  const figures::LineChartOptions& options);
};

void RefinePictures::State::draw(const std::string& name, const std::string& title, std::span<const float> velocity) {
  const figures::MapShape map{static_cast<int>(model.nz), static_cast<int>(model.nx), model.spacing};
  std::vector<figures::Panel> panels{figures::velocity_panel(model.initial, map, "Start"),
                                     figures::velocity_panel(velocity, map, "Refined")};
  if (!model.truth.empty()) {
    panels[0].caption = error_caption(model.initial, model.truth);
    panels[1].caption = error_caption(velocity, model.truth);
    panels.push_back(figures::velocity_panel(model.truth, map, "True velocity"));
    panels.push_back(figures::difference_panel(velocity, model.truth, map));
    panels.back().range.unit = "refined − truth (m/s)";
  }
  folder.write(fmt::format("{}_{}", prefix_of(model), name), {panels},
               {.title = fmt::format("Velocity map {}, {}", model.index, title)});
}

void RefinePictures::State::draw_curve(const std::string& what, const std::vector<figures::Series>& series,
                                       const figures::LineChartOptions& options) {
  if (!series.empty()) folder.write(fmt::format("{}_{}", prefix_of(model), what), series, options);
}

RefinePictures::RefinePictures(const PictureFolder& folder, Overwrite overwrite, const RefineModel& model)
    : state_(new State{{folder.path, folder.format, overwrite}, model}) {
  state_->folder.check(prefix_of(model) + "_final");
}

RefinePictures::~RefinePictures() = default;

void RefinePictures::draw_step(std::int64_t gradients, const std::string& title, std::span<const float> velocity) {
  state_->draw(fmt::format("gradients_{:03}", gradients), title, velocity);
}

void RefinePictures::draw_final(const std::string& title, std::span<const float> velocity) {
  state_->draw("final", title, velocity);
}

void RefinePictures::draw_curves(const std::vector<RefinePoint>& points, const std::vector<std::string>& stages) {
  const std::vector<figures::Series> misfits =
      stage_curves(points, stages, [](const RefinePoint& point) { return point.misfit; });
  const bool all_positive = std::ranges::all_of(misfits, [](const figures::Series& series) {
    return std::ranges::all_of(series.y, [](double value) { return value > 0.0; });
  });
  figures::LineChartOptions options{.title = fmt::format("Velocity map {}: misfit", state_->model.index),
                                    .x_label = "gradients",
                                    .y_label = "misfit, share of each stage's first",
                                    .log_y = all_positive};
  state_->draw_curve("misfit", misfits, options);
  options.title = fmt::format("Velocity map {}: error", state_->model.index);
  options.y_label = "mean absolute error (m/s)";
  options.log_y = false;
  state_->draw_curve("error", stage_curves(points, stages, [](const RefinePoint& point) { return point.error; }),
                     options);
}

void RefinePictures::keep() { state_->folder.keep(); }

}  // namespace strataform::workflow
