// Traces that hold one value all the time.
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "refine/lens.h"
#include "strataform/core/context.h"
#include "strataform/core/error.h"
#include "strataform/refine/misfit.h"
#include "strataform/survey/live_traces.h"

namespace strataform::refine {
namespace {

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

}  // namespace
}  // namespace strataform::refine
