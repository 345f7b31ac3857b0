#include "strataform/adapt/recording.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "adapt/tiny_survey.h"
#include "strataform/core/error.h"

namespace strataform::adapt {
namespace {

TEST(Recording, LeavesOutShotsInTurns) {
  EXPECT_EQ(left_out_shots(5, 1, 0), std::vector<std::int64_t>{2});
  EXPECT_EQ(left_out_shots(6, 2, 0), (std::vector<std::int64_t>{0, 3}));
  std::set<std::int64_t> seen;
  for (std::int64_t index = 0; index < 5; ++index) seen.insert(left_out_shots(5, 1, index).front());
  EXPECT_EQ(seen.size(), 5U);
}

TEST(Recording, FitsWhatItDoesNotLeaveOut) {
  const TinySurvey tiny;
  const Recording recording = read_recording(tiny.source, 0, tiny.modelling.survey, 1);
  EXPECT_EQ(recording.fitted.shots, (std::vector<std::int64_t>{0, 2}));
  EXPECT_EQ(recording.left_out.shots, std::vector<std::int64_t>{1});
  const std::size_t of_shot = tiny.source.gathers.front().size() / 3;
  ASSERT_EQ(recording.left_out.gathers.size(), of_shot);
  EXPECT_EQ(recording.left_out.gathers.front(), tiny.source.gathers.front()[of_shot]);
  EXPECT_EQ(recording.fitted.gathers[of_shot], tiny.source.gathers.front()[2 * of_shot]);
  EXPECT_EQ(recording.fitted.survey.shots[1], tiny.modelling.survey.shots[2]);
}

TEST(Recording, LeavesOutDeadTraces) {
  TinySurvey tiny;
  const std::int64_t receivers = tiny.source.shape.receivers;
  for (std::int64_t sample = 0; sample < tiny.source.shape.samples; ++sample) {
    tiny.source.gathers.front()[static_cast<std::size_t>(sample * receivers)] = 0.5F;
  }
  const Recording recording = read_recording(tiny.source, 0, tiny.modelling.survey, 0);
  EXPECT_EQ(recording.fitted.dead, 1);
  EXPECT_EQ(std::ssize(recording.fitted.survey.shots.front().receivers), receivers - 1);
}

TEST(Recording, RefusesGathersWithoutALiveTrace) {
  TinySurvey tiny;
  for (float& value : tiny.source.gathers.back()) value = 0.0F;
  EXPECT_THROW((void)read_recording(tiny.source, 1, tiny.modelling.survey, 0), InputError);
}

}  // namespace
}  // namespace strataform::adapt
