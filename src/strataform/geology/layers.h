#pragma once

#include <functional>
#include <vector>

#include "strataform/core/random.h"
#include "strataform/geology/family.h"

namespace strataform::geology {

/// Lengths in this header are in cells, x to the right and z downwards, (0, 0) being the map's first cell.

struct Sine {
  double amplitude = 0.0;
  double period = 1.0;
  double phase = 0.0;
};

/// A curved interface's departure from flat: a sum of sines in x.
using Curve = std::vector<Sine>;
double evaluate(const Curve& curve, double x);

/// How to draw a curve. amplitude bounds each sine; it is also kept below a tenth of the period, so that short waves
/// are low and no interface dips by more than about 45 degrees.
struct CurveOptions {
  int terms = 3;
  double amplitude = 5.0;
  double min_period = 25.0;
  double max_period = 110.0;
};
Curve draw_curve(Random& random, const CurveOptions& options);

/// Layers without end: the first reaches up and the last down for ever, so that a fault can shift the stack by any
/// throw. Interface k lies between layers k and k+1, at depth[k] + fold + bend[k]; all follow the common fold.
struct LayerStack {
  std::vector<double> velocities;
  std::vector<double> depths;
  Curve fold;
  std::vector<Curve> bends;

  [[nodiscard]] double velocity_at(double x, double z) const;
};

/// How layer velocities are drawn.
struct VelocityLaw {
  /// Velocities grow with depth from one of first_* to one of last_*; otherwise each is drawn alone.
  bool increasing = false;
  double first_min = kMinVelocity;
  double first_max = kMaxVelocity;
  double last_min = kMinVelocity;
  double last_max = kMaxVelocity;
  /// The least step between neighbouring layers, m/s; at most 1,000 m/s where velocities are drawn alone.
  double contrast = 0.0;
  /// Of the uniform number that a velocity is drawn with alone: below 1 favours fast layers.
  double exponent = 1.0;
};
/// Integers in kMinVelocity..kMaxVelocity. An increasing law needs at least two layers.
std::vector<double> draw_velocities(Random& random, int layers, const VelocityLaw& law);

/// Depths of the interfaces in a map nz cells deep. No layer is thinner than min_thickness, or than half its even
/// share where the map is too shallow for that. bottom_weight above 1 makes the last layer thicker than the others.
struct DepthOptions {
  double min_thickness = 4.0;
  double bottom_weight = 1.0;
};
std::vector<double> draw_depths(Random& random, int layers, double nz, const DepthOptions& options);

/// A layered family's recipe; the lengths hold for a map of 70 rows and scale with nz.
struct LayerOptions {
  VelocityLaw velocity;
  DepthOptions depth;
  /// Amplitude of the common fold; 0 keeps every interface flat.
  double fold_min = 0.0;
  double fold_max = 0.0;
};
LayerStack draw_stack(Random& random, int layers, const MapSize& size, const LayerOptions& options);

/// The factor by which lengths grow in a map deeper than OpenFWI's 70 rows.
double length_scale(const MapSize& size);

/// Fills a map with velocity(x, z), rounded to whole m/s.
std::vector<float> render(const MapSize& size, const std::function<double(double x, double z)>& velocity);

}  // namespace strataform::geology
