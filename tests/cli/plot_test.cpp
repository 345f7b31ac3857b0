#include <vector>

#include "cli_fixture.h"
#include "strataform/io/npy.h"

namespace strataform::test {
namespace {

class Plot : public CliTest {
 protected:
  Plot() {
    std::vector<float> map(20 * 40, 1800.0F);
    map[100] = 2500.0F;
    io::write_npy(path("map.npy"), map, {20, 40});
    std::vector<float> gathers(3 * 50 * 8, 0.0F);
    gathers[700] = -1.0F;
    gathers[30] = 2.0F;
    io::write_npy(path("gathers.npy"), gathers, {3, 50, 8});
  }
};

TEST_F(Plot, SaysWhatItDrew) {
  const RunResult map = run_program({"plot", path("map.npy"), "--output", path("map.svg")});
  EXPECT_EQ(map.status, 0) << map.errors;
  EXPECT_NE(map.output.find("velocity map, 20 x 40 cells"), std::string::npos) << map.output;
  EXPECT_TRUE(read_text_file(path("map.svg")).starts_with("<?xml"));
  const RunResult gather = run_program({"plot", path("gathers.npy"), "--shot", "3", "--gain", "1.5", "--time-step",
                                        "0.004", "--output", path("shot.pdf")});
  EXPECT_EQ(gather.status, 0) << gather.errors;
  EXPECT_NE(gather.output.find("50 time samples, 8 receivers"), std::string::npos) << gather.output;
  expect_success({"plot", path("gathers.npy"), "--spectrum", "--output", path("spectrum.png")});
  expect_success({"plot", path("map.npy"), "--minus", path("map.npy"), "--output", path("minus.png")});
}

TEST_F(Plot, RefusesByTheOptionsName) {
  const auto refused = [&](ExitStatus status, const std::string& mentioned, std::vector<std::string> more) {
    more.insert(more.begin(), {"plot", path("gathers.npy")});
    expect_failure(more, status, mentioned);
  };
  refused(ExitStatus::kUsage, "--output", {});
  refused(ExitStatus::kUsage, ".png, .svg or .pdf", {"--output", path("a.jpg")});
  refused(ExitStatus::kUsage, "--shot", {"--output", path("a.png"), "--shot", "4"});
  refused(ExitStatus::kUsage, "--kind", {"--output", path("a.png"), "--kind", "picture"});
  refused(ExitStatus::kUsage, "--model", {"--output", path("a.png"), "--model", path("m.safetensors")});
  refused(ExitStatus::kInput, "gathers.npy", {"--output", path("a.png"), "--kind", "trace"});
  refused(ExitStatus::kMismatch, "map.npy",
          {"--output", path("a.png"), "--minus", path("map.npy"), "--kind", "gather"});
  refused(ExitStatus::kIo, "map.npy", {"--output", path("map.npy") + "/a.png"});
  expect_failure({"plot", path("none.npy"), "--output", path("a.png")}, ExitStatus::kIo, "none.npy");
  expect_success({"plot", path("map.npy"), "--output", path("a.png")});
  refused(ExitStatus::kIo, "a.png", {"--output", path("a.png")});
}

}  // namespace
}  // namespace strataform::test
