#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "strataform/data/gather_source.h"
#include "strataform/data/input_spec.h"
#include "strataform/data/mirror.h"
#include "strataform/survey/modelling.h"

namespace strataform::data {

/// How the gathers of a source become the input of a network, of one survey or of any. Const members may be called from
/// several threads at once.
class InputReader {
 public:
  /// nx: columns of the network's maps. flip: which mirror images count (a network of any survey takes all of them).
  /// assumed: how the gathers were recorded where the source does not say and this fits; failing that, OpenFWI's
  /// survey. velocity_ratio: see ShotImageOptions; for networks of any survey alone. source must outlive it. Throws
  /// MismatchError where the network cannot read the source.
  InputReader(const GatherSource& source, const InputSpec& spec, std::int64_t nx, Flip flip,
              const std::optional<survey::Modelling>& assumed = std::nullopt, double velocity_ratio = 1.0);

  /// Whether mirrored inputs can be had.
  [[nodiscard]] bool mirrors() const { return spec_.any_survey ? flip_ != Flip::kNever : mirrored_.has_value(); }
  /// How the model of an index was recorded, as far as that is known or assumed.
  [[nodiscard]] std::optional<survey::Modelling> modelling_of(std::int64_t index) const;
  /// Prepares gathers of the source's shape that were recorded in this way; `out` holds spec.input_size() values.
  void prepare(const std::optional<survey::Modelling>& modelling, std::span<const float> gathers, bool mirrored,
               std::span<float> out) const;
  /// Reads and prepares the gathers of one model.
  void read(std::int64_t index, bool mirrored, std::span<float> out) const;

 private:
  const GatherSource& source_;
  InputSpec spec_;
  Flip flip_;
  double velocity_ratio_;
  GatherShape shape_;
  std::optional<survey::Modelling> uniform_;  ///< of all models, where they have one
  TraceOrder direct_;
  std::optional<TraceOrder> mirrored_;
};

}  // namespace strataform::data
