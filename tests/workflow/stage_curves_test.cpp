#include "strataform/workflow/stage_curves.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace strataform::workflow {
namespace {

using Values = std::vector<double>;

const std::vector<std::string> kStages{"up to 8 Hz", "whole band"};

std::optional<double> misfit_of(const RefinePoint& point) { return point.misfit; }

TEST(StageCurves, StandOverTheGradientsThatWereSpent) {
  // A matrix of Gauss-Newton costs several gradients at once.
  const auto curves = stage_curves({{1, 0, 1.0}, {9, 0, 0.4}, {10, 0, 0.2}}, {"whole band"}, misfit_of);
  ASSERT_EQ(curves.size(), 1);
  EXPECT_EQ(curves[0].x, (Values{1, 9, 10}));
  EXPECT_EQ(curves[0].y, (Values{1.0, 0.4, 0.2}));
  EXPECT_EQ(curves[0].label, "") << "one stage needs no legend";
}

TEST(StageCurves, LeaveOutStepsThatWereNotTaken) {
  const double infinity = std::numeric_limits<double>::infinity();
  const auto curves =
      stage_curves({{1, 0, 1.0}, {2, 0, 57.0}, {3, 0, 0.5}, {4, 0, infinity}, {5, 0, 0.9}}, {"whole band"}, misfit_of);
  ASSERT_EQ(curves.size(), 1);
  EXPECT_EQ(curves[0].x, (Values{1, 3, 5})) << "to the last gradient";
  EXPECT_EQ(curves[0].y, (Values{1.0, 0.5, 0.5}));
}

TEST(StageCurves, DoNotJoinStages) {
  const auto curves = stage_curves({{1, 0, 1.0}, {2, 0, 0.1}, {3, 1, 1.0}, {4, 1, 0.3}}, kStages, misfit_of);
  ASSERT_EQ(curves.size(), 2);
  EXPECT_EQ(curves[0].label, "up to 8 Hz");
  EXPECT_EQ(curves[0].x, (Values{1, 2}));
  EXPECT_EQ(curves[1].label, "whole band");
  EXPECT_EQ(curves[1].x, (Values{3, 4}));
  EXPECT_EQ(curves[1].y, (Values{1.0, 0.3})) << "its misfit is measured anew";
}

TEST(StageCurves, HaveNothingToShowWithoutValues) {
  const auto error_of = [](const RefinePoint& point) { return point.error; };
  EXPECT_TRUE(stage_curves({{1, 0, 1.0}, {2, 0, 0.5}}, kStages, error_of).empty());
  EXPECT_TRUE(stage_curves({{1, 0, std::numeric_limits<double>::quiet_NaN()}}, kStages, misfit_of).empty());
}

}  // namespace
}  // namespace strataform::workflow
