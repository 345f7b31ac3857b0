#include "strataform/data/input_check.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "strataform/data/dataset_info.h"
#include "strataform/wave/wavelet.h"
#include "support/recording_listener.h"
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

  /// Expects one finding that contains text.
  void expect_finding(const std::filesystem::path& path, const std::string& text, bool is_worthless) const {
    const std::vector<InputFinding> findings = input_findings(*open_gathers(path), spec_);
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_NE(findings[0].text.find(text), std::string::npos) << findings[0].text;
    EXPECT_EQ(findings[0].is_worthless, is_worthless) << findings[0].text;
  }
  void expect_warning(const std::filesystem::path& path, const std::string& text) const {
    expect_finding(path, text, false);
  }
  void expect_worthless(const std::filesystem::path& path, const std::string& text) const {
    expect_finding(path, text, true);
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
  EXPECT_TRUE(input_findings(*open_gathers(write("same.npy", 40.0, 1e-3)), spec_).empty());
  expect_warning(write("loud.npy", 4000.0, 1e-3),
                 "the largest amplitude is 4.4e+03 where the network's range is -27 to 53");
  expect_warning(write("quiet.npy", 0.4, 1e-3), "is the source scaled");
  expect_worthless(write("reversed.npy", -40.0, 1e-3), "multiply the gathers by -1");
}

TEST_F(InputCheckTest, TrainingDataAreFine) {
  EXPECT_TRUE(input_findings(*open_gathers(root_ / "training.npy"), spec_).empty());
  EXPECT_TRUE(input_findings(*open_gathers(write("twice.npy", 80.0, 1e-3)), spec_).empty());
}

TEST_F(InputCheckTest, Amplitude) {
  expect_warning(write("loud.npy", 400.0, 1e-3), "rms amplitude");
  expect_warning(write("soft.npy", 4.0, 1e-3), "rms amplitude");
  expect_warning(write("silent.npy", 0.0, 1e-3), "rms amplitude is 0");
}

TEST_F(InputCheckTest, Polarity) { expect_worthless(write("reversed.npy", -40.0, 1e-3), "multiply the gathers by -1"); }

TEST_F(InputCheckTest, DirectWaveThatStandsOut) {
  spec_.amplitude.rms *= 1.5;
  expect_warning(root_ / "training.npy", "free surface");
}

TEST_F(InputCheckTest, NoiseHasNoPolarityAndNoTimeStep) {
  Random random(3);
  std::vector<float> gathers(static_cast<std::size_t>(8 * kSamples));
  for (float& value : gathers) value = static_cast<float>(10.0 * random.normal());
  io::write_npy(root_ / "noise.npy", gathers, {8, 1, kSamples, 1});
  EXPECT_TRUE(input_findings(*open_gathers(root_ / "noise.npy"), spec_).empty());
}

TEST_F(InputCheckTest, TimeStepSeenInTheDirectWave) {
  expect_worthless(write("coarse.npy", 40.0, 2e-3), "is the time step 1.9 ms");
}

TEST_F(InputCheckTest, TimeStepSaidByTheDataset) {
  write("data1.npy", 40.0, 1e-3);
  survey::Modelling modelling = survey::openfwi();
  modelling.survey.sample_interval = 5e-4;
  write_dataset_info(root_.path(), {.family = "flatvel-a", .modelling = modelling});
  expect_worthless(root_ / "data1.npy", "`sample_interval` 0.0005 resamples");
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
    return input_findings(*open_gathers(root_ / "data1.npy"), spec_);
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

TEST_F(InputCheckTest, WhatIsWorthlessIsRefusedUnlessItIsAccepted) {
  const auto listener = std::make_shared<test::RecordingListener>();
  const Context context{.listener = listener};
  const std::vector<InputFinding> findings{{"dull"}, {"upside down", true}};
  expect_error<MismatchError>([&] { report(findings, "d.npy", Mismatch::kRefuse, context); },
                              {"d.npy: upside down", "`accept_mismatch`"});
  EXPECT_TRUE(listener->warnings.empty());
  report(findings, "d.npy", Mismatch::kAccept, context);
  EXPECT_EQ(listener->warnings.size(), 2U);
}

TEST_F(InputCheckTest, ExamplesWithoutALiveTrace) {
  std::vector<float> gathers = io::NpyReader(write("live.npy", 40.0, 1e-3)).read_all();
  std::fill_n(gathers.begin() + kSamples, kSamples, 3.0F);  // of the second of three
  io::write_npy(root_ / "dead.npy", gathers, {3, 1, kSamples, 1});
  EXPECT_EQ(dead_examples(*open_gathers(root_ / "dead.npy")), std::vector<std::int64_t>{1});
  EXPECT_TRUE(dead_findings({}).empty());
  EXPECT_TRUE(dead_findings({1}).at(0).is_worthless);
  EXPECT_NE(dead_findings({1, 4}).at(0).text.find("(number 1, 4)"), std::string::npos);
}

TEST(InputCheck, SaysWhatOfThePhysicsDiffers) {
  const survey::Modelling trained = survey::openfwi();
  EXPECT_TRUE(modelling_differences(trained, trained).empty());
  EXPECT_TRUE(modelling_differences(std::nullopt, trained).empty());
  survey::Modelling found = trained;
  found.survey.shots.push_back(found.survey.shots.front());  // more than the network reads
  EXPECT_TRUE(modelling_differences(found, trained).empty());
  found.scheme.free_surface = true;
  found.scheme.absorber = survey::Absorber::kPml;
  found.source.peak_frequency = 7.0;
  found.survey.shots[1].source.x += 20.0;
  const std::vector<std::string> differences = modelling_differences(found, trained);
  ASSERT_EQ(differences.size(), 4U);
  EXPECT_NE(differences[0].find("a free surface"), std::string::npos);
  EXPECT_NE(differences[1].find("cells of the absorber pml"), std::string::npos);
  EXPECT_NE(differences[2].find("7 Hz"), std::string::npos);
  EXPECT_NE(differences[3].find("places"), std::string::npos);
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
