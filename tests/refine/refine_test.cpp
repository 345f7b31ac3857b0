#include "strataform/refine/refine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "refine/lens.h"
#include "strataform/core/context.h"
#include "strataform/core/error.h"
#include "strataform/core/random.h"
#include "strataform/refine/frequency_stage.h"
#include "strataform/refine/misfit.h"
#include "strataform/survey/live_traces.h"
#include "strataform/wave/propagator.h"
#include "strataform/wave/wavelet.h"
#include "wave/cell_survey.h"

namespace strataform::refine {
namespace {

constexpr std::int64_t kCells = 32;

/// A slow lens in a medium that gets faster with depth, shot from the surface and recorded there and at the bottom.
class SlowLens : public ::testing::Test {
 protected:
  SlowLens() {
    acquisition_.sources = {{1, 0}, {1, 10}, {1, 20}, {1, 31}};
    acquisition_.absorbing_cells = 20;
    acquisition_.samples = 400;
    for (std::int64_t column = 0; column < kCells; ++column) {
      acquisition_.receivers.push_back({kCells - 2, static_cast<double>(column)});
    }
    for (std::int64_t row = 0; row < kCells; ++row) {
      initial_.insert(initial_.end(), kCells, 1800.0F + 20.0F * static_cast<float>(row));
    }
    truth_ = with_lens(initial_, kCells, {.row = 12, .column = 16, .width = 50.0, .faster = -200.0F});
    recorded_ = gathers_of(truth_);
  }

  [[nodiscard]] std::vector<float> gathers_of(const std::vector<float>& velocity) const {
    const wave::Propagator propagator(acquisition_.on(kCells, kCells));
    std::vector<float> gathers(static_cast<std::size_t>(propagator.gather_size()));
    propagator.forward(velocity, 1, gathers);
    return gathers;
  }
  [[nodiscard]] double error_of(const std::vector<float>& velocity) const {
    double sum = 0.0;
    for (std::size_t i = 0; i < velocity.size(); ++i) sum += std::abs(velocity[i] - truth_[i]);
    return sum / static_cast<double>(velocity.size());
  }
  void add_noise_of_10_db() {
    double energy = 0.0;
    for (const float value : recorded_) energy += static_cast<double>(value) * value;
    const double deviation = std::sqrt(0.1 * energy / static_cast<double>(recorded_.size()));
    Random random(3);
    for (float& value : recorded_) value += static_cast<float>(random.normal() * deviation);
  }
  [[nodiscard]] RefinedModel run(const RefineOptions& options,
                                 const std::function<bool(const RefineStep&)>& watch = {}) const {
    return refine(initial_, recorded_, acquisition_.on(kCells, kCells), options, watch);
  }

