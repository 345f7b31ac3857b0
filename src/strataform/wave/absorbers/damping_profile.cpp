#include "strataform/wave/absorbers/damping_profile.h"

#include <cstddef>

namespace strataform::wave {

const DampingProfile& damping_of(const survey::Scheme& scheme) {
  // In the order of the enumeration, which is made of these lines, too.
#define STRATAFORM_ABSORBER(kind, name, help, factory) factory(),
  static const DampingProfile all[] = {
#include "strataform/survey/absorbers.def"
  };
#undef STRATAFORM_ABSORBER
  return all[static_cast<std::size_t>(scheme.absorber)];
}

}  // namespace strataform::wave
