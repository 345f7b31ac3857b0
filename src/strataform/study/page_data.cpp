#include "strataform/study/page_data.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "strataform/study/page_overview.h"
#include "strataform/study/page_table.h"
#include "strataform/study/plan.h"

namespace strataform::study {
namespace {

std::string column_name(const Column& column) {
  return fmt::format("{}, {} examples", column.domain->title, column.size);
}

class PageData {
 public:
  PageData(const Results& results, const std::vector<Claim>& claims, const std::vector<Picture>& pictures,
           const PageFacts& facts)
      : results_(results), config_(results.config()), claims_(claims), pictures_(pictures), facts_(facts) {}

  [[nodiscard]] nlohmann::json all() const {
    nlohmann::json page = state();
    page.update(setup());
    page["overview"] = overview_table(results_);
    page["claim_pictures"] = pictures_of("");
    page["claims"] = nlohmann::json::array();
    for (const Claim& claim : claims_) page["claims"].push_back(describe(claim));
    page["rates"] = rates();
    page["costs"] = costs();
    page["forgetting"] = forgetting();
    page["domains"] = nlohmann::json::array();
    for (const DomainConfig& domain : config_.domains) page["domains"].push_back(describe(domain));
    page["cells"] = cells();
    return page;
  }

 private:
  [[nodiscard]] nlohmann::json state() const {
    return {{"title", config_.title},
            {"finished", facts_.finished},
            {"planned", facts_.planned},
            {"base", config_.base.filename().string()},
            {"base_fingerprint", facts_.base_fingerprint.empty() ? "unknown" : facts_.base_fingerprint},
            {"missing", unless_zero(facts_.planned - facts_.finished)},
            {"left_out", unless_empty(fmt::format("{}", fmt::join(facts_.left_out, "; ")))},
            {"diverged", unless_zero(facts_.diverged)},
            {"elsewhere", unless_zero(results_.count_elsewhere())}};
  }

  [[nodiscard]] nlohmann::json pictures_of(const std::string& domain) const {
    nlohmann::json pictures = nlohmann::json::array();
    for (const Picture& picture : pictures_) {
      if (picture.domain == domain) pictures.push_back({{"file", picture.file}, {"shows", picture.description}});
    }
    return pictures;
  }

  [[nodiscard]] static nlohmann::json describe(const Claim& claim) {
    nlohmann::json findings = nlohmann::json::array();
    for (const Finding& finding : claim.findings) findings.push_back(describe(finding));
    return {{"statement", claim.statement},
            {"verdict", claim.verdict()},
            {"may_change", !claim.is_complete()},
            {"findings", findings}};
  }

  [[nodiscard]] static std::string describe(const Finding& finding) {
    const Results::Comparison& comparison = finding.comparison;
    if (comparison.used == 0) {
      return fmt::format("{}: none of {} columns has all cells of both.", finding.text, finding.planned);
    }
    std::string line = fmt::format("{}: {} % (limit {:+.0f} %): {}. Lower in {} of {} columns", finding.text,
                                   with_interval(comparison.relative, {1, 100.0, true}), 100.0 * finding.limit,
                                   to_string(finding.verdict), comparison.better.size(), comparison.used);
    // The rarer case: the other names would be nearly all.
    const bool is_rarely_better = comparison.better.size() < comparison.worse.size();
    std::vector<std::string> names;
    for (const Column& column : is_rarely_better ? comparison.better : comparison.worse)
      names.push_back(column_name(column));
    if (!names.empty()) line += fmt::format(" ({}{})", is_rarely_better ? "" : "not in ", fmt::join(names, "; "));
    if (comparison.equal > 0) {
      line += fmt::format("; equal in {}", comparison.equal);
    }
    if (comparison.diverged > 0) {
      line += fmt::format("; in {} more every training diverged", comparison.diverged);
    }
    if (const std::int64_t missing = finding.planned - comparison.used - comparison.diverged; missing > 0) {
      line += fmt::format("; {} more have cells missing", missing);
    }
    return line + ".";
  }

  [[nodiscard]] nlohmann::json setup() const {
    const TrainingConfig& training = config_.training;
    return {{"passes", fmt::format("{:g}", training.passes)},
            {"batch_size", training.options.batch_size},
            {"min_steps", training.min_steps},
            {"max_steps", training.max_steps},
            {"learning_rates", fmt::format("{:g}", fmt::join(training.learning_rates, ", "))},
            {"patience", training.patience},
            {"exceptions", exceptions()},
            {"seeds", fmt::format("{}", fmt::join(config_.seeds, ", "))},
            {"test_samples", config_.data.test},
            {"validation_samples", config_.data.validation}};
  }

