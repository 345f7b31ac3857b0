#include "strataform/core/progress.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <stdexcept>

namespace strataform {
namespace {

using ::testing::internal::CaptureStderr;
using ::testing::internal::GetCapturedStderr;

TEST(FormatDuration, PicksTheUnitsByLength) {
  EXPECT_EQ(format_duration(0.0), "0 s");
  EXPECT_EQ(format_duration(59.4), "59 s");
  EXPECT_EQ(format_duration(59.6), "1:00");
  EXPECT_EQ(format_duration(123.0), "2:03");
  EXPECT_EQ(format_duration(3599.6), "1:00:00");
  EXPECT_EQ(format_duration(3723.0), "1:02:03");
  EXPECT_EQ(format_duration(36000.0), "10:00:00");
}

TEST(FormatDuration, TreatsNegativeAsZero) { EXPECT_EQ(format_duration(-5.0), "0 s"); }

TEST(Progress, PrintsOneLastLine) {
  CaptureStderr();
  {
    Progress progress("simulating", 4, "samples");
    progress.update(4, "loss 0.12");
    progress.finish();
  }
  const std::string output = GetCapturedStderr();
  EXPECT_NE(output.find("simulating"), std::string::npos);
  EXPECT_NE(output.find("4/4 samples"), std::string::npos);
  EXPECT_NE(output.find("loss 0.12"), std::string::npos);
  EXPECT_EQ(output.find("4/4"), output.rfind("4/4")) << "finish() and the destructor drew twice";
  EXPECT_EQ(output.back(), '\n');
}

TEST(Progress, GoesOnWhereNothingCanBeWritten) {
  const int before = ::dup(STDERR_FILENO);
  const int full = ::open("/dev/full", O_WRONLY);
  ::dup2(full, STDERR_FILENO);
  EXPECT_NO_THROW({
    Progress progress("simulating", 4, "samples");
    progress.finish();
  });
  ::dup2(before, STDERR_FILENO);
  ::close(before);
  ::close(full);
}

TEST(Progress, LeavesSkippedWorkOutOfTheRate) {
  CaptureStderr();
  {
    Progress progress("resuming", 1000000, "samples");
    progress.skip(1000000);
  }
  const std::string output = GetCapturedStderr();
  EXPECT_NE(output.find("1000000/1000000"), std::string::npos);
  EXPECT_NE(output.find(" 0.0/s"), std::string::npos);
}

TEST(Progress, StaysSilentWhenWorkFailsBeforeTheFirstUpdate) {
  CaptureStderr();
  const auto fail = [] {
    const Progress progress("failing", 4, "samples");
    throw std::runtime_error("bad input");
  };
  EXPECT_THROW(fail(), std::runtime_error);
  EXPECT_EQ(GetCapturedStderr(), "");
}

TEST(Progress, SurvivesATotalOfZero) {
  CaptureStderr();
  {
    const Progress progress("nothing", 0, "samples");
  }
  EXPECT_NE(GetCapturedStderr().find("0/0 samples"), std::string::npos);
}

}  // namespace
}  // namespace strataform
