#include "strataform/nn/backbone.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "strataform/core/error.h"
#include "strataform/core/nearest.h"
#include "strataform/nn/factories.h"

namespace strataform::nn {

namespace {

struct Entry {
  const char* name;
  std::shared_ptr<Backbone> (*make)(const nlohmann::json& options);
};

#define STRATAFORM_BACKBONE(name, factory) {name, factory},
constexpr Entry kBackbones[] = {
#include "strataform/nn/backbones.def"
};
#undef STRATAFORM_BACKBONE

bool same_kind(const nlohmann::json& a, const nlohmann::json& b) {
  if (b.is_number_integer()) return a.is_number_integer();
  if (b.is_number()) return a.is_number();
  return a.type() == b.type();
}

}  // namespace

Backbone::Backbone(std::string name, nlohmann::json options, const BackboneShape& shape)
    : name_(std::move(name)), options_(std::move(options)), shape_(shape) {}

torch::Tensor Backbone::forward(const torch::Tensor& x) {
  const bool fits =
      x.dim() == 4 && x.size(1) == shape_.shots && x.size(2) == shape_.samples && x.size(3) == shape_.receivers;
  if (!fits) {
    throw MismatchError(fmt::format("gathers for backbone '{}': expected shape [batch, {}, {}, {}], found [{}]", name_,
                                    shape_.shots, shape_.samples, shape_.receivers, fmt::join(x.sizes(), ", ")));
  }
  return run_stages({x}, 0, stages_.size()).front();
}

void Backbone::add_stage(std::vector<std::string> members, std::function<Activations(const Activations&)> run) {
  stages_.push_back({std::move(members), std::move(run)});
}

Activations Backbone::run_stages(Activations activations, std::size_t first, std::size_t end) const {
  for (std::size_t stage = first; stage < end; ++stage) activations = stages_[stage].run(activations);
  return activations;
}

std::size_t Backbone::stage_of(const std::string& name) const {
  const std::string member = name.substr(0, name.find('.'));
  for (std::size_t stage = 0; stage < stages_.size(); ++stage) {
    if (std::ranges::find(stages_[stage].members, member) != stages_[stage].members.end()) return stage;
  }
  throw std::logic_error(fmt::format("no stage of backbone '{}' has a member '{}'", name_, member));
}

std::vector<NamedLayer> Backbone::adaptable_layers() const {
  std::vector<NamedLayer> layers;
  for (const auto& item : named_modules(/*name_prefix=*/"", /*include_self=*/false)) {
    if (auto layer = std::dynamic_pointer_cast<AdaptableLayer>(item.value())) layers.push_back({item.key(), layer});
  }
  return layers;
}

void Backbone::reset_parameters(std::uint64_t seed) {
  for (const NamedLayer& named : adaptable_layers()) {
    Random random(seed, stream_of(named.path.c_str()));
    named.layer->reset_parameters(random);
  }
}

std::vector<std::string> backbone_names() {
  std::vector<std::string> names;
  for (const Entry& entry : kBackbones) names.emplace_back(entry.name);
  return names;
}

namespace {

/// MKL chooses its kernel for tanh, which ends every backbone, at the first call. Where two threads make that call at
/// once, one of them was seen to get a poorer kernel that time (5e-5 off, in 11 of 300 processes): one thread has to be
/// first.
void choose_tanh() { static const torch::Tensor chosen = torch::tanh(torch::zeros({1})); }

}  // namespace

std::vector<std::string> backbone_summaries() {
  std::vector<std::string> lines;
  for (const Entry& entry : kBackbones) {
    lines.push_back(fmt::format("{:<14}{}", entry.name, entry.make(nlohmann::json::object())->options().dump()));
  }
  return lines;
}

std::shared_ptr<Backbone> make_backbone(const std::string& name, const nlohmann::json& options, std::uint64_t seed) {
  std::shared_ptr<Backbone> backbone = make_blank_backbone(name, options);
  backbone->reset_parameters(seed);
  return backbone;
}

std::shared_ptr<Backbone> make_blank_backbone(const std::string& name, const nlohmann::json& options) {
  for (const Entry& entry : kBackbones) {
    if (name != entry.name) continue;
    choose_tanh();
    return entry.make(options);
  }
  throw UsageError(unknown_name("backbone", name, backbone_names()));
}

void set_training(Backbone& backbone, BatchNormStatistics statistics) {
  backbone.train();
  if (statistics == BatchNormStatistics::kUpdated) return;
  for (const auto& module : backbone.modules()) {
    if (auto* norm = module->as<torch::nn::BatchNorm1dImpl>()) norm->eval();
    if (auto* norm = module->as<torch::nn::BatchNorm2dImpl>()) norm->eval();
  }
}

bool learns_from_one_sample(Backbone& backbone) {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> before;
  for (const torch::Tensor& buffer : backbone.buffers()) before.push_back(buffer.detach().clone());
  set_training(backbone, BatchNormStatistics::kUpdated);
  const BackboneShape& shape = backbone.shape();
  bool learns = true;
  try {
    const torch::Tensor weight = backbone.parameters().front();
    (void)backbone.forward(torch::zeros({1, shape.shots, shape.samples, shape.receivers}, weight.options()));
  } catch (const c10::Error&) {
    learns = false;  // LibTorch has no other way to say it
  }
  const std::vector<torch::Tensor> after = backbone.buffers();
  for (std::size_t index = 0; index < after.size(); ++index) after[index].detach().copy_(before[index]);
  return learns;
}

std::int64_t parameter_count(const torch::nn::Module& module) {
  std::int64_t count = 0;
  for (const torch::Tensor& parameter : module.parameters()) count += parameter.numel();
  return count;
}

std::string format_count(std::int64_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t from_right = 3; from_right < digits.size(); from_right += 4) {
    digits.insert(digits.size() - from_right, ",");
  }
  return digits;
}

nlohmann::json complete_options(const std::string& backbone, nlohmann::json defaults, const nlohmann::json& chosen) {
  if (!chosen.is_object()) {
    throw UsageError(
        fmt::format("options of backbone '{}': expected a JSON object, found {}", backbone, chosen.type_name()));
  }
  for (const auto& [key, value] : chosen.items()) {
    if (!defaults.contains(key)) {
      std::vector<std::string> known;
      for (const auto& [name, fallback] : defaults.items()) known.push_back(name);
      throw UsageError(fmt::format("backbone '{}': unknown option '{}': did you mean '{}'?", backbone, key,
                                   nearest_name(key, known)));
    }
    if (!same_kind(value, defaults[key])) {
      throw UsageError(fmt::format("backbone '{}': option '{}' expects a value like {}, found {}", backbone, key,
                                   defaults[key].dump(), value.dump()));
    }
    defaults[key] = value;
  }
  return defaults;
}

}  // namespace strataform::nn
