#include "strataform/study/config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "strataform/core/choice.h"
#include "strataform/core/error.h"
#include "strataform/geology/family.h"
#include "strataform/study/config_file.h"
#include "strataform/train/finetune.h"

namespace strataform::study {
namespace {

/// The foundation model's data (models/README.md), its card's and the demo's: a study shares no samples with them.
constexpr std::array<std::uint64_t, 8> kReservedSeeds = {21, 1001, 1002, 1003, 5005, 9001, 9002, 9003};

constexpr double kLargestFactor = 1000.0;

/// Options of a training that are the same for all methods of a study and lie in its hands.
constexpr std::array kTrainingKeys = {"batch_size",    "warmup_steps", "weight_decay", "ema_decay",
                                      "channels_last", "device",       "optimizer",    "precision"};

constexpr Choice<MethodKind> kMethodKinds[] = {
    {"scratch", MethodKind::kScratch}, {"zero-shot", MethodKind::kZeroShot}, {"adapted", MethodKind::kAdapted}};
constexpr Choice<bool> kDistributions[] = {{"in", true}, {"out", false}};  // whether the base was trained on it

void require(bool valid, const ConfigTable& table, const char* key, const std::string& expected) {
  if (!valid) throw InputError(fmt::format("{}: expected {}", table.where(key), expected));
}

/// For keys that other kinds of the table have.
void refuse(ConfigTable& table, const std::vector<const char*>& keys, const std::string& where) {
  for (const char* key : keys) require(!table.has(key), table, key, "no such key " + where);
}

/// What another part of the program says of a value, with its place in the file in front.
template <class Work>
auto at(const ConfigTable& table, const char* key, const Work& work) {
  try {
    return work();
  } catch (const UsageError& error) {
    throw InputError(fmt::format("{}: {}", table.where(key), error.what()));
  }
}

std::string read_name(ConfigTable& table, std::set<std::string>& taken) {
  const std::string name = table.text("name");
  const bool plain = !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  require(plain, table, "name", "lower-case letters, digits and hyphens");
  require(taken.insert(name).second, table, "name", "a name of its own, found one that is taken");
  return name;
}

template <class Kind, std::size_t Count>
Kind read_choice(ConfigTable& table, const char* key, const Choice<Kind> (&choices)[Count]) {
  const std::string name = table.text(key);
  if (const std::optional<Kind> kind = find_choice(choices, name)) return *kind;
  throw InputError(fmt::format("{}: {}", table.where(key), expected_one_of(names_of(choices), name)));
}

std::vector<std::int64_t> read_sizes(ConfigTable& table, const std::vector<std::int64_t>& fallback) {
  std::vector<std::int64_t> sizes = table.integers("sizes", fallback);
  require(!sizes.empty(), table, "sizes", "numbers of training examples");
  const bool ascending = std::ranges::adjacent_find(sizes, std::ranges::greater_equal()) == sizes.end();
  require(ascending && sizes.front() > 0, table, "sizes", "positive numbers, ascending");
  return sizes;
}

DataConfig read_data(ConfigTable table, std::int64_t largest_seed) {
  DataConfig data;
  data.validation = table.integer("validation", data.validation);
  data.test = table.integer("test", data.test);
  data.mixed = table.integer("mixed", data.mixed);
  data.flip_shot = table.flag("flip_shot", data.flip_shot);
  const std::int64_t seed = table.integer("seed", static_cast<std::int64_t>(data.seed));
  require(data.validation > 0, table, "validation", "at least one example");
  require(data.test > 0, table, "test", "at least one example");
  require(data.mixed > 0, table, "mixed", "at least one example of each family");
  require(seed >= 0, table, "seed", "zero or more");
  data.seed = static_cast<std::uint64_t>(seed);
  const std::uint64_t last = data.seed + 2 + static_cast<std::uint64_t>(largest_seed);
  const bool free = std::ranges::none_of(
      kReservedSeeds, [&](std::uint64_t reserved) { return reserved >= data.seed && reserved <= last; });
  require(free, table, "seed",
          fmt::format("none of the seeds {} among {} to {}: the foundation model, its card and the demo have them",
                      fmt::join(kReservedSeeds, ", "), data.seed, last));
  table.finish();
  return data;
}

TrainingConfig read_training(ConfigTable table) {
  TrainingConfig training;
  training.passes = table.number("passes", training.passes);
  training.min_steps = table.integer("min_steps", training.min_steps);
  training.max_steps = table.integer("max_steps", training.max_steps);
  training.learning_rates = table.numbers("learning_rates", training.learning_rates);
  training.validations = table.integer("validations", training.validations);
  training.patience = table.integer("patience", training.patience);

  train::TrainOptions& options = training.options;
  options = train::finetune_defaults();
  options.channels_last = true;
  for (const char* name : kTrainingKeys) read_option(table, io::find_option(train::train_options(), name), options);
  table.finish();  // before the checks: a default that breaks one may stand for a misspelt key

  require(training.passes > 0, table, "passes", "more than 0");
  require(training.min_steps > 0, table, "min_steps", "at least 1");
  require(training.max_steps >= training.min_steps, table, "max_steps", "at least min_steps");
  require(training.validations > 0, table, "validations", "at least 1");
  require(training.patience > 0, table, "patience", "at least 1");
  for (const char* name : kTrainingKeys) {
    at(table, name, [&] { io::find_option(train::train_options(), name).check(options); });
  }
  const std::set distinct(training.learning_rates.begin(), training.learning_rates.end());
  require(distinct.size() == training.learning_rates.size(), table, "learning_rates", "different numbers");
  for (const double rate : training.learning_rates) {
    options.learning_rate = rate;
    options.steps = training.max_steps;
    at(table, "learning_rates", [&] { train::check(options); });
  }
  return training;
}

/// The method whose learning rate another one takes has to come first, and to have one.
void check_rate_of(const ConfigTable& table, const MethodConfig& method, const StudyConfig& config) {
  if (method.rate_of.empty()) return;
  const MethodConfig* other = config.find_method(method.rate_of);
  require(other != nullptr && other->kind != MethodKind::kZeroShot, table, "rate_of",
          "the name of a method before this one that is trained");
}

/// What the method alone can be told. Keys of other methods remain unknown.
void read_own_options(ConfigTable& table, peft::AdapterOptions& adapter) {
  for (const peft::MethodOption& option : peft::own_options(adapter.method)) {
    if (!table.has(option.name)) continue;
    const nlohmann::json value = table.value(option.name);
    at(table, option.name.c_str(), [&] { option.check(value); });
    adapter.own[option.name] = value;
  }
}

void read_adapter(ConfigTable& table, MethodConfig& method) {
  peft::AdapterOptions& adapter = method.adapter;
  for (const auto& option : peft::rank_options()) {
    read_option(table, option, adapter);
    at(table, option.name.c_str(), [&] { option.check(adapter); });
  }
  read_option(table, io::find_option(peft::layer_options(), "target"), adapter);
  if (table.has("budget")) method.budget = table.share("budget");
  require(!method.budget || (*method.budget > 0 && *method.budget <= 1), table, "budget", "a share from 0 to 1");
  require(!method.budget || !table.has("rank"), table, "rank", "either a rank or a budget");
}

MethodConfig read_method(ConfigTable& table, std::set<std::string>& names) {
  MethodConfig method;
  method.name = read_name(table, names);
  method.title = table.text("title", method.name);
  method.kind = read_choice(table, "kind", kMethodKinds);
  if (method.kind == MethodKind::kZeroShot) {
    refuse(table, {"steps_factor", "rate_of"}, "where nothing is trained");
  } else {
    method.steps_factor = table.number("steps_factor", method.steps_factor);
    require(method.steps_factor > 0 && method.steps_factor <= kLargestFactor, table, "steps_factor",
            fmt::format("more than 0, at most {:g}", kLargestFactor));
    method.rate_of = table.text("rate_of", "");
  }
  if (method.kind == MethodKind::kAdapted) {
    method.adapter.method = table.text("method");
    at(table, "method", [&] { peft::check_method(method.adapter.method); });
  } else {
    refuse(table, {"method"}, "but with kind 'adapted'");
  }
  if (!method.is_peft()) {
    refuse(table, {"rank", "budget", "alpha", "target"}, "where there is no adapter");
  }
  if (method.kind == MethodKind::kAdapted) read_own_options(table, method.adapter);
  if (method.is_peft()) read_adapter(table, method);
  table.finish();
  return method;
}

ColumnRange read_columns(ConfigTable& table, const char* key) {
  const std::vector<std::int64_t> columns = table.integers(key);
  require(columns.size() == 2 && columns[0] >= 0 && columns[0] <= columns[1], table, key, "first and last column");
  return {columns[0], columns[1]};
}

bool overlap(const ColumnRange& a, const ColumnRange& b) { return a.first <= b.last && b.first <= a.last; }

WindowConfig read_windows(ConfigTable& table) {
  WindowConfig windows;
  windows.file = table.text("windows");
  windows.training = read_columns(table, "training_columns");
  windows.validation = read_columns(table, "validation_columns");
  windows.test = read_columns(table, "test_columns");
  const bool apart = !overlap(windows.training, windows.validation) && !overlap(windows.training, windows.test) &&
                     !overlap(windows.validation, windows.test);
  require(apart, table, "test_columns", "columns that training, validation and test do not share");
  return windows;
}

data::Conditions read_conditions(ConfigTable& table) {
  data::Conditions conditions;
  conditions.frequency = table.number("frequency", conditions.frequency);
  conditions.refinement = table.integer("refinement", conditions.refinement);
  if (table.has("noise_db")) conditions.noise_db = table.number("noise_db");
  conditions.muted = table.share("muted", conditions.muted);
  require(conditions.frequency > 0, table, "frequency", "more than 0 Hz");
  require(conditions.refinement >= 1 && conditions.refinement <= 4, table, "refinement", "1 to 4");
  require(std::isfinite(conditions.noise_db.value_or(0.0)), table, "noise_db", "a number of decibels");
  require(conditions.muted >= 0 && conditions.muted < 1, table, "muted", "a share from 0 to below 1");
  return conditions;
}

DomainConfig read_domain(ConfigTable& table, const std::vector<std::int64_t>& sizes, std::set<std::string>& names) {
  DomainConfig domain;
  domain.name = read_name(table, names);
  require(domain.name != "mixed", table, "name", "another name: mixed is that of the data for forgetting");
  domain.title = table.text("title", domain.name);
  domain.in_distribution = read_choice(table, "kind", kDistributions);
  if (table.has("windows")) {
    refuse(table, {"family"}, "beside windows");
    domain.windows = read_windows(table);
  } else {
    refuse(table, {"training_columns", "validation_columns", "test_columns"}, "without windows");
    domain.family = table.text("family");
    if (domain.family != "all") {
      at(table, "family", [&] { domain.family = geology::find_family(domain.family).name(); });
    }
  }
  domain.conditions = read_conditions(table);
  domain.sizes = read_sizes(table, sizes);
  table.finish();
  return domain;
}

}  // namespace

StudyConfig read_study_config(const std::filesystem::path& path) {
  ConfigTable table(path);
  StudyConfig config;
  config.title = table.text("title");
  config.base = table.text("base");
  config.examples = table.integer("examples", config.examples);
  require(config.examples > 0, table, "examples", "at least 1");
  const std::vector<std::int64_t> seeds = table.integers("seeds", {1, 2, 3});
  require(std::ranges::all_of(seeds, [](std::int64_t seed) { return seed > 0; }) &&
              std::set(seeds.begin(), seeds.end()).size() == seeds.size(),
          table, "seeds", "different positive numbers");
  config.seeds.assign(seeds.begin(), seeds.end());
  const std::vector<std::int64_t> sizes = read_sizes(table, {50, 200});
  config.data = read_data(table.table("data"), std::ranges::max(seeds));
  config.training = read_training(table.table("training"));
  std::set<std::string> method_names;
  for (ConfigTable& section : table.tables("method")) {
    const MethodConfig method = read_method(section, method_names);
    check_rate_of(section, method, config);
    config.methods.push_back(method);
  }
  std::set<std::string> domain_names;
  for (ConfigTable& domain : table.tables("domain")) {
    config.domains.push_back(read_domain(domain, sizes, domain_names));
  }
  table.finish();  // first: the tables may be there under a misspelt name
  require(!config.methods.empty(), table, "method", "at least one [[method]]");
  require(!config.domains.empty(), table, "domain", "at least one [[domain]]");
  require(config.examples <= config.data.test, table, "examples", "no more than there are test examples");
  return config;
}

const MethodConfig* StudyConfig::find_method(const std::string& name) const {
  const auto found = std::ranges::find(methods, name, &MethodConfig::name);
  return found == methods.end() ? nullptr : &*found;
}

const MethodConfig* StudyConfig::full_method() const {
  const auto found = std::ranges::find_if(methods, &MethodConfig::is_full);
  return found == methods.end() ? nullptr : &*found;
}

std::int64_t steps_for(const TrainingConfig& training, std::int64_t samples) {
  const double steps =
      training.passes * static_cast<double>(samples) / static_cast<double>(training.options.batch_size);
  return std::llround(
      std::clamp(steps, static_cast<double>(training.min_steps), static_cast<double>(training.max_steps)));
}

const char* name_of(MethodKind kind) { return name_of(kMethodKinds, kind); }

std::string description_of(const DomainConfig& domain) {
  std::string text = domain.in_distribution ? "In distribution: " : "Out of distribution: ";
  if (domain.windows) {
    const auto& [file, training, validation, test] = *domain.windows;
    text += fmt::format("windows of {}, columns {} to {} for training, {} to {} for validation, {} to {} for the test",
                        file.filename().string(), training.first, training.last, validation.first, validation.last,
                        test.first, test.last);
  } else {
    text += domain.family == "all" ? "maps of the ten families in turn" : "maps of the family " + domain.family;
  }
  const data::Conditions& conditions = domain.conditions;
  if (const double usual = data::Conditions{}.frequency; conditions.frequency != usual) {
    text += fmt::format(", a wavelet of {:g} Hz instead of {:g}", conditions.frequency, usual);
  }
  if (conditions.refinement > 1) text += fmt::format(", simulated in {} times finer steps", conditions.refinement);
  if (conditions.noise_db) text += fmt::format(", white noise at {:g} dB", *conditions.noise_db);
  if (conditions.muted > 0.0) text += fmt::format(", {:g} % of the traces muted", 100.0 * conditions.muted);
  return text + ".";
}

}  // namespace strataform::study
