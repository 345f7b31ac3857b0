#include "strataform/wave/acquisition.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "strataform/core/error.h"

namespace strataform::wave {
namespace {

constexpr double kSurveyRow = 1.0;

void add_surface_receivers(Acquisition& acquisition, std::int64_t columns) {
  for (std::int64_t column = 0; column < columns; ++column)
    acquisition.receivers.push_back({kSurveyRow, static_cast<double>(column)});
}

void require(bool holds, const std::string& message) {
  if (!holds) throw UsageError(message);
}

void require_inside(const std::vector<Position>& positions, const char* what, const Acquisition& acquisition,
                    std::int64_t nz, std::int64_t nx) {
  require(!positions.empty(), fmt::format("acquisition: at least one {} is needed", what));
  const auto last_row = static_cast<double>(nz - 1);
  const auto last_column = static_cast<double>(nx - 1);
  for (const auto& [row, column] : positions) {
    require(row >= 0.0 && row <= last_row && column >= 0.0 && column <= last_column,
            fmt::format("acquisition: the {} at row {}, column {} ({:.6g} m deep, x = {:.6g} m) lies outside the model "
                        "of {} x {} cells",
                        what, row, column, row * acquisition.spacing, column * acquisition.spacing, nz, nx));
    require(!acquisition.free_surface || row > 0.0,
            fmt::format("acquisition: the {} at column {} lies on the free surface, where the pressure is zero", what,
                        column));
  }
}

}  // namespace

Acquisition openfwi_acquisition(bool flip_shot) {
  Acquisition acquisition;
  for (const double column : {0.0, 17.0, 34.0, 52.0, 69.0}) acquisition.sources.push_back({kSurveyRow, column});
  if (flip_shot) acquisition.sources.push_back({kSurveyRow, 35.0});
  add_surface_receivers(acquisition, 70);
  return acquisition;
}

Acquisition surface_acquisition(std::int64_t columns, std::int64_t source_count) {
  require(source_count >= 1 && columns >= 1, "acquisition: at least one source and one column are needed");
  Acquisition acquisition;
  for (std::int64_t shot = 0; shot < source_count; ++shot) {
    const std::int64_t column = source_count == 1 ? columns / 2 : shot * (columns - 1) / (source_count - 1);
    acquisition.sources.push_back({kSurveyRow, static_cast<double>(column)});
  }
  add_surface_receivers(acquisition, columns);
  return acquisition;
}

void validate(const Acquisition& acquisition, std::int64_t nz, std::int64_t nx) {
  const auto positive = [](double value) { return std::isfinite(value) && value > 0.0; };
  require(nz >= 1 && nx >= 1, fmt::format("the model has {} x {} cells; at least 1 x 1 is needed", nz, nx));
  require(positive(acquisition.spacing),
          fmt::format("spacing: expected metres above 0, found {}", acquisition.spacing));
  require(positive(acquisition.time_step),
          fmt::format("time step: expected seconds above 0, found {}", acquisition.time_step));
  require(positive(acquisition.frequency),
          fmt::format("frequency: expected Hz above 0, found {}", acquisition.frequency));
  require(acquisition.samples >= 1, fmt::format("samples: expected at least 1, found {}", acquisition.samples));
  require(acquisition.absorbing_cells >= 2,
          fmt::format("absorbing cells: expected at least 2, found {}", acquisition.absorbing_cells));
  const std::int64_t order = acquisition.space_order;
  require(order == 2 || order == 4 || order == 8, fmt::format("space order: expected 2, 4 or 8, found {}", order));
  require(std::ranges::all_of(acquisition.wavelet, [](double value) { return std::isfinite(value); }),
          "wavelet: expected finite values");
  require_inside(acquisition.sources, "source", acquisition, nz, nx);
  require_inside(acquisition.receivers, "receiver", acquisition, nz, nx);
}

}  // namespace strataform::wave
