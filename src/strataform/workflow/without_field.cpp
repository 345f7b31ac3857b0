// What stands in for field_info.cpp where there is no libsegyio.
#include "strataform/workflow/field_info.h"

namespace strataform::workflow {

std::optional<std::string> describe_field_file(const std::filesystem::path& /*path*/, const Context& /*context*/) {
  return std::nullopt;
}

}  // namespace strataform::workflow
