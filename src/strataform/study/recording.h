#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "strataform/data/gather_source.h"
#include "strataform/geology/family.h"
#include "strataform/study/config.h"
#include "strataform/wave/propagator.h"

namespace strataform::study {

/// Models gathers of OpenFWI's survey at a domain's frequency, each of its cells and time steps being modelled with
/// `refinement` smaller ones.
class Recorder {
 public:
  /// flip_shot: a sixth shot, the mirror image of the third.
  Recorder(const Conditions& conditions, bool flip_shot, const geology::MapSize& size);

  /// maps: count x nz x nx in m/s. Returns [count, shots, samples, receivers], without noise and with all traces.
  [[nodiscard]] std::vector<float> record(std::span<const float> maps, std::int64_t count) const;

  /// The survey as it is recorded, on OpenFWI's grid and in its time step.
  [[nodiscard]] const wave::Acquisition& acquisition() const { return recorded_; }
  /// Of the gathers of one model.
  [[nodiscard]] data::GatherShape shape() const;

 private:
  std::int64_t refinement_;
  geology::MapSize size_;
  wave::Acquisition recorded_;
  wave::Propagator propagator_;
};

/// Each cell becomes factor x factor cells.
[[nodiscard]] std::vector<float> refined_map(std::span<const float> map, const geology::MapSize& size,
                                             std::int64_t factor);

}  // namespace strataform::study
