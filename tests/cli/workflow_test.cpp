#include <cmath>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "cli_fixture.h"
#include "strataform/core/atomic_file.h"
#include "strataform/io/npy.h"

namespace strataform::test {
namespace {

double relative_difference(std::span<const float> found, std::span<const float> expected) {
  double difference = 0.0;
  double norm = 0.0;
  for (std::size_t index = 0; index < expected.size(); ++index) {
    difference += std::pow(static_cast<double>(found[index]) - expected[index], 2);
    norm += std::pow(static_cast<double>(expected[index]), 2);
  }
  return std::sqrt(difference / norm);
}

class Workflow : public CliTest {
 protected:
  /// Imports the reference checkpoint; false where the Python that reads it is missing.
  [[nodiscard]] bool import_checkpoint(const std::filesystem::path& checkpoint) const {
    const RunResult result =
        run_program({"import", checkpoint, "--data-range", "-26.95", "52.77", "--output", path("tiny.safetensors")});
    if (result.status == static_cast<int>(ExitStatus::kIo)) return false;
    EXPECT_EQ(result.status, 0) << result.errors;
    return true;
  }
};

TEST_F(Workflow, ForwardReproducesOpenfwi) {
  STRATAFORM_SHARED_FILE(reference, "reference/forward");
  expect_success({"forward", "--velocity", reference / "model.npy", "--output", path("d.npy")});
  const io::NpyReader expected(reference / "data.npy");
  const io::NpyReader found(path("d.npy"));
  ASSERT_EQ(found.shape(), expected.shape());
  std::vector<float> a(static_cast<std::size_t>(found.item_size()));
  std::vector<float> b(a.size());
  for (std::int64_t model = 0; model < found.count(); ++model) {
    found.read(model, 1, a);
    expected.read(model, 1, b);
    EXPECT_LT(relative_difference(a, b), 1e-4) << "model " << model;
  }
}

TEST_F(Workflow, ForwardTakesItsAcquisitionFromOptions) {
  io::write_npy(path("v.npy"), std::vector<float>(2 * 20 * 24, 2000.0F), {2, 20, 24});
  expect_success({"forward", "--velocity", path("v.npy"), "--output", path("d.npy"), "--samples", "50", "--time-step",
                  "0.002", "--spacing", "15", "--frequency", "8", "--sponge", "30", "--source-count", "3",
                  "--receivers", "0,5,10,15"});
  EXPECT_EQ(io::NpyReader(path("d.npy")).shape(), (std::vector<std::int64_t>{2, 3, 50, 4}));
}

TEST_F(Workflow, InvertReproducesTheImportedNetwork) {
  STRATAFORM_SHARED_FILE(reference, "reference");
  if (!import_checkpoint(reference / "inversionnet/tiny.pth")) GTEST_SKIP() << "no Python with torch was found";
  expect_success({"invert", "--model", path("tiny.safetensors"), "--data", reference / "forward/data.npy", "--output",
                  path("v.npy")});
  const io::NpyReader found(path("v.npy"));
  ASSERT_EQ(found.shape(), (std::vector<std::int64_t>{6, 1, 70, 70}));
  const std::vector<float> velocity = found.read_all();
  const std::vector<float> expected = io::NpyReader(reference / "inversionnet/output.npy").read_all();
  double largest = 0.0;
  for (std::size_t cell = 0; cell < expected.size(); ++cell) {
    largest = std::max<double>(largest, std::abs(velocity[cell] - (1500.0F + (expected[cell] + 1.0F) * 1500.0F)));
  }
  EXPECT_LT(largest, 0.03) << "m/s: 2e-5 on [-1, 1]";
}

TEST_F(Workflow, SingleGatherGivesASingleMapAndPictures) {
  STRATAFORM_SHARED_FILE(reference, "reference");
  if (!import_checkpoint(reference / "inversionnet/tiny.pth")) GTEST_SKIP() << "no Python with torch was found";
  const io::NpyReader gathers(reference / "forward/data.npy");
  std::vector<float> gather(static_cast<std::size_t>(gathers.item_size()));
  gathers.read(0, 1, gather);
  io::write_npy(path("d.npy"), gather, {5, 1000, 70});
  const std::vector<std::string> arguments{"invert",      "--model",     path("tiny.safetensors"),
                                           "--data",      path("d.npy"), "--output",
                                           path("v.npy"), "--figures",   path("figures")};
  expect_success(arguments);
  EXPECT_EQ(io::NpyReader(path("v.npy")).shape(), (std::vector<std::int64_t>{1, 70, 70}));
  EXPECT_EQ(count_entries(path("figures")), 1);
  expect_failure(arguments, ExitStatus::kIo, "--force");
}

TEST_F(Workflow, EvaluateScoresADataset) {
  STRATAFORM_SHARED_FILE(reference, "reference");
  if (!import_checkpoint(reference / "inversionnet/tiny.pth")) GTEST_SKIP() << "no Python with torch was found";
  std::filesystem::create_directory(path("flatvel-a"));
  std::filesystem::copy_file(reference / "forward/data.npy", path("flatvel-a/data1.npy"));
  std::filesystem::copy_file(reference / "forward/model.npy", path("flatvel-a/model1.npy"));
  const RunResult result = run_program({"evaluate", "--model", path("tiny.safetensors"), "--data", path("flatvel-a"),
                                        "--limit", "2", "--json", path("scores.json")});
  EXPECT_EQ(result.status, 0) << result.errors;
  EXPECT_NE(result.output.find("flatvel-a                      2"), std::string::npos) << result.output;
  const std::string report = read_text_file(path("scores.json"));
  for (const char* key : {"fingerprint", "mean_over_families", "ssim", "limit_per_family"}) {
    EXPECT_NE(report.find(key), std::string::npos) << key;
  }
}

TEST_F(Workflow, TrainsAdaptsAndRefusesWhatDoesNotBelongTogether) {
  expect_success({"generate", "--family", "flatvel-a", "--count", "4", "--decimation", "5", "--output", path("data")});
  const auto pretrain = [&](const std::string& backbone, const std::string& seed, const std::string& output) {
    return std::vector<std::string>{"pretrain", "--backbone", backbone, "--data",   path("data"),
                                    "--steps",  "1",          "--seed", seed,       "--batch-size",
                                    "2",        "--held-out", "0.25",   "--output", output};
  };
  expect_failure(pretrain("compct", "1", path("m.safetensors")), ExitStatus::kUsage, "compact");
  expect_success(pretrain("compact", "1", path("m1.safetensors")));
  expect_success(pretrain("compact", "2", path("m2.safetensors")));

  const auto finetune = [&](const std::string& method, const std::string& output) {
    return std::vector<std::string>{
        "finetune", "--base", path("m1.safetensors"), "--data", path("data"), "--method", method, "--rank", "1",
        "--steps",  "1",      "--batch-size",         "2",      "--output",   output};
  };
  expect_failure(finetune("lora2", path("a")), ExitStatus::kUsage, "lora");
  expect_success(finetune("lora", path("adapter")));

  const auto evaluate = [&](const std::string& model) {
    return std::vector<std::string>{"evaluate",      "--model", path(model), "--adapter",
                                    path("adapter"), "--data",  path("data")};
  };
  expect_success(evaluate("m1.safetensors"));
  expect_failure(evaluate("m2.safetensors"), ExitStatus::kMismatch, "adapter");
  for (const char* name : {"m1.safetensors", "adapter", "data"}) expect_success({"info", path(name)});
}

TEST_F(Workflow, InfoTellsWhatAFileIs) {
  io::write_npy(path("v.npy"), std::vector<float>(20 * 24, 2000.0F), {20, 24});
  const RunResult result = run_program({"info", path("v.npy")});
  EXPECT_EQ(result.status, 0) << result.errors;
  for (const char* text : {"float32", "[20, 24]", "2000 to 2000", "velocity maps"}) {
    EXPECT_NE(result.output.find(text), std::string::npos) << result.output;
  }
}

}  // namespace
}  // namespace strataform::test
