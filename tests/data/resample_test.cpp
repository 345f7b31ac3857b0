#include "strataform/data/resample.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "strataform/core/error.h"
#include "strataform/data/dataset_info.h"
#include "strataform/survey/openfwi.h"
#include "support/test_support.h"
#include "tiny_data.h"

namespace strataform::data {
namespace {

constexpr double kDuration = 0.6;  // s

/// A Ricker wavelet of 15 Hz at 0.2 s and a weaker one at 0.41 s, in two traces of one shot, as they are sampled.
std::vector<float> record(double interval) {
  const auto count = static_cast<std::int64_t>(std::llround(kDuration / interval));
  std::vector<float> values;
  for (std::int64_t k = 0; k < count; ++k) {
    const double time = static_cast<double>(k + 1) * interval;
    const auto ricker = [&](double peak) {
      const double x = std::pow(3.14159265358979 * 15.0 * (time - peak), 2.0);
      return (1.0 - 2.0 * x) * std::exp(-x);
    };
    const double value = ricker(0.2) - 0.4 * ricker(0.41);
    values.push_back(static_cast<float>(value));
    values.push_back(static_cast<float>(-2.0 * value));
  }
  return values;
}

class Resample : public ::testing::Test {
 protected:
  std::shared_ptr<const GatherSource> write(const char* name, double interval) {
    const std::vector<float> values = record(interval);
    io::write_npy(folder_ / name, values, {1, std::ssize(values) / 2, 2});
    return open_gathers(folder_ / name);
  }

  test::TemporaryFolder folder_;
};

TEST_F(Resample, GivesWhatWouldHaveBeenRecorded) {
  for (const double from : {4e-3, 2e-3, 1.5e-3, 1e-3, 5e-4}) {
    const auto found = resampled(write(fmt::format("{}.npy", from).c_str(), from), {from, 1e-3});
    const std::vector<float> expected = record(1e-3);
    ASSERT_EQ(found->gather_shape().size(), std::ssize(expected)) << from;
    const std::vector<float> values = gathers_of(*found, 0);
    // But for the end, where the last sample that counts is repeated.
    for (std::size_t k = 0; k + 20 < values.size(); ++k) ASSERT_NEAR(values[k], expected[k], 3e-3) << from << ' ' << k;
  }
}

TEST_F(Resample, LosesWhatTheNewSamplesCannotHold) {
  std::vector<float> values(1200);
  for (std::size_t k = 0; k < values.size(); ++k) values[k] = k % 4 < 2 ? 1.0F : -1.0F;  // 250 Hz at 1 ms
  io::write_npy(folder_ / "a.npy", values, {1, 1200, 1});
  const std::vector<float> found = gathers_of(*resampled(open_gathers(folder_ / "a.npy"), {1e-3, 4e-3}), 0);
  ASSERT_EQ(found.size(), 300U);
  for (std::size_t k = 20; k < 280; ++k) EXPECT_NEAR(found[k], 0.0, 0.05);
}

TEST_F(Resample, KeepsMapsAndChangesWhatIsKnownOfTheSurvey) {
  const TinyShape shape{.count = 2, .samples = 100};
  write_shard(folder_.path(), {.number = 1}, shape, 3);
  survey::Modelling modelling = survey::openfwi();
  modelling.survey.sample_interval = 2e-3;
  write_dataset_info(folder_.path(), {.family = "flatvel-a", .count = 2, .modelling = modelling});
  const std::shared_ptr<const Dataset> dataset = open_dataset(folder_.path());
  const auto found = resampled(dataset, {2e-3, 1e-3});
  EXPECT_EQ(found->gather_shape().samples, 200);
  EXPECT_EQ(found->modelling()->survey.sample_interval, 1e-3);
  EXPECT_EQ(velocity_of(*found, 1), velocity_of(*dataset, 1));
  EXPECT_EQ(found->family(1), "flatvel-a");
  expect_error<MismatchError>([&] { (void)resampled(dataset, {4e-3, 1e-3}); }, {"0.002"});
  expect_error<UsageError>([&] { (void)resampled(dataset, {0.0, 1e-3}); }, {"`sample_interval`"});
}

}  // namespace
}  // namespace strataform::data
