#include "strataform/workflow/plot_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <span>

#include "strataform/core/choice.h"
#include "strataform/core/error.h"
#include "strataform/figures/chart.h"
#include "strataform/figures/gather_panel.h"
#include "strataform/figures/interval_chart.h"
#include "strataform/figures/panel.h"
#include "strataform/model/model.h"
#include "strataform/peft/adapter_folder.h"
#include "strataform/peft/layer_change.h"
#include "strataform/refine/fft.h"
#include "strataform/survey/openfwi.h"
#include "strataform/workflow/inversion_panels.h"
#include "strataform/workflow/plotted_array.h"

namespace strataform::workflow {
namespace {

constexpr Choice<PlotKind> kPlotKinds[] = {{"guess", PlotKind::kGuess},
                                           {"map", PlotKind::kMap},
                                           {"section", PlotKind::kSection},
                                           {"gather", PlotKind::kGather},
                                           {"trace", PlotKind::kTrace}};

std::string words_of(PlotKind kind) {
  constexpr Choice<PlotKind> kWords[] = {{"velocity map", PlotKind::kMap},
                                         {"section", PlotKind::kSection},
                                         {"gather", PlotKind::kGather},
                                         {"trace", PlotKind::kTrace}};
  return name_of(kWords, kind);
}

bool is_over_time(PlotKind kind) { return kind == PlotKind::kGather || kind == PlotKind::kTrace; }

constexpr const char* kStopped = "interrupted: the picture was not plotted";

/// Below this no rock has a velocity in m/s.
constexpr float kFastestInKilometres = 20.0F;

void require_positive(const char* option, const std::optional<double>& value) {
  if (value && !(*value > 0.0 && std::isfinite(*value))) {
    throw UsageError(fmt::format("`{}`: expected more than 0, found {}", option, *value));
  }
}

class ArrayPlot {
 public:
  explicit ArrayPlot(const PlotOptions& options) : options_(options), array_(read_plotted(options.file, options)) {
    check();
    if (!options.minus.empty()) read_minus();
  }

  void draw() const {
    if (options_.spectrum) {
      draw_spectrum();
    } else if (array_.kind == PlotKind::kTrace) {
      draw_trace();
    } else {
      figures::write_panels(options_.output, {panels()}, {.title = options_.title, .cell_size = cell_size()},
                            options_.overwrite);
    }
  }

  [[nodiscard]] std::string words() const {
    const char* unit = is_over_time(array_.kind) ? "time samples" : "cells";
    const std::string size = array_.kind == PlotKind::kTrace ? fmt::format("{} {}", array_.rows, unit)
                             : array_.kind == PlotKind::kGather
                                 ? fmt::format("{} time samples, {} receivers", array_.rows, array_.columns)
                                 : fmt::format("{} x {} {}", array_.rows, array_.columns, unit);
    return fmt::format("{}{}, {}", options_.spectrum ? "spectrum of a " : "", words_of(array_.kind), size);
  }

 private:
  void check() const {
    require_positive("spacing", options_.spacing);
    require_positive("time_step", options_.time_step);
    const auto refuse = [&](const char* option, const char* expected) {
      throw UsageError(fmt::format("`{}`: expected {}, found a {}", option, expected, words_of(array_.kind)));
    };
    if (options_.spectrum && !is_over_time(array_.kind)) refuse("spectrum", "a gather or a trace");
    if (options_.gain && array_.kind != PlotKind::kGather) refuse("gain", "a gather");
    if (options_.shot != 0 && array_.kind != PlotKind::kGather) refuse("shot", "a gather");
    if (options_.gain && options_.spectrum) throw UsageError("`gain`: is not for a `spectrum`");
    if (!options_.minus.empty() && array_.kind == PlotKind::kTrace) refuse("minus", "maps, sections or gathers");
    if (!options_.minus.empty() && options_.spectrum) throw UsageError("`minus`: is not for a `spectrum`");
    if (options_.gain && !(*options_.gain >= 0.0 && *options_.gain <= 10.0)) {
      throw UsageError(fmt::format("`gain`: expected 0 to 10, found {}", *options_.gain));
    }
  }

