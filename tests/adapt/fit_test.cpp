#include "strataform/adapt/fit.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "adapt/tiny_survey.h"
#include "strataform/adapt/map_objective.h"
#include "strataform/core/error.h"
#include "strataform/train/named_tensors.h"
#include "support/test_support.h"

namespace strataform::adapt {
namespace {

/// A tiny survey, a network with an adapter and what fit() takes.
struct TinyFit {
  explicit TinyFit(const AdaptOptions& options, torch::ScalarType type = torch::kFloat32)
      : model(tiny_reader(type)), adapter(std::make_unique<peft::Adapter>(model.backbone, options.adapter)),
        task{.model = model,
             .parameters = adapter->trainable(),
             .source = survey.source,
             .gathers = {0, 1},
             .modelling = survey.modelling} {}

  TinySurvey survey;
  model::Model model;
  std::unique_ptr<peft::Adapter> adapter;
  FitTask task;
};

double mean_error(std::span<const float> maps, const TinySurvey& survey) {
  double sum = 0.0;
  std::size_t cell = 0;
  for (const std::vector<float>& truth : survey.truths) {
    for (const float value : truth) sum += std::abs(maps[cell++] - value);
  }
  return sum / static_cast<double>(maps.size());
}

std::vector<torch::Tensor> gradients_of(const nn::NamedTensors& parameters) {
  std::vector<torch::Tensor> gradients;
  for (const auto& [name, parameter] : parameters) {
    gradients.push_back(parameter.grad().defined() ? parameter.grad().clone() : torch::zeros_like(parameter));
  }
  return gradients;
}

double norm_of(const std::vector<torch::Tensor>& tensors) {
  double squares = 0.0;
  for (const torch::Tensor& tensor : tensors) squares += tensor.square().sum().item<double>();
  return std::sqrt(squares);
}

/// The derivative of the misfit along a direction, from autograd and the adjoint, and by differences.
void expect_right_derivative(const std::string& method, refine::SourceEstimate estimate) {
  AdaptOptions options = tiny_adaptation(4);
  options.adapter.method = method;
  options.physics.estimate = estimate;
  const TinyFit tiny(options, torch::kFloat64);
  torch::manual_seed(1);
  {
    const torch::NoGradGuard no_grad;
    for (const auto& [name, parameter] : tiny.task.parameters) {
      parameter.detach().add_(0.02 * torch::randn_like(parameter));
    }
  }
  const MapObjective objective(tiny.task, options, {});
  const std::vector<std::int64_t> places{0, 1};
  const auto misfit = [&] {
    const torch::NoGradGuard no_grad;
    return objective.evaluate(places, objective.network().velocity(places), 0.0).mean;
  };
  const torch::Tensor velocity = objective.network().velocity(places);
  velocity.backward(objective.evaluate(places, velocity, 0.0).gradient);
  const std::vector<torch::Tensor> gradient = gradients_of(tiny.task.parameters);

  // Half along the gradient, so that single precision in the propagator does not matter, and half anywhere.
  std::vector<torch::Tensor> direction;
  for (const torch::Tensor& part : gradient) direction.push_back(torch::randn_like(part));
  const double along = 1.0 / norm_of(gradient);
  const double anywhere = 1.0 / norm_of(direction);
  double expected = 0.0;
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    direction[i] = along * gradient[i] + anywhere * direction[i];
    expected += (gradient[i] * direction[i]).sum().item<double>();
  }
  const auto move = [&](double distance) {
    const torch::NoGradGuard no_grad;
    for (std::size_t i = 0; i < direction.size(); ++i) {
      tiny.task.parameters[i].second.detach().add_(direction[i], distance);
    }
  };
  const double step = 0.01 * misfit() / std::abs(expected);
  move(step);
  const double above = misfit();
  move(-2.0 * step);
  const double below = misfit();
  EXPECT_NEAR((above - below) / (2.0 * step), expected, 5e-3 * std::abs(expected)) << method;
}

TEST(MapObjective, GivesTheDerivativesByTheParametersOfAnAdapter) {
  expect_right_derivative("lora", refine::SourceEstimate::kNone);
  expect_right_derivative("lora", refine::SourceEstimate::kAmplitude);
}

TEST(MapObjective, GivesTheDerivativesByAllWeights) { expect_right_derivative("full", refine::SourceEstimate::kNone); }

TEST(MapObjective, KnowsMapsThatHaveCollapsed) {
  const AdaptOptions options = tiny_adaptation(4);
  const TinyFit tiny(options);
  const MapObjective objective(tiny.task, options, {});
  std::vector<float> maps = objective.all_maps();
  EXPECT_FALSE(objective.has_collapsed(objective.all(), maps));
  std::ranges::fill(maps, 2500.0F);
  EXPECT_TRUE(objective.has_collapsed(objective.all(), maps));
}

TEST(MapObjective, PullsTowardsTheMapsAtTheStart) {
  AdaptOptions options = tiny_adaptation(4);
  const TinyFit tiny(options);
  const std::vector<std::int64_t> places{1};
  const MapObjective free(tiny.task, options, {});
  options.pull = 2.0;
  const MapObjective pulled(tiny.task, options, {});
  const torch::Tensor velocity = free.network().velocity(places).detach() + 30.0;
  const torch::Tensor difference =
      pulled.evaluate(places, velocity, 0.0).gradient - free.evaluate(places, velocity, 0.0).gradient;
  const double expected = 2.0 * 2.0 * 30.0 / (1e6 * static_cast<double>(kNz * kNx));
  EXPECT_LT((difference - expected).abs().max().item<double>(), 1e-3 * expected);
}

TEST(Fit, BringsMisfitAndMapsDownWithoutTheTruth) {
  AdaptOptions options = tiny_adaptation(30);
  const TinyFit tiny(options);
  const std::string base = model::fingerprint_of(*tiny.model.backbone);
  std::vector<float> first;
  const FitResult result = fit(tiny.task, options, [&](const FitStep& step) {
    if (first.empty()) first.assign(step.maps.begin(), step.maps.end());
  });
  EXPECT_EQ(result.gradients, 60);
  EXPECT_LT(result.last_misfit, 0.5 * result.first_misfit);
  EXPECT_LT(mean_error(result.maps, tiny.survey), 0.9 * mean_error(first, tiny.survey));
  EXPECT_FALSE(result.is_start);
  tiny.adapter->deactivate();
  EXPECT_EQ(model::fingerprint_of(*tiny.model.backbone), base);
}

TEST(Fit, GoesBackWhereStepsAreTooLarge) {
  AdaptOptions options = tiny_adaptation(12);
  options.train.learning_rate = 3.0;
  const TinyFit tiny(options);
  const FitResult result = fit(tiny.task, options);
  EXPECT_GT(result.setbacks, 0);
  EXPECT_LE(result.last_misfit, result.first_misfit);
}

TEST(Fit, KeepsWhatItBeganWithWhereNothingIsBetter) {
  AdaptOptions options = tiny_adaptation(1);
  options.train.learning_rate = 1e4;
  const TinyFit tiny(options);
  const nn::NamedTensors before = train::copies_of(tiny.task.parameters, "");
  const FitResult result = fit(tiny.task, options);
  EXPECT_TRUE(result.is_start);
  EXPECT_EQ(result.last_misfit, result.first_misfit);
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_TRUE(torch::equal(before[i].second, tiny.task.parameters[i].second)) << before[i].first;
  }
}

