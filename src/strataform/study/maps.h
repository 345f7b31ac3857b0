#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "strataform/geology/family.h"
#include "strataform/study/config.h"

namespace strataform::study {

/// What a domain's samples are for.
enum class Part { kTraining, kValidation, kTest };

/// Map `index` of a seed, [nz, nx] in m/s: the same whatever was drawn before it, on whatever thread.
using MapSource = std::function<std::vector<float>(std::uint64_t seed, std::uint64_t index)>;

/// The maps of a domain: of its family, of the ten in turn, or windows of its velocity model, clipped to the range of
/// the families. Throws IoError and InputError for a velocity model that cannot be read or is too small.
[[nodiscard]] MapSource map_source(const DomainConfig& domain, Part part, const geology::MapSize& size);

}  // namespace strataform::study
