#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "strataform/data/dataset.h"
#include "strataform/data/input_spec.h"
#include "strataform/survey/modelling.h"

namespace strataform::data {

/// Left-right flips. Mirrored, a source at column c lies at column nx - 1 - c, so a flipped gather is exact only
/// where that column was shot as well: OpenFWI's source at 34 needs a sixth shot at 35.
enum class Flip {
  kNever,
  kExact,        ///< where every mirrored source was shot
  kApproximate,  ///< also where a mirrored source is one cell away from one that was
};

/// How all models of a source were recorded. Where it does not say, `assumed` holds if its numbers of shots and
/// receivers fit; failing that, OpenFWI's survey over as many columns as the map has, with its mirror shot or without,
/// if they fit that. Nothing where neither does, or where every model was recorded in its own way.
std::optional<survey::Modelling> known_modelling(const GatherSource& source, std::int64_t nx,
                                                 const std::optional<survey::Modelling>& assumed);

/// The shots and receivers that make up the flipped gather over maps of nx columns; nothing where flip does not allow
/// it. assumed: see known_modelling().
std::optional<TraceOrder> mirrored_order(const GatherSource& source, std::int64_t nx, const InputSpec& spec, Flip flip,
                                         const std::optional<survey::Modelling>& assumed = std::nullopt);

/// Reverses the rows of a map [nz, nx] in place.
void flip_map(std::int64_t nx, std::span<float> map);

}  // namespace strataform::data