  /// Whether the learning rates reach as far as every method wants.
  [[nodiscard]] nlohmann::json rates() const {
    std::vector<std::string> headings{"method"};
    for (const double rate : config_.training.learning_rates) headings.push_back(fmt::format("{:g}", rate));
    headings.emplace_back("none: it stayed at its start");
    nlohmann::json table = make_table("How many columns chose each learning rate", headings);
    for (const MethodConfig& method : config_.methods) {
      if (method.kind == MethodKind::kZeroShot) continue;
      std::vector<std::int64_t> counts(headings.size() - 1, 0);
      for (const Column& column : results_.columns()) {
        const Outcome* outcome = results_.find(method, column, config_.seeds.front());
        if (outcome == nullptr) continue;
        const auto& rates = config_.training.learning_rates;
        const auto chosen =
            outcome->selected_step == 0 ? rates.end() : std::ranges::find(rates, outcome->learning_rate);
        ++counts[static_cast<std::size_t>(chosen - rates.begin())];
      }
      std::vector<Entry> entries;
      for (const std::int64_t count : counts) entries.push_back({fmt::format("{}", count)});
      add_row(table, method.title, entries);
    }
    return table;
  }

  /// What is not the same for every method.
  [[nodiscard]] std::string exceptions() const {
    std::string text;
    for (const MethodConfig& method : config_.methods) {
      if (method.steps_factor != 1.0)
        text += fmt::format(" {}: {:g} times as many steps.", method.title, method.steps_factor);
      if (!method.rate_of.empty())
        text += fmt::format(" {}: the rate of {}.", method.title, config_.find_method(method.rate_of)->title);
    }
    return text;
  }

  [[nodiscard]] nlohmann::json costs() const {
    nlohmann::json table = make_table("Memory and time, means over the domains that have all cells", cost_headings());
    for (const MethodConfig& method : config_.methods) {
      if (method.kind == MethodKind::kZeroShot) continue;
      const Outcome* any = results_.any(method);
      std::vector<Entry> entries{{any == nullptr ? "–" : fmt::format("{:.2f} %", 100.0 * any->trained_share)}};
      for (const std::int64_t size : results_.sizes()) {
        const std::vector<Column> columns = complete_columns(size);
        if (config_.counts_memory()) {
          const Estimate peak = results_.estimate_over(method, columns, peak_bytes_of);
          entries.push_back({with_interval(peak, {1, 1e-6})});
        }
        const Estimate seconds = results_.estimate_over(method, columns, seconds_of);
        std::string note;
        if (method.kind == MethodKind::kScratch && seconds.count > 0) {
          note = fmt::format("to its stop; best after {} s",
                             with_interval(results_.estimate_over(method, columns, best_seconds_of), {1}));
        }
        entries.push_back({with_interval(seconds, {1}), note});
      }
      add_row(table, method.title, entries);
    }
    return table;
  }

  [[nodiscard]] std::vector<std::string> cost_headings() const {
    std::vector<std::string> headings{"method", "trained"};
    for (const std::int64_t size : results_.sizes()) {
      if (config_.counts_memory()) headings.push_back(fmt::format("peak of tensors (MB), {} examples", size));
      headings.push_back(fmt::format("seconds, {} examples", size));
    }
    return headings;
  }

  [[nodiscard]] std::vector<Column> complete_columns(std::int64_t size) const {
    std::vector<Column> columns = results_.columns();
    std::erase_if(columns, [size](const Column& column) { return column.size != size; });
    return results_.complete(std::move(columns));
  }

  [[nodiscard]] nlohmann::json forgetting() const {
    std::vector<std::string> headings{"method"};
    for (const std::int64_t size : results_.sizes()) headings.push_back(fmt::format("{} examples", size));
    nlohmann::json table = make_table(
        "Rise of the mean absolute error on the ten families (m/s), mean over the domains that have all cells",
        headings);
    for (const MethodConfig& method : config_.methods) {
      if (method.kind == MethodKind::kZeroShot) continue;
      std::vector<Entry> entries;
      for (const std::int64_t size : results_.sizes()) {
        const Estimate rise = results_.estimate_over(method, complete_columns(size), forgetting_of);
        entries.push_back({with_interval(rise, {1, 1, true})});
      }
      add_row(table, method.title, entries);
    }
    return table;
  }

