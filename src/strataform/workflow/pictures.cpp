#include "strataform/workflow/pictures.h"

#include <fmt/format.h>

#include <cmath>

#include "strataform/workflow/figure_folder.h"
#include "strataform/workflow/inversion_panels.h"

namespace strataform::workflow {
namespace {

std::string prefix_of(const RefineModel& model) { return fmt::format("model_{:05}", model.index); }

}  // namespace

struct InversionPictures::State {
  FigureFolder folder;
  const model::Model& model;
  const data::GatherSource& source;
};

InversionPictures::InversionPictures(const std::filesystem::path& folder, Overwrite overwrite,
                                     const model::Model& model, const data::GatherSource& source)
    : state_(new State{{folder, overwrite}, model, source}) {}

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
  void draw_curve(const std::string& what, const char* label, const std::vector<double>& values);
};

void RefinePictures::State::draw(const std::string& name, const std::string& title, std::span<const float> velocity) {
  const figures::MapShape map{static_cast<int>(model.nz), static_cast<int>(model.nx), model.spacing};
  std::vector<figures::Panel> panels{figures::velocity_panel(model.initial, map, "Start"),
                                     figures::velocity_panel(velocity, map, "Refined")};
  if (!model.truth.empty()) {
    panels[0].caption = error_caption(model.initial, model.truth);
    panels[1].caption = error_caption(velocity, model.truth);
    panels.push_back(figures::velocity_panel(model.truth, map, "True velocity"));
    panels.push_back(figures::difference_panel(velocity, model.truth, map, "Difference"));
  }
  folder.write(fmt::format("{}_{}.png", prefix_of(model), name), {panels},
               {.title = fmt::format("Model {}, {}", model.index, title)});
}

void RefinePictures::State::draw_curve(const std::string& what, const char* label, const std::vector<double>& values) {
  figures::Series series;
  bool all_positive = true;
  for (std::size_t k = 0; k < values.size(); ++k) {
    if (!std::isfinite(values[k])) continue;
    series.x.push_back(static_cast<double>(k + 1));
    series.y.push_back(values[k]);
    all_positive = all_positive && values[k] > 0.0;
  }
  if (series.x.empty()) return;
  figures::LineChartOptions options;
  options.title = fmt::format("Model {}, {}", model.index, what);
  options.x_label = "gradients";
  options.y_label = label;
  options.log_y = all_positive && what == "misfit";
  folder.write(fmt::format("{}_{}.png", prefix_of(model), what), series, options);
}

RefinePictures::RefinePictures(const std::filesystem::path& folder, Overwrite overwrite, const RefineModel& model)
    : state_(new State{{folder, overwrite}, model}) {
  state_->folder.check(prefix_of(model) + "_final.png");
}

RefinePictures::~RefinePictures() = default;

void RefinePictures::draw_step(std::int64_t gradients, const std::string& title, std::span<const float> velocity) {
  state_->draw(fmt::format("gradients_{:03}", gradients), title, velocity);
}

void RefinePictures::draw_final(const std::string& title, std::span<const float> velocity) {
  state_->draw("final", title, velocity);
}

void RefinePictures::draw_misfits(const std::vector<double>& misfits) {
  state_->draw_curve("misfit", "misfit, share of each stage's first", misfits);
}

void RefinePictures::draw_errors(const std::vector<double>& errors) {
  state_->draw_curve("error", "mean absolute error (m/s)", errors);
}

void RefinePictures::keep() { state_->folder.keep(); }

}  // namespace strataform::workflow
