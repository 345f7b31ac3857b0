#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "strataform/data/conditions.h"
#include "strataform/data/gather_source.h"
#include "strataform/geology/family.h"
#include "strataform/survey/modelling.h"
#include "strataform/wave/propagator.h"

namespace strataform::data {

/// Models gathers of OpenFWI's survey at the frequency of some conditions, each of its cells and time steps being
/// modelled with `refinement` smaller ones. Noise and muted traces come after it: see SampleMaker.
class Recorder {
 public:
  /// flip_shot: a sixth shot, the mirror image of the third.
  Recorder(const Conditions& conditions, bool flip_shot, const geology::MapSize& size,
           wave::PropagatorOptions options = {});

  /// maps: count x nz x nx in m/s. Returns [count, shots, samples, receivers]. Throws InputError and NumericalError as
  /// wave::Propagator does.
  [[nodiscard]] std::vector<float> record(std::span<const float> maps, std::int64_t count) const;

  /// The survey as it is recorded, on OpenFWI's grid and in its time step.
  [[nodiscard]] const survey::Modelling& modelling() const { return recorded_; }
  /// Of the gathers of one model.
  [[nodiscard]] GatherShape shape() const;

 private:
  std::int64_t refinement_;
  geology::MapSize size_;
  survey::Modelling recorded_;
  wave::Propagator propagator_;
};

/// Each cell of the maps, any number of [nz, nx], becomes factor x factor cells.
[[nodiscard]] std::vector<float> refined_maps(std::span<const float> maps, const geology::MapSize& size,
                                              std::int64_t factor);

}  // namespace strataform::data
