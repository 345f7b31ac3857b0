// What every registered method promises.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <map>
#include <string>

#include "small_backbone.h"
#include "strataform/core/error.h"
#include "strataform/model/model.h"
#include "strataform/model/tensor_file.h"
#include "strataform/peft/adapter.h"
#include "strataform/peft/adapter_folder.h"
#include "strataform/peft/merge.h"
#include "support/test_support.h"

namespace strataform::peft {
namespace {

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
  const torch::Tensor before = backbone_->forward(small_input());
  const Adapter adapter(backbone_, options_);
  EXPECT_TRUE(torch::equal(backbone_->forward(small_input()), before));
}

TEST_P(EveryMethod, MergesAndRestoresTheOriginalBits) {
  const model::TensorMap untouched = copy_of(*backbone_);
  Adapter adapter(backbone_, options_);
  if (!adapter.method().unmergeable.empty()) {
    EXPECT_THROW(adapter.merge(), UsageError);
    return;
  }
  const torch::NoGradGuard no_grad;
  const torch::Tensor plain = backbone_->forward(small_input());
  disturb(adapter);
  const torch::Tensor adapted = backbone_->forward(small_input());
  EXPECT_GT((adapted - plain).abs().max().item<double>(), 1e-4);
  const model::TensorMap before = copy_of(*backbone_);
  adapter.merge();
  EXPECT_LE((backbone_->forward(small_input()) - adapted).abs().max().item<double>(), 1e-5);
  adapter.unmerge();
  expect_same_state(*backbone_, before);
  EXPECT_TRUE(torch::equal(backbone_->forward(small_input()), adapted));
  if (adapter.method().makes_model()) return;
  adapter.deactivate();
  expect_same_state(*backbone_, untouched);
  EXPECT_TRUE(torch::equal(backbone_->forward(small_input()), plain));
  adapter.activate();
  EXPECT_TRUE(torch::equal(backbone_->forward(small_input()), adapted));
}

TEST_P(EveryMethod, GradientsAgreeWithFiniteDifferences) {
  const Adapter adapter(backbone_, options_);
  disturb(adapter);
  const torch::Tensor x = small_input();
  loss_of(*backbone_, x).backward();
  const auto trainable = adapter.trainable();
  const torch::NoGradGuard no_grad;
  constexpr double kStep = 1e-6;
  for (std::size_t i = 0; i < trainable.size(); ++i) {
    const auto& [name, tensor] = trainable[i];
    ASSERT_TRUE(tensor.grad().defined()) << name;
    // DoRA leaves the norm's share of these out of the gradient: a test of its own.
    if (GetParam() == "dora" && name.find("lora_") != std::string::npos && !name.ends_with("vector")) continue;
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
  loss_of(*backbone_, small_input()).backward();
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

TEST_P(EveryMethod, TrainsTheSameWithBatchNormFolded) {
  const Adapter adapter(backbone_, options_);
  disturb(adapter);
  const auto gradients = [&] {
    loss_of(*backbone_, small_input()).backward();
    std::vector<torch::Tensor> result{backbone_->forward(small_input()).detach()};
    for (const auto& [name, tensor] : adapter.trainable()) {
      result.push_back(tensor.grad());
      tensor.mutable_grad().reset();
    }
    return result;
  };
  const auto expected = gradients();
  std::vector<torch::Tensor> found;
  {
    const nn::FoldedNorms folded(*backbone_);
    found = gradients();
  }
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_TRUE(torch::allclose(found[i], expected[i], 1e-9, 1e-12));
  EXPECT_TRUE(torch::equal(gradients().front(), expected.front())) << "unfolded again";
}

TEST_P(EveryMethod, IsTheSameAfterSavingAndLoading) {
  if (find_method(GetParam()).makes_model()) return;
  const torch::NoGradGuard no_grad;
  const test::TemporaryFolder folder;
  model::Model model;
  model.backbone = nn::make_backbone("inversionnet", {{"widths", {2, 3, 4, 5, 6}}}, 1);
  model.backbone->eval();
  model.fingerprint = model::fingerprint_of(*model.backbone);
  const torch::Tensor x = torch::ones({1, 5, 1000, 70});
  torch::Tensor adapted;
  {
    if (GetParam() == "norm") options_.own["statistics"] = true;
    options_.alpha = 3.0;
    const Adapter adapter(model.backbone, options_);
    disturb(adapter);
    adapted = model.backbone->forward(x);
    save_adapter(folder / "a", adapter, model.fingerprint, {});
  }
  EXPECT_FALSE(torch::equal(model.backbone->forward(x), adapted));
  const auto loaded = load_adapter(folder / "a", model);
  EXPECT_EQ(loaded->method().name, GetParam());
  EXPECT_TRUE(torch::equal(model.backbone->forward(x), adapted));

  loaded->deactivate();
  model::save_model(folder / "base.safetensors", model);
  convert_adapter({folder / "base.safetensors", folder / "a", folder / "b"});
  const auto converted = load_adapter(folder / "b", model);
  EXPECT_TRUE(torch::equal(model.backbone->forward(x), adapted));
}

TEST_P(EveryMethod, WorksInChannelsLastOrder) {
  backbone_->to(torch::kFloat64);
  const Adapter adapter(backbone_, options_);
  disturb(adapter);
  const torch::NoGradGuard no_grad;
  const torch::Tensor expected = backbone_->forward(small_input());
  for (const auto& [name, tensor] : adapter.trainable()) {
    if (tensor.dim() == 4) tensor.set_data(tensor.contiguous(at::MemoryFormat::ChannelsLast));
  }
  for (const torch::Tensor& tensor : backbone_->parameters()) {
    if (tensor.dim() == 4) tensor.set_data(tensor.contiguous(at::MemoryFormat::ChannelsLast));
  }
  const torch::Tensor found = backbone_->forward(small_input().contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(torch::allclose(found, expected, 1e-9, 1e-12));
}

TEST_P(EveryMethod, GivesTheBackboneBack) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor before = backbone_->forward(small_input());
  {
    Adapter adapter(backbone_, options_);
    if (!adapter.method().makes_model()) disturb(adapter);
    if (adapter.method().unmergeable.empty()) adapter.merge();
  }
  EXPECT_TRUE(torch::equal(backbone_->forward(small_input()), before));
  for (const torch::Tensor& parameter : backbone_->parameters()) EXPECT_TRUE(parameter.requires_grad());
}

std::vector<std::string> method_names() {
  std::vector<std::string> names;
  for (const Method& method : methods()) names.push_back(method.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Methods, EveryMethod, ::testing::ValuesIn(method_names()), [](const auto& parameter) {
  std::string name = parameter.param;
  std::ranges::replace(name, '-', '_');
  return name;
});

/// One layer's share, disturbed, against the layer with the merged weights.
void expect_merge_equals_forward(const Method& method, const std::shared_ptr<nn::AdaptableLayer>& layer,
                                 const torch::Tensor& x) {
  Random random(1);
  layer->reset_parameters(random);
  layer->to(torch::kFloat64);
  const auto adapted = method.adapt({"layer", layer}, with_target(method.name, "").for_layer("layer"), random);
  const torch::NoGradGuard no_grad;
  for (const auto& [name, tensor] : adapted->named_tensors()) tensor.copy_(torch::rand_like(tensor) + 0.5);
  const torch::Tensor forward = adapted->forward(*layer, x);
  const MergedLayer merged = adapted->merged(*layer);
  EXPECT_TRUE(torch::allclose(forward, layer->operate(x, merged.weight, merged.bias), 1e-9, 1e-9)) << method.name;
  EXPECT_FALSE(torch::allclose(forward, layer->base_forward(x), 1e-3, 1e-3)) << method.name;
}

TEST(Methods, MergeEveryKindOfLayer) {
  torch::manual_seed(4);
  const torch::Tensor x = torch::randn({2, 4, 9, 8}, torch::kFloat64);
  const nn::ConvOptions plain{
      .in_channels = 4, .out_channels = 6, .kernel = {3, 2}, .stride = {2, 1}, .padding = {1, 0}};
  nn::ConvOptions grouped = plain;
  grouped.groups = 2;
  grouped.bias = false;
  for (const Method& method : methods()) {
    if (!method.adapt || !method.unmergeable.empty()) continue;
    for (const nn::ConvOptions& options : {plain, grouped}) {
      expect_merge_equals_forward(method, std::make_shared<nn::Conv2d>(options), x);
      expect_merge_equals_forward(method, std::make_shared<nn::ConvTranspose2d>(options), x);
    }
    expect_merge_equals_forward(method, std::make_shared<nn::Linear>(8, 5), x);
  }
}

}  // namespace
}  // namespace strataform::peft
