#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "strataform/wave/acquisition.h"

namespace strataform::data {

/// {"spacing", "time_step", "samples", "frequency", "sponge_cells" or "pml_cells", "space_order", "free_surface",
/// "sources": [[row, column], ...], "receivers"} and, unless it is Ricker's, "wavelet"; positions in cells.
nlohmann::json to_json(const wave::Acquisition& acquisition);
/// Throws InputError; where names the file that the JSON came from.
wave::Acquisition acquisition_from_json(const nlohmann::json& json, const std::string& where);

}  // namespace strataform::data
