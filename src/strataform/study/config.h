#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "strataform/data/conditions.h"
#include "strataform/peft/adapter_options.h"
#include "strataform/train/train_options.h"

namespace strataform::study {

enum class MethodKind {
  kScratch,   ///< the base's backbone with fresh weights
  kZeroShot,  ///< the base as it is
  kAdapted,   ///< the base, adapted by one of peft::methods()
};

/// "scratch", "zero-shot", "adapted".
const char* name_of(MethodKind kind);

/// A row of the study.
struct MethodConfig {
  std::string name;   ///< "lora-1pct": in file names and in results.json
  std::string title;  ///< what the page calls it
  MethodKind kind = MethodKind::kAdapted;
  peft::AdapterOptions adapter;
  std::optional<double> budget;  ///< instead of the rank: the largest within this share of the parameters
  double steps_factor = 1.0;     ///< of the steps that the rule for all methods gives
  std::string rate_of;           ///< the earlier method whose learning rate it takes; empty: it tries all of them

  [[nodiscard]] bool is_full() const { return kind == MethodKind::kAdapted && adapter.method == "full"; }
  [[nodiscard]] bool is_peft() const { return kind == MethodKind::kAdapted && !is_full(); }
};

/// First and last column of a velocity model, both included.
struct ColumnRange {
  std::int64_t first = 0;
  std::int64_t last = 0;
};

/// Windows of one large velocity model (.npy, [nz, nx] in m/s on a 10 m grid) instead of generated maps. The columns
/// of training, validation and test share nothing.
struct WindowConfig {
  std::filesystem::path file;
  ColumnRange training;
  ColumnRange validation;
  ColumnRange test;
};

/// A column of the study.
struct DomainConfig {
  std::string name;
  std::string title;
  bool in_distribution = false;
  std::string family;  ///< a family's name, or "all": the ten in turn; empty with windows
  std::optional<WindowConfig> windows;
  data::Conditions conditions;
  std::vector<std::int64_t> sizes;  ///< numbers of training samples, ascending
};

struct DataConfig {
  std::int64_t validation = 50;  ///< samples of each domain
  std::int64_t test = 100;
  std::int64_t mixed = 10;    ///< of each of the ten families, for forgetting
  std::uint64_t seed = 7000;  ///< of test, with validation, mixed and the training sets of each seed behind it
  bool flip_shot = true;      ///< training data have a sixth shot, for exact left-right flips
};

/// How every method of the study is trained.
struct TrainingConfig {
  double passes = 40.0;  ///< over the training samples, within these numbers of steps
  std::int64_t min_steps = 200;
  std::int64_t max_steps = 6000;
  std::vector<double> learning_rates = {1e-3, 3e-3, 1e-2};
  std::int64_t validations = 10;  ///< in the steps that the rule gives
  std::int64_t patience = 5;      ///< validations without a better one that end training from scratch
  train::TrainOptions options;    ///< batch size, optimiser and so on; length and rate are set for each run
};

struct StudyConfig {
  std::string title;
  std::filesystem::path base;
  std::vector<std::uint64_t> seeds;
  std::int64_t examples = 4;  ///< test samples in the pictures
  DataConfig data;
  TrainingConfig training;
  std::vector<MethodConfig> methods;
  std::vector<DomainConfig> domains;
  std::vector<std::string> left_out;  ///< titles of domains that the study has removed, see run_study()

  /// Whether peaks of memory mean something: only the processor's tensors are counted.
  [[nodiscard]] bool counts_memory() const { return training.options.device == "cpu"; }
  /// By its name; null where there is none.
  [[nodiscard]] const MethodConfig* find_method(const std::string& name) const;
  /// What the others are compared with: the first method of full fine-tuning, or null.
  [[nodiscard]] const MethodConfig* full_method() const;
};

/// Reads and checks a configuration. Throws IoError, and InputError, naming file and line, for what is missing, out of
/// range or not known; an unknown key comes with the nearest known one.
[[nodiscard]] StudyConfig read_study_config(const std::filesystem::path& path);

/// Steps of a run on so many samples, before a method's steps_factor.
[[nodiscard]] std::int64_t steps_for(const TrainingConfig& training, std::int64_t samples);

/// "Out of distribution: maps of the ten families in turn, a wavelet of 7 Hz instead of 15."
[[nodiscard]] std::string description_of(const DomainConfig& domain);

/// What decides the numbers in a cell, for its identity.
[[nodiscard]] nlohmann::json to_json(const MethodConfig& method);
[[nodiscard]] nlohmann::json to_json(const DomainConfig& domain);
[[nodiscard]] nlohmann::json to_json(const DataConfig& data);
[[nodiscard]] nlohmann::json to_json(const TrainingConfig& training);

}  // namespace strataform::study
