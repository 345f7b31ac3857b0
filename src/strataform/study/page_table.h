#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "strataform/study/statistics.h"

// Tables of the page, as table.mustache shows them.
namespace strataform::study {

/// Numbers of a table: how they are scaled and with how many decimals they are shown.
struct NumberFormat {
  int decimals = 1;
  double scale = 1.0;
  bool sign = false;
};
[[nodiscard]] std::string number(double value, const NumberFormat& format);
/// "102.1 ± 1.3", "102.1" without an interval, "–" where there is nothing.
[[nodiscard]] std::string with_interval(const Estimate& estimate, const NumberFormat& format);

/// The first heading is that of the rows' names.
[[nodiscard]] nlohmann::json make_table(const std::string& caption, const std::vector<std::string>& headings);

/// A second text is shown in small print under the first.
struct Entry {
  std::string text;
  std::string note{};
};
void add_row(nlohmann::json& table, const std::string& name, const std::vector<Entry>& entries);

/// What the page leaves out where there is nothing to say: false instead.
[[nodiscard]] nlohmann::json unless_empty(const std::string& text);
[[nodiscard]] nlohmann::json unless_zero(std::int64_t count);

}  // namespace strataform::study
