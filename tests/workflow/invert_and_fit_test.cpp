#include "strataform/workflow/invert_and_fit.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapt/tiny_survey.h"
#include "strataform/core/context.h"
#include "strataform/core/error.h"
#include "strataform/io/npy.h"
#include "support/test_support.h"

namespace strataform::workflow {
namespace {

namespace fs = std::filesystem;

/// Asks the work to stop in one of its stages, at the first gradient.
class StopIn final : public Listener {
 public:
  StopIn(StopSource source, std::string_view stage) : source_(std::move(source)), stage_(stage) {}

  void message(Severity /*severity*/, std::string_view /*text*/) override {}
  void progress(const ProgressReport& report) override {
    if (report.label == stage_ && report.done > 0) source_.request_stop();
  }

 private:
  StopSource source_;
  std::string_view stage_;
};

class InvertAndFit : public ::testing::Test {
 protected:
  InvertAndFit() {
    adapt::write_survey_files(folder_.path(), survey_);
    options_.invert.model = folder_ / "model.safetensors";
    options_.invert.data = folder_ / "data.npy";
    options_.invert.output = folder_ / "maps.npy";
    options_.invert.truth = folder_ / "truth.npy";
    options_.adapt = adapt::tiny_adaptation(4);
    options_.refine.gradients = 3;
    options_.refine.fastest = options_.adapt.physics.fastest;
    options_.modelling = [this](std::int64_t /*nz*/, std::int64_t /*nx*/) { return survey_.modelling; };
  }

  [[nodiscard]] std::vector<float> maps() const { return io::NpyReader(options_.invert.output).read_all(); }

  test::TemporaryFolder folder_;
  adapt::TinySurvey survey_;
  InvertAndFitOptions options_ = invert_and_fit_defaults();
};

TEST_F(InvertAndFit, RefinesWhatTheAdaptersMade) {
  const InvertAndFitResult result = invert_and_fit_files(options_);
  EXPECT_EQ(result.shape, (std::vector<std::int64_t>{2, 1, adapt::kNz, adapt::kNx}));
  EXPECT_EQ(io::NpyReader(options_.invert.output).shape(), result.shape);
  ASSERT_EQ(result.stages.size(), 2U);
  EXPECT_EQ(result.stages[0].name, "adapt");
  for (const FittedStage& stage : result.stages) {
    EXPECT_GT(stage.misfit_left, 0.0);
    EXPECT_LT(stage.misfit_left, 1.0);
  }
  EXPECT_DOUBLE_EQ(result.stages[1].error_before.value(), result.stages[0].error_after.value());
  const fs::path run = folder_ / "maps.npy.run";
  EXPECT_EQ(maps(), io::NpyReader(run / "refined.npy").read_all());
  EXPECT_NE(maps(), io::NpyReader(run / "adapted.npy").read_all());
}

TEST_F(InvertAndFit, EitherStageStandsAlone) {
  options_.refine.gradients = 0;
  const InvertAndFitResult adapted = invert_and_fit_files(options_);
  ASSERT_EQ(adapted.stages.size(), 1U);
  EXPECT_EQ(maps(), io::NpyReader(folder_ / "maps.npy.run" / "adapted.npy").read_all());
  options_.adapt.physics.gradients = 0;
  options_.refine.gradients = 2;
  options_.invert.output = folder_ / "refined.npy";
  const InvertAndFitResult refined = invert_and_fit_files(options_);
  ASSERT_EQ(refined.stages.size(), 1U);
  EXPECT_EQ(refined.stages[0].name, "refine");
  // Both begin with the network's prediction.
  EXPECT_NEAR(refined.stages[0].error_before.value(), adapted.stages[0].error_before.value(), 0.1);
}

TEST_F(InvertAndFit, ContinuesInWhicheverStageItWasInterrupted) {
  (void)invert_and_fit_files(options_);
  const std::vector<float> undisturbed = maps();
  for (const std::string stage : {"adapt", "refine"}) {
    options_.invert.output = folder_ / (stage + ".npy");
    options_.resume = false;
    const StopSource source;
    const Context context{.stop = source, .listener = std::make_shared<StopIn>(source, stage)};
    EXPECT_THROW((void)invert_and_fit_files(options_, context), InterruptedError);
    EXPECT_FALSE(fs::exists(options_.invert.output));
    options_.resume = true;
    (void)invert_and_fit_files(options_);
    EXPECT_EQ(maps(), undisturbed) << "interrupted in " << stage;
  }
}

TEST_F(InvertAndFit, RefusesBeforeItBegins) {
  const auto refuse = [&](const InvertAndFitOptions& options) {
    const std::ptrdiff_t before = test::count_entries(folder_.path());
    EXPECT_THROW((void)invert_and_fit_files(options), UsageError);
    EXPECT_EQ(test::count_entries(folder_.path()), before);
  };
  InvertAndFitOptions none = options_;
  none.adapt.physics.gradients = 0;
  none.refine.gradients = 0;
  refuse(none);
  InvertAndFitOptions two_adapters = options_;
  two_adapters.invert.adapters = {"a", "b"};
  refuse(two_adapters);
  InvertAndFitOptions mirrored = options_;
  mirrored.invert.predict.mirror = true;
  refuse(mirrored);
  InvertAndFitOptions bad_refinement = options_;
  bad_refinement.refine.misfit = "l3";
  refuse(bad_refinement);
}

}  // namespace
}  // namespace strataform::workflow