  void read_minus() {
    PlotOptions options = options_;
    options.kind = array_.kind;
    minus_ = read_plotted(options_.minus, options);
    if (minus_.rows != array_.rows || minus_.columns != array_.columns) {
      throw MismatchError(fmt::format("{}: expected {} x {} values as in {}, found {} x {}", options_.minus.string(),
                                      array_.rows, array_.columns, options_.file.string(), minus_.rows,
                                      minus_.columns));
    }
  }

  [[nodiscard]] const survey::Modelling* modelling() const {
    return array_.dataset && array_.dataset->modelling ? &*array_.dataset->modelling : nullptr;
  }
  [[nodiscard]] double spacing() const {
    if (options_.spacing) return *options_.spacing;
    return modelling() != nullptr ? modelling()->grid.spacing : survey::Openfwi::kSpacing;
  }
  [[nodiscard]] double time_step() const {
    if (options_.time_step) return *options_.time_step;
    if (modelling() == nullptr) return survey::Openfwi::kSampleInterval;
    return modelling()->survey.sample_interval * static_cast<double>(array_.dataset->decimation);
  }
  /// One picture alone may be larger than those beside each other.
  [[nodiscard]] double cell_size() const { return options_.minus.empty() ? 280.0 : 200.0; }

  [[nodiscard]] figures::Panel panel_of(std::span<const float> values, const std::string& title) const {
    if (array_.kind == PlotKind::kGather) {
      const data::GatherShape shape{.shots = 1, .samples = array_.rows, .receivers = array_.columns};
      return figures::gather_panel(values, gather_shape(shape, time_step(), modelling(), array_.shot), title,
                                   options_.gain.value_or(figures::kUsualGain));
    }
    const figures::MapShape shape = map_shape();
    if (array_.kind == PlotKind::kSection) return figures::section_panel(values, shape, title, "value");
    figures::Panel panel = figures::velocity_panel(values, shape, title);
    if (std::ranges::max(values) < kFastestInKilometres) panel.range.unit = "velocity (km/s)";
    return panel;
  }
  [[nodiscard]] figures::MapShape map_shape() const {
    return {static_cast<int>(array_.rows), static_cast<int>(array_.columns), spacing()};
  }

  [[nodiscard]] std::vector<figures::Panel> panels() const {
    if (options_.minus.empty()) return {panel_of(array_.values, title_of_one())};
    std::vector<figures::Panel> row{panel_of(minus_.values, "Truth"), panel_of(array_.values, "Prediction")};
    if (array_.kind == PlotKind::kMap) {
      row.push_back(figures::difference_panel(array_.values, minus_.values, map_shape()));
      row[1].caption = error_caption(array_.values, minus_.values);
      return row;
    }
    std::vector<float> difference(array_.values.size());
    std::ranges::transform(array_.values, minus_.values, difference.begin(), std::minus<>());
    row.push_back(panel_of(difference, "Prediction − truth"));
    for (figures::Panel& panel : row) panel.own_range = false;  // what is left of it is seen on the scale of both
    return row;
  }

  [[nodiscard]] std::string title_of_one() const {
    if (array_.kind == PlotKind::kGather)
      return array_.shot < 0 ? "Gather" : fmt::format("Gather of shot {}", array_.shot + 1);
    return array_.kind == PlotKind::kMap ? "Velocity map" : "Section";
  }

  void draw_trace() const {
    figures::Series line;
    for (std::size_t k = 0; k < array_.values.size(); ++k) {
      line.x.push_back((static_cast<double>(k) + 1.0) * time_step());
      line.y.push_back(array_.values[k]);
    }
    figures::write_line_chart(
        options_.output, {line},
        {.title = options_.title.empty() ? "Trace" : options_.title, .x_label = "time (s)", .y_label = "amplitude"},
        options_.overwrite);
  }

