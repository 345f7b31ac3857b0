#include "strataform/refine/misfit.h"

#include <fmt/format.h>

#include "strataform/core/error.h"
#include "strataform/core/nearest.h"
#include "strataform/refine/misfits/factories.h"

namespace strataform::refine {

const std::vector<Misfit>& misfits() {
#define STRATAFORM_MISFIT(factory) factory(),
  static const std::vector<Misfit> all = {
#include "strataform/refine/misfits.def"
  };
#undef STRATAFORM_MISFIT
  return all;
}

std::vector<std::string> misfit_names() {
  std::vector<std::string> names;
  for (const Misfit& misfit : misfits()) names.push_back(misfit.name);
  return names;
}

const Misfit& find_misfit(const std::string& name) {
  for (const Misfit& misfit : misfits()) {
    if (misfit.name == name) return misfit;
  }
  throw UsageError(fmt::format("`misfit`: {}", expected_one_of(misfit_names(), name)));
}

}  // namespace strataform::refine
