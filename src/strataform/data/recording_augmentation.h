#pragma once

#include <span>

#include "strataform/core/random.h"
#include "strataform/data/gather_source.h"
#include "strataform/survey/modelling.h"

namespace strataform::data {

/// What sets recordings apart beyond how their waves were modelled (see draw_modelling()), drawn anew each time that an
/// example is used and independently of its map. In this order, with the probability in brackets:
///   - five shots in their order (0.4) or any 1 to all of them; the others are silent;
///   - a phase of up to 30 degrees, a delay of up to 20 ms (0.35 each) and another peak frequency, half to 1.2 times
///   the
///     modelled one (0.3), of which the survey is told;
///   - no direct wave (0.08), a record that ends after 0.6 to 1 of its length (0.1);
///   - noise 30 to 60 dB below the record (always) and a third time in three at 0 to 30 dB: white (0.6), smooth in time
///     (0.25) or the same wave passing all receivers (0.15);
///   - every second or third receiver (0.15), one side of the source (0.15), a part of the spread (0.1), gaps (0.1);
///   - up to 0.4 of the traces dead (0.15).
/// Traces that are not there are zero. gathers [shots, samples, receivers] is changed in place, modelling so that it
/// says what is known of the recording.
void vary_recording(const GatherShape& shape, survey::Modelling& modelling, std::span<float> gathers, Random& random);

}  // namespace strataform::data
