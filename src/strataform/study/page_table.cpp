#include "strataform/study/page_table.h"

#include <fmt/format.h>

#include <utility>

namespace strataform::study {

std::string number(double value, const NumberFormat& format) {
  const double scaled = value * format.scale;
  return format.sign ? fmt::format("{:+.{}f}", scaled, format.decimals)
                     : fmt::format("{:.{}f}", scaled, format.decimals);
}

std::string with_interval(const Estimate& estimate, const NumberFormat& format) {
  if (estimate.count == 0) return "–";
  if (!estimate.has_interval()) return number(estimate.mean, format);
  NumberFormat width = format;
  width.sign = false;
  return fmt::format("{} ± {}", number(estimate.mean, format), number(estimate.half_width, width));
}

nlohmann::json make_table(const std::string& caption, const std::vector<std::string>& headings) {
  return {{"caption", caption}, {"headings", headings}, {"rows", nlohmann::json::array()}};
}

nlohmann::json unless_empty(const std::string& text) {
  return text.empty() ? nlohmann::json(false) : nlohmann::json(text);
}
nlohmann::json unless_zero(std::int64_t count) { return count == 0 ? nlohmann::json(false) : nlohmann::json(count); }

void add_row(nlohmann::json& table, const std::string& name, const std::vector<Entry>& entries) {
  nlohmann::json row = {{"name", name}, {"entries", nlohmann::json::array()}};
  for (const auto& [text, note] : entries) {
    row["entries"].push_back({{"text", text}, {"note", unless_empty(note)}});
  }
  table["rows"].push_back(std::move(row));
}

}  // namespace strataform::study
