#pragma once

#include "strataform/survey/modelling.h"

namespace strataform::wave {

/// Throws UsageError where a value is out of range, a position lies outside the model or on a free surface, or the
/// sample interval is no whole multiple of the time step.
void check(const survey::Modelling& modelling);

}  // namespace strataform::wave
