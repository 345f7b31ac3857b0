#include "strataform/refine/refine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "refine/lens.h"
#include "strataform/core/context.h"
#include "strataform/core/error.h"
#include "strataform/core/random.h"
#include "strataform/refine/frequency_stage.h"
#include "strataform/refine/misfit.h"
#include "strataform/wave/wavelet.h"

namespace strataform::refine {
namespace {

TEST_F(SlowLens, IsFoundWithEveryMisfit) {
  for (const std::string& name : misfit_names()) {
    RefineOptions options;
    options.misfit = name;
    options.gradients = 20;
    std::int64_t calls = 0;
    const RefinedModel refined = run(options, [&](const RefineStep& step) {
      EXPECT_EQ(step.gradients, ++calls);
      return false;
    });
    EXPECT_LT(refined.last_misfit, 0.2 * refined.first_misfit) << name;
    EXPECT_LT(error_of(refined.velocity), 0.8 * error_of(initial_)) << name;
    EXPECT_EQ(refined.gradients, calls) << name;
    EXPECT_LE(calls, 20);
  }
}

TEST_F(SlowLens, IsFoundBandAfterBand) {
  RefineOptions options;
  options.gradients = 24;
  options.frequencies = {8.0, 0.0};
  std::size_t last_stage = 0;
  const RefinedModel refined = run(options, [&](const RefineStep& step) {
    EXPECT_GE(step.stage, last_stage);
    last_stage = step.stage;
    return false;
  });
  EXPECT_EQ(last_stage, 1U);
  EXPECT_LT(error_of(refined.velocity), 0.5 * error_of(initial_));
}

TEST_F(SlowLens, StaysWithinTheBoundsAndStopsWhenTold) {
  RefineOptions options;
  options.gradients = 12;
  options.slowest = 1790.0;
  const RefinedModel refined = run(options);
  EXPECT_GE(*std::ranges::min_element(refined.velocity), 1790.0F);
  EXPECT_EQ(run(options, [](const RefineStep& step) { return step.gradients == 3; }).gradients, 3);
}

TEST_F(SlowLens, DoesNotFitNoise) {
  add_noise_of_10_db();
  RefineOptions options;
  options.gradients = 40;
  options.signal_to_noise = 10.0;
  const RefinedModel refined = run(options);
  EXPECT_LT(refined.gradients, 40);
  EXPECT_LT(error_of(refined.velocity), error_of(initial_));
  options.signal_to_noise.reset();
  options.gradients = refined.gradients + 8;
  EXPECT_LT(run(options).last_misfit, refined.last_misfit) << "it would have gone on";
}

TEST_F(SlowLens, TheGoalOfAStageIsTheNoiseThatPassesItsFilter) {
  add_noise_of_10_db();
  for (const double cutoff : {0.0, 30.0, 10.0}) {
    const FrequencyStage stage(recorded_, acquisition_.on(kCells, kCells), RefineOptions{}, cutoff);
    EXPECT_NEAR(stage.noise_misfit(10.0) / stage.misfit_of(truth_), 1.0, 0.1) << cutoff << " Hz";
  }
}

TEST_F(SlowLens, IsFoundByAdam) {
  RefineOptions options;
  options.optimizer = Optimizer::kAdam;
  options.gradients = 40;
  const RefinedModel refined = run(options);
  EXPECT_EQ(refined.gradients, 40);
  EXPECT_EQ(refined.stopped, Stopped::kGradientsUsedUp);
  EXPECT_LT(refined.last_misfit, 0.2 * refined.first_misfit);
  EXPECT_LT(error_of(refined.velocity), 0.8 * error_of(initial_));
}

TEST_F(SlowLens, KeepsTheBestModelWhereItDiverges) {
  RefineOptions options;
  options.optimizer = Optimizer::kAdam;
  options.learning_rate = 2000.0;
  options.gradients = 20;
  const RefinedModel refined = run(options);
  EXPECT_EQ(refined.stopped, Stopped::kDiverged);
  EXPECT_LT(refined.gradients, 20);
  EXPECT_LE(refined.last_misfit, refined.first_misfit);
}

TEST_F(SlowLens, SaysWhyItStopped) {
  RefineOptions options;
  options.gradients = 5;
  EXPECT_EQ(run(options).stopped, Stopped::kGradientsUsedUp);
  EXPECT_EQ(run(options, [](const RefineStep&) { return true; }).stopped, Stopped::kInterrupted);
  options.signal_to_noise = 0.0;
  EXPECT_EQ(run(options).stopped, Stopped::kNoiseReached);
  EXPECT_STREQ(name_of(Stopped::kNoDescent), "no descent");
}

TEST_F(SlowLens, MaskedCellsStayAsTheyAre) {
  RefineOptions options;
  options.gradients = 6;
  options.mask = 3.0;
  const RefinedModel refined = run(options);
  EXPECT_LT(refined.last_misfit, refined.first_misfit);
  for (std::size_t cell = 0; cell < 5 * kCells; ++cell) ASSERT_EQ(refined.velocity[cell], initial_[cell]);
}

TEST_F(SlowLens, IsFoundInDataOfAnotherAmplitude) {
  RefineOptions options;
  options.gradients = 25;
  const double known = error_of(run(options).velocity);
  for (float& value : recorded_) value *= -7.0F;
  options.estimate = SourceEstimate::kAmplitude;
  const RefinedModel refined = run(options);
  EXPECT_LT(error_of(refined.velocity), 1.3 * known);
  ASSERT_EQ(refined.amplitudes.size(), 4U);
  for (const double amplitude : refined.amplitudes) EXPECT_NEAR(amplitude, -7.0, 0.1);
  options.estimate = SourceEstimate::kNone;
  EXPECT_GT(error_of(run(options).velocity), 2.0 * known) << "it matters";
}

TEST_F(SlowLens, IsFoundInDataOfAnotherWavelet) {
  RefineOptions options;
  options.gradients = 30;
  options.frequencies = {0.0, 0.0, 0.0};
  const double known = error_of(run(options).velocity);
  acquisition_.wavelet.assign(20, 0.0);
  for (const double value : wave::ricker(11.0, acquisition_.time_step)) acquisition_.wavelet.push_back(3.0 * value);
  const std::vector<double> wavelet = std::exchange(acquisition_.wavelet, {});
  wave::CellSurvey other = acquisition_;
  other.wavelet = wavelet;
  wave::Propagator(other.on(kCells, kCells)).forward(truth_, 1, recorded_);
  options.estimate = SourceEstimate::kWavelet;
  const RefinedModel refined = run(options);
  EXPECT_LT(error_of(refined.velocity), 1.5 * known);
  double difference = 0.0, energy = 0.0;
  for (std::size_t k = 0; k < wavelet.size(); ++k) {
    difference += std::pow(refined.wavelet[k] - wavelet[k], 2);
    energy += wavelet[k] * wavelet[k];
  }
  EXPECT_LT(std::sqrt(difference / energy), 0.1);
}

/// Every other shot without the receivers at the bottom, in data that are three times as strong as modelled ones, each
/// shot by a factor of its own.
TEST_F(SlowLens, IsFoundByShotsWithReceiversOfTheirOwn) {
  survey::Modelling modelling = acquisition_.on(kCells, kCells);
  for (std::size_t shot = 0; shot < modelling.survey.shots.size(); shot += 2) {
    modelling.survey.shots[shot].receivers.resize(static_cast<std::size_t>(kCells));
  }
  const wave::Propagator propagator(modelling);
  std::vector<float> recorded(static_cast<std::size_t>(propagator.gather_size()));
  propagator.forward(truth_, 1, recorded);
  for (std::int64_t shot = 0; shot < propagator.shots(); ++shot) {
    for (std::int64_t k = propagator.gather_start(shot); k < propagator.gather_start(shot + 1); ++k) {
      recorded[static_cast<std::size_t>(k)] *= static_cast<float>(3 + shot);
    }
  }
  RefineOptions options;
  options.gradients = 30;
  options.estimate = SourceEstimate::kAmplitude;
  const RefinedModel refined = refine(initial_, recorded, modelling, options);
  EXPECT_LT(error_of(refined.velocity), 0.6 * error_of(initial_));
  for (std::size_t shot = 0; shot < 4; ++shot) {
    EXPECT_NEAR(refined.amplitudes[shot], 3.0 + static_cast<double>(shot), 0.1);
  }
  options.estimate = SourceEstimate::kWavelet;
  options.gradients = 2;
  EXPECT_EQ(refine(initial_, recorded, modelling, options).wavelet.size(), 400U);
  options.optimizer = Optimizer::kNewton;
  EXPECT_THROW((void)refine(initial_, recorded, modelling, options), UsageError);
}

}  // namespace
}  // namespace strataform::refine
