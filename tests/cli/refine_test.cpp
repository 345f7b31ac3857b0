// What refine does with its options, on a model small enough for a tenth of a second.
#include <algorithm>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli_fixture.h"
#include "strataform/io/json.h"
#include "strataform/io/npy.h"
#include "support/layer_model.h"

namespace strataform::test {
namespace {

constexpr std::int64_t kNz = 20;
constexpr std::int64_t kNx = 24;
using Arguments = std::vector<std::string>;

/// A faster layer, and the model without it to start from.
class Refine : public CliTest {
 protected:
  Refine() {
    io::write_npy(path("truth.npy"), truth_, {kNz, kNx});
    io::write_npy(path("initial.npy"), initial_, {kNz, kNx});
    Arguments forward{"forward", "--velocity", path("truth.npy"), "--output", path("d.npy"), "--samples", "200"};
    forward.insert(forward.end(), survey_.begin(), survey_.end());
    expect_success(forward);
  }

  [[nodiscard]] Arguments command(const Arguments& more) const {
    Arguments arguments{"refine",   "--data",        path("d.npy"), "--initial", path("initial.npy"),
                        "--output", path("out.npy"), "--fastest",   "3000"};
    arguments.insert(arguments.end(), survey_.begin(), survey_.end());
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  /// Runs it anew and returns what it kept about the model.
  [[nodiscard]] nlohmann::json refine(const Arguments& more) const {
    Arguments arguments = command(more);
    arguments.emplace_back("--force");
    expect_success(arguments);
    return io::read_json(path("out.npy.run/model_00000.json"));
  }
  [[nodiscard]] std::vector<float> refined() const { return io::NpyReader(path("out.npy")).read_all(); }
  void write_gathers(float factor) const {
    std::vector<float> gathers = io::NpyReader(path("d.npy")).read_all();
    for (float& value : gathers) value *= factor;
    io::write_npy(path("d.npy"), gathers, io::NpyReader(path("d.npy")).shape(), io::DType::kFloat32, Overwrite::kAllow);
  }

  Arguments survey_{"--pml", "10", "--source-x", "25:60:205", "--source-depth", "12.5", "--receiver-depth", "10"};
  std::vector<float> initial_ = layer_model(kNz, kNx, 0.0F);
  std::vector<float> truth_ = layer_model(kNz, kNx, 100.0F);
};

TEST_F(Refine, MakesOtherMisfitsSmaller) {
  for (const char* misfit : {"cross-correlation", "envelope"}) {
    const nlohmann::json record = refine({"--misfit", misfit, "--gradients", "5"});
    EXPECT_LT(record.at("last_misfit").get<double>(), 0.8 * record.at("first_misfit").get<double>()) << misfit;
    EXPECT_EQ(record.at("gradients"), 5) << misfit;
  }
}

TEST_F(Refine, MovesWhatIsNotMaskedAndStopsWhereNoiseBegins) {
  nlohmann::json record =
      refine({"--misfit", "huber", "--optimizer", "adam", "--decay", "constant", "--gradients", "6", "--learning-rate",
              "10", "--tikhonov", "0.01", "--mask", "2", "--memory", "64MB", "--frequencies", "12,0"});
  EXPECT_LT(record.at("last_misfit").get<double>(), record.at("first_misfit").get<double>());
  const std::vector<float> velocity = refined();
  EXPECT_TRUE(std::equal(velocity.begin(), velocity.begin() + 3 * kNx, initial_.begin()));
  EXPECT_NE(velocity, initial_);
  record = refine({"--signal-to-noise", "0"});
  EXPECT_EQ(record.at("stopped"), "noise reached");
  EXPECT_LT(record.at("gradients"), 100);
}

TEST_F(Refine, KeepsTheWaveInEitherExactWay) {
  (void)refine({"--gradients", "4"});
  const std::vector<float> checkpoints = refined();
  (void)refine({"--gradients", "4", "--storage", "everything"});
  EXPECT_EQ(refined(), checkpoints);
  (void)refine({"--gradients", "4", "--storage", "every-nth-step", "--storage-step", "8"});
  EXPECT_NE(refined(), checkpoints);
}

TEST_F(Refine, EstimatesTheSource) {
  write_gathers(3.0F);
  for (const double amplitude : refine({"--estimate", "amplitude", "--gradients", "8"}).at("amplitudes")) {
    EXPECT_NEAR(amplitude, 3.0, 0.1);
  }
  const auto wavelet = refine({"--estimate", "wavelet", "--gradients", "2"}).at("wavelet").get<std::vector<double>>();
  EXPECT_NEAR(std::ranges::max(wavelet), 3.0, 0.3) << "Ricker's has its peak at 1";
}

TEST_F(Refine, WarnsOfACoarseGridAndThatItDiverged) {
  const RunResult coarse =
      run_program(command({"--gradients", "1", "--frequency", "40", "--accept-mismatch", "--force"}));
  EXPECT_EQ(coarse.status, 0) << coarse.errors;
  EXPECT_NE(coarse.errors.find("40 Hz"), std::string::npos) << coarse.errors;
  const RunResult diverged = run_program(command({"--optimizer", "adam", "--learning-rate", "3000", "--force"}));
  EXPECT_EQ(diverged.status, 0) << diverged.errors;
  EXPECT_NE(diverged.errors.find("diverged"), std::string::npos) << diverged.errors;
  const nlohmann::json record = io::read_json(path("out.npy.run/model_00000.json"));
  EXPECT_EQ(record.at("stopped"), "diverged");
  EXPECT_LE(record.at("last_misfit").get<double>(), record.at("first_misfit").get<double>());
}

TEST_F(Refine, DrawsItsWayAndGoesOnWithTheSameCommandAlone) {
  io::write_npy(path("w.npy"), std::vector<float>{0.5F, 1.0F, 0.25F}, {3});
  Arguments forward{"forward", "--velocity", path("truth.npy"), "--output", path("d.npy"), "--force"};
  forward.insert(forward.end(), {"--wavelet", path("w.npy"), "--time-samples", "200"});
  forward.insert(forward.end(), survey_.begin(), survey_.end());
  expect_success(forward);
  Arguments same{"--misfit", "l1", "--gradients", "4", "--figures", path("figures"), "--figure-every", "2"};
  same.insert(same.end(), {"--truth", path("truth.npy"), "--wavelet", path("w.npy")});
  (void)refine(same);
  for (const char* name : {"gradients_000", "gradients_002", "gradients_004", "final", "misfit", "error"}) {
    EXPECT_TRUE(std::filesystem::exists(path("figures/model_00000_" + std::string(name) + ".png"))) << name;
  }
  const nlohmann::json modelling = io::read_json(path("out.npy.run/configuration.json")).at("modelling");
  EXPECT_EQ(modelling.at("survey").at("shots").at(1).at("source"), (nlohmann::json{85.0, 12.5}));
  EXPECT_EQ(modelling.at("scheme").at("absorber"), "pml");
  EXPECT_EQ(modelling.at("scheme").at("absorbing_cells"), 10);
  EXPECT_EQ(modelling.at("source").at("wavelet"), (nlohmann::json{0.5, 1.0, 0.25}));

  const std::vector<float> whole = refined();
  std::filesystem::remove(path("out.npy"));
  std::filesystem::remove(path("out.npy.run/model_00000.npy"));
  same.emplace_back("--resume");
  expect_success(command(same));
  EXPECT_EQ(refined(), whole);
  survey_[3] = "26:60:206";
  expect_failure(command(same), ExitStatus::kMismatch, "survey.shots");
  same.back() = "--force";
  same.insert(same.end(), {"--memory", "1000"});
  expect_failure(command(same), ExitStatus::kUsage, "memory");
  EXPECT_TRUE(std::filesystem::exists(path("out.npy.run/model_00000.npy"))) << "the earlier run is still there";
}

TEST_F(Refine, WhatCannotBeginLeavesNothing) {
  const auto refused = [&](ExitStatus status, const std::string& mentioned, const Arguments& more) {
    expect_failure(command(more), status, mentioned);
  };
  refused(ExitStatus::kUsage, "unstable", {"--time-step", "0.003"});
  refused(ExitStatus::kUsage, "235 m", {"--receiver-x", "5:10:235"});
  refused(ExitStatus::kMismatch, "24", {"--receivers", "0,1,2"});
  refused(ExitStatus::kUsage, "memory", {"--memory", "1000", "--figures", path("figures")});
  refused(ExitStatus::kUsage, "--storage", {"--storage", "tape"});
  refused(ExitStatus::kUsage, "--optimizer", {"--optimizer", "sgd"});
  refused(ExitStatus::kUsage, "--tikhonov", {"--tikhonov", "-1"});
  refused(ExitStatus::kUsage, "--samples", {"--samples", "100"});
  refused(ExitStatus::kUsage, "free surface", {"--optimizer", "newton", "--free-surface"});
  std::vector<float> in_km = initial_;
  for (float& value : in_km) value *= 1e-3F;
  io::write_npy(path("initial.npy"), in_km, {kNz, kNx}, io::DType::kFloat32, Overwrite::kAllow);
  refused(ExitStatus::kInput, "multiply by 1000", {});
  initial_[30] = std::numeric_limits<float>::infinity();
  io::write_npy(path("initial.npy"), initial_, {kNz, kNx}, io::DType::kFloat32, Overwrite::kAllow);
  refused(ExitStatus::kInput, "initial.npy", {});
}

}  // namespace
}  // namespace strataform::test
