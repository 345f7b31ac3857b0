#pragma once

#include <memory>

#include "strataform/geology/family.h"

namespace strataform::geology {

// Declares every factory that families.def names, for the registry and for the files that define them.
#define STRATAFORM_FAMILY(factory) std::unique_ptr<Family> factory();
#define STRATAFORM_EXTRA_FAMILY(factory) std::unique_ptr<Family> factory();
#include "strataform/geology/families.def"
#undef STRATAFORM_FAMILY
#undef STRATAFORM_EXTRA_FAMILY

}  // namespace strataform::geology