  wave::CellSurvey acquisition_ = wave::surface_cells(kCells, 4);
  std::vector<float> initial_;
  std::vector<float> truth_;
  std::vector<float> recorded_;
};

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

/// Keeps what work says.
class Ear : public Listener {
 public:
  void message(Severity severity, std::string_view text) override {
    if (severity == Severity::kWarning) warnings.emplace_back(text);
  }
  void progress(const ProgressReport& /*report*/) override {}
  std::vector<std::string> warnings;
};

/// Every third receiver is dead, at zero or at another value, and all of the second shot are.
class DeadTraces : public SlowLens {
 protected:
  DeadTraces() {
    const survey::Modelling modelling = acquisition_.on(kCells, kCells);
    std::size_t first = 0;
    for (std::size_t shot = 0; shot < modelling.survey.shots.size(); ++shot) {
      const std::size_t receivers = modelling.survey.shots[shot].receivers.size();
      for (std::size_t trace = 0; trace < receivers; ++trace) {
        if (shot != 1 && trace % 3 != 0) continue;
        for (std::int64_t k = 0; k < modelling.survey.samples; ++k) {
          recorded_[first + static_cast<std::size_t>(k) * receivers + trace] = trace % 2 == 0 ? 0.0F : 1e3F;
        }
      }
      first += static_cast<std::size_t>(modelling.survey.samples) * receivers;
    }
  }
};

TEST_F(DeadTraces, AreLeftOutOfEveryMisfitAndEstimate) {
  const survey::Modelling modelling = acquisition_.on(kCells, kCells);
  survey::Modelling alive = modelling;
  const survey::LiveRecord live = survey::live_record(modelling.survey, recorded_);
  alive.survey = live.survey;
  RefineOptions options;
  options.gradients = 3;
  for (const std::string& name : misfit_names()) {
    for (const SourceEstimate estimate :
         {SourceEstimate::kNone, SourceEstimate::kAmplitude, SourceEstimate::kWavelet}) {
      options.misfit = name;
      options.estimate = estimate;
      const auto ear = std::make_shared<Ear>();
      const RefinedModel found = refine(initial_, recorded_, modelling, options, {}, Context{{}, ear, 0});
      const RefinedModel expected = refine(initial_, live.gathers, alive, options);
      EXPECT_EQ(found.velocity, expected.velocity) << name;
      EXPECT_EQ(found.last_misfit, expected.last_misfit) << name;
      EXPECT_EQ(found.wavelet, expected.wavelet) << name;
      ASSERT_EQ(ear->warnings.size(), 1U) << name;
      EXPECT_NE(ear->warnings[0].find(std::to_string(live.dead)), std::string::npos) << ear->warnings[0];
      if (estimate == SourceEstimate::kAmplitude) {
        ASSERT_EQ(found.amplitudes.size(), 4U);
        EXPECT_TRUE(std::isnan(found.amplitudes[1]));
        EXPECT_EQ(found.amplitudes[2], expected.amplitudes[1]);
      }
    }
  }
}

TEST_F(DeadTraces, DoNotKeepTheLensFromBeingFound) {
  RefineOptions options;
  options.gradients = 20;
  EXPECT_LT(error_of(run(options).velocity), 0.6 * error_of(initial_));
}

TEST_F(DeadTraces, AreLeftOutByNewtonWhereLiveShotsHaveTheSameReceivers) {
  const survey::Modelling modelling = acquisition_.on(kCells, kCells);
  const survey::LiveRecord live = survey::live_record(modelling.survey, recorded_);
  survey::Modelling alive = modelling;
  alive.survey = live.survey;
  RefineOptions options;
  options.gradients = 12;
  options.optimizer = Optimizer::kNewton;
  options.frequencies = {8.0};
  EXPECT_EQ(run(options).velocity, refine(initial_, live.gathers, alive, options).velocity);
  const std::size_t receivers = modelling.survey.shots.front().receivers.size();
  for (std::size_t k = 1; k < recorded_.size() / modelling.survey.shots.size(); k += receivers) recorded_[k] = 0.0F;
  EXPECT_THROW((void)run(options), UsageError) << "its matrix takes the same receivers in all shots";
}

TEST_F(DeadTraces, AreRefusedWhereNoneIsLive) {
  recorded_.assign(recorded_.size(), 0.0F);
  EXPECT_THROW((void)run({}), InputError);
}

TEST(RefineOptions, HaveTheirNamesAndDecideTheIdentityOfARun) {
  RefineOptions options;
  io::find_option(refine_options(), "misfit").set(options, "huber");
  io::find_option(refine_options(), "decay").set(options, "constant");
  io::find_option(refine_options(), "frequencies").set(options, {5.0, 0.0});
  EXPECT_EQ(options.decay, Decay::kConstant);
  nlohmann::json identity = identity_of(options);
  EXPECT_EQ(identity.at("misfit"), "huber");
  EXPECT_EQ(identity.at("frequencies"), (nlohmann::json{5.0, 0.0}));
  EXPECT_EQ(identity.at("storage"), "checkpoints");
  EXPECT_TRUE(identity.at("signal_to_noise").is_null());
  options.wavefield.memory_bytes = 1;
  EXPECT_EQ(identity_of(options), identity) << "it goes on in another memory";
  EXPECT_THROW(io::find_option(refine_options(), "misfit").set(options, "l3"), UsageError);
  EXPECT_THROW(io::find_option(refine_options(), "decay").set(options, "cosin"), UsageError);
  EXPECT_THROW(io::find_option(refine_options(), "frequencies").set(options, {5.0, "all"}), UsageError);
}

TEST_F(SlowLens, BadOptionsAreRefused) {
  const auto refused = [&](auto change) {
    RefineOptions options;
    change(options);
    EXPECT_THROW((void)run(options), UsageError);
  };
  refused([](RefineOptions& options) { options.gradients = 0; });
  refused([](RefineOptions& options) { options.frequencies = {600.0}; });
  refused([](RefineOptions& options) { options.frequencies.clear(); });
  refused([](RefineOptions& options) { options.fastest = 9000.0; });
  refused([](RefineOptions& options) { options.slowest = 2000.0; });
  refused([](RefineOptions& options) { options.total_variation = -1.0; });
  refused([](RefineOptions& options) { options.tikhonov = std::nan(""); });
  refused([](RefineOptions& options) { options.illumination = -0.5; });
  refused([](RefineOptions& options) { options.mask = -1.0; });
  refused([](RefineOptions& options) { options.learning_rate = 0.0; });
  refused([](RefineOptions& options) { options.wavefield.memory_bytes = 1000; });
  refused([](RefineOptions& options) {
    options.misfit = "l1";
    options.signal_to_noise = 10.0;
  });
  refused([](RefineOptions& options) { options.misfit = "l3"; });
  refused([](RefineOptions& options) { options.frequencies = {-1.0}; });
  refused([](RefineOptions& options) { options.signal_to_noise = std::nan(""); });
  recorded_.pop_back();
  refused([](RefineOptions&) {});
}

}  // namespace
}  // namespace strataform::refine
