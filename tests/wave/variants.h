// Surveys with every absorber, order and surface, and with positions off the grid.
#pragma once

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "wave/derivative_support.h"

namespace strataform::wave {

struct Variant {
  std::string name;
  Absorber absorber;
  std::int64_t space_order;
  bool free_surface;
  double shift;  ///< of all positions, in cells
};

// GoogleTest finds the function by this name.
// NOLINTNEXTLINE(readability-identifier-naming)
inline void PrintTo(const Variant& variant, std::ostream* out) { *out << variant.name; }

inline CellSurvey survey_of(const Variant& variant) {
  CellSurvey acquisition = small_survey();
  acquisition.absorber = variant.absorber;
  acquisition.space_order = variant.space_order;
  acquisition.free_surface = variant.free_surface;
  acquisition.time_step = 8e-4;
  for (auto* positions : {&acquisition.sources, &acquisition.receivers}) {
    for (Position& position : *positions) {
      position.row += variant.shift;
      position.column = std::min(position.column + variant.shift, kColumns - 1.0);
    }
  }
  return acquisition;
}

inline const std::vector<Variant>& variants() {
  static const std::vector<Variant> all{{"sponge_order_2", Absorber::kSponge, 2, false, 0.0},
                                        {"sponge_order_4_free_surface", Absorber::kSponge, 4, true, 0.0},
                                        {"sponge_order_8", Absorber::kSponge, 8, false, 0.3},
                                        {"pml_order_2_free_surface", Absorber::kPml, 2, true, 0.0},
                                        {"pml_order_4", Absorber::kPml, 4, false, 0.0},
                                        {"pml_order_4_off_grid", Absorber::kPml, 4, false, 0.45},
                                        {"pml_order_8_free_surface_off_grid", Absorber::kPml, 8, true, 0.7}};
  return all;
}

}  // namespace strataform::wave
