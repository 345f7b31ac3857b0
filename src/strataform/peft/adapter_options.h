#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace strataform::peft {

/// How to adapt a network. Every method reads what concerns it and ignores the rest.
struct AdapterOptions {
  std::string method = "lora";
  /// The rank of low-rank methods, the width of bottlenecks. LoRA of rank 1 stays under 1 % of the parameters over the
  /// default layers of every backbone.
  std::int64_t rank = 1;
  std::optional<double> alpha;   ///< twice the rank where it is not given
  bool rank_stabilised = false;  ///< scale by alpha / sqrt(rank) instead of alpha / rank (Kalajdzievski, 2023)
  std::string target;            ///< regular expression that a layer's whole path matches; empty: the backbone's own
  bool hf_only = false;          ///< of those, only the layers that Hugging Face PEFT can adapt
  /// Other ranks and alphas for the layers whose whole path matches; the first match counts.
  std::vector<std::pair<std::string, std::int64_t>> rank_pattern;
  std::vector<std::pair<std::string, double>> alpha_pattern;
  std::int64_t bands = 4;   ///< frequency bands of "frequency-adapter"
  std::int64_t blocks = 1;  ///< last blocks of the network that "head" trains
  bool statistics = false;  ///< "norm" lets BatchNorm's statistics follow the new data, too
  std::uint64_t seed = 0;

  /// The options of one layer, its own rank and alpha in place.
  [[nodiscard]] AdapterOptions for_layer(const std::string& path) const;
};

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

/// One line for each method, its name and what it trains, for people.
[[nodiscard]] std::vector<std::string> method_summaries();

}  // namespace strataform::peft