  [[nodiscard]] nlohmann::json describe(const DomainConfig& domain) const {
    return {{"domain", domain.title},
            {"description", description_of(domain)},
            {"metrics", nlohmann::json::array({errors(domain, "Mean absolute error (m/s)", mae_of, {1}),
                                               errors(domain, "Root mean squared error (m/s)", rmse_of, {1}),
                                               errors(domain, "Structural similarity", ssim_of, {3}),
                                               errors(domain, "Forgetting (m/s)", forgetting_of, {1, 1.0, true})})},
            {"pictures", pictures_of(domain.name)}};
  }

  [[nodiscard]] nlohmann::json errors(const DomainConfig& domain, const std::string& caption, Metric metric,
                                      const NumberFormat& format) const {
    std::vector<std::string> headings{"method"};
    for (const std::int64_t size : domain.sizes) headings.push_back(fmt::format("{} examples", size));
    nlohmann::json table =
        make_table(full_ == nullptr ? caption : caption + "; in small print: minus full fine-tuning, paired", headings);
    NumberFormat difference = format;
    difference.sign = true;
    for (const MethodConfig& method : config_.methods) {
      std::vector<Entry> entries;
      for (const Column& column : Results::columns_of(domain)) {
        const Estimate estimate = results_.estimate(method, column, metric);
        std::string note;
        if (full_ != nullptr && &method != full_) {
          note = with_interval(results_.difference(method, *full_, column, metric), difference);
        }
        if (estimate.count > 0 && !results_.has_all_seeds(method, column)) {
          note += fmt::format("{}{} of {} seeds", note.empty() ? "" : "; ", estimate.count, config_.seeds.size());
        }
        entries.push_back({with_interval(estimate, format), note});
      }
      add_row(table, method.title, entries);
    }
    return table;
  }

  [[nodiscard]] nlohmann::json cells() const {
    nlohmann::json table =
        make_table("One training each, the best learning rate's",
                   {"cell", "MAE (m/s)", "RMSE (m/s)", "SSIM", "forgetting (m/s)", "trained", "peak (MB)", "seconds",
                    "best after (s)", "learning rate", "steps", "best step"});
    for (const MethodConfig& method : config_.methods) {
      for (const Column& column : results_.columns()) add_cells(method, column, table);
    }
    return table;
  }

  void add_cells(const MethodConfig& method, const Column& column, nlohmann::json& table) const {
    const bool is_zero_shot = method.kind == MethodKind::kZeroShot;
    // A zero-shot cell belongs to all columns of its domain and is shown once.
    if (is_zero_shot && column.size != column.domain->sizes.front()) return;
    for (const std::uint64_t seed : config_.seeds) {
      const Outcome* outcome = results_.find(method, column, seed);
      if (outcome == nullptr) continue;
      const std::string name = is_zero_shot ? fmt::format("{}, {}", column.domain->title, method.title)
                                            : fmt::format("{}, {}, seed {}", column_name(column), method.title, seed);
      const std::string peak =
          config_.counts_memory() ? fmt::format("{:.1f}", 1e-6 * static_cast<double>(outcome->peak_bytes)) : "–";
      add_row(table, name,
              {{fmt::format("{:.1f}", outcome->scores.mae_velocity)},
               {fmt::format("{:.1f}", outcome->scores.rmse_velocity)},
               {fmt::format("{:.3f}", outcome->scores.ssim)},
               {fmt::format("{:+.1f}", outcome->forgetting)},
               {fmt::format("{:.2f} %", 100.0 * outcome->trained_share)},
               {peak},
               {fmt::format("{:.1f}", outcome->seconds)},
               {fmt::format("{:.1f}", outcome->best_seconds)},
               {fmt::format("{:g}", outcome->learning_rate)},
               {fmt::format("{}", outcome->steps)},
               {fmt::format("{}", outcome->selected_step)}});
      if (is_zero_shot) return;
    }
  }

  const Results& results_;
  const StudyConfig& config_;
  const std::vector<Claim>& claims_;
  const std::vector<Picture>& pictures_;
  const PageFacts& facts_;
  const MethodConfig* full_ = config_.full_method();
};

}  // namespace

PageFacts facts_of(const StudyConfig& config, const std::vector<StudyCell>& cells) {
  PageFacts facts;
  facts.finished = std::ssize(cells);
  facts.planned = std::ssize(plan_cells(config));
  facts.diverged = std::ranges::count_if(cells, [](const StudyCell& cell) { return !cell.outcome; });
  if (!cells.empty()) facts.base_fingerprint = cells.front().identity.value("base", "");
  facts.left_out = config.left_out;
  return facts;
}

nlohmann::json page_data(const Results& results, const std::vector<Claim>& claims, const std::vector<Picture>& pictures,
                         const PageFacts& facts) {
  return PageData(results, claims, pictures, facts).all();
}

}  // namespace strataform::study
