#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "strataform/survey/modelling.h"

namespace strataform::survey {

/// Reads what model files and data sets from before 2026-12 hold under "acquisition": {"spacing", "time_step",
/// "samples", "frequency", "sponge_cells" or "pml_cells", "space_order", "free_surface", "sources": [[row, column],
/// ..], "receivers", "wavelet"}, positions in cells and the same receivers for all shots. The number of cells is not
/// among it: the grid's nz and nx are 0. Throws InputError; where names the file that the JSON came from.
[[nodiscard]] Modelling modelling_from_cell_json(const nlohmann::json& json, const std::string& where);

}  // namespace strataform::survey
