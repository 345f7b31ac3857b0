#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <regex>
#include <utility>

#include "strataform/core/atomic_file.h"
#include "strataform/core/choice.h"
#include "strataform/core/error.h"
#include "strataform/core/random.h"
#include "strataform/model/model.h"
#include "strataform/peft/adapter.h"
#include "strataform/peft/adapter_folder.h"
#include "strataform/peft/low_rank.h"
#include "strataform/peft/merge.h"
#include "strataform/peft/method.h"

namespace strataform::peft {
namespace {

using nn::AdaptableLayer;
using nn::LayerKind;

constexpr Choice<Combination> kCombinations[] = {{"linear", Combination::kLinear},
                                                 {"concatenation", Combination::kConcatenation},
                                                 {"svd", Combination::kSvd},
                                                 {"ties", Combination::kTies},
                                                 {"dare", Combination::kDare}};

/// The factors of one layer's update as matrices, one pair for each group, so that update = b · a:
/// b [groups, Cout / groups, r], a [groups, r, inputs of one output]. Each has the square root of the scale.
struct Factors {
  torch::Tensor b;
  torch::Tensor a;
};

/// One adapter's updates by layer path.
using Updates = std::map<std::string, Factors>;

Factors to_matrices(const AdaptableLayer& layer, const torch::Tensor& a, const torch::Tensor& b, double scale) {
  const std::int64_t groups = layer.groups();
  torch::Tensor rows = a.reshape({groups, a.size(0) / groups, -1});
  if (layer.kind() == LayerKind::kConvTranspose2d) {
    const std::int64_t rank = a.size(1);
    rows = a.reshape({groups, a.size(0) / groups, rank, -1}).transpose(1, 2).reshape({groups, rank, -1});
  }
  const double root = std::sqrt(scale);
  return {b.reshape({groups, layer.out_channels() / groups, -1}) * root, rows * root};
}

/// The other way round, into tensors of a layer's own shapes.
void from_matrices(const AdaptableLayer& layer, const Factors& factors, torch::Tensor a, torch::Tensor b) {
  const std::int64_t groups = layer.groups();
  torch::Tensor rows = factors.a;
  if (layer.kind() == LayerKind::kConvTranspose2d) {
    const std::int64_t rank = a.size(1);
    rows = rows.reshape({groups, rank, a.size(0) / groups, -1}).transpose(1, 2);
  }
  a.copy_(rows.reshape(a.sizes()));
  b.copy_(factors.b.reshape(b.sizes()));
}

Updates read_updates(const std::filesystem::path& folder, const model::Model& base) {
  const auto adapter = load_adapter(folder, base);
  if (adapter->method().name != "lora") {
    throw UsageError(
        fmt::format("{}: expected a LoRA adapter, found method '{}'", folder.string(), adapter->method().name));
  }
  Updates updates;
  for (const Adapter::Layer& layer : adapter->layers()) {
    const NamedTensors tensors = layer.adapted->named_tensors();
    updates.emplace(layer.base.path,
                    to_matrices(*layer.base.layer, tensors[0].second, tensors[1].second, scale_of(layer.options)));
  }
  return updates;
}

/// The inputs' factors of one layer; adapters that leave the layer alone are not among them.
struct LayerInputs {
  std::vector<Factors> factors;
  std::vector<double> weights;
};

Factors linear(const LayerInputs& inputs) {
  Factors sum;
  for (std::size_t i = 0; i < inputs.factors.size(); ++i) {
    const double root = std::sqrt(std::abs(inputs.weights[i]));
    const torch::Tensor b = inputs.factors[i].b * std::copysign(root, inputs.weights[i]);
    const torch::Tensor a = inputs.factors[i].a * root;
    sum = i == 0 ? Factors{b, a} : Factors{sum.b + b, sum.a + a};
  }
  return sum;
}

Factors concatenated(const LayerInputs& inputs) {
  std::vector<torch::Tensor> b;
  std::vector<torch::Tensor> a;
  for (std::size_t i = 0; i < inputs.factors.size(); ++i) {
    b.push_back(inputs.factors[i].b * inputs.weights[i]);
    a.push_back(inputs.factors[i].a);
  }
  return {torch::cat(b, 2), torch::cat(a, 1)};
}

std::vector<torch::Tensor> weighted_updates(const LayerInputs& inputs) {
  std::vector<torch::Tensor> updates;
  for (std::size_t i = 0; i < inputs.factors.size(); ++i) {
    updates.push_back(torch::bmm(inputs.factors[i].b, inputs.factors[i].a) * inputs.weights[i]);
  }
  return updates;
}

torch::Tensor ties(const LayerInputs& inputs, double density) {
  double total = 0.0;
  for (const double weight : inputs.weights) total += std::abs(weight);
  std::vector<torch::Tensor> trimmed;
  for (const torch::Tensor& update : weighted_updates(inputs)) {
    const auto kept = std::max<std::int64_t>(1, std::llround(density * static_cast<double>(update.numel())));
    const torch::Tensor smallest = std::get<0>(update.abs().flatten().topk(kept)).min();
    trimmed.push_back(update * (update.abs() >= smallest));
  }
  const torch::Tensor stacked = torch::stack(trimmed);
  const torch::Tensor agrees = (stacked.sign() == stacked.sum(0).sign()) & (stacked != 0);
  const torch::Tensor weights = torch::tensor(inputs.weights, stacked.options()).abs().view({-1, 1, 1, 1}) * agrees;
  return (stacked * agrees).sum(0) * total / weights.sum(0).clamp_min(1e-12);
}

torch::Tensor dare(const LayerInputs& inputs, double density, Random& random) {
  torch::Tensor sum;
  for (const torch::Tensor& update : weighted_updates(inputs)) {
    torch::Tensor kept = torch::empty(update.sizes(), torch::kFloat32);
    std::generate_n(kept.data_ptr<float>(), kept.numel(),
                    [&] { return random.uniform(0.0, 1.0) < density ? static_cast<float>(1.0 / density) : 0.0F; });
    const torch::Tensor thinned = update * kept.to(update.options());
    sum = sum.defined() ? sum + thinned : thinned;
  }
  return sum;
}

/// The best approximation of rank r for each group (Eckart and Young, 1936), in double precision.
Factors truncated(const torch::Tensor& update, std::int64_t rank) {
  const auto [u, s, vh] = torch::linalg_svd(update.to(torch::kFloat64), /*full_matrices=*/false);
  const std::int64_t kept = std::min(rank, s.size(1));
  const torch::Tensor root = s.narrow(1, 0, kept).sqrt();
  const auto type = update.scalar_type();
  return {(u.narrow(2, 0, kept) * root.unsqueeze(1)).to(type), (root.unsqueeze(2) * vh.narrow(1, 0, kept)).to(type)};
}

Factors combined(const LayerInputs& inputs, const CombineOptions& options, std::int64_t rank, Random& random) {
  if (options.how == Combination::kLinear) return linear(inputs);
  if (options.how == Combination::kTies) return truncated(ties(inputs, options.density), rank);
  if (options.how == Combination::kDare) return truncated(dare(inputs, options.density, random), rank);
  Factors sum = concatenated(inputs);
  if (options.how == Combination::kConcatenation && sum.a.size(1) <= rank) return sum;
  return truncated(torch::bmm(sum.b, sum.a), rank);  // exact where the rank is the layer's largest
}

/// Factors of a lower rank than the adapter's, filled up with zeros.
Factors padded(const Factors& factors, std::int64_t rank) {
  const std::int64_t missing = rank - factors.a.size(1);
  return {torch::constant_pad_nd(factors.b, {0, missing}), torch::constant_pad_nd(factors.a, {0, 0, 0, missing})};
}

void check(const CombineOptions& options) {
  if (options.adapters.empty() || options.adapters.size() != options.weights.size()) {
    throw UsageError(fmt::format("combine: expected one weight for each of {} adapters, found {}",
                                 options.adapters.size(), options.weights.size()));
  }
  if (options.rank < 0) throw UsageError(fmt::format("`rank`: expected 0 or more, found {}", options.rank));
  if (options.rank > 0 && (options.how == Combination::kConcatenation || options.how == Combination::kLinear)) {
    throw UsageError(fmt::format("`rank`: `how` {} has the ranks of the adapters; expected svd, ties or dare with it",
                                 name_of(kCombinations, options.how)));
  }
  if (!(options.density > 0.0 && options.density <= 1.0)) {
    throw UsageError(fmt::format("`density`: expected more than 0 and at most 1, found {}", options.density));
  }
  for (const double weight : options.weights) {
    if (!std::isfinite(weight)) throw UsageError("weight: expected a finite number");
  }
}

/// The rank of a layer's combination.
std::int64_t rank_of(const AdaptableLayer& layer, const LayerInputs& inputs, const CombineOptions& options) {
  if (options.rank > 0) return std::min(options.rank, largest_rank(layer));
  std::int64_t sum = 0;
  std::int64_t largest = 0;
  for (const Factors& factors : inputs.factors) {
    const std::int64_t rank = factors.a.size(1) * layer.groups();
    sum += rank;
    largest = std::max(largest, rank);
  }
  return options.how == Combination::kConcatenation ? std::min(sum, largest_rank(layer)) : largest;
}

/// The shape of the result: the largest rank of all layers, and the ranks of those with another. An alpha that is the
/// rank: the scales are in the factors.
AdapterOptions shape_of(const std::map<std::string, std::int64_t>& ranks) {
  AdapterOptions shape;
  for (const auto& [path, rank] : ranks) shape.rank = std::max(shape.rank, rank);
  shape.alpha = static_cast<double>(shape.rank);
  for (const auto& [path, rank] : ranks) {
    if (rank == shape.rank) continue;
    const std::string pattern = std::regex_replace(path, std::regex("\\."), "\\.");
    shape.rank_pattern.emplace_back(pattern, rank);
    shape.alpha_pattern.emplace_back(pattern, static_cast<double>(rank));
  }
  return shape;
}

}  // namespace

Combination combination_from_name(const std::string& name) { return choose(kCombinations, "how", name); }
std::vector<std::string> combination_names() { return names_of(kCombinations); }

void combine_adapters(const std::filesystem::path& base, const CombineOptions& options,
                      const std::filesystem::path& output, Overwrite overwrite, const Context& context) {
  check(options);
  check_adapter_output(output, overwrite);
  const torch::NoGradGuard no_grad;
  const model::Model model = model::load_model(base);
  std::map<std::string, LayerInputs> by_layer;
  nlohmann::json sources = nlohmann::json::array();
  for (std::size_t i = 0; i < options.adapters.size(); ++i) {
    for (const auto& [path, factors] : read_updates(options.adapters[i], model)) {
      by_layer[path].factors.push_back(factors);
      by_layer[path].weights.push_back(options.weights[i]);
    }
    const std::string name = without_slash(options.adapters[i]).filename().string();
    sources.push_back({{"adapter", name}, {"weight", options.weights[i]}});
  }

  std::map<std::string, std::int64_t> ranks;
  std::vector<std::string> paths;
  for (const nn::NamedLayer& named : model.backbone->adaptable_layers()) {
    const auto layer_inputs = by_layer.find(named.path);
    if (layer_inputs == by_layer.end()) continue;
    ranks[named.path] = rank_of(*named.layer, layer_inputs->second, options);
    paths.push_back(named.path);
  }
  const AdapterOptions shape = shape_of(ranks);
  const Adapter result(model.backbone, shape, paths);
  Random random(options.seed);
  for (const Adapter::Layer& layer : result.layers()) {
    context.throw_if_stopped("interrupted: the adapters are as they were, none was written");
    const LayerInputs& layer_inputs = by_layer.at(layer.base.path);
    const std::int64_t rank = layer.options.rank / layer.base.layer->groups();
    const bool same_rank =
        std::ranges::all_of(layer_inputs.factors, [&](const Factors& factors) { return factors.a.size(1) == rank; });
    if (options.how == Combination::kLinear && !same_rank) {
      throw UsageError("`how` linear: expected adapters of one rank; svd and concatenation take any");
    }
    const NamedTensors tensors = layer.adapted->named_tensors();
    from_matrices(*layer.base.layer, padded(combined(layer_inputs, options, rank, random), rank), tensors[0].second,
                  tensors[1].second);
  }
  save_adapter(output, result, model.fingerprint,
               {{"kind", "combine"},
                {"how", name_of(kCombinations, options.how)},
                {"rank", shape.rank},
                {"density", options.density},
                {"seed", options.seed},
                {"sources", sources}},
               overwrite);
}

}  // namespace strataform::peft
