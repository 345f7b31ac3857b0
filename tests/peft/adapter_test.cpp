// What is special to single methods and to the choice of layers.
#include "strataform/peft/adapter.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <optional>
#include <regex>
#include <string>

#include "small_backbone.h"
#include "strataform/core/error.h"
#include "strataform/peft/layer_pattern.h"
#include "strataform/peft/low_rank.h"

namespace strataform::peft {
namespace {

AdapterOptions lora(std::int64_t rank, std::optional<double> alpha = std::nullopt) {
  AdapterOptions options;
  options.rank = rank;
  options.alpha = alpha;
  return options;
}

TEST(Lora, ScalesAsItSays) {
  EXPECT_DOUBLE_EQ(scale_of(lora(4)), 2.0);
  AdapterOptions options = lora(4, 6.0);
  EXPECT_DOUBLE_EQ(scale_of(options), 1.5);
  options.own["rank_stabilised"] = true;
  EXPECT_DOUBLE_EQ(scale_of(options), 3.0);
}

TEST(Lora, CostsWhatIsPublished) {
  const auto backbone = nn::make_backbone("inversionnet");
  AdapterOptions options = lora(3);
  options.target = ".*";
  const Adapter adapter(backbone, options);
  const TrainableReport report = adapter.report();
  EXPECT_EQ(report.trainable, 215'340);
  EXPECT_EQ(report.layers, 25);
  EXPECT_EQ(report.bytes, 861'360);
  EXPECT_EQ(to_string(report, "lora"),
            "lora: 215,340 of 24,409,123 parameters are trained (0.88 %) in 25 layers, 0.86 MB");
}

TEST(Lora, RankOneStaysUnderOnePercentOfEveryBackbone) {
  for (const std::string& name : nn::backbone_names()) {
    const Adapter adapter(nn::make_backbone(name), lora(1));
    EXPECT_LT(adapter.report().share(), 0.01) << name;
  }
}

TEST(Adapter, SelectsLayersByTheirWholePath) {
  const auto backbone = nn::make_backbone("inversionnet", {{"widths", {2, 3, 4, 5, 6}}});
  EXPECT_EQ(match_layers(*backbone, "convblock2.*").size(), 2U);
  EXPECT_THROW((void)match_layers(*backbone, "convblock2"), UsageError);
  EXPECT_THROW((void)match_layers(*backbone, "(unclosed"), UsageError);
  const Adapter adapter(backbone, with_target("lora", "deconv.*"));
  EXPECT_EQ(adapter.report().layers, 11);
}

TEST(Dora, HoldsTheNormFixedInItsGradient) {
  const nn::ConvOptions options{.in_channels = 3, .out_channels = 4, .padding = {1, 1}};
  const auto layer = std::make_shared<nn::Conv2d>(options);
  Random random(2);
  layer->reset_parameters(random);
  layer->to(torch::kFloat64);
  const auto adapted = find_method("dora").adapt({"layer", layer}, lora(2), random);
  const NamedTensors tensors = adapted->named_tensors();
  {
    const torch::NoGradGuard no_grad;
    torch::manual_seed(6);
    for (const auto& [name, tensor] : tensors) tensor.copy_(torch::rand_like(tensor));
  }
  const torch::Tensor x = torch::rand({2, 3, 5, 5}, torch::kFloat64);
  adapted->forward(*layer, x).square().mean().backward();

  const auto& [a, b, m] = std::tie(tensors[0].second, tensors[1].second, tensors[2].second);
  const torch::Tensor delta = torch::mm(b.view({4, 2}), a.view({2, -1})).view(layer->weight.sizes());
  const torch::Tensor updated = layer->weight.detach() + 2.0 * delta;
  const torch::Tensor norm = updated.detach().view({4, -1}).norm(2, 1).view({4, 1, 1, 1});
  const torch::Tensor weight = m.view({4, 1, 1, 1}) / norm * updated;
  const auto expected = torch::autograd::grad({layer->operate(x, weight, layer->bias).square().mean()}, {a, b, m});
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_TRUE(torch::allclose(tensors[i].second.grad(), expected[i], 1e-9, 1e-12)) << tensors[i].first;
  }
}

TEST(FrequencyAdapter, IsTheBottleneckAdapterWhileItsGatesAreEqual) {
  const auto backbone = small_backbone();
  const torch::NoGradGuard no_grad;
  torch::Tensor plain;
  {
    const Adapter adapter(backbone, with_target("adapter", "down.*"));
    disturb(adapter);
    plain = backbone->forward(small_input());
  }
  const Adapter adapter(backbone, with_target("frequency-adapter", "down.*"));
  const NamedTensors gated = adapter.trainable();
  disturb(adapter);
  torch::Tensor gates = gated.back().second;
  gates.fill_(1.0);
  EXPECT_TRUE(torch::allclose(backbone->forward(small_input()), plain, 1e-12, 1e-12));
  gates[0] = 0.0;
  EXPECT_FALSE(torch::allclose(backbone->forward(small_input()), plain, 1e-6, 1e-6));
}

TEST(NormTuning, MovesTheStatisticsOnlyWhereItIsTold) {
  for (const bool statistics : {false, true}) {
    const auto backbone = small_backbone();
    const torch::Tensor before = backbone->named_buffers()["down.norm.running_mean"].clone();
    AdapterOptions options = with_target("norm", "");
    options.own["statistics"] = statistics;
    const Adapter adapter(backbone, options);
    EXPECT_EQ(adapter.trainable().size(), 2U);
    EXPECT_EQ(adapter.state().size(), statistics ? 4U : 2U);
    nn::set_training(*backbone, statistics ? nn::BatchNormStatistics::kUpdated : nn::BatchNormStatistics::kFrozen);
    backbone->forward(small_input());
    EXPECT_EQ(torch::equal(backbone->named_buffers()["down.norm.running_mean"], before), !statistics);
  }
}

TEST(HeadTuning, TrainsTheLastBlocks) {
  const auto backbone = nn::make_backbone("inversionnet", {{"widths", {2, 3, 4, 5, 6}}});
  AdapterOptions options = with_target("head", "");
  EXPECT_EQ(Adapter(backbone, options).trainable().front().first, "deconv6.layers.0.weight");
  options.own["blocks"] = 2;
  EXPECT_EQ(Adapter(backbone, options).trainable().front().first, "deconv5_2.layers.0.weight");
  options.own["blocks"] = 99;
  EXPECT_THROW(Adapter(backbone, options), UsageError);
}

TEST(Adapter, GivesLayersTheirOwnRankAndAlpha) {
  const auto backbone = small_backbone();
  AdapterOptions options = lora(2);
  options.rank_pattern = {{"up|grouped", 4}};
  options.alpha_pattern = {{"up", 1.0}};
  const Adapter adapter(backbone, options);
  for (const Adapter::Layer& layer : adapter.layers()) {
    const bool is_up = layer.base.path == "up";
    EXPECT_EQ(layer.options.rank, is_up || layer.base.path == "grouped" ? 4 : 2);
    EXPECT_EQ(scale_of(layer.options), is_up ? 0.25 : 2.0);
  }
  options.rank_pattern = {{"upp", 4}};
  EXPECT_THROW(Adapter(backbone, options), UsageError);
}

TEST(LayerPattern, IsMatchedInTimeWhateverItIs) {
  const std::string path(60, 'a');
  EXPECT_FALSE(std::regex_match(path, layer_pattern("(a+a+)+b")));
  EXPECT_FALSE(std::regex_match(path, layer_pattern("(.*)*b")));
  EXPECT_FALSE(std::regex_match(path, layer_pattern(".*.*.*.*.*.*.*.*.*.*.*.*b")));
  EXPECT_THROW((void)layer_pattern("((((a{50}){50}){50}){50}){50}"), std::regex_error);
  EXPECT_TRUE(std::regex_match("refine1.conv", layer_pattern("(.*\\.)?(conv|up\\d+)")));
}

TEST(Adapter, StaysWithinABudget) {
  const auto backbone = nn::make_backbone("inversionnet", {{"widths", {8, 16, 16, 32, 32}}});
  for (const Method& method : methods()) {
    if (!method.has_rank) continue;
    AdapterOptions options = with_target(method.name, "");
    options.rank = rank_within(backbone, options, 0.1);
    EXPECT_LE(Adapter(backbone, options).report().share(), 0.1) << method.name;
    ++options.rank;
    EXPECT_GT(Adapter(backbone, options).report().share(), 0.1) << method.name;
  }
  // A layer that cannot have so much limits them all.
  const auto compact = nn::make_backbone("compact");
  AdapterOptions options = with_target("lora", "");
  options.rank = rank_within(compact, options, 0.2);
  EXPECT_LT(Adapter(compact, options).report().share(), 0.15);
  ++options.rank;
  EXPECT_THROW(Adapter(compact, options), UsageError);
  EXPECT_THROW((void)rank_within(backbone, lora(1), 1e-6), UsageError);
  EXPECT_THROW((void)rank_within(backbone, with_target("full", ""), 0.5), UsageError);
}

TEST(Adapter, LooksAtNumbersThatItsMethodDoesNotNeed) {
  const auto backbone = small_backbone();
  for (const Method& method : methods()) {
    if (!method.adapt) continue;
    AdapterOptions options = with_target(method.name, "");
    options.alpha = 0.0;
    EXPECT_THROW(Adapter(backbone, options), UsageError) << method.name;
    options.alpha.reset();
    options.rank = 0;
    EXPECT_THROW(Adapter(backbone, options), UsageError) << method.name;
  }
}

TEST(Adapter, LeavesOutWhatThePythonLibraryCannotAdapt) {
  AdapterOptions options = lora(2);
  options.hf_only = true;
  const auto backbone = small_backbone();
  EXPECT_EQ(Adapter(backbone, options).report().layers, 2);
  options.target = "up";
  EXPECT_THROW(Adapter(backbone, options), UsageError);
  options = with_target("bitfit", "");
  options.hf_only = true;
  EXPECT_THROW(Adapter(backbone, options), UsageError);
}

TEST(MethodOptions, BelongToTheirMethods) {
  const auto backbone = small_backbone();
  AdapterOptions options = with_target("loha", "");
  options.own["rank_stabilised"] = true;
  EXPECT_THROW(Adapter(backbone, options), UsageError) << "LoRA's and DoRA's";
  options.method = "dora";
  EXPECT_NO_THROW(Adapter(backbone, options));
  options.own["rank_stabilised"] = 1;
  EXPECT_THROW(Adapter(backbone, options), UsageError);
  options = with_target("frequency-adapter", "");
  options.own["bands"] = 65;
  EXPECT_THROW(Adapter(backbone, options), UsageError);
}

TEST(MethodOptions, AreDescribedWithADefaultThatHolds) {
  for (const Method& method : methods()) {
    for (const MethodOption& option : method.options) {
      EXPECT_FALSE(option.help.empty()) << option.name;
      EXPECT_NO_THROW(option.check(option.fallback)) << option.name;
      EXPECT_EQ(to_json(with_target(method.name, "")).at(option.name), option.fallback) << "what a run resumes with";
    }
  }
}

TEST(Adapter, RefusesBadOptionsAndLeavesTheBackboneAlone) {
  const auto backbone = small_backbone();
  EXPECT_THROW(Adapter(backbone, with_target("lore", "")), UsageError);
  EXPECT_THROW(Adapter(backbone, lora(0)), UsageError);
  EXPECT_THROW(Adapter(backbone, lora(100'000)), UsageError);
  EXPECT_THROW(Adapter(backbone, lora(2, -1.0)), UsageError);
  EXPECT_THROW(Adapter(backbone, with_target("full", "up")), UsageError);
  {
    const Adapter adapter(backbone, lora(2));
    EXPECT_THROW(Adapter(backbone, lora(2)), UsageError) << "one is active already";
  }
  for (const nn::NamedLayer& named : backbone->adaptable_layers()) EXPECT_EQ(named.layer->adapter(), nullptr);
  for (const torch::Tensor& parameter : backbone->parameters()) EXPECT_TRUE(parameter.requires_grad());
}

}  // namespace
}  // namespace strataform::peft
