#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "strataform/survey/modelling.h"

namespace strataform::survey {

/// {"grid": {"nz", "nx", "spacing", "origin": [x, z]},
///  "survey": {"samples", "sample_interval", "receivers", "shots": [{"source": [x, z], "receivers": [[x, z], ..]},
///  ..]}, "source": {"peak_frequency", "amplitude", "delay", "wavelet", "time_step"}, "scheme": {"time_step",
///  "space_order", "absorber": a name of absorbers.def, "absorbing_cells", "free_surface",
///             "aperture"}}
/// in metres, seconds and Hz. Receivers that all shots share stand once, beside the shots; the wavelet and its time
/// step are left out for Ricker's, an infinite aperture is.
[[nodiscard]] nlohmann::json to_json(const Modelling& modelling);

/// Throws InputError; where names the file that the JSON came from.
[[nodiscard]] Modelling modelling_from_json(const nlohmann::json& json, const std::string& where);

}  // namespace strataform::survey