TEST(Fit, StopsWhereTheNetworkGivesNoNumbers) {
  AdaptOptions options = tiny_adaptation(4);
  options.train.learning_rate = 1e38;
  const TinyFit tiny(options);
  const FitResult result = fit(tiny.task, options);
  EXPECT_LE(result.last_misfit, result.first_misfit);
  for (const auto& [name, parameter] : tiny.task.parameters) {
    EXPECT_TRUE(torch::isfinite(parameter).all().item<bool>()) << name;
  }
}

TEST(Fit, ChoosesByShotsThatItDoesNotFit) {
  AdaptOptions options = tiny_adaptation(6);
  options.validation_shots = 1;
  const TinyFit tiny(options);
  const FitResult result = fit(tiny.task, options);
  ASSERT_TRUE(result.first_validation && result.last_validation);
  EXPECT_LT(*result.last_validation, *result.first_validation);
  EXPECT_NE(*result.first_validation, result.first_misfit);
}

TEST(Fit, EndsWhereNoiseIsReached) {
  AdaptOptions options = tiny_adaptation(6);
  options.physics.signal_to_noise = -20.0;
  const TinyFit tiny(options);
  const FitResult result = fit(tiny.task, options);
  EXPECT_EQ(result.ending, Ending::kNoise);
  EXPECT_EQ(result.gradients, 0);
}

