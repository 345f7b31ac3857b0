#include "strataform/data/input_check.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "strataform/data/dataset_info.h"
#include "strataform/wave/wavelet.h"
#include "support/test_support.h"
#include "tiny_data.h"

namespace strataform::data {
namespace {

constexpr std::int64_t kSamples = 400;

/// Gathers of one shot and one receiver that hold a delayed Ricker wavelet, as a direct wave does.
class InputCheckTest : public testing::Test {
 protected:
  void SetUp() override {
    spec_.shots = 1;
    spec_.receivers = 1;
    spec_.samples = kSamples;
    spec_.amplitude = measure_amplitudes(*open_gathers(write("training.npy", 40.0, 1e-3)), 1e-3);
  }

  std::filesystem::path write(const char* name, double scale, double time_step, std::int64_t samples = kSamples) {
    const std::vector<double> wavelet = wave::ricker(15.0, time_step);
    std::vector<float> gathers(static_cast<std::size_t>(3 * samples));
    for (std::int64_t model = 0; model < 3; ++model) {
      for (std::size_t k = 0; k < wavelet.size(); ++k) {
        gathers[static_cast<std::size_t>(model * samples) + k + 3] =
            static_cast<float>(scale * (1.0 + 0.1 * static_cast<double>(model)) * wavelet[k]);
      }
    }
    io::write_npy(root_ / name, gathers, {3, 1, samples, 1});
    return root_ / name;
  }

  /// Expects one warning that contains text.
  void expect_warning(const std::filesystem::path& path, const std::string& text) const {
    const std::vector<std::string> warnings = input_warnings(*open_gathers(path), spec_);
    ASSERT_EQ(warnings.size(), 1U);
    EXPECT_NE(warnings[0].find(text), std::string::npos) << warnings[0];
  }

  const test::TemporaryFolder root_;
  InputSpec spec_;
};

TEST_F(InputCheckTest, MeasuresWhatIsThere) {
  EXPECT_EQ(spec_.amplitude.samples, 3);
  EXPECT_NEAR(spec_.amplitude.peak, 44.0, 1e-4);
  EXPECT_EQ(spec_.amplitude.polarity, 1.0);
  EXPECT_NEAR(spec_.amplitude.peak_time, 0.077, 1e-9);
  EXPECT_GT(spec_.amplitude.rms, 1.0);
}

TEST_F(InputCheckTest, LeavesDeadTracesOutAndSaysSo) {
  const io::NpyReader reader(write("live.npy", 40.0, 1e-3));
  const std::vector<float> live = reader.read_all();
  // Beside each trace one that is silent and one that is stuck.
  std::vector<float> gathers;
  for (const float value : live) gathers.insert(gathers.end(), {value, 0.0F, -1e6F});
  io::write_npy(root_ / "dead.npy", gathers, {3, 1, kSamples, 3});
  const AmplitudeStatistics found = measure_amplitudes(*open_gathers(root_ / "dead.npy"), 1e-3);
  EXPECT_DOUBLE_EQ(found.dead_share, 2.0 / 3.0);
  EXPECT_DOUBLE_EQ(found.rms, spec_.amplitude.rms);
  EXPECT_EQ(found.peak, spec_.amplitude.peak);
  EXPECT_EQ(found.peak_time, spec_.amplitude.peak_time);
  spec_.receivers = 3;
  expect_warning(root_ / "dead.npy", "66.7 %");
}

TEST_F(InputCheckTest, JudgesByTheRangeWhereNothingWasMeasured) {
  spec_.amplitude = {};
  spec_.normalization.data_min = -27.0;
  spec_.normalization.data_max = 53.0;
  EXPECT_TRUE(input_warnings(*open_gathers(write("same.npy", 40.0, 1e-3)), spec_).empty());
  expect_warning(write("loud.npy", 4000.0, 1e-3),
                 "the largest amplitude is 4.4e+03 where the model's range is -27 to 53");
  expect_warning(write("quiet.npy", 0.4, 1e-3), "is the source scaled");
  expect_warning(write("reversed.npy", -40.0, 1e-3), "is the polarity reversed");
}

TEST_F(InputCheckTest, TrainingDataAreFine) {
  EXPECT_TRUE(input_warnings(*open_gathers(root_ / "training.npy"), spec_).empty());
  EXPECT_TRUE(input_warnings(*open_gathers(write("twice.npy", 80.0, 1e-3)), spec_).empty());
}

TEST_F(InputCheckTest, Amplitude) {
  expect_warning(write("loud.npy", 400.0, 1e-3), "rms amplitude");
  expect_warning(write("soft.npy", 4.0, 1e-3), "rms amplitude");
  expect_warning(write("silent.npy", 0.0, 1e-3), "rms amplitude is 0");
}

TEST_F(InputCheckTest, Polarity) { expect_warning(write("reversed.npy", -40.0, 1e-3), "polarity reversed"); }

TEST_F(InputCheckTest, TimeStepSeenInTheDirectWave) {
  expect_warning(write("coarse.npy", 40.0, 2e-3), "is the time step 1.9 ms");
}

TEST_F(InputCheckTest, TimeStepSaidByTheDataset) {
  write("data1.npy", 40.0, 1e-3);
  survey::Modelling modelling = survey::openfwi();
  modelling.survey.sample_interval = 5e-4;
  write_dataset_info(root_.path(), {.family = "flatvel-a", .modelling = modelling});
  expect_warning(root_ / "data1.npy", "the time step is 0.5 ms");
}

TEST_F(InputCheckTest, NumberOfSamples) {
  expect_warning(write("short.npy", 40.0, 1e-3, 300), "300 time samples");
  expect_warning(write("long.npy", 40.0, 1e-3, 500), "are ignored");
}

TEST_F(InputCheckTest, SurveysBeyondTheTrainingOfANetworkOfAnySurvey) {
  spec_.any_survey = true;
  write("data1.npy", -40.0, 1e-3, 1000);
  const auto warnings_of = [&](const survey::Modelling& modelling) {
    write_dataset_info(root_.path(), {.family = "flatvel-a", .modelling = modelling}, Overwrite::kAllow);
    return input_warnings(*open_gathers(root_ / "data1.npy"), spec_);
  };
  EXPECT_TRUE(warnings_of(survey::openfwi()).empty());
  survey::Modelling modelling = survey::openfwi();
  modelling.source.peak_frequency = 40.0;
  EXPECT_EQ(warnings_of(modelling).size(), 1U);
  // The same waves on smaller cells are OpenFWI's.
  modelling = survey::openfwi({.spacing = 3.75});
  modelling.source.peak_frequency = 40.0;
  modelling.survey.sample_interval = 0.375e-3;
  EXPECT_TRUE(warnings_of(modelling).empty());
  modelling = survey::openfwi();
  modelling.survey.samples = 500;
  modelling.survey.shots[2].source.z = 60.0;
  EXPECT_EQ(warnings_of(modelling).size(), 2U);
}

TEST(InputCheck, ReferenceGathersAreOfPositivePolarity) {
  const auto path = test::shared_file("reference/forward/data.npy");
  STRATAFORM_SKIP_WITHOUT(path);
  const AmplitudeStatistics statistics = measure_amplitudes(*open_gathers(path), 1e-3);
  EXPECT_EQ(statistics.polarity, 1.0);
  EXPECT_NEAR(statistics.peak_time, 0.078, 0.005);
  EXPECT_GT(statistics.peak, 35.0);
  EXPECT_LT(statistics.peak, 60.0);
}

}  // namespace
}  // namespace strataform::data
