#pragma once

#include "strataform/data/map_source.h"
#include "strataform/geology/family.h"
#include "strataform/study/config.h"

namespace strataform::study {

/// What a domain's samples are for.
enum class Part { kTraining, kValidation, kTest };

/// The maps of a domain: of its family, of the ten in turn, or windows of its velocity model, clipped to the range of
/// the families. Throws IoError and InputError for a velocity model that cannot be read or is too small.
[[nodiscard]] data::MapSource map_source(const DomainConfig& domain, Part part, const geology::MapSize& size);

}  // namespace strataform::study
