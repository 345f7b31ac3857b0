#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "strataform/data/gather_source.h"
#include "strataform/figures/gather_panel.h"
#include "strataform/figures/panel.h"
#include "strataform/model/model.h"
#include "strataform/survey/modelling.h"
#include "strataform/workflow/pictures.h"

namespace strataform::workflow {

/// How a map that the model makes is drawn.
[[nodiscard]] figures::MapShape map_shape(const model::Model& model);

/// How a shot's gather is drawn: with the places of source and receivers where there is a modelling that has such a
/// shot. time_step: of the gather's samples, s.
[[nodiscard]] figures::GatherShape gather_shape(const data::GatherShape& shape, double time_step,
                                                const survey::Modelling* modelling, std::int64_t shot);

/// "MAE 112 m/s".
[[nodiscard]] std::string error_caption(std::span<const float> velocity, std::span<const float> truth);

/// One row of panels: the gather of the middle shot, the true map, the prediction with its error, the difference;
/// without a true map the gather and the prediction alone.
[[nodiscard]] std::vector<figures::Panel> inversion_panels(const model::Model& model, const data::GatherSource& source,
                                                           const InversionResult& result);

}  // namespace strataform::workflow
