#pragma once

#include <cstdint>

#include "strataform/survey/modelling.h"

namespace strataform::survey {

/// The numbers of OpenFWI's benchmark (Deng et al., 2022): what its maps and gathers are like.
struct Openfwi {
  static constexpr std::int64_t kRows = 70, kColumns = 70;
  static constexpr double kSpacing = 10.0;  ///< m
  static constexpr std::int64_t kShots = 5;
  static constexpr std::int64_t kReceivers = kColumns;
  static constexpr std::int64_t kSamples = 1000;
  static constexpr double kSampleInterval = 1e-3;  ///< s
  static constexpr double kPeakFrequency = 15.0;   ///< Hz
  static constexpr std::int64_t kSpongeCells = 120;
  static constexpr std::int64_t kSurveyRow = 1;  ///< in which all sources and receivers lie
};

/// What of it is not OpenFWI's own.
struct OpenfwiOptions {
  std::int64_t nz = Openfwi::kRows, nx = Openfwi::kColumns;
  double spacing = Openfwi::kSpacing;
  std::int64_t shots = Openfwi::kShots;
  /// Adds the mirror image of each source that has none, so that a left-right flip of the gathers is exact: over 70
  /// columns a sixth shot in column 35, for the one in column 34.
  bool flip_shots = false;
};

/// OpenFWI's survey and scheme: a source in columns 0, 17, 34, 52 and 69 of 70, evenly spread and rounded over any
/// other width, and a receiver in every column. Throws UsageError for an extent or a number of shots below 1.
[[nodiscard]] Modelling openfwi(const OpenfwiOptions& options = {});

}  // namespace strataform::survey
