#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "strataform/data/gather_source.h"
#include "strataform/survey/live_traces.h"

namespace strataform::adapt {

/// What the live receivers of one gather have recorded, parted into shots that are fitted and shots that are not.
struct Recording {
  survey::LiveRecord fitted;
  survey::LiveRecord left_out;
};

/// Which of a survey's shots a gather leaves out: as evenly spread as their number allows, and others in the next
/// gather, so that all take turns.
[[nodiscard]] std::vector<std::int64_t> left_out_shots(std::int64_t shots, std::int64_t count, std::int64_t index);

/// Reads gather `index` of the source, which is of that survey. Throws InputError, naming source and gather, where no
/// trace of a shot to fit is live.
[[nodiscard]] Recording read_recording(const data::GatherSource& source, std::int64_t index,
                                       const survey::Survey& survey, std::int64_t validation_shots);

}  // namespace strataform::adapt
