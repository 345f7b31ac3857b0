#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace strataform::field {

/// A header word that lies elsewhere than the standard says.
struct WordPlace {
  std::string word{};     ///< a name of header_word.h, "source_x"
  std::int64_t byte = 0;  ///< its first byte in the trace header, from 1
};

/// A regular survey, for files whose headers hold no positions, m. Record k, from 0 in the order of the file, has its
/// source at first_source + k shot_spacing, its j-th channel is near_offset + j receiver_spacing from there.
struct RegularGeometry {
  double first_source = 0.0;
  double shot_spacing = 0.0;
  double near_offset = 0.0;
  double receiver_spacing = 0.0;
};

/// How field files are read, and what is known better than their headers say.
struct ReadOptions {
  /// Leaves out what cannot be used, and lists it, instead of stopping there.
  bool lenient = false;
  std::optional<double> sample_interval{};                        ///< s
  std::optional<std::int64_t> samples{};                          ///< of every trace
  std::optional<double> delay{};                                  ///< s
  std::optional<double> coordinate_factor{}, elevation_factor{};  ///< by which these words are multiplied
  std::optional<bool> big_endian{};
  std::vector<WordPlace> places{};
  /// Some modelling programs write depths, positive down, where elevations belong.
  bool elevations_are_depths = false;
  std::optional<RegularGeometry> regular{};
  /// Positions by trace, record or channel (station_table.h).
  std::filesystem::path geometry{};
};

}  // namespace strataform::field
