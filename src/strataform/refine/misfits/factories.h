#pragma once

#include "strataform/refine/misfit.h"

namespace strataform::refine {

// Declares every function that misfits.def names, for the registry and for the files that define them.
#define STRATAFORM_MISFIT(factory) Misfit factory();
#include "strataform/refine/misfits.def"
#undef STRATAFORM_MISFIT

}  // namespace strataform::refine
