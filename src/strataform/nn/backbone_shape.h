#pragma once

#include <cstdint>

namespace strataform::nn {

/// What a backbone reads and makes, for one sample.
struct BackboneShape {
  std::int64_t shots = 0;    ///< with geometry rows: at most
  std::int64_t samples = 0;  ///< rows of a shot, those of its geometry among them
  std::int64_t receivers = 0;
  std::int64_t nz = 0;
  std::int64_t nx = 0;
  /// Rows below the time samples that say how a shot was recorded (survey/shot_image.h); 0: all gathers come from the
  /// survey that the network was trained on.
  std::int64_t geometry_rows = 0;
  std::int64_t outputs = 1;  ///< images of the map that it makes: 1, or 3 with the lower and upper quantile behind it

  [[nodiscard]] bool takes_any_survey() const { return geometry_rows > 0; }
};

}  // namespace strataform::nn
