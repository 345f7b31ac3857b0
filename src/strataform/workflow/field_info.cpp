#include "strataform/workflow/field_info.h"

#include "strataform/field/describe_traces.h"
#include "strataform/field/trace_formats.h"

namespace strataform::workflow {

std::optional<std::string> describe_field_file(const std::filesystem::path& path, const Context& context) {
  if (!field::is_trace_file(path)) return std::nullopt;
  return field::describe(field::report_traces(path, {}, context));
}

}  // namespace strataform::workflow
