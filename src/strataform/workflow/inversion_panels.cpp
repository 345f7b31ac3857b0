#include "strataform/workflow/inversion_panels.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "strataform/workflow/map_difference.h"

namespace strataform::workflow {

figures::MapShape map_shape(const model::Model& model) {
  return {static_cast<int>(model.shape().nz), static_cast<int>(model.shape().nx), model.spacing()};
}

figures::GatherShape gather_shape(const data::GatherShape& shape, double time_step, const survey::Modelling* modelling,
                                  std::int64_t shot) {
  figures::GatherShape traces{.samples = static_cast<int>(shape.samples),
                              .receivers = static_cast<int>(shape.receivers),
                              .time_step = time_step};
  if (modelling == nullptr || shot < 0 || shot >= std::ssize(modelling->survey.shots)) return traces;
  const survey::Shot& places = modelling->survey.shots[static_cast<std::size_t>(shot)];
  if (std::ssize(places.receivers) != shape.receivers) return traces;
  for (const survey::Point& receiver : places.receivers) traces.receiver_x.push_back(receiver.x);
  traces.source_x = places.source.x;
  return traces;
}

std::string error_caption(std::span<const float> velocity, std::span<const float> truth) {
  return fmt::format("MAE {:.0f} m/s", mean_absolute_difference(velocity, truth));
}

std::vector<figures::Panel> inversion_panels(const model::Model& model, const data::GatherSource& source,
                                             const InversionResult& result) {
  const data::GatherShape shape = source.gather_shape();
  std::vector<float> gathers(static_cast<std::size_t>(shape.size()));
  source.read_gathers(result.index, gathers);
  const std::int64_t shot = std::min(model.input.shots, shape.shots) / 2;
  const auto shot_size = static_cast<std::size_t>(shape.samples * shape.receivers);
  const auto gather = std::span<const float>(gathers).subspan(static_cast<std::size_t>(shot) * shot_size, shot_size);

  const figures::MapShape map = map_shape(model);
  // As the data were recorded; where they do not tell, as the network's own were.
  const std::optional<survey::Modelling> own = source.modelling_of(result.index);
  const std::optional<survey::Modelling>& known = own ? own : model.modelling;
  const double interval = own ? own->survey.sample_interval : model.input.time_step;
  const figures::GatherShape traces =
      gather_shape(shape, interval * static_cast<double>(shape.decimation), known ? &*known : nullptr, shot);

  std::vector<figures::Panel> panels;
  panels.push_back(figures::gather_panel(gather, traces, fmt::format("Gather of shot {}", shot + 1)));
  if (!result.truth.empty()) panels.push_back(figures::velocity_panel(result.truth, map, "True velocity"));
  panels.push_back(figures::velocity_panel(result.prediction, map, "Prediction"));
  if (!result.truth.empty()) {
    panels.back().caption = error_caption(result.prediction, result.truth);
    panels.push_back(figures::difference_panel(result.prediction, result.truth, map));
  }
  return panels;
}

}  // namespace strataform::workflow
