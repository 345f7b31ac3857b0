#include "strataform/survey/live_traces.h"

#include <gtest/gtest.h>

#include <vector>

namespace strataform::survey {
namespace {

/// Receivers at 10, 20 and 30 m.
Shot shot_of_three(double source) { return {{source, 10.0}, {{10.0, 10.0}, {20.0, 10.0}, {30.0, 10.0}}}; }

TEST(LiveTraces, ChangeWithTime) {
  const std::vector<float> gather = {0, 1, 5, 0,  //
                                     0, 1, 5, 0,  //
                                     0, 2, 5, -1};
  EXPECT_EQ(live_traces(gather, 4), (std::vector<bool>{false, true, false, true}));
  EXPECT_EQ(live_traces(std::vector<float>{1, 2}, 2), (std::vector<bool>{false, false})) << "a single sample";
}

TEST(LiveTraces, HaveASurveyOfTheirOwn) {
  const Survey survey{
      .shots = {shot_of_three(0), shot_of_three(100), shot_of_three(200)}, .samples = 2, .sample_interval = 1e-3};
  const std::vector<float> gathers = {1, 0, 3, 4, 0, 6,  // the middle one is dead
                                      0, 7, 7, 0, 7, 7,  // all are
                                      1, 2, 3, 4, 5, 6};
  const LiveRecord live = live_record(survey, gathers);
  EXPECT_EQ(live.traces, 9);
  EXPECT_EQ(live.dead, 4);
  EXPECT_EQ(live.shots, (std::vector<std::int64_t>{0, 2}));
  EXPECT_EQ(live.gathers, (std::vector<float>{1, 3, 4, 6, 1, 2, 3, 4, 5, 6}));
  ASSERT_EQ(live.survey.shots.size(), 2U);
  EXPECT_EQ(live.survey.shots[0].receivers, (std::vector<Point>{{10.0, 10.0}, {30.0, 10.0}}));
  EXPECT_EQ(live.survey.shots[1], survey.shots[2]);
  EXPECT_EQ(live.survey.samples, 2);
  EXPECT_EQ(live.survey.sample_interval, 1e-3);
}

}  // namespace
}  // namespace strataform::survey
