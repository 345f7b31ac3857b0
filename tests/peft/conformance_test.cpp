// What every registered method promises, and what is special to LoRA.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <map>
#include <optional>
#include <string>

#include "strataform/core/error.h"
#include "strataform/model/model.h"
#include "strataform/peft/adapter.h"
#include "strataform/peft/lora.h"

namespace strataform::peft {
namespace {

AdapterOptions lora(std::int64_t rank, std::optional<double> alpha = std::nullopt) {
  AdapterOptions options;
  options.rank = rank;
  options.alpha = alpha;
  return options;
}

AdapterOptions with_target(const std::string& method, const std::string& target) {
  AdapterOptions options;
  options.method = method;
  options.rank = 2;
  options.target = target;
  return options;
}

/// Every kind of layer and BatchNorm, smooth and small enough for finite differences.
class SmallBackbone : public nn::Backbone {
 public:
  SmallBackbone() : Backbone("small", nlohmann::json::object(), {.shots = 3, .samples = 8, .receivers = 6}) {
    const nn::ConvOptions down{
        .in_channels = 3, .out_channels = 4, .kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1}};
    const nn::ConvOptions grouped{.in_channels = 4, .out_channels = 6, .padding = {1, 1}, .groups = 2};
    const nn::ConvOptions up{
        .in_channels = 6, .out_channels = 3, .kernel = {4, 4}, .stride = {2, 2}, .padding = {1, 1}};
    down_ = register_module("down", std::make_shared<nn::Conv2d>(down));
    register_module("norm", norm_);
    grouped_ = register_module("grouped", std::make_shared<nn::Conv2d>(grouped));
    up_ = register_module("up", std::make_shared<nn::ConvTranspose2d>(up));
    dense_ = register_module("dense", std::make_shared<nn::Linear>(6, 5));
    reset_parameters(3);
  }

 protected:
  torch::Tensor run(const torch::Tensor& x) override {
    const torch::Tensor y = torch::tanh(grouped_->forward(torch::tanh(norm_(down_->forward(x)))));
    return torch::tanh(dense_->forward(up_->forward(y)));
  }

 private:
  std::shared_ptr<nn::Conv2d> down_;
  torch::nn::BatchNorm2d norm_{4};
  std::shared_ptr<nn::Conv2d> grouped_;
  std::shared_ptr<nn::ConvTranspose2d> up_;
  std::shared_ptr<nn::Linear> dense_;
};

std::shared_ptr<nn::Backbone> small_backbone() {
  auto backbone = std::make_shared<SmallBackbone>();
  backbone->to(torch::kFloat64);
  // Statistics of a network that has seen data, so that the tests see BatchNorm do something.
  const torch::NoGradGuard no_grad;
  backbone->named_buffers()["norm.running_mean"].fill_(0.1);
  backbone->named_buffers()["norm.running_var"].fill_(0.2);
  nn::set_training(*backbone, nn::BatchNormStatistics::kFrozen);
  return backbone;
}

torch::Tensor input() {
  torch::manual_seed(2);
  return torch::randn({2, 3, 8, 6}, torch::kFloat64);
}

void disturb(const Adapter& adapter) {
  const torch::NoGradGuard no_grad;
  torch::manual_seed(3);
  for (const auto& [name, tensor] : adapter.trainable()) tensor.add_(0.05 * torch::randn_like(tensor));
}

model::TensorMap copy_of(const nn::Backbone& backbone) {
  model::TensorMap copy;
  for (const auto& [name, tensor] : model::state_of(backbone)) copy[name] = tensor.detach().clone();
  return copy;
}

void expect_same_state(const nn::Backbone& backbone, const model::TensorMap& expected) {
  for (const auto& [name, tensor] : model::state_of(backbone))
    EXPECT_TRUE(torch::equal(tensor, expected.at(name))) << name;
}

torch::Tensor loss_of(nn::Backbone& backbone, const torch::Tensor& x) { return backbone.forward(x).pow(2).mean(); }

class EveryMethod : public ::testing::TestWithParam<std::string> {
 protected:
  std::shared_ptr<nn::Backbone> backbone_ = small_backbone();
  AdapterOptions options_ = with_target(GetParam(), "");
};

TEST_P(EveryMethod, ChangesNothingBeforeTraining) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor before = backbone_->forward(input());
  const Adapter adapter(backbone_, options_);
  EXPECT_TRUE(torch::equal(backbone_->forward(input()), before));
}

