#include "strataform/train/optimizer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "strataform/train/muon.h"

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

/// Singular values that span two decades, as those of gradients do.
torch::Tensor matrix_with_known_factor(std::int64_t rows, std::int64_t columns, torch::Tensor& factor) {
  const torch::Tensor u = std::get<0>(torch::linalg_qr(torch::randn({rows, std::min(rows, columns)})));
  const torch::Tensor v = std::get<0>(torch::linalg_qr(torch::randn({columns, std::min(rows, columns)})));
  factor = u.mm(v.t());
  return u.mm(torch::logspace(0, -2, std::min(rows, columns)).diag()).mm(v.t());
}

TEST(Muon, OrthogonalisesWideAndTallMatrices) {
  torch::manual_seed(3);
  for (const auto& [rows, columns] : {std::pair{12, 40}, std::pair{40, 12}}) {
    torch::Tensor factor;
    const torch::Tensor x = orthogonalized(17.0 * matrix_with_known_factor(rows, columns, factor), torch::kFloat32);
    const torch::Tensor singular = std::get<1>(torch::linalg_svd(x));
    EXPECT_GT(singular.min().item<double>(), 0.3);
    EXPECT_LT(singular.max().item<double>(), 1.3);
    const double cosine = ((x * factor).sum() / (x.norm() * factor.norm())).item<double>();
    EXPECT_GT(cosine, 0.95) << rows;
  }
}

TEST(Muon, OrthogonalisesSeveralMatricesAtOnce) {
  torch::manual_seed(5);
  for (const auto& [rows, columns] : {std::pair{12, 40}, std::pair{40, 12}}) {
    const torch::Tensor several = torch::randn({3, rows, columns});
    const torch::Tensor found = orthogonalized(several, torch::kFloat32);
    for (std::int64_t k = 0; k < 3; ++k) {
      EXPECT_TRUE(torch::allclose(found[k], orthogonalized(several[k], torch::kFloat32), 1e-4, 1e-5)) << rows;
    }
  }
}

TEST(Muon, StepsOfTheSizeOfAdamWWhateverTheScaleOfTheGradient) {
  for (const double scale : {1e-6, 1.0, 1e4}) {
    torch::manual_seed(4);
    torch::Tensor weight = trained(torch::zeros({24, 8, 3, 3}));
    torch::Tensor bias = trained(torch::zeros({24}));
    Muon optimizer({{"weight", weight}, {"bias", bias}}, 0.0, torch::kFloat32);
    weight.mutable_grad() = scale * torch::randn({24, 8, 3, 3});
    bias.mutable_grad() = scale * torch::ones({24});
    optimizer.step(0.01);
    EXPECT_NEAR(weight.detach().square().mean().sqrt().item<double>(), 0.01 * 0.2, 0.01 * 0.06) << scale;
    EXPECT_NEAR(bias[0].item<double>(), -0.01, 2e-4) << scale << ": by AdamW";
  }
}

TEST(Muon, DecaysMatricesAloneAndLeavesWhatHasNoGradient) {
  torch::Tensor weight = trained(torch::ones({3, 4}));
  torch::Tensor bias = trained(torch::ones({3}));
  torch::Tensor unused = trained(torch::ones({2, 2}));
  Muon optimizer({{"weight", weight}, {"bias", bias}, {"unused", unused}}, 0.1, torch::kFloat32);
  weight.mutable_grad() = torch::zeros({3, 4});
  bias.mutable_grad() = torch::zeros({3});
  optimizer.step(0.5);
  EXPECT_NEAR(weight[0][0].item<double>(), 0.95, 1e-6);
  EXPECT_EQ(bias[0].item<double>(), 1.0);
  EXPECT_EQ(unused[0][0].item<double>(), 1.0);
}

TEST(Muon, DescendsAQuadraticAndGoesOnFromItsState) {
  torch::manual_seed(5);
  const torch::Tensor goal = torch::randn({6, 9});
  torch::Tensor straight = trained(torch::zeros({6, 9}));
  torch::Tensor stopped = trained(torch::zeros({6, 9}));
  const auto run = [&](Muon& optimizer, torch::Tensor& weight, int first, int last) {
    for (int step = first; step < last; ++step) {
      weight.mutable_grad() = weight.detach() - goal;
      optimizer.step(0.5 * (1.0 - step / 60.0));
    }
  };
  Muon whole({{"w", straight}}, 0.0, torch::kFloat32);
  run(whole, straight, 0, 60);
  EXPECT_LT((straight.detach() - goal).norm().item<double>(), 0.1 * goal.norm().item<double>());

  Muon before({{"w", stopped}}, 0.0, torch::kFloat32);
  run(before, stopped, 0, 25);
  Muon after({{"w", stopped}}, 0.0, torch::kFloat32);
  const NamedTensors from = before.state();
  const NamedTensors to = after.state();
  ASSERT_EQ(from.size(), 1U);
  to[0].second.copy_(from[0].second);
  after.set_steps(25);
  run(after, stopped, 25, 60);
  EXPECT_TRUE(torch::equal(straight, stopped));
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
