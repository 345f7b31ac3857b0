// Surveys with every absorber, order and surface, and with positions off the grid.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "strataform/survey/modelling.h"
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
  static const std::vector<Variant> all = [] {
    std::vector<Variant> made;
    for (const auto& [name, absorber] : survey::kAbsorbers) {
      const auto add = [&](std::int64_t order, bool free_surface, double shift) {
        made.push_back({fmt::format("{}_order_{}{}{}", name, order, free_surface ? "_free_surface" : "",
                                    shift > 0.0 ? "_off_grid" : ""),
                        absorber, order, free_surface, shift});
      };
      add(2, false, 0.0);
      add(2, true, 0.0);
      add(4, false, 0.0);
      add(4, true, 0.45);
      add(8, false, 0.3);
      add(8, true, 0.7);
    }
    return made;
  }();
  return all;
}

}  // namespace strataform::wave
