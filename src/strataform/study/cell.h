#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "strataform/eval/evaluate.h"
#include "strataform/study/config.h"

namespace strataform::study {

/// What to do about cells or data that another configuration has made, for the end of messages.
inline constexpr const char* kOtherFolder = "`work` names another folder";

/// Which number of the study a cell is. Zero-shot cells have no size and seed: 0.
struct CellKey {
  std::string domain;
  std::string method;
  std::int64_t size = 0;
  std::uint64_t seed = 0;

  auto operator<=>(const CellKey&) const = default;
  /// "noise-0db.lora.n50.s1", which is also the name of its file.
  [[nodiscard]] std::string name() const;
};

/// A training at one learning rate.
struct Trial {
  double learning_rate = 0.0;
  std::optional<double> validation_mae;  ///< m/s; nothing: it diverged
  double seconds = 0.0;                  ///< of its training
};

/// What the trial with the best validation, or zero-shot, came to.
struct Outcome {
  eval::Scores scores;      ///< on the domain's test set
  double mixed_mae = 0.0;   ///< m/s, on the mixed set; the domain's own family is left out
  double forgetting = 0.0;  ///< m/s, mixed_mae minus the base's
  std::optional<double> validation_mae;
  double learning_rate = 0.0;
  std::int64_t trained_parameters = 0;
  double trained_share = 0.0;   ///< of the base's parameters
  std::int64_t peak_bytes = 0;  ///< of tensors, in a training step
  double seconds = 0.0;         ///< of the training with what it prepares, without validation
  double best_seconds = 0.0;    ///< from the start of the steps to the best validation, validations included
  std::int64_t steps = 0;
  std::int64_t selected_step = 0;
  std::string machine;  ///< that the seconds were measured on; empty in cells of earlier versions
};

struct StudyCell {
  CellKey key;
  /// What the numbers depend on: {"base", "input", "options", "data": {"test", "validation", "mixed", "training"}},
  /// fingerprints but for the options.
  nlohmann::json identity = nlohmann::json::object();
  std::vector<Trial> trials;
  std::optional<Outcome> outcome;  ///< nothing where no trial has come to its end
  bool finished = false;
};

[[nodiscard]] nlohmann::json to_json(const StudyCell& cell);
/// Throws InputError; where names the file that the JSON came from.
[[nodiscard]] StudyCell cell_from_json(const nlohmann::json& object, const std::string& where);

/// The options that a cell's numbers depend on, but for the learning rates, which a study may have more of later.
[[nodiscard]] nlohmann::json cell_options(const StudyConfig& config, const DomainConfig& domain,
                                          const MethodConfig& method);

/// The cells of a study, a file for each, and what they say about the model and the data that made them.
class CellStore {
 public:
  /// The folder is made when the first cell is kept.
  explicit CellStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// Reads a cell and checks it. Throws MismatchError where it was computed with other options or where its model or
  /// data are not those that other cells or the study itself have.
  [[nodiscard]] std::optional<StudyCell> load(const CellKey& key, const nlohmann::json& options);
  /// Throws MismatchError as load() does, and IoError.
  void save(const StudyCell& cell);
  /// What load() checks, for a cell that was computed elsewhere. where: what it came from.
  void check(const StudyCell& cell, const nlohmann::json& options, const std::string& where);
  /// Says that the study now works with this model or these data. name as in identity. Throws
  /// MismatchError where a cell was computed with others.
  void expect(const CellKey& key, const std::string& name, const std::string& fingerprint);

 private:
  void agree(const std::string& what, const std::string& fingerprint, const std::string& where);
  void agree(const StudyCell& cell, const std::string& where);
  [[nodiscard]] std::filesystem::path file_of(const CellKey& key) const;

  struct Known {
    std::string fingerprint;
    std::string where;
  };
  std::filesystem::path folder_;
  std::map<std::string, Known> known_;
};

}  // namespace strataform::study
