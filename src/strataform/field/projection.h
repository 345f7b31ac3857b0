#pragma once

#include <span>

#include "strataform/field/line_scan.h"
#include "strataform/survey/modelling.h"

namespace strataform::field {

/// A straight line through places on the map, along which distances are measured.
struct Projection {
  double x = 0.0, y = 0.0;              ///< where the distance is 0, m
  double along_x = 1.0, along_y = 0.0;  ///< its direction, of length 1
  double largest_distance = 0.0;        ///< of a source or receiver from it, m
  double largest_offset_loss = 0.0;     ///< by which source and receiver come closer together, m

  [[nodiscard]] survey::Point project(const Station& place) const {
    return {(place.x - x) * along_x + (place.y - y) * along_y, place.z};
  }
  /// The place on the map at a distance along the line.
  [[nodiscard]] Station at(double distance) const { return {x + distance * along_x, y + distance * along_y, 0.0}; }
};

/// The line with the smallest sum of squared distances from sources and receivers. Where all have the same y, distances
/// are their x; else they begin at 0 at the end that the first shot is nearer to.
[[nodiscard]] Projection fit_projection(std::span<const ScannedShot> shots);

}  // namespace strataform::field
