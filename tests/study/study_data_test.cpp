#include "strataform/study/study_data.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/io/npy.h"
#include "strataform/study/maps.h"
#include "support/test_support.h"

namespace strataform::study {
namespace {

constexpr geology::MapSize kSize{};

TEST(Maps, WindowsKeepToTheirColumnsAndTheRangeOfTheFamilies) {
  const test::TemporaryFolder folder;
  // The velocity tells the column, but for what is clipped.
  constexpr std::int64_t kRows = 80;
  constexpr std::int64_t kColumns = 400;
  std::vector<float> section;
  for (std::int64_t row = 0; row < kRows; ++row) {
    for (std::int64_t column = 0; column < kColumns; ++column)
      section.push_back(1400.0F + 10.0F * static_cast<float>(column));
  }
  io::write_npy(folder / "section.npy", section, {kRows, kColumns});
  DomainConfig domain;
  domain.windows = WindowConfig{folder / "section.npy", {0, 149}, {150, 219}, {220, 399}};
  const data::MapSource source = map_source(domain, Part::kTest, kSize);
  std::set<float> first;
  for (std::uint64_t index = 0; index < 20; ++index) {
    const std::vector<float> map = source(1, index);
    ASSERT_EQ(map.size(), 4900U);
    EXPECT_GE(map.front(), 1400.0F + 2200.0F);
    EXPECT_LE(std::ranges::max(map), 4500.0F);
    EXPECT_EQ(map, source(1, index));
    first.insert(map.front());
  }
  EXPECT_GT(first.size(), 5U);
  EXPECT_GE(std::ranges::min(map_source(domain, Part::kTraining, kSize)(1, 0)), 1500.0F);
}

TEST(StudyData, ATrainingSetIsTheBeginningOfALargerOneAndSharesNothingWithOthers) {
  const test::TemporaryFolder folder;
  StudyConfig config;
  config.data.test = config.data.validation = 1;
  DomainConfig domain;
  domain.name = "flat";
  domain.family = "flatvel-a";
  domain.conditions.muted = 0.4;
  const auto never = [] { return false; };
  const auto map_of = [](const Samples& samples, std::int64_t index) {
    std::vector<float> map(4900);
    samples.dataset->read_velocity(index, map);
    return map;
  };
  StudyData data(config, folder.path(), 5, never);
  const Samples one = data.training(domain, 1, 1);
  const Samples two = data.training(domain, 1, 2);
  EXPECT_EQ(one.dataset->size(), 1);
  EXPECT_EQ(two.dataset->size(), 2);
  EXPECT_EQ(map_of(one, 0), map_of(two, 0));
  EXPECT_NE(one.fingerprint, two.fingerprint);
  EXPECT_EQ(StudyData(config, folder.path(), 5, never).training(domain, 1, 1).fingerprint, one.fingerprint);
  const std::set<std::vector<float>> all = {map_of(two, 0), map_of(two, 1), map_of(data.training(domain, 2, 1), 0),
                                            map_of(data.validation(domain), 0), map_of(data.test(domain), 0)};
  EXPECT_EQ(all.size(), 5U);
  EXPECT_EQ(two.dataset->gather_shape().shots, 6) << "for exact flips";
  EXPECT_EQ(data.test(domain).dataset->gather_shape().shots, 5);

  domain.conditions.muted = 0.3;
  EXPECT_THROW((void)StudyData(config, folder.path(), 5, never).test(domain), MismatchError);
  domain.name = "other";
  EXPECT_THROW((void)StudyData(config, folder.path(), 5, [] { return true; }).test(domain), InterruptedError);
}

TEST(StudyData, DoesNotGrowAfterItsVelocityModelHasChanged) {
  const test::TemporaryFolder folder;
  StudyConfig config;
  DomainConfig domain;
  domain.name = "windows";
  domain.windows = WindowConfig{folder / "section.npy", {0, 149}, {150, 219}, {220, 399}};
  const auto training = [&](float velocity, std::int64_t count) {
    io::write_npy(folder / "section.npy", std::vector<float>(80 * 400, velocity), {80, 400}, io::DType::kFloat32,
                  Overwrite::kAllow);
    return StudyData(config, folder.path(), 5, [] { return false; }).training(domain, 1, count).dataset->size();
  };
  EXPECT_EQ(training(2000.0F, 1), 1);
  EXPECT_EQ(training(2000.0F, 2), 2);
  EXPECT_THROW((void)training(2100.0F, 3), MismatchError);
}

TEST(StudyData, DoesNotGrowAfterItsGathersHaveChanged) {
  const test::TemporaryFolder folder;
  const StudyConfig config;
  DomainConfig domain;
  domain.name = "flat";
  domain.family = "flatvel-a";
  const auto training = [&](std::int64_t count) {
    return StudyData(config, folder.path(), 5, [] { return false; }).training(domain, 1, count).dataset->size();
  };
  EXPECT_EQ(training(1), 1);
  EXPECT_EQ(training(2), 2);
  const std::filesystem::path file = folder / "flat/training-1/data1.npy";
  const io::NpyReader reader(file);
  std::vector<float> gathers = reader.read_all();
  for (float& value : gathers) value *= 1.01F;
  io::write_npy(file, gathers, reader.shape(), reader.dtype(), Overwrite::kAllow);
  EXPECT_EQ(training(2), 2) << "what is there is judged by its fingerprint";
  EXPECT_THROW((void)training(3), MismatchError);
}

}  // namespace
}  // namespace strataform::study
