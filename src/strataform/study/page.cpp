#include "strataform/study/page.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "strataform/study/html.h"

namespace strataform::study {
namespace {

using Entry = HtmlTable::Entry;

constexpr const char* kStyle = R"(<style>
body { font: 1rem/1.5 system-ui, sans-serif; color: #21252a; background: #fff; max-width: 62rem; margin: 0 auto;
  padding: 1rem; }
h1, h2, h3 { line-height: 1.2; }
.scroll { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: .3rem 0; }
th, td { padding: .25rem .7rem; border-bottom: 1px solid #d8dade; text-align: right; white-space: nowrap;
  vertical-align: top; }
th:first-child { text-align: left; }
small { color: #5c6168; }
img { max-width: 100%; height: auto; }
.claim { border-left: .3rem solid #9ea3ab; padding: .1rem .9rem; margin: 1.2rem 0; break-inside: avoid; }
@media print { body { max-width: none; padding: 0; font-size: 9pt; } .scroll { overflow: visible; }
  table, img { break-inside: avoid; } }
</style>
)";

/// Numbers of a table: how they are scaled and with how many decimals they are shown.
struct Format {
  int decimals = 1;
  double scale = 1.0;
  bool sign = false;
};

std::string number(double value, const Format& format) {
  const double scaled = value * format.scale;
  return format.sign ? fmt::format("{:+.{}f}", scaled, format.decimals)
                     : fmt::format("{:.{}f}", scaled, format.decimals);
}

std::string with_interval(const Estimate& estimate, const Format& format) {
  if (estimate.count == 0) return "–";
  if (!estimate.has_interval()) return number(estimate.mean, format);
  Format width = format;
  width.sign = false;
  return fmt::format("{} ± {}", number(estimate.mean, format), number(estimate.half_width, width));
}

std::string paragraph(const std::string& text) { return element("p", text) + "\n"; }

std::string column_name(const Column& column) {
  return fmt::format("{}, {} samples", column.domain->title, column.size);
}

class Page {
 public:
  Page(const Results& results, const std::vector<Claim>& claims, const std::vector<Picture>& pictures,
       const PageFacts& facts)
      : results_(results), config_(results.config()), claims_(claims), pictures_(pictures), facts_(facts) {}

  [[nodiscard]] std::string html() {
    text_ =
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
    text_ += element("title", config_.title) + "\n" + kStyle + "</head>\n<body>\n";
    text_ += element("h1", config_.title) + "\n";
    write_state();
    write_claims();
    write_setup();
    write_costs();
    write_forgetting();
    text_ += element("h2", "Errors by domain") + "\n";
    for (const DomainConfig& domain : config_.domains) write_domain(domain);
    write_cells();
    text_ += "</body>\n</html>\n";
    return text_;
  }

 private:
  void write_state() {
    text_ +=
        paragraph(fmt::format("{} of {} cells are finished. The base model is {}, fingerprint {}. All numbers, cell "
                              "by cell, are in results.json beside this page.",
                              facts_.finished, facts_.planned, config_.base.filename().string(),
                              facts_.base_fingerprint.empty() ? "unknown" : facts_.base_fingerprint));
    if (facts_.finished < facts_.planned) {
      text_ += "<p><strong>" +
               escape_html(fmt::format("{} cells are missing: the tables have gaps (–), and what is said of the claims "
                                       "may change.",
                                       facts_.planned - facts_.finished)) +
               "</strong></p>\n";
    }
    if (!facts_.left_out.empty()) {
      text_ += paragraph(
          fmt::format("Left out, because their velocity models are absent: {}.", fmt::join(facts_.left_out, "; ")));
    }
    if (facts_.diverged > 0) {
      text_ += paragraph(fmt::format("In {} cells every training diverged; they have no numbers.", facts_.diverged));
    }
  }

  void write_claims() {
    text_ += element("h2", "The paper's claims, here") + "\n";
    text_ += paragraph(
        "The paper is arXiv 2412.19510. A comparison holds where the whole 95 % interval lies on the claim's side of "
        "its limit, does not hold where the whole interval lies on the other side, and is not decided otherwise. A "
        "column is a domain with a number of samples. For each seed the relative difference is averaged over the "
        "columns that have all seeds; the interval is over seeds, that is over training samples and fresh parameters, "
        "not over other test samples.");
    for (const Claim& claim : claims_) write_claim(claim);
  }

  void write_claim(const Claim& claim) {
    text_ += "<div class=\"claim\">\n" + element("h3", claim.statement) +
             "\n<p><strong>Here: " + escape_html(claim.verdict()) + (claim.is_complete() ? "" : ", so far") +
             ".</strong></p>\n<ul>\n";
    for (const Finding& finding : claim.findings) text_ += element("li", describe(finding)) + "\n";
    if (claim.findings.empty()) text_ += element("li", "There are no cells to compare.") + "\n";
    text_ += "</ul>\n</div>\n";
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

  void write_setup() {
    const TrainingConfig& training = config_.training;
    text_ += element("h2", "How it was measured") + "\n";
    text_ += paragraph(fmt::format(
        "Every method has the same rule for its length: {:g} passes over the training samples in batches of {}, at "
        "least {} and at most {} steps. Every method has the same learning rates, {:g}: for the first seed all are "
        "tried, the one with the lowest validation error is kept, and the other seeds take it. The result of a "
        "training is its state with the lowest validation error. Training from scratch also ends after {} validations "
        "without a better one.{}",
        training.passes, training.options.batch_size, training.min_steps, training.max_steps,
        fmt::join(training.learning_rates, ", "), training.patience, exceptions()));
    text_ += paragraph(fmt::format(
        "The seeds are {}. A seed has training samples of its own, its own fresh parameters and its own order of "
        "batches, the same for every method, so that differences are paired. Errors are on {} test samples of each "
        "domain, validation on {}; what follows ± is half of the 95 % interval by "
        "Student's t over the seeds.",
        fmt::join(config_.seeds, ", "), config_.data.test, config_.data.validation));
    write_rates();
  }

  /// Whether the learning rates reach as far as every method wants.
  void write_rates() {
    std::vector<std::string> headings{"method"};
    for (const double rate : config_.training.learning_rates) headings.push_back(fmt::format("{:g}", rate));
    headings.emplace_back("none: it stayed at its start");
    HtmlTable table("How many columns chose each learning rate", headings);
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
      table.add_row(method.title, entries);
    }
    text_ += table.html();
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

  void write_costs() {
    text_ += element("h2", "What it costs") + "\n";
    text_ += paragraph(
        "The peak is that of the tensors in main memory during a training. What fine-tuning keeps of frozen layers "
        "belongs to it and grows with the samples. Seconds are without validation; those to the best weights, with "
        "it." +
        note_on_machines());
    HtmlTable table("Memory and time, means over the domains that have all cells", cost_headings());
    for (const MethodConfig& method : config_.methods) {
      if (method.kind == MethodKind::kZeroShot) continue;
      const Outcome* any = results_.any(method);
      std::vector<Entry> entries{{any == nullptr ? "–" : fmt::format("{:.2f} %", 100.0 * any->trained_share)}};
      for (const std::int64_t size : sizes()) {
        const std::vector<Column> columns = complete_columns(size);
        if (config_.counts_memory()) {
          entries.push_back({with_interval(results_.estimate_over(method, columns, peak_bytes_of), {1, 1e-6})});
        }
        const Estimate seconds = results_.estimate_over(method, columns, seconds_of);
        Entry entry{with_interval(seconds, {1})};
        if (method.kind == MethodKind::kScratch && seconds.count > 0) {
          entry.note = fmt::format("to its stop; best after {} s",
                                   with_interval(results_.estimate_over(method, columns, best_seconds_of), {1}));
        }
        entries.push_back(entry);
      }
      table.add_row(method.title, entries);
    }
    text_ += table.html();
  }

  [[nodiscard]] std::string note_on_machines() const {
    const std::int64_t elsewhere = results_.count_elsewhere();
    if (elsewhere == 0) return "";
    return fmt::format(" Those of {} cells were measured on another machine than the others and are left out.",
                       elsewhere);
  }

  [[nodiscard]] std::vector<std::string> cost_headings() const {
    std::vector<std::string> headings{"method", "trained"};
    for (const std::int64_t size : sizes()) {
      if (config_.counts_memory()) headings.push_back(fmt::format("peak of tensors (MB), {} samples", size));
      headings.push_back(fmt::format("seconds, {} samples", size));
    }
    return headings;
  }

  [[nodiscard]] std::vector<std::int64_t> sizes() const {
    std::vector<std::int64_t> all;
    for (const Column& column : results_.columns()) {
      if (std::ranges::find(all, column.size) == all.end()) all.push_back(column.size);
    }
    std::ranges::sort(all);
    return all;
  }

  [[nodiscard]] std::vector<Column> complete_columns(std::int64_t size) const {
    std::vector<Column> columns = results_.columns();
    std::erase_if(columns, [size](const Column& column) { return column.size != size; });
    return results_.complete(std::move(columns));
  }

  void write_forgetting() {
    text_ += element("h2", "Forgetting") + "\n";
    std::vector<std::string> headings{"method"};
    for (const std::int64_t size : sizes()) headings.push_back(fmt::format("{} samples", size));
    HtmlTable table(
        "Rise of the mean absolute error on the ten families (m/s), mean over the domains that have all cells",
        headings);
    for (const MethodConfig& method : config_.methods) {
      if (method.kind == MethodKind::kZeroShot) continue;
      std::vector<Entry> entries;
      for (const std::int64_t size : sizes()) {
        entries.push_back(
            {with_interval(results_.estimate_over(method, complete_columns(size), forgetting_of), {1, 1, true})});
      }
      table.add_row(method.title, entries);
    }
    text_ += paragraph(
        "How much worse the adapted model is than the base on the ten families under the usual conditions, "
        "the domain's own family being left out. An adapter can be taken off again.");
    text_ += table.html();
  }

  void write_domain(const DomainConfig& domain) {
    text_ += element("h3", domain.title) + "\n";
    text_ += paragraph(description_of(domain));
    write_metric(domain, "Mean absolute error (m/s)", mae_of, {1});
    write_metric(domain, "Root mean squared error (m/s)", rmse_of, {1});
    write_metric(domain, "Structural similarity", ssim_of, {3});
    write_metric(domain, "Forgetting (m/s)", forgetting_of, {1, 1.0, true});
    for (const Picture& picture : pictures_) {
      if (picture.domain != domain.name) continue;
      text_ += fmt::format("<p><img src=\"{}\" alt=\"{}\" loading=\"lazy\"></p>\n", escape_html(picture.file),
                           escape_html(picture.description));
    }
  }

  void write_metric(const DomainConfig& domain, const std::string& caption, Metric metric, const Format& format) {
    std::vector<std::string> headings{"method"};
    for (const std::int64_t size : domain.sizes) headings.push_back(fmt::format("{} samples", size));
    HtmlTable table(full_ == nullptr ? caption : caption + "; in small print: minus full fine-tuning, paired",
                    headings);
    Format difference = format;
    difference.sign = true;
    for (const MethodConfig& method : config_.methods) {
      std::vector<Entry> entries;
      for (const Column& column : Results::columns_of(domain)) {
        const Estimate estimate = results_.estimate(method, column, metric);
        Entry entry{with_interval(estimate, format)};
        if (full_ != nullptr && &method != full_) {
          entry.note = with_interval(results_.difference(method, *full_, column, metric), difference);
        }
        if (estimate.count > 0 && !results_.has_all_seeds(method, column)) {
          entry.note +=
              fmt::format("{}{} of {} seeds", entry.note.empty() ? "" : "; ", estimate.count, config_.seeds.size());
        }
        entries.push_back(entry);
      }
      table.add_row(method.title, entries);
    }
    text_ += table.html();
  }

  void write_cells() {
    text_ += element("h2", "Every cell") + "\n";
    HtmlTable table("One training each, the best learning rate's",
                    {"cell", "MAE (m/s)", "RMSE (m/s)", "SSIM", "forgetting (m/s)", "trained", "peak (MB)", "seconds",
                     "best after (s)", "learning rate", "steps", "best step"});
    for (const MethodConfig& method : config_.methods) {
      for (const Column& column : results_.columns()) write_column(method, column, table);
    }
    text_ += "<details>\n<summary>Show all cells</summary>\n" + table.html() + "</details>\n";
  }

  void write_column(const MethodConfig& method, const Column& column, HtmlTable& table) const {
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
      table.add_row(name, {{fmt::format("{:.1f}", outcome->scores.mae_velocity)},
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
  std::string text_;
};

}  // namespace

std::string make_page(const Results& results, const std::vector<Claim>& claims, const std::vector<Picture>& pictures,
                      const PageFacts& facts) {
  return Page(results, claims, pictures, facts).html();
}

}  // namespace strataform::study
