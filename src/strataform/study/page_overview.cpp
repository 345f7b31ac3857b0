#include "strataform/study/page_overview.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <vector>

#include "strataform/study/page_table.h"

namespace strataform::study {
namespace {

/// "101.1 / 92.1"; zero-shot, one number.
Entry errors_of(const Results& results, const DomainConfig& domain, const MethodConfig& method) {
  std::vector<std::string> means;
  std::vector<std::string> intervals;
  for (const Column& column : Results::columns_of(domain)) {
    const Estimate error = results.estimate(method, column, mae_of);
    means.push_back(error.count == 0 ? "–" : number(error.mean, {1}));
    if (error.has_interval()) intervals.push_back("± " + number(error.half_width, {1}));
    if (method.kind == MethodKind::kZeroShot) break;
  }
  return {fmt::format("{}", fmt::join(means, " / ")), fmt::format("{}", fmt::join(intervals, " / "))};
}

}  // namespace

nlohmann::json overview_table(const Results& results) {
  const StudyConfig& config = results.config();
  std::vector<std::string> headings{"domain"};
  for (const MethodConfig& method : config.methods) headings.push_back(method.title);
  const std::vector<std::int64_t> usual = results.sizes();
  const std::string caption = fmt::format(
      "Mean absolute error (m/s) with {} examples; in small print half of the 95 % interval", fmt::join(usual, " / "));
  nlohmann::json table = make_table(caption, headings);
  for (const DomainConfig& domain : config.domains) {
    std::vector<Entry> entries;
    for (const MethodConfig& method : config.methods) entries.push_back(errors_of(results, domain, method));
    const bool is_usual = domain.sizes == usual;
    add_row(table, is_usual ? domain.title : fmt::format("{} ({})", domain.title, fmt::join(domain.sizes, " / ")),
            entries);
  }
  return table;
}

}  // namespace strataform::study
