#include <ATen/autocast_mode.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <string>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/nn/backbone.h"
#include "strataform/survey/shot_image.h"

namespace strataform::nn {
namespace {

const nlohmann::json kSmallWidths = {{"widths", {8, 16, 16, 32, 32}}};

torch::Tensor input_of(const Backbone& backbone, std::int64_t batch) {
  torch::manual_seed(1);
  return torch::randn({batch, backbone.shape().shots, backbone.shape().samples, backbone.shape().receivers});
}

TEST(AdaptableLayer, ComputesWhatLibTorchComputes) {
  torch::manual_seed(1);
  Random random(1);
  const torch::Tensor x = torch::randn({2, 4, 9, 8});
  Conv2d conv(ConvOptions{.in_channels = 4,
                          .out_channels = 6,
                          .kernel = {3, 2},
                          .stride = {2, 1},
                          .padding = {1, 0},
                          .dilation = {2, 3},
                          .groups = 2});
  conv.reset_parameters(random);
  const auto conv_options =
      torch::nn::functional::Conv2dFuncOptions().bias(conv.bias).stride({2, 1}).padding({1, 0}).dilation({2, 3}).groups(
          2);
  EXPECT_TRUE(torch::equal(conv.forward(x), torch::nn::functional::conv2d(x, conv.weight, conv_options)));

  ConvTranspose2d transposed(
      ConvOptions{.in_channels = 4, .out_channels = 6, .kernel = {4, 3}, .stride = {2, 1}, .padding = {1, 0}});
  transposed.reset_parameters(random);
  EXPECT_EQ(transposed.forward(x).sizes(), (std::vector<std::int64_t>{2, 6, 18, 10}));
  EXPECT_EQ(transposed.out_channels(), 6);

  Linear linear(8, 3);
  linear.reset_parameters(random);
  EXPECT_TRUE(torch::allclose(linear.forward(x), torch::matmul(x, linear.weight.t()) + linear.bias, 1e-5, 1e-6));
}

std::vector<std::shared_ptr<AdaptableLayer>> convolutions() {
  const ConvOptions plain{.in_channels = 4, .out_channels = 6, .kernel = {3, 2}, .stride = {2, 1}, .padding = {1, 0}};
  ConvOptions grouped = plain;
  grouped.groups = 2;
  grouped.dilation = {2, 3};
  grouped.bias = false;
  std::vector<std::shared_ptr<AdaptableLayer>> layers;
  for (const ConvOptions& options : {plain, grouped}) {
    layers.push_back(std::make_shared<Conv2d>(options));
    layers.push_back(std::make_shared<ConvTranspose2d>(options));
  }
  Random random(1);
  for (const auto& layer : layers) layer->reset_parameters(random);
  return layers;
}

TEST(AdaptableLayer, FrozenKeepsNoInputAndHasTheSameGradient) {
  torch::manual_seed(1);
  for (const auto format : {torch::MemoryFormat::Contiguous, torch::MemoryFormat::ChannelsLast}) {
    for (const auto& layer : convolutions()) {
      const torch::Tensor input = torch::randn({2, 4, 9, 8}).contiguous(format).requires_grad_();
      const auto gradient = [&](bool frozen, bool& keeps_input) {
        for (const torch::Tensor& parameter : layer->parameters()) parameter.set_requires_grad(!frozen);
        const torch::Tensor x = input * 2.0;
        const auto references = x.use_count();
        const torch::Tensor y = layer->forward(x);
        keeps_input = x.use_count() > references;
        return torch::autograd::grad({y.pow(2).sum()}, {input}).front();
      };
      bool trained_keeps = false;
      bool frozen_keeps = false;
      EXPECT_TRUE(torch::allclose(gradient(true, frozen_keeps), gradient(false, trained_keeps), 1e-5, 1e-6));
      EXPECT_TRUE(trained_keeps) << "otherwise this test sees nothing";
      EXPECT_FALSE(frozen_keeps);
    }
  }
}

TEST(AdaptableLayer, GradientsOfItsOperationsAreAutogradsOwn) {
  torch::manual_seed(1);
  auto layers = convolutions();
  layers.push_back(std::make_shared<Linear>(8, 5));
  for (const auto& layer : layers) {
    layer->to(torch::kFloat64);
    const torch::Tensor x = torch::randn({2, 4, 9, 8}, torch::kFloat64).requires_grad_();
    const torch::Tensor weight = torch::randn_like(layer->weight).requires_grad_();
    const torch::Tensor y = layer->operate(x, weight, {});
    const torch::Tensor gradient = torch::randn_like(y);
    const auto expected = torch::autograd::grad({y}, {x, weight}, {gradient}, /*retain_graph=*/true);
    const LayerGradients found = layer->operate_gradients(gradient, x, weight, {});
    EXPECT_TRUE(torch::allclose(found.x, expected[0], 1e-9, 1e-12));
    EXPECT_TRUE(torch::allclose(found.weight, expected[1], 1e-9, 1e-12));
    const LayerGradients half = layer->operate_gradients(gradient, x, weight, {.x = false, .weight = true});
    EXPECT_FALSE(half.x.defined());
  }
}

/// y of operate(x, weight, bias) and the gradients of all three, in float32.
std::vector<torch::Tensor> products_of(const AdaptableLayer& layer, const std::vector<torch::Tensor>& operands,
                                       bool autocast) {
  std::vector<torch::Tensor> leaves;
  for (const torch::Tensor& operand : operands) leaves.push_back(operand.clone().requires_grad_());
  at::autocast::set_autocast_dtype(at::kCPU, torch::kBFloat16);
  at::autocast::set_autocast_enabled(at::kCPU, autocast);
  const torch::Tensor y = layer.operate(leaves[0], leaves[1], leaves[2]);
  at::autocast::set_autocast_enabled(at::kCPU, false);
  at::autocast::clear_cache();
  EXPECT_EQ(y.scalar_type(), autocast ? torch::kBFloat16 : torch::kFloat32);
  torch::manual_seed(2);
  const torch::Tensor gradient = torch::randn(y.sizes()).to(torch::kBFloat16).to(y.scalar_type());
  std::vector<torch::Tensor> results = torch::autograd::grad({y}, leaves, {gradient});
  results.push_back(y.detach().to(torch::kFloat32));
  return results;
}

TEST(AdaptableLayer, UnderAutocastRoundsToBFloat16AndAddsUpInFloat32) {
  torch::manual_seed(1);
  auto layers = convolutions();
  layers.push_back(std::make_shared<Linear>(8, 6));
  const auto rounded = [](const torch::Tensor& x) { return x.to(torch::kBFloat16).to(torch::kFloat32); };
  for (const auto& layer : layers) {
    const std::vector<torch::Tensor> operands = {rounded(torch::randn({2, 4, 9, 8})),
                                                 rounded(torch::randn_like(layer->weight)), rounded(torch::randn({6}))};
    const std::vector<torch::Tensor> exact = products_of(*layer, operands, /*autocast=*/false);
    const std::vector<torch::Tensor> half = products_of(*layer, operands, /*autocast=*/true);
    for (std::size_t i = 0; i < exact.size(); ++i) {
      EXPECT_EQ(half[i].scalar_type(), torch::kFloat32) << "weights and inputs stay float32";
      EXPECT_TRUE(torch::allclose(half[i], exact[i], /*rtol=*/1.0 / 128, /*atol=*/0.05)) << name_of(layer->kind()) << i;
      EXPECT_FALSE(torch::equal(half[i], exact[i])) << "otherwise nothing is rounded";
    }
  }
}

TEST(Backbone, IsTheChainOfItsStages) {
  const torch::NoGradGuard no_grad;
  for (const std::string& name : backbone_names()) {
    const auto backbone = make_backbone(name);
    backbone->eval();
    const torch::Tensor x = input_of(*backbone, 1);
    Activations activations{x};
    for (std::size_t stage = 0; stage < backbone->stage_count(); ++stage) {
      activations = backbone->run_stages(activations, stage, stage + 1);
    }
    EXPECT_TRUE(torch::equal(activations.front(), backbone->forward(x)));
    std::vector<bool> owns_something(backbone->stage_count(), false);
    for (const auto& item : backbone->named_parameters()) owns_something[backbone->stage_of(item.key())] = true;
    for (const auto& item : backbone->named_buffers()) owns_something[backbone->stage_of(item.key())] = true;
    EXPECT_TRUE(std::ranges::all_of(owns_something, [](bool owns) { return owns; })) << name;
  }
}

TEST(AdaptableLayer, StartsUniformWithinPyTorchsBound) {
  Random random(1);
  Conv2d layer(ConvOptions{.in_channels = 16, .out_channels = 64});
  layer.reset_parameters(random);
  const double bound = 1.0 / std::sqrt(16.0 * 9.0);
  EXPECT_LE(layer.weight.abs().max().item<double>(), bound * (1.0 + 1e-6));
  EXPECT_NEAR(layer.weight.std().item<double>(), bound / std::sqrt(3.0), 0.02 * bound);
  EXPECT_GT(layer.bias.std().item<double>(), 0.0);
}

TEST(AdaptableLayer, RunsItsAdapterInItsPlace) {
  class Doubling : public LayerAdapter {
   public:
    [[nodiscard]] torch::Tensor forward(const AdaptableLayer& layer, const torch::Tensor& x) const override {
      return 2 * layer.base_forward(x);
    }
  };
  Random random(1);
  Linear layer(3, 2);
  layer.reset_parameters(random);
  const torch::Tensor x = torch::ones({1, 3});
  const torch::Tensor plain = layer.forward(x);
  layer.set_adapter(std::make_shared<Doubling>());
  EXPECT_TRUE(torch::equal(layer.forward(x), 2 * plain));
  layer.set_adapter(nullptr);
  EXPECT_TRUE(torch::equal(layer.forward(x), plain));
}

TEST(Backbone, AllMapGathersToBoundedMaps) {
  for (const std::string& name : backbone_names()) {
    SCOPED_TRACE(name);
    const auto backbone = make_backbone(name);
    const torch::NoGradGuard no_grad;
    const torch::Tensor y = backbone->forward(input_of(*backbone, 2));
    const BackboneShape& shape = backbone->shape();
    EXPECT_EQ(y.sizes(), (std::vector<std::int64_t>{2, shape.outputs, shape.nz, shape.nx}));
    EXPECT_LE(map_of(y).abs().max().item<float>(), 1.0F);
    EXPECT_GT(y.std().item<float>(), 1e-4F);
  }
}

TEST(Backbone, OptionsMakeTheSameNetworkAgain) {
  for (const std::string& name : backbone_names()) {
    const auto first = make_backbone(name, nlohmann::json::object(), 7);
    const auto second = make_backbone(name, first->options(), 7);
    const auto other = make_backbone(name, first->options(), 8);
    EXPECT_EQ(first->options(), second->options());
    const auto first_weight = [](const Backbone& backbone) {
      return backbone.adaptable_layers().front().layer->weight;
    };
    EXPECT_TRUE(torch::equal(first_weight(*first), first_weight(*second)));
    EXPECT_FALSE(torch::equal(first_weight(*first), first_weight(*other)));
  }
}

TEST(Backbone, RejectsUnknownNamesOptionsAndShapes) {
  EXPECT_THROW((void)make_backbone("inversionet"), UsageError);
  EXPECT_THROW((void)make_backbone("inversionnet", {{"depth", 3}}), UsageError);
  EXPECT_THROW((void)make_backbone("inversionnet", {{"widths", "wide"}}), UsageError);
  EXPECT_THROW((void)make_backbone("inversionnet", {{"widths", {1, 2, 3}}}), UsageError);
  EXPECT_THROW((void)make_backbone("inversionnet", {{"shots", 2.5}}), UsageError);
  EXPECT_THROW((void)make_backbone("compact", {{"width", 0}}), UsageError);
  try {
    (void)make_backbone("compact", {{"mixer", 3}});
    ADD_FAILURE() << "an unknown option";
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean 'mixers'?"), std::string::npos) << error.what();
  }
  EXPECT_THROW((void)make_backbone("inversionnet", kSmallWidths)->forward(torch::zeros({1, 5, 200, 70})),
               MismatchError);
}

TEST(Backbone, FrozenStatisticsStayAsTheyAre) {
  const torch::NoGradGuard no_grad;
  for (const std::string& name : backbone_names()) {
    const auto backbone = make_backbone(name);
    const auto statistics = [&] {
      std::vector<torch::Tensor> copies;
      for (const auto& buffer : backbone->buffers()) copies.push_back(buffer.clone());
      return copies;
    };
    const auto unchanged = [&](const std::vector<torch::Tensor>& before) {
      const auto after = statistics();
      return std::equal(before.begin(), before.end(), after.begin(),
                        [](const torch::Tensor& a, const torch::Tensor& b) { return torch::equal(a, b); });
    };
    set_training(*backbone, BatchNormStatistics::kFrozen);
    EXPECT_TRUE(backbone->is_training());
    const auto before = statistics();
    (void)backbone->forward(input_of(*backbone, 2));
    EXPECT_TRUE(unchanged(before)) << name;
    set_training(*backbone, BatchNormStatistics::kUpdated);
    (void)backbone->forward(input_of(*backbone, 2));
    EXPECT_FALSE(unchanged(before)) << name;
  }
}

TEST(Backbone, KnowsWhetherItLearnsFromOneSample) {
  const auto one_cell = make_backbone("inversionnet", kSmallWidths);  // its images end at one cell
  const auto several = make_backbone("compact", {{"features", 8}, {"mixers", 1}});
  for (const auto& backbone : {one_cell, several}) {
    std::vector<torch::Tensor> before;
    for (const auto& buffer : backbone->buffers()) before.push_back(buffer.clone());
    EXPECT_EQ(learns_from_one_sample(*backbone), backbone == several) << backbone->name();
    const std::vector<torch::Tensor> after = backbone->buffers();
    for (std::size_t index = 0; index < after.size(); ++index) EXPECT_TRUE(torch::equal(after[index], before[index]));
  }
}

/// Gathers as survey::ShotImage has them, the first `shots` of them live.
torch::Tensor shot_images(std::int64_t batch, std::int64_t shots) {
  using survey::ShotImage;
  torch::manual_seed(2);
  torch::Tensor x =
      torch::zeros({batch, ShotImage::kShots, ShotImage::kTimes + ShotImage::kGeometryRows, ShotImage::kColumns});
  torch::Tensor live = x.narrow(1, 0, shots);
  live.copy_(torch::randn_like(live));
  live.select(2, ShotImage::kTimes + ShotImage::kLive).fill_(1.0);
  return x;
}

TEST(Shotwise, KnowsNeitherOrderNorNumberOfItsShots) {
  const torch::NoGradGuard no_grad;
  const auto network = make_backbone("shotwise", {{"features", 8}, {"mixers", 1}});
  network->eval();
  const torch::Tensor x = shot_images(2, 4);
  const torch::Tensor map = network->forward(x);
  const torch::Tensor reordered = x.index_select(1, torch::tensor({9, 2, 0, 4, 3, 1, 5, 6, 7, 8}));
  EXPECT_TRUE(torch::allclose(network->forward(reordered), map, 0.0, 1e-5));
  // Every shot twice counts like every shot once.
  torch::Tensor twice = x.clone();
  twice.narrow(1, 4, 4).copy_(x.narrow(1, 0, 4));
  EXPECT_TRUE(torch::allclose(network->forward(twice), map, 0.0, 1e-5));
  torch::Tensor fewer = x.clone();
  fewer.select(1, 3).zero_();
  EXPECT_GT((network->forward(fewer) - map).abs().max().item<float>(), 1e-4);
  // Samples do not see one another.
  EXPECT_TRUE(torch::allclose(network->forward(x.narrow(0, 1, 1)), map.narrow(0, 1, 1), 0.0, 1e-5));
}

TEST(Shotwise, HasTheMedianBetweenItsQuantiles) {
  const torch::NoGradGuard no_grad;
  const auto network = make_backbone("shotwise", {{"features", 8}, {"mixers", 1}});
  network->eval();
  const torch::Tensor maps = network->forward(shot_images(2, 3));
  EXPECT_EQ(maps.sizes(), (std::vector<std::int64_t>{2, 3, 70, 70}));
  EXPECT_TRUE((maps.select(1, 1) < maps.select(1, 0)).all().item<bool>());
  EXPECT_TRUE((maps.select(1, 0) < maps.select(1, 2)).all().item<bool>());
  EXPECT_TRUE(torch::isfinite(network->forward(torch::zeros_like(shot_images(1, 0)))).all().item<bool>());
}

TEST(InversionNet, HasThePublishedParameterCount) {
  EXPECT_EQ(parameter_count(*make_backbone("inversionnet")), 24'409'123);
  EXPECT_EQ(parameter_count(*make_backbone("inversionnet", kSmallWidths)), 196'619);
}

TEST(InversionNet, NamesItsModulesAsTheOpenFwiScripts) {
  const auto backbone = make_backbone("inversionnet", kSmallWidths);
  EXPECT_EQ(backbone->adaptable_layers().size(), 25U);
  EXPECT_EQ(backbone->adaptable_layers().front().path, "convblock1.layers.0");
  EXPECT_EQ(backbone->adaptable_layers().back().path, "deconv6.layers.0");
  EXPECT_TRUE(backbone->named_parameters().contains("deconv5_1.layers.1.weight"));
  EXPECT_TRUE(backbone->named_buffers().contains("convblock8.layers.1.running_var"));
}

TEST(Compact, StaysSmall) {
  EXPECT_EQ(parameter_count(*make_backbone("compact")), 2'001'926);
  const nlohmann::json shipped = {{"width", 48}, {"features", 384}, {"mixers", 8}};
  EXPECT_EQ(parameter_count(*make_backbone("compact", shipped)), 5'566'606) << "models/README.md names it";
}

}  // namespace
}  // namespace strataform::nn
