#include "strataform/workflow/describe_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/io/npy.h"
#include "support/test_support.h"

namespace strataform::workflow {
namespace {

TEST(DescribeFile, ReadsAWholeArrayUnlessItIsToStop) {
  const test::TemporaryFolder folder;
  std::vector<float> values(12, 2000.0F);
  values[3] = 1500.0F;
  values[7] = std::numeric_limits<float>::quiet_NaN();
  io::write_npy(folder / "v.npy", values, {3, 4});
  const std::string text = describe_file(folder / "v.npy");
  for (const char* fact : {"float32", "[3, 4]", "1500 to 2000", "velocity maps"}) {
    EXPECT_NE(text.find(fact), std::string::npos) << fact << " in\n" << text;
  }
  const StopSource stop;
  stop.request_stop();
  EXPECT_THROW((void)describe_file(folder / "v.npy", {.stop = stop}), InterruptedError);
}

TEST(DescribeFile, RefusesWhatItDoesNotKnow) {
  const test::TemporaryFolder folder;
  EXPECT_THROW((void)describe_file(folder / "absent"), IoError);
  std::ofstream(folder / "noise.bin") << "nothing known";
  EXPECT_THROW((void)describe_file(folder / "noise.bin"), InputError);
}

}  // namespace
}  // namespace strataform::workflow
