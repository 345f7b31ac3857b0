#include "strataform/study/study.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "strataform/core/atomic_file.h"
#include "strataform/core/error.h"
#include "strataform/io/npy.h"
#include "strataform/model/model.h"
#include "strataform/study/cell_runner.h"
#include "strataform/study/plan.h"
#include "strataform/study/report.h"
#include "strataform/train/finetune.h"

namespace strataform::study {
namespace {
namespace fs = std::filesystem;

class Study {
 public:
  Study(const StudyOptions& options, const Context& context)
      : options_(options), context_(context), config_(read_study_config(options.config)), plan_(plan_cells(config_)),
        store_(options.work / "cells"), examples_{options.work / "examples"} {
    if (!(options.hours >= 0 && std::isfinite(options.hours))) {
      throw UsageError(fmt::format("`hours`: expected zero or more, found {}", options.hours));
    }
    check_report_folder(options.output);
    for (const PlannedCell& planned : plan_) {
      std::optional<StudyCell> cell = store_.load(planned.key, cell_options(config_, *planned.domain, *planned.method));
      if (cell) cells_[planned.key] = *std::move(cell);
    }
    if (!options.from.empty()) take_over(read_results(options.from));
    for (const PlannedCell& planned : plan_) drop_other_rates(planned);
    leave_out_absent_domains();
  }

  StudySummary run() {
    StudySummary summary;
    if (!options_.report_only) compute_cells();
    summary.interrupted = context_.stop_requested();
    summary.planned = std::ssize(plan_);
    std::vector<StudyCell> finished;
    for (const PlannedCell& planned : plan_) {
      if (is_finished(planned)) finished.push_back(cells_.at(planned.key));
    }
    summary.finished = std::ssize(finished);
    summary.page = write_report(options_.output, config_, finished, examples_);
    return summary;
  }

 private:
  /// Keeps nothing yet: all cells and the base model are to be checked before.
  void take_over(const std::vector<StudyCell>& earlier) {
    for (const PlannedCell& planned : plan_) {
      const auto found = std::ranges::find(earlier, planned.key, &StudyCell::key);
      if (found == earlier.end() || is_finished(planned) || has_as_many_trials(*found)) continue;
      store_.check(*found, cell_options(config_, *planned.domain, *planned.method), options_.from.string());
      cells_[planned.key] = *found;
      taken_over_.push_back(planned.key);
    }
  }

  [[nodiscard]] bool has_as_many_trials(const StudyCell& other) const {
    const auto own = cells_.find(other.key);
    return own != cells_.end() && !other.trials.empty() && own->second.trials.size() >= other.trials.size();
  }

  /// Leaves out trials that the configuration does not ask for, unless the best is among them: without them it is the
  /// best as well. Nothing changes in the file.
  void drop_other_rates(const PlannedCell& planned) {
    const auto found = cells_.find(planned.key);
    if (found == cells_.end() || !found->second.outcome) return;
    const std::vector<double> rates = rates_for(planned);
    const auto is_asked_for = [&](double rate) { return std::ranges::find(rates, rate) != rates.end(); };
    StudyCell& cell = found->second;
    if (!is_asked_for(cell.outcome->learning_rate)) return;
    std::erase_if(cell.trials, [&](const Trial& trial) { return !is_asked_for(trial.learning_rate); });
  }

  /// Those whose velocity model is absent; where there are cells of one, the page shows them.
  void leave_out_absent_domains() {
    std::erase_if(config_.domains, [this](const DomainConfig& domain) {
      if (!domain.windows || fs::exists(domain.windows->file)) return false;
      context_.warn(
          fmt::format("{}: is absent, so the domain {} is left out", domain.windows->file.string(), domain.name));
      absent_.insert(domain.name);
      if (std::ranges::any_of(cells_, [&](const auto& cell) { return cell.first.domain == domain.name; })) return false;
      config_.left_out.push_back(domain.title);
      return true;
    });
    if (config_.domains.empty()) {
      throw InputError(
          fmt::format("{}: expected a domain whose velocity map is there, found none", options_.config.string()));
    }
    plan_ = plan_cells(config_);
  }

  void keep_taken_over() {
    for (const CellKey& key : taken_over_) {
      // Maps of a training here that is not the cell's.
      fs::remove(examples_.prediction(key));
      store_.save(cells_.at(key));
    }
  }