TEST_P(EveryMethod, MergesAndRestoresTheOriginalBits) {
  const model::TensorMap untouched = copy_of(*backbone_);
  Adapter adapter(backbone_, options_);
  if (!adapter.method().merges) {
    EXPECT_THROW(adapter.merge(), UsageError);
    return;
  }
  const torch::NoGradGuard no_grad;
  const torch::Tensor plain = backbone_->forward(input());
  disturb(adapter);
  const torch::Tensor adapted = backbone_->forward(input());
  EXPECT_GT((adapted - plain).abs().max().item<double>(), 1e-4);
  const model::TensorMap before = copy_of(*backbone_);
  adapter.merge();
  EXPECT_LE((backbone_->forward(input()) - adapted).abs().max().item<double>(), 1e-5);
  adapter.unmerge();
  expect_same_state(*backbone_, before);
  EXPECT_TRUE(torch::equal(backbone_->forward(input()), adapted));
  if (!adapter.method().file_type.empty()) expect_same_state(*backbone_, untouched);
}

TEST_P(EveryMethod, GradientsAgreeWithFiniteDifferences) {
  const Adapter adapter(backbone_, options_);
  disturb(adapter);
  const torch::Tensor x = input();
  loss_of(*backbone_, x).backward();
  const auto trainable = adapter.trainable();
  const torch::NoGradGuard no_grad;
  constexpr double kStep = 1e-6;
  for (std::size_t i = 0; i < trainable.size(); ++i) {
    const auto& [name, tensor] = trainable[i];
    ASSERT_TRUE(tensor.grad().defined()) << name;
    const double expected = tensor.grad().flatten()[0].item<double>();
    torch::Tensor entry = tensor.flatten()[0];
    entry += kStep;
    const double above = loss_of(*backbone_, x).item<double>();
    entry -= 2 * kStep;
    const double below = loss_of(*backbone_, x).item<double>();
    entry += kStep;
    EXPECT_NEAR((above - below) / (2 * kStep), expected, 1e-8 + 1e-3 * std::abs(expected)) << name;
  }
}

TEST_P(EveryMethod, MovesOnlyWhatItTrains) {
  const model::TensorMap before = copy_of(*backbone_);
  Adapter adapter(backbone_, options_);
  disturb(adapter);
  std::map<std::string, torch::Tensor> trained;
  std::vector<torch::Tensor> parameters;
  for (const auto& [name, tensor] : adapter.trainable()) {
    trained[name] = tensor.detach().clone();
    parameters.push_back(tensor);
  }
  torch::optim::SGD optimizer(parameters, 0.1);
  loss_of(*backbone_, input()).backward();
  optimizer.step();
  std::size_t moved = 0;
  for (const auto& [name, tensor] : adapter.trainable()) moved += torch::equal(tensor, trained[name]) ? 0 : 1;
  EXPECT_GT(moved, trained.size() / 2);
  for (const auto& [name, tensor] : model::state_of(*backbone_)) {
    if (!trained.contains(name)) {
      EXPECT_TRUE(torch::equal(tensor, before.at(name))) << name;
      EXPECT_FALSE(tensor.requires_grad()) << name;
    }
  }
}