TEST(Fit, EstimatesTheWavelet) {
  AdaptOptions options = tiny_adaptation(2);
  TinyFit tiny(options);
  for (std::vector<float>& gathers : tiny.survey.source.gathers) {
    for (float& value : gathers) value *= -2.0F;
  }
  const FitResult without = fit(tiny.task, options);
  options.physics.estimate = refine::SourceEstimate::kWavelet;
  const FitResult with = fit(tiny.task, options);
  EXPECT_LT(with.first_misfit, 0.5 * without.first_misfit);
}

/// Bit for bit, whenever it is interrupted: with bands, left-out shots, an estimated wavelet and batches of one.
TEST(Fit, ResumesBitForBit) {
  const test::TemporaryFolder folder;
  AdaptOptions options = tiny_adaptation(4);
  options.physics.frequencies = {12.0, 0.0};
  options.physics.estimate = refine::SourceEstimate::kWavelet;
  options.validation_shots = 1;
  options.train.batch_size = 1;
  options.train.run_folder = folder / "whole";
  const TinyFit whole(options);
  const FitResult expected = fit(whole.task, options);

  for (const std::int64_t at : {1, 4, 7}) {
    options.train.run_folder = folder / ("split" + std::to_string(at));
    options.train.resume = false;
    const StopSource source;
    const TinyFit interrupted(options);
    const auto stop = [&](const FitStep& step) {
      if (step.gradients == at) source.request_stop();
    };
    EXPECT_THROW(fit(interrupted.task, options, stop, {.stop = source}), InterruptedError);
    options.train.resume = true;
    const TinyFit resumed(options);
    const FitResult found = fit(resumed.task, options);
    EXPECT_EQ(found.maps, expected.maps) << at;
    EXPECT_EQ(found.last_misfit, expected.last_misfit);
    EXPECT_EQ(found.gradients, expected.gradients);
  }
}

TEST(Fit, RefusesToResumeWithOtherOptions) {
  const test::TemporaryFolder folder;
  AdaptOptions options = tiny_adaptation(1);
  options.train.run_folder = folder / "run";
  const TinyFit tiny(options);
  (void)fit(tiny.task, options);
  options.train.resume = true;
  options.pull = 0.5;
  EXPECT_THROW(fit(tiny.task, options), MismatchError);
}

TEST(Fit, RefusesOptionsThatDoNotFit) {
  const TinySurvey survey;
  AdaptOptions options = tiny_adaptation(0);
  EXPECT_THROW(check(options, survey.modelling), UsageError);
  options = tiny_adaptation(3);
  options.validation_shots = 3;
  EXPECT_THROW(check(options, survey.modelling), UsageError);
  options = tiny_adaptation(3);
  options.physics.frequencies = {8.0, 8.0, 8.0, 0.0};
  EXPECT_THROW(check(options, survey.modelling), UsageError);
  options = tiny_adaptation(3);
  options.adapter.method = "lore";
  EXPECT_THROW(check(options, survey.modelling), UsageError);
}

}  // namespace
}  // namespace strataform::adapt