  using Clock = std::chrono::steady_clock;

  /// Also that it has the learning rates which it has to have by now: some may have been added.
  [[nodiscard]] bool is_finished(const PlannedCell& planned) const {
    const auto found = cells_.find(planned.key);
    return found != cells_.end() && found->second.finished &&
           std::ranges::is_permutation(found->second.trials, rates_for(planned), {}, &Trial::learning_rate);
  }

  [[nodiscard]] bool must_stop() const {
    const double hours = std::chrono::duration<double, std::ratio<3600>>(Clock::now() - start_).count();
    return context_.stop_requested() || (options_.hours > 0 && hours >= options_.hours);
  }

  void compute_cells() {
    const auto [fingerprints, decimation] = look_at_base();
    for (const auto& [key, cell] : cells_) {
      store_.expect(key, "base", fingerprints.weights);
      store_.expect(key, "input", fingerprints.input);
    }
    keep_taken_over();
    const auto stop = [this] { return must_stop(); };
    StudyData data(config_, options_.work / "data", decimation, stop, context_);
    CellRunner runner(config_, fingerprints, data, store_, examples_, stop, context_);
    Progress progress(context_, "study", std::ssize(plan_), "cells");
    progress.skip(count_finished());
    try {
      for (const PlannedCell& planned : plan_) {
        if (is_finished(planned) && has_pictures(planned)) continue;
        if (absent_.contains(planned.key.domain)) continue;
        if (must_stop()) break;
        StudyCell& cell = cells_.try_emplace(planned.key, StudyCell{planned.key, {}, {}, {}, false}).first->second;
        runner.run(cell, *planned.domain, *planned.method, rates_for(planned));
        progress.update(count_finished(), planned.key.name());
      }
    } catch (const InterruptedError&) {
      // A request to stop or the end of the hours: the page shows what there is.
      context_.info("the study stops here; the same command continues with it");
    }
  }

  /// Its fingerprints and the decimation of its input. Throws InputError for a method that cannot adapt it.
  [[nodiscard]] std::pair<BaseFingerprints, std::int64_t> look_at_base() const {
    const model::Model base = model::load_model(config_.base);
    for (const MethodConfig& method : config_.methods) {
      if (!method.is_peft()) continue;
      try {
        train::check_adapter(base, method.adapter, method.budget);
      } catch (const UsageError& error) {
        throw InputError(fmt::format("{}: method '{}': {}", options_.config.string(), method.name, error.what()));
      }
    }
    return {fingerprints_of(base), base.input.decimation};
  }

  [[nodiscard]] std::int64_t count_finished() const {
    return std::ranges::count_if(plan_, [this](const PlannedCell& planned) { return is_finished(planned); });
  }

  /// Zero-shot cells are computed again where the page needs their maps, or more of them: that takes seconds. The maps
  /// of trained cells stay where they were computed.
  [[nodiscard]] bool has_pictures(const PlannedCell& planned) const {
    const fs::path file = examples_.prediction(planned.key);
    return planned.key.size > 0 || (fs::exists(file) && io::NpyReader(file).count() >= config_.examples);
  }

  /// The learning rates of a cell: all for the first seed, the one that it has chosen for the others and for methods
  /// that take it over, or all where all of its trainings diverged. None zero-shot.
  [[nodiscard]] std::vector<double> rates_for(const PlannedCell& planned) const {
    if (planned.key.size == 0) return {};
    CellKey first = planned.key;
    first.seed = config_.seeds.front();
    if (!planned.method->rate_of.empty()) first.method = planned.method->rate_of;
    const auto found = cells_.find(first);
    const bool is_chosen = planned.key != first && found != cells_.end() && found->second.outcome;
    return is_chosen ? std::vector{found->second.outcome->learning_rate} : config_.training.learning_rates;
  }

  const StudyOptions& options_;
  const Context& context_;
  StudyConfig config_;
  std::vector<PlannedCell> plan_;
  CellStore store_;
  ExampleFiles examples_;
  std::map<CellKey, StudyCell> cells_;
  std::vector<CellKey> taken_over_;
  std::set<std::string> absent_;  ///< domains whose velocity model is absent
  Clock::time_point start_ = Clock::now();
};

}  // namespace

StudySummary run_study(const StudyOptions& options, const Context& context) { return Study(options, context).run(); }

}  // namespace strataform::study