TEST_P(EveryMethod, GivesTheBackboneBack) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor before = backbone_->forward(input());
  {
    Adapter adapter(backbone_, options_);
    if (!adapter.method().file_type.empty()) disturb(adapter);
    if (adapter.method().merges) adapter.merge();
  }
  EXPECT_TRUE(torch::equal(backbone_->forward(input()), before));
  for (const torch::Tensor& parameter : backbone_->parameters()) EXPECT_TRUE(parameter.requires_grad());
}

std::vector<std::string> method_names() {
  std::vector<std::string> names;
  for (const Method& method : methods()) names.push_back(method.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Methods, EveryMethod, ::testing::ValuesIn(method_names()),
                         [](const auto& name) { return name.param; });

/// One layer's LoRA, disturbed, against its merged weight.
void expect_merge_equals_forward(const std::shared_ptr<nn::AdaptableLayer>& layer, const torch::Tensor& x,
                                 std::int64_t rank) {
  Random random(1);
  layer->reset_parameters(random);
  layer->to(torch::kFloat64);
  const auto adapted = lora_method().adapt({"layer", layer}, lora(rank), random);
  const torch::NoGradGuard no_grad;
  for (const auto& [name, tensor] : adapted->named_tensors()) tensor.copy_(torch::randn_like(tensor));
  const torch::Tensor forward = adapted->forward(*layer, x);
  const torch::Tensor merged = layer->operate(x, adapted->merged_weight(*layer), layer->bias);
  EXPECT_TRUE(torch::allclose(forward, merged, 1e-9, 1e-9));
  EXPECT_FALSE(torch::allclose(forward, layer->base_forward(x), 1e-3, 1e-3));
}

TEST(Lora, MergesEveryKindOfLayer) {
  torch::manual_seed(4);
  const torch::Tensor x = torch::randn({2, 4, 9, 8}, torch::kFloat64);
  const nn::ConvOptions plain{
      .in_channels = 4, .out_channels = 6, .kernel = {3, 2}, .stride = {2, 1}, .padding = {1, 0}};
  nn::ConvOptions grouped = plain;
  grouped.groups = 2;
  expect_merge_equals_forward(std::make_shared<nn::Conv2d>(plain), x, 3);
  expect_merge_equals_forward(std::make_shared<nn::Conv2d>(grouped), x, 4);
  expect_merge_equals_forward(std::make_shared<nn::ConvTranspose2d>(plain), x, 3);
  expect_merge_equals_forward(std::make_shared<nn::ConvTranspose2d>(grouped), x, 4);
  expect_merge_equals_forward(std::make_shared<nn::Linear>(8, 5), x, 3);
}

TEST(Lora, ScalesAsItSays) {
  EXPECT_DOUBLE_EQ(lora_scale(lora(4)), 2.0);
  AdapterOptions options = lora(4, 6.0);
  EXPECT_DOUBLE_EQ(lora_scale(options), 1.5);
  options.rank_stabilised = true;
  EXPECT_DOUBLE_EQ(lora_scale(options), 3.0);
}

TEST(Lora, CostsWhatIsPublished) {
  const auto backbone = nn::make_backbone("inversionnet");
  const Adapter adapter(backbone, lora(3));
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

TEST(Adapter, RefusesBadOptionsAndLeavesTheBackboneAlone) {
  const auto backbone = small_backbone();
  EXPECT_THROW(Adapter(backbone, with_target("lore", "")), UsageError);
  EXPECT_THROW(Adapter(backbone, lora(0)), UsageError);
  EXPECT_THROW(Adapter(backbone, lora(100'000)), UsageError);
  EXPECT_THROW(Adapter(backbone, lora(2, -1.0)), UsageError);
  EXPECT_THROW(Adapter(backbone, with_target("full", "up")), UsageError);
  for (const nn::NamedLayer& named : backbone->adaptable_layers()) EXPECT_EQ(named.layer->adapter(), nullptr);
  for (const torch::Tensor& parameter : backbone->parameters()) EXPECT_TRUE(parameter.requires_grad());
}

}  // namespace
}  // namespace strataform::peft