  /// The mean of the traces' amplitudes over frequency, as a share of the largest, up to where next to nothing is left.
  void draw_spectrum() const {
    refine::RealFft fft(static_cast<std::size_t>(array_.rows));
    std::vector<double> amplitudes(fft.size() / 2 + 1, 0.0);
    std::vector<double> trace(static_cast<std::size_t>(array_.rows));
    const auto columns = static_cast<std::size_t>(array_.columns);
    for (std::size_t column = 0; column < columns; ++column) {
      for (std::size_t row = 0; row < trace.size(); ++row) trace[row] = array_.values[row * columns + column];
      const std::vector<std::complex<double>> spectrum = fft.forward(trace);
      for (std::size_t k = 0; k < amplitudes.size(); ++k) amplitudes[k] += std::abs(spectrum[k]);
    }
    const double largest = std::ranges::max(amplitudes);
    if (!(largest > 0.0)) throw InputError(fmt::format("{}: expected a signal, found zeros", options_.file.string()));
    constexpr double kNothing = 0.005;
    figures::Series line;
    std::size_t end = amplitudes.size();
    while (end > 2 && amplitudes[end - 1] < kNothing * largest) --end;
    const double step = 1.0 / (static_cast<double>(fft.size()) * time_step());
    for (std::size_t k = 0; k < end; ++k) {
      line.x.push_back(static_cast<double>(k) * step);
      line.y.push_back(amplitudes[k] / largest);
    }
    const std::string title =
        columns == 1 ? "Amplitude spectrum" : fmt::format("Amplitude spectrum, mean of {} traces", columns);
    figures::write_line_chart(options_.output, {line},
                              {.title = options_.title.empty() ? title : options_.title,
                               .x_label = "frequency (Hz)",
                               .y_label = "amplitude, share of the largest"},
                              options_.overwrite);
  }

  const PlotOptions& options_;
  PlottedArray array_;
  PlottedArray minus_;
};

/// A row for each layer that is changed; where there is none, for each layer.
std::string plot_adapter(const PlotOptions& options, const Context& context) {
  if (options.model.empty()) {
    throw UsageError(fmt::format("{}: is an adapter: expected `model`, its network, too", options.file.string()));
  }
  const peft::LoadedAdapter adapter(options.file);
  const std::vector<peft::LayerChange> changes = peft::layer_changes(model::load_model(options.model), adapter);
  const auto is_changed = [](const peft::LayerChange& change) { return change.share > 0.0; };
  const auto changed = std::ranges::count_if(changes, is_changed);
  figures::IntervalGroup group;
  for (const peft::LayerChange& change : changes) {
    if (changed > 0 && !is_changed(change)) continue;
    group.rows.push_back({.label = change.layer,
                          .value = 100.0 * change.share,
                          .note = changed > 0 ? fmt::format("{:.2g} %", 100.0 * change.share) : "unchanged"});
  }
  context.throw_if_stopped(kStopped);
  figures::write_interval_chart(
      options.output, {group},
      {.title = options.title.empty() ? "What the adapter changes" : options.title,
       .subtitle = fmt::format("{}, {} of {} layers: norm of the change over that of the layer's own parameters",
                               adapter.file().options.method, changed, changes.size()),
       .x_label = "change (%)"},
      options.overwrite);
  return fmt::format("change of {} layers of {}", changed, changes.size());
}

}  // namespace

PlotKind plot_kind_from_name(const std::string& name) { return choose(kPlotKinds, "kind", name); }
std::vector<std::string> plot_kind_names() { return names_of(kPlotKinds); }

std::string plot_file(const PlotOptions& options, const Context& context) {
  figures::check_picture_path(options.output, options.overwrite);
  if (peft::is_adapter_folder(options.file)) return plot_adapter(options, context);
  if (!options.model.empty()) throw UsageError("`model`: expected an adapter folder to plot, found an array");
  const ArrayPlot plot(options);
  context.throw_if_stopped(kStopped);
  plot.draw();
  return plot.words();
}

}  // namespace strataform::workflow
