#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "strataform/data/conditions.h"
#include "strataform/data/gather_source.h"
#include "strataform/geology/family.h"
#include "strataform/survey/modelling.h"
#include "strataform/wave/propagator.h"

namespace strataform::data {

/// What models the gathers over maps. Noise and muted traces come after it: see SampleMaker.
class Recorder {
 public:
  Recorder() = default;
  virtual ~Recorder() = default;
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;
  Recorder(Recorder&&) = delete;
  Recorder& operator=(Recorder&&) = delete;

  /// maps: those of the examples of these numbers, each nz x nx in m/s. Returns their gathers, [shots, samples,
  /// receivers] each. Throws InputError and NumericalError as wave::Propagator does.
  [[nodiscard]] virtual std::vector<float> record(std::span<const float> maps,
                                                  std::span<const std::int64_t> numbers) const = 0;
  /// How the example of a number is recorded, on OpenFWI's grid and in its time step.
  [[nodiscard]] virtual survey::Modelling modelling(std::int64_t number) const = 0;
  /// Whether that is the same for all.
  [[nodiscard]] virtual bool is_uniform() const = 0;
  /// Of the gathers of one example.
  [[nodiscard]] GatherShape shape() const;
};

/// As the conditions say: one modelling for all examples, or, where they are varied, another for each
/// (draw_modelling()). flip_shot: also the mirror image of each source that has none, where they are not varied. seed:
/// of varied conditions.
[[nodiscard]] std::unique_ptr<const Recorder> make_recorder(const Conditions& conditions, bool flip_shot,
                                                            const geology::MapSize& size, std::uint64_t seed,
                                                            wave::PropagatorOptions options = {});

/// Each cell of the maps, any number of [nz, nx], becomes factor x factor cells.
[[nodiscard]] std::vector<float> refined_maps(std::span<const float> maps, const geology::MapSize& size,
                                              std::int64_t factor);

}  // namespace strataform::data
