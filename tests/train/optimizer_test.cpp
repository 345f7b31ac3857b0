#include "strataform/train/optimizer.h"

#include <gtest/gtest.h>

#include <cmath>

namespace strataform::train {
namespace {

torch::Tensor trained(const torch::Tensor& values) { return values.clone().set_requires_grad(true); }

/// A gradient that depends on the parameter and the step.
void set_gradient(torch::Tensor& parameter, int step) {
  parameter.mutable_grad() = (parameter.detach() * 0.3 + std::sin(0.7 * step)).contiguous();
}

TEST(AdamW, EqualsThatOfLibTorch) {
  torch::manual_seed(1);
  const torch::Tensor weight = torch::randn({7, 5});
  const torch::Tensor bias = torch::randn({9});
  std::vector<torch::Tensor> ours{trained(weight), trained(bias)};
  std::vector<torch::Tensor> theirs{trained(weight), trained(bias)};
  AdamW optimizer({{"weight", ours[0]}, {"bias", ours[1]}}, 0.1);
  torch::optim::AdamW decayed({theirs[0]}, torch::optim::AdamWOptions(1e-2).weight_decay(0.1));
  torch::optim::AdamW plain({theirs[1]}, torch::optim::AdamWOptions(1e-2).weight_decay(0.0));
  for (int step = 0; step < 20; ++step) {
    for (std::size_t i = 0; i < 2; ++i) {
      set_gradient(ours[i], step);
      set_gradient(theirs[i], step);
    }
    optimizer.step(1e-2);
    decayed.step();
    plain.step();
  }
  for (std::size_t i = 0; i < 2; ++i) EXPECT_LT((ours[i] - theirs[i]).abs().max().item<double>(), 1e-6);
  EXPECT_GT((ours[0] - weight).abs().min().item<double>(), 1e-3) << "it moved";
}

TEST(AdamW, DoesNotDependOnTheMemoryFormat) {
  torch::manual_seed(2);
  const torch::Tensor values = torch::randn({4, 3, 3, 3});
  torch::Tensor rows = trained(values);
  torch::Tensor channels = trained(values.contiguous(torch::MemoryFormat::ChannelsLast));
  AdamW first({{"w", rows}}, 0.1);
  AdamW second({{"w", channels}}, 0.1);
  for (int step = 0; step < 3; ++step) {
    set_gradient(rows, step);
    set_gradient(channels, step);  // contiguous, unlike the parameter
    first.step(1e-2);
    second.step(1e-2);
  }
  EXPECT_LT((rows - channels).abs().max().item<double>(), 1e-6);
}

TEST(ClipGradients, ScalesToTheLimitAndReportsTheNormBefore) {
  torch::Tensor a = trained(torch::zeros({3}));
  torch::Tensor b = trained(torch::zeros({1}));
  const auto set = [&] {
    a.mutable_grad() = torch::tensor({2.0F, 0.0F, 3.0F});
    b.mutable_grad() = torch::tensor({6.0F});
  };
  const NamedTensors parameters{{"a", a}, {"b", b}};
  set();
  EXPECT_NEAR(clip_gradients(parameters, 0.0), 7.0, 1e-5);
  EXPECT_EQ(b.grad().item<float>(), 6.0F);
  EXPECT_NEAR(clip_gradients(parameters, 3.5), 7.0, 1e-5);
  EXPECT_NEAR(b.grad().item<float>(), 3.0F, 1e-5);
  EXPECT_NEAR(clip_gradients(parameters, 3.6), 3.5, 1e-5);
}

TEST(MovingAverage, FollowsWithAWarmedUpDecay) {
  const torch::Tensor value = torch::zeros({2});
  const torch::Tensor counter = torch::zeros({}, torch::kInt64);
  MovingAverage average({{"value", value}, {"counter", counter}}, 0.5);
  value.fill_(1.0);
  counter.fill_(7);
  average.update(1);
  const NamedTensors state = average.state();
  EXPECT_NEAR(state[0].second[0].item<double>(), 1.0 - 2.0 / 11.0, 1e-6);
  EXPECT_EQ(state[1].second.item<std::int64_t>(), 7);
  average.update(1000);
  EXPECT_NEAR(state[0].second[0].item<double>(), 1.0 - 0.5 * 2.0 / 11.0, 1e-6);
}

TEST(MovingAverage, SwapsForAScope) {
  const torch::Tensor value = torch::zeros({2});
  MovingAverage average({{"value", value}}, 0.5);
  value.fill_(3.0);
  {
    const AveragedWeights averaged(average);
    EXPECT_EQ(value[0].item<float>(), 0.0F);
  }
  EXPECT_EQ(value[0].item<float>(), 3.0F);
  EXPECT_EQ(average.state()[0].second[0].item<float>(), 0.0F);
}

}  // namespace
}  // namespace strataform::train
