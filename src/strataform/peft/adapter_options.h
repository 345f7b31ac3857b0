#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "strataform/io/option.h"

namespace strataform::peft {

/// How to adapt a network.
struct AdapterOptions {
  std::string method = "lora";
  /// The rank of low-rank methods, the width of bottlenecks. LoRA of rank 1 stays under 1 % of the parameters over the
  /// default layers of every backbone.
  std::int64_t rank = 1;
  std::optional<double> alpha;  ///< twice the rank where it is not given
  std::string target;           ///< regular expression that a layer's whole path matches; empty: the backbone's own
  bool hf_only = false;         ///< of those, only the layers that Hugging Face PEFT can adapt
  /// Other ranks and alphas for the layers whose whole path matches; the first match counts.
  std::vector<std::pair<std::string, std::int64_t>> rank_pattern;
  std::vector<std::pair<std::string, double>> alpha_pattern;
  std::uint64_t seed = 0;
  /// What the method alone can be told, by the names that its file gives: {"bands": 8}. See own_options().
  nlohmann::json own = nlohmann::json::object();

  /// The options of one layer, its own rank and alpha in place.
  [[nodiscard]] AdapterOptions for_layer(const std::string& path) const;
};

/// Those of methods that change layers, and those of methods with a rank. The patterns and the seed are not among them:
/// front ends give them in forms of their own.
[[nodiscard]] const std::vector<io::Option<AdapterOptions>>& layer_options();
[[nodiscard]] const std::vector<io::Option<AdapterOptions>>& rank_options();

/// An option that a method has beside those of its kind. Its type is that of its default: a flag, a whole number, a
/// number or a text.
struct MethodOption {
  std::string name;         ///< "bands"; with dashes on the command line
  std::string help;         ///< one line for people
  nlohmann::json fallback;  ///< its value where none is given
  /// Throws UsageError, naming the option, for a value of another type or out of its range.
  std::function<void(const nlohmann::json& value)> check;
};

/// Of one method. Throws UsageError, listing the methods, for an unknown name.
[[nodiscard]] const std::vector<MethodOption>& own_options(const std::string& method);
/// Of all methods, each name once.
[[nodiscard]] std::vector<MethodOption> all_own_options();

/// Throws UsageError for an unknown method, an option that it does not have, or a value out of its range.
void check(const AdapterOptions& options);

/// What concerns the method, with its defaults in place: for records, and to compare with those of a run to resume.
[[nodiscard]] nlohmann::json to_json(const AdapterOptions& options);

/// What is trained, for people to see before it is.
struct TrainableReport {
  std::int64_t trainable = 0;  ///< parameters that training changes
  std::int64_t base = 0;       ///< parameters of the network without its adapter
  std::int64_t layers = 0;     ///< adapted layers; 0 where the network's own weights are trained
  std::int64_t bytes = 0;      ///< of the trainable parameters as they are stored in float32
  [[nodiscard]] double share() const { return static_cast<double>(trainable) / static_cast<double>(base); }
};

/// "lora: 215,340 of 24,409,123 parameters are trained (0.88 %) in 25 layers, 0.86 MB".
[[nodiscard]] std::string to_string(const TrainableReport& report, const std::string& method);

/// Throws UsageError, listing the methods, for an unknown name.
void check_method(const std::string& name);

[[nodiscard]] std::vector<std::string> method_names();
/// One line for each method, its name and what it trains, for people.
[[nodiscard]] std::vector<std::string> method_summaries();

}  // namespace strataform::peft
