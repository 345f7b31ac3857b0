#include <algorithm>
#include <string>
#include <vector>

#include "cli_fixture.h"
#include "strataform/core/atomic_file.h"
#include "strataform/io/npy.h"

namespace strataform::test {
namespace {

using Arguments = std::vector<std::string>;

/// A small dataset and a model that was trained on it for one step.
class TrainedModel : public CliTest {
 protected:
  TrainedModel() {
    expect_success({"generate", "--family", "flatvel-a", "--count", "4", "--decimation", "5", "--output", data_});
    expect_success(pretrain("compact", "1", model_));
  }

  [[nodiscard]] Arguments pretrain(const std::string& backbone, const std::string& seed,
                                   const std::string& output) const {
    return {"pretrain", "--backbone",   backbone, "--data",     data_,  "--steps",  "1",   "--seed",
            seed,       "--batch-size", "2",      "--held-out", "0.25", "--output", output};
  }

  [[nodiscard]] Arguments finetune(const std::string& method, const std::string& output) const {
    return {"finetune", "--base",  model_, "--data",       data_, "--method", method, "--rank",
            "1",        "--steps", "1",    "--batch-size", "2",   "--output", output};
  }

  std::string data_ = path("data");
  std::string model_ = path("model.safetensors");
};

TEST_F(TrainedModel, TakesAdaptersOfItsOwnOnly) {
  const std::string adapter = path("adapter");
  expect_success(finetune("lora", adapter));
  expect_success({"evaluate", "--model", model_, "--adapter", adapter, "--data", data_});
  expect_success({"info", adapter});

  const std::string other = path("other.safetensors");
  expect_success(pretrain("compact", "2", other));
  expect_failure({"evaluate", "--model", other, "--adapter", adapter, "--data", data_}, ExitStatus::kMismatch,
                 "adapter");
}

TEST_F(TrainedModel, UnknownBackboneAndMethodSuggestTheNearest) {
  expect_failure(pretrain("compct", "1", path("m.safetensors")), ExitStatus::kUsage, "compact");
  expect_failure(finetune("lora2", path("a")), ExitStatus::kUsage, "lora");
}

TEST_F(TrainedModel, GathersOfOneModelGiveOneMapAndItsPicture) {
  io::write_npy(path("d.npy"), std::vector<float>(5 * 1000 * 70, 0.5F), {5, 1000, 70});
  Arguments arguments{"invert",   "--model",     model_,      "--data",       path("d.npy"),
                      "--output", path("v.npy"), "--figures", path("figures")};
  expect_success(arguments);
  EXPECT_EQ(io::NpyReader(path("v.npy")).shape(), (std::vector<std::int64_t>{1, 70, 70}));
  EXPECT_EQ(count_entries(path("figures")), 1);
  expect_failure(arguments, ExitStatus::kIo, "--force");
  arguments.emplace_back("--force");
  expect_success(arguments);
}

TEST_F(TrainedModel, GathersOfAnotherSurveyAreRefused) {
  io::write_npy(path("d.npy"), std::vector<float>(5 * 1000 * 60, 0.5F), {5, 1000, 60});
  expect_failure({"invert", "--model", model_, "--data", path("d.npy"), "--output", path("v.npy")},
                 ExitStatus::kMismatch, "d.npy");
}

TEST_F(TrainedModel, IsNotAnArray) {
  expect_failure({"forward", "--velocity", model_, "--output", path("out.npy")}, ExitStatus::kInput,
                 "model.safetensors");
}

TEST_F(TrainedModel, DamagedFileIsRefused) {
  std::string bytes = read_text_file(model_);
  const std::string truncated = path("truncated.safetensors");
  write_text_file(truncated, bytes.substr(0, bytes.size() / 2));
  expect_failure({"info", truncated}, ExitStatus::kInput, "truncated.safetensors");
}

TEST_F(TrainedModel, IsScoredPerFamily) {
  const Arguments arguments{"evaluate", "--model",           model_,      "--data",       data_, "--limit", "2",
                            "--json",   path("scores.json"), "--figures", path("figures")};
  const RunResult result = run_program(arguments);
  EXPECT_EQ(result.status, 0) << result.errors;
  EXPECT_NE(result.output.find("flatvel-a                      2"), std::string::npos) << result.output;
  const std::string report = read_text_file(path("scores.json"));
  for (const char* key : {"fingerprint", "mean_over_families", "ssim", "limit_per_family"}) {
    EXPECT_NE(report.find(key), std::string::npos) << key;
  }
  EXPECT_EQ(count_entries(path("figures")), 1);
}

TEST_F(TrainedModel, IsDescribed) {
  for (const std::string& file : {model_, data_}) {
    const RunResult result = run_program({"info", file});
    EXPECT_EQ(result.status, 0) << result.errors;
    EXPECT_NE(result.output.find(file == model_ ? "compact" : "flatvel-a"), std::string::npos) << result.output;
  }
}

}  // namespace
}  // namespace strataform::test
