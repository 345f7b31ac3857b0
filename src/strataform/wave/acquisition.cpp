#include "strataform/wave/acquisition.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "strataform/core/error.h"

namespace strataform::wave {
namespace {

constexpr std::int64_t kSurveyRow = 1;

void add_surface_receivers(Acquisition& acquisition, std::int64_t columns) {
  for (std::int64_t column = 0; column < columns; ++column) acquisition.receivers.push_back({kSurveyRow, column});
}

void require(bool holds, const std::string& message) {
  if (!holds) throw UsageError(message);
}

void require_inside(const std::vector<GridPoint>& points, const char* what, std::int64_t nz, std::int64_t nx) {
  require(!points.empty(), fmt::format("acquisition: at least one {} is needed", what));
  for (const auto& point : points) {
    require(point.row >= 0 && point.row < nz && point.column >= 0 && point.column < nx,
            fmt::format("acquisition: the {} at row {}, column {} lies outside the model of {} x {} cells", what,
                        point.row, point.column, nz, nx));
  }
}

}  // namespace

Acquisition openfwi_acquisition(bool flip_shot) {
  Acquisition acquisition;
  for (const std::int64_t column : {0, 17, 34, 52, 69}) acquisition.sources.push_back({kSurveyRow, column});
  if (flip_shot) acquisition.sources.push_back({kSurveyRow, 35});
  add_surface_receivers(acquisition, 70);
  return acquisition;
}

Acquisition surface_acquisition(std::int64_t columns, std::int64_t source_count) {
  require(source_count >= 1 && columns >= 1, "acquisition: at least one source and one column are needed");
  Acquisition acquisition;
  for (std::int64_t shot = 0; shot < source_count; ++shot) {
    const std::int64_t column = source_count == 1 ? columns / 2 : shot * (columns - 1) / (source_count - 1);
    acquisition.sources.push_back({kSurveyRow, column});
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
  require(acquisition.sponge_cells >= 2,
          fmt::format("sponge cells: expected at least 2, found {}", acquisition.sponge_cells));
  require(std::ranges::all_of(acquisition.wavelet, [](double value) { return std::isfinite(value); }),
          "wavelet: expected finite values");
  require_inside(acquisition.sources, "source", nz, nx);
  require_inside(acquisition.receivers, "receiver", nz, nx);
}

}  // namespace strataform::wave
