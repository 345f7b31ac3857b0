#include "strataform/study/claims.h"

#include <fmt/format.h>

#include <algorithm>

#include "strataform/core/choice.h"

namespace strataform::study {
namespace {

constexpr double kSmallShare = 0.01;
constexpr double kClose = 0.05;

Verdict judge(const Results::Comparison& comparison, double limit) {
  const Estimate& relative = comparison.relative;
  if (relative.count == 0) return Verdict::kMissing;
  if (!relative.has_interval()) return Verdict::kOpen;
  // Where nothing differs, rounding is not to decide which is better.
  if (comparison.equal == comparison.used && limit == 0.0) return Verdict::kOpen;
  if (relative.high() < limit) return comparison.diverged == 0 ? Verdict::kHolds : Verdict::kOpen;
  return relative.low() >= limit ? Verdict::kFails : Verdict::kOpen;
}

/// Builds the findings of all claims.
class Examiner {
 public:
  explicit Examiner(const Results& results) : results_(results), full_(results.config().full_method()) {
    for (const MethodConfig& method : results.config().methods) {
      if (method.kind == MethodKind::kScratch) scratch_.push_back(&method);
      if (!method.is_peft()) continue;
      const Outcome* outcome = results.any(method);
      // A method that has no outcome yet, or whose trainings all diverged, is not to drop out.
      const bool is_small = outcome != nullptr ? outcome->trained_share < kSmallShare
                                               : method.budget.has_value() && *method.budget <= kSmallShare;
      if (is_small) small_.push_back(&method);
    }
  }

  [[nodiscard]] std::vector<Claim> claims() const {
    const std::vector<Column> all = results_.columns();
    const std::vector<Column> in = where([](const Column& column) { return column.domain->in_distribution; });
    const std::vector<Column> out = where([](const Column& column) { return !column.domain->in_distribution; });
    const std::vector<Column> little =
        where([](const Column& column) { return column.size == column.domain->sizes.front(); });
    std::vector<Claim> claims;
    claims.push_back({"Full fine-tuning of the foundation model is better than task-specific models.",
                      against_scratch(in, "error in distribution")});
    append(claims.back(), against_scratch(out, "error out of distribution"));
    claims.push_back({"PEFT of under 1 % of the parameters comes within 5 % of full fine-tuning.",
                      against_full(all, "error over all domains", mae_of, kClose)});
    append(claims.back(), against_full(out, "error out of distribution", mae_of, kClose));
    claims.push_back({"PEFT of under 1 % is better than full fine-tuning out of distribution and with little data.",
                      against_full(out, "error out of distribution", mae_of, 0.0)});
    append(claims.back(), against_full(little, "error with the fewest examples", mae_of, 0.0));
    claims.push_back({"PEFT of under 1 % lowers memory and training time.", {}});
    if (results_.config().counts_memory()) {
      append(claims.back(), against_full(all, "peak bytes of tensors", peak_bytes_of, 0.0));
    }
    append(claims.back(), against_full(all, "seconds of training", seconds_of, 0.0));
    return claims;
  }

 private:
  template <class Condition>
  [[nodiscard]] std::vector<Column> where(const Condition& condition) const {
    std::vector<Column> columns = results_.columns();
    std::erase_if(columns, [&](const Column& column) { return !condition(column); });
    return columns;
  }

  static void append(Claim& claim, std::vector<Finding> findings) {
    claim.findings.insert(claim.findings.end(), findings.begin(), findings.end());
  }

  [[nodiscard]] Finding find(const MethodConfig* method, const MethodConfig* reference,
                             const std::vector<Column>& columns, const std::string& text, Metric metric,
                             double limit) const {
    Finding finding;
    finding.text = text;
    finding.limit = limit;
    finding.planned = std::ssize(columns);
    if (method != nullptr && reference != nullptr) {
      finding.comparison = results_.compare(*method, *reference, columns, metric);
    }
    finding.verdict = judge(finding.comparison, limit);
    return finding;
  }

  [[nodiscard]] std::vector<Finding> against_scratch(const std::vector<Column>& columns,
                                                     const std::string& scope) const {
    std::vector<Finding> findings;
    for (const MethodConfig* method : scratch_) {
      findings.push_back(find(full_, method, columns,
                              fmt::format("Full fine-tuning against \"{}\": {}", method->title, scope), mae_of, 0.0));
    }
    return findings;
  }

  [[nodiscard]] std::vector<Finding> against_full(const std::vector<Column>& columns, const std::string& scope,
                                                  Metric metric, double limit) const {
    std::vector<Finding> findings;
    for (const MethodConfig* method : small_) {
      findings.push_back(find(method, full_, columns,
                              fmt::format("{} against full fine-tuning: {}", method->title, scope), metric, limit));
    }
    return findings;
  }

  const Results& results_;
  const MethodConfig* full_;
  std::vector<const MethodConfig*> scratch_;  ///< task-specific models
  std::vector<const MethodConfig*> small_;    ///< PEFT of under 1 % of the parameters
};

}  // namespace

std::string to_string(Verdict verdict) {
  constexpr Choice<Verdict> kVerdicts[] = {{"holds", Verdict::kHolds},
                                           {"does not hold", Verdict::kFails},
                                           {"not decided", Verdict::kOpen},
                                           {"not computed", Verdict::kMissing}};
  return name_of(kVerdicts, verdict);
}

std::string Claim::verdict() const {
  const auto count = [this](Verdict wanted) { return std::ranges::count(findings, wanted, &Finding::verdict); };
  const auto all = std::ssize(findings);
  if (count(Verdict::kMissing) == all) return to_string(Verdict::kMissing);
  if (count(Verdict::kHolds) == all) return to_string(Verdict::kHolds);
  if (count(Verdict::kFails) == 0) return to_string(Verdict::kOpen);
  return count(Verdict::kHolds) > 0 ? "holds in part" : to_string(Verdict::kFails);
}

bool Claim::is_complete() const {
  return std::ranges::all_of(findings, [](const Finding& finding) {
    return finding.comparison.used + finding.comparison.diverged == finding.planned;
  });
}

std::vector<Claim> check_claims(const Results& results) { return Examiner(results).claims(); }

nlohmann::json to_json(const Claim& claim) {
  nlohmann::json findings = nlohmann::json::array();
  for (const Finding& finding : claim.findings) {
    const Results::Comparison& comparison = finding.comparison;
    const Estimate& relative = comparison.relative;
    nlohmann::json worse = nlohmann::json::array();
    for (const Column& column : comparison.worse)
      worse.push_back({{"domain", column.domain->name}, {"size", column.size}});
    findings.push_back(
        {{"text", finding.text},
         {"verdict", to_string(finding.verdict)},
         {"limit", finding.limit},
         {"relative_difference", relative.count > 0 ? nlohmann::json(relative.mean) : nlohmann::json()},
         {"half_width", relative.has_interval() ? nlohmann::json(relative.half_width) : nlohmann::json()},
         {"columns", comparison.used},
         {"diverged_columns", comparison.diverged},
         {"planned_columns", finding.planned},
         {"better_columns", comparison.better.size()},
         {"equal_columns", comparison.equal},
         {"other_columns", worse}});
  }
  return {{"statement", claim.statement}, {"verdict", claim.verdict()}, {"findings", findings}};
}

}  // namespace strataform::study
