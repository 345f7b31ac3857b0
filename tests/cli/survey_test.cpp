// Where sources and receivers are, and other wavelets, as the command line says it.
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "cli_fixture.h"
#include "strataform/io/npy.h"

namespace strataform::test {
namespace {

constexpr std::int64_t kNz = 20;
constexpr std::int64_t kNx = 24;

class Survey : public CliTest {
 protected:
  Survey() { io::write_npy(path("v.npy"), std::vector<float>(kNz * kNx, 2000.0F), {kNz, kNx}); }

  [[nodiscard]] std::vector<std::string> command(const std::vector<std::string>& more) const {
    std::vector<std::string> arguments{"forward", "--velocity", path("v.npy"), "--output", path("d.npy"),
                                       "--force", "--samples",  "80",          "--pml",    "10"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  [[nodiscard]] std::vector<float> gathers(const std::vector<std::string>& more) const {
    expect_success(command(more));
    return io::NpyReader(path("d.npy")).read_all();
  }
  void expect_refused(ExitStatus status, const std::string& mentioned, const std::vector<std::string>& more) const {
    expect_failure(command(more), status, mentioned);
  }
};

TEST_F(Survey, MetresAreCellsTimesTheSpacing) {
  const std::vector<float> cells = gathers({"--sources", "3,6,9", "--source-row", "2", "--receivers", "0,1,2,3,23",
                                            "--receiver-row", "4", "--spacing", "0.1", "--time-step", "1e-5"});
  EXPECT_EQ(gathers({"--source-x", "0.3:0.3:0.9", "--source-depth", "0.2", "--receiver-x", "0:0.1:0.3,2.3",
                     "--receiver-depth", "0.4,0.4,0.4,0.4,0.4", "--spacing", "0.1", "--time-step", "1e-5"}),
            cells);
}

TEST_F(Survey, APlaceHalfwayBetweenColumnsSeesTheSameOnBothSides) {
  const std::vector<float> found = gathers({"--source-x", "115", "--source-depth", "33.3", "--receiver-x", "65,165"});
  double largest = 0.0;
  double difference = 0.0;
  for (std::size_t sample = 0; sample < found.size(); sample += 2) {
    largest = std::max<double>(largest, std::abs(found[sample]));
    difference = std::max<double>(difference, std::abs(found[sample] - found[sample + 1]));
  }
  EXPECT_GT(largest, 0.0);
  EXPECT_LT(difference, 1e-4 * largest);
}

TEST_F(Survey, GathersAreLinearInTheWavelet) {
  std::vector<float> wavelet(40);
  for (std::size_t k = 0; k < wavelet.size(); ++k) {
    const float lag = (static_cast<float>(k) - 20.0F) / 6.0F;
    wavelet[k] = lag * std::exp(-lag * lag);
  }
  io::write_npy(path("w.npy"), wavelet, {40});
  const std::vector<float> once = gathers({"--wavelet", path("w.npy")});
  for (float& value : wavelet) value *= 2.0F;
  io::write_npy(path("twice.npy"), wavelet, {40}, io::DType::kFloat64);
  const std::vector<float> twice = gathers({"--wavelet", path("twice.npy")});
  for (std::size_t i = 0; i < once.size(); ++i) ASSERT_EQ(twice[i], 2.0F * once[i]);
}

TEST_F(Survey, PlacesThatDoNotFitAreRefused) {
  expect_refused(ExitStatus::kUsage, "-5 m", {"--source-x", "50", "--receiver-x", "-5,0"});
  expect_refused(ExitStatus::kUsage, "200 m", {"--receiver-depth", "200"});
  expect_refused(ExitStatus::kUsage, "--source-depth", {"--source-x", "0,50,100", "--source-depth", "10,20"});
  for (const char* text : {"0:10", "10m"}) {
    expect_refused(ExitStatus::kUsage, std::string("'") + text + "'", {"--receiver-x", text});
  }
  expect_refused(ExitStatus::kUsage, "--source-row", {"--source-depth", "50", "--source-row", "5"});
}

TEST_F(Survey, WhatIsNoWaveletIsRefused) {
  const auto refused = [&](const char* name, const std::vector<float>& values, const std::vector<std::int64_t>& shape) {
    io::write_npy(path(name), values, shape);
    expect_refused(ExitStatus::kInput, name, {"--wavelet", path(name)});
  };
  refused("rank.npy", {1.0F, 2.0F, 3.0F, 4.0F}, {2, 2});
  refused("nan.npy", {1.0F, std::numeric_limits<float>::quiet_NaN()}, {2});
  refused("zero.npy", {0.0F, 0.0F}, {2});
}

}  // namespace
}  // namespace strataform::test
