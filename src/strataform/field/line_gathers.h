#pragma once

#include <memory>
#include <optional>

#include "strataform/data/gather_formats.h"
#include "strataform/field/line.h"

namespace strataform::field {

/// The gathers of a line as those of one model. Where shots have fewer receivers than others, dead traces at the last
/// one's place follow, all zero, which survey::live_record() leaves out again. modelling: how they count as modelled;
/// its survey is the line's. Without it nothing is said of that, as for a file of gathers alone.
[[nodiscard]] std::unique_ptr<data::GatherSource> line_gathers(std::shared_ptr<const Line> line,
                                                               std::optional<survey::Modelling> modelling = {});

/// For data::open_gathers(): files of the formats of trace_formats.def, read as their headers say.
[[nodiscard]] data::GatherFormat line_format();

}  // namespace strataform::field
