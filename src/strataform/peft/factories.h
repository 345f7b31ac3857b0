#pragma once

#include "strataform/peft/method.h"

namespace strataform::peft {

// Declares every function that methods.def names, for the registry and for the files that define them.
#define STRATAFORM_METHOD(factory) Method factory();
#include "strataform/peft/methods.def"
#undef STRATAFORM_METHOD

}  // namespace strataform::peft
