#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <limits>
#include <string>
#include <vector>

#include "cli_fixture.h"
#include "strataform/core/atomic_file.h"
#include "strataform/io/json.h"
#include "strataform/io/npy.h"

namespace strataform::test {
namespace {

using Arguments = std::vector<std::string>;

/// A small dataset and a small model that was trained on it for one step. Each test is a process of its own and makes
/// them again, so there are few tests.
class TrainedModel : public CliTest {
 protected:
  TrainedModel() {
    expect_success({"generate", "--family", "flatvel-a", "--count", "4", "--decimation", "5", "--output", data_});
    expect_success(pretrain("compact", "1", model_));
  }

  [[nodiscard]] Arguments pretrain(const std::string& backbone, const std::string& seed,
                                   const std::string& output) const {
    return {"pretrain",
            "--backbone",
            backbone,
            "--backbone-options",
            R"({"width": 8, "features": 32, "mixers": 1})",
            "--data",
            data_,
            "--steps",
            "1",
            "--seed",
            seed,
            "--batch-size",
            "2",
            "--threads",
            "1",
            "--output",
            output};
  }

  [[nodiscard]] Arguments finetune(const std::string& method, const std::string& output) const {
    return {"finetune", "--base", model_,         "--data", data_,       "--method", method,     "--rank", "1",
            "--steps",  "1",      "--batch-size", "2",      "--threads", "1",        "--output", output};
  }

  /// Runs a command and expects these texts in its output.
  void expect_output(const Arguments& arguments, const std::vector<std::string>& texts) const {
    const RunResult result = run_program(arguments);
    EXPECT_EQ(result.status, 0) << result.errors;
    for (const std::string& text : texts) EXPECT_NE(result.output.find(text), std::string::npos) << result.output;
  }

  std::string data_ = path("data");
  std::string model_ = path("model.safetensors");
};

TEST_F(TrainedModel, TakesAdaptersOfItsOwnOnly) {
  const std::string adapter = path("adapter");
  expect_failure(finetune("lora2", adapter), ExitStatus::kUsage, "lora");
  expect_success(finetune("lora", adapter));
  expect_success({"evaluate", "--model", model_, "--adapter", adapter, "--data", data_});
  expect_output({"info", adapter}, {"lora"});
  expect_output({"adapter", "info", adapter}, {"lora", "Hugging Face PEFT"});
  expect_output({"adapter", "list", path("")}, {"adapter", "lora"});
  const std::string merged = path("merged.safetensors");
  expect_success({"adapter", "merge", "--model", model_, "--adapter", adapter, "--output", merged});
  expect_failure({"adapter", "merge", "--model", model_, "--adapter", adapter, "--output", merged}, ExitStatus::kIo,
                 "merged.safetensors");
  expect_success({"adapter", "unmerge", "--model", merged, "--output", path("restored.safetensors")});
  expect_success(
      {"adapter", "combine", adapter + "=0.5", adapter + "=0.5", "--model", model_, "--output", path("combined")});
  expect_failure({"adapter", "combine", adapter, "--how", "sdv", "--model", model_, "--output", path("x")},
                 ExitStatus::kUsage, "svd");

  const std::string other = path("other.safetensors");
  expect_failure(pretrain("compct", "2", other), ExitStatus::kUsage, "compact");
  expect_success(pretrain("compact", "2", other));
  expect_failure({"evaluate", "--model", other, "--adapter", adapter, "--data", data_}, ExitStatus::kMismatch,
                 "adapter");
}

TEST_F(TrainedModel, RefusesASurveyThatAPredictionDoesNotRead) {
  const Arguments invert{"invert", "--network", model_, "--data", data_ + "/data1.npy", "--output", path("maps.npy")};
  const auto with = [&](std::initializer_list<std::string> more) {
    Arguments arguments = invert;
    arguments.insert(arguments.end(), more);
    return arguments;
  };
  expect_failure(with({"--free-surface"}), ExitStatus::kUsage, "--free-surface: expected --adapt or --refine too");
  expect_failure(with({"--refine", "-3"}), ExitStatus::kUsage, "--refine");
  expect_failure(with({"--adapt", "3", "--mirror"}), ExitStatus::kUsage, "--mirror");
}

TEST_F(TrainedModel, TakesAdaptersOfAnyLegalName) {
  const std::string adapter = path("lr=0.01");
  expect_success(finetune("lora", adapter));
  const auto combine = [&](const std::string& source, const char* output) -> Arguments {
    return {"adapter", "combine", source, "--model", model_, "--output", path(output)};
  };
  expect_success(combine(adapter, "whole"));
  expect_success(combine(adapter + "=1", "weighted"));
  EXPECT_EQ(read_text_file(path("whole/strataform.json")), read_text_file(path("weighted/strataform.json")));
  std::filesystem::copy(adapter, path("lr"));
  expect_failure(combine(adapter, "x"), ExitStatus::kUsage, "lr/=0.01");
  expect_success(combine(path("lr") + "/=0.01", "hundredth"));
  EXPECT_EQ(io::read_json(path("hundredth/strataform.json"))["provenance"]["sources"][0]["weight"], 0.01);

  const std::string longest = path(std::string(255, 'a'));
  expect_success(finetune("lora", longest));
  expect_success({"adapter", "info", longest});
}

TEST_F(TrainedModel, IsTrainedOnWhatIsModelledMeanwhile) {
  const std::string output = path("generated.safetensors");
  Arguments arguments = pretrain("compact", "4", output);
  arguments.insert(arguments.end(), {"--generate", "flatvel-a=2,style-a", "--generate-examples", "3"});
  expect_failure(arguments, ExitStatus::kUsage, "--data");
  std::erase_if(arguments, [&](const std::string& argument) { return argument == "--data" || argument == data_; });
  expect_success(arguments);
  expect_output({"info", output}, {"\"generated\"", "\"flatvel-a\": 2"});
  Arguments with = arguments;
  with.insert(with.end(), {"--validation", data_, "--force"});
  expect_success(with);
  std::ranges::replace(with, std::string("4"), std::string("1"));
  expect_failure(with, ExitStatus::kUsage, "--seed");
  std::ranges::replace(arguments, std::string("flatvel-a=2,style-a"), std::string("flatvel-c"));
  expect_failure(arguments, ExitStatus::kUsage, "flatvel-");
}

TEST_F(TrainedModel, GoesOnWithWhatIsModelledMeanwhile) {
  Arguments arguments = {"pretrain",
                         "--initial",
                         model_,
                         "--generate",
                         "flatvel-a",
                         "--generate-examples",
                         "40",
                         "--generate-first",
                         "1",
                         "--steps",
                         "1",
                         "--batch-size",
                         "2",
                         "--threads",
                         "1",
                         "--output",
                         path("next.safetensors")};
  expect_success(arguments);
  arguments.insert(arguments.end(), {"--family", "flatvel-a"});
  expect_failure(arguments, ExitStatus::kUsage, "--family");
}

TEST_F(TrainedModel, GoesOnWithTheDataThatItBeganWith) {
  const std::string other = path("elsewhere/data");
  expect_success(
      {"generate", "--family", "flatvel-a", "--count", "4", "--seed", "2", "--decimation", "5", "--output", other});
  for (Arguments arguments : {finetune("lora", path("adapter")), pretrain("compact", "3", path("next.safetensors"))}) {
    expect_success(arguments);
    arguments.insert(arguments.end(), {"--resume", "--force"});
    expect_success(arguments);
    std::ranges::replace(arguments, data_, other);
    const RunResult resumed = run_program(arguments);
    EXPECT_EQ(resumed.status, static_cast<int>(ExitStatus::kMismatch)) << resumed.errors;
    EXPECT_NE(resumed.errors.find("checkpoint.safetensors"), std::string::npos) << resumed.errors;
  }
}

TEST_F(TrainedModel, KeepsTheRunOutOfWhatItReplacesAtTheEnd) {
  for (const std::string place : {"adapter", "adapter/", "adapter/run"}) {
    Arguments arguments = finetune("lora", path("adapter"));
    arguments.insert(arguments.end(), {"--run-dir", path(place)});
    expect_failure(arguments, ExitStatus::kUsage, "--run-dir");
  }
}

TEST_F(TrainedModel, TrainsWithoutValidationWhereNothingCanBeHeldOut) {
  const std::string single = path("single");
  expect_success({"generate", "--family", "flatvel-a", "--count", "1", "--decimation", "5", "--output", single});
  Arguments arguments = pretrain("compact", "3", path("next.safetensors"));
  std::ranges::replace(arguments, data_, single);
  const RunResult result = run_program(arguments);
  EXPECT_EQ(result.status, 0) << result.errors;
  EXPECT_NE(result.errors.find("--held-out"), std::string::npos) << result.errors;
}

TEST_F(TrainedModel, RefusesDamagedTrainingDataAndMapsOfAnotherSize) {
  const std::string adapter = path("adapter");
  const std::string other = path("other");
  std::filesystem::create_directory(other);
  io::write_npy(other + "/data1.npy", std::vector<float>(2 * 5 * 1000 * 70, 0.5F), {2, 5, 1000, 70});
  io::write_npy(other + "/model1.npy", std::vector<float>(2 * 60 * 70, 2000.0F), {2, 1, 60, 70});
  Arguments arguments = finetune("lora", adapter);
  std::ranges::replace(arguments, data_, other);
  expect_failure(arguments, ExitStatus::kMismatch, "[60, 70]");

  std::string velocity = data_ + "/model1.npy";
  std::vector<float> maps = io::NpyReader(velocity).read_all();
  std::ranges::fill(maps, std::numeric_limits<float>::quiet_NaN());
  io::write_npy(velocity, maps, {4, 1, 70, 70}, io::DType::kFloat32, Overwrite::kAllow);
  const RunResult result = run_program(finetune("lora", adapter));
  EXPECT_EQ(result.status, static_cast<int>(ExitStatus::kInput)) << result.errors;
  EXPECT_NE(result.errors.find("model1.npy"), std::string::npos) << result.errors;
  EXPECT_FALSE(std::filesystem::exists(adapter));

  std::filesystem::resize_file(velocity, 1000);
  const std::string cache = path("cache");
  expect_failure({"cache", "--data", data_, "--output", cache}, ExitStatus::kInput, "model1.npy");
  expect_failure({"evaluate", "--model", model_, "--data", data_}, ExitStatus::kInput, "model1.npy");
  expect_failure(pretrain("compact", "3", path("third.safetensors")), ExitStatus::kInput, "model1.npy");
  Arguments resumed = pretrain("compact", "3", path("third.safetensors"));
  resumed.emplace_back("--resume");
  expect_failure(resumed, ExitStatus::kInput, "model1.npy");
}

TEST_F(TrainedModel, LeavesNoPicturesOfAnInversionThatFailed) {
  std::vector<float> gathers(20 * 5 * 1000 * 70, 0.5F);
  gathers.back() = gathers[gathers.size() - 1000] = std::numeric_limits<float>::quiet_NaN();
  io::write_npy(path("d.npy"), gathers, {20, 5, 1000, 70});
  expect_failure({"invert", "--model", model_, "--data", path("d.npy"), "--output", path("v.npy"), "--figures",
                  path("figures"), "--batch-size", "2", "--quiet"},
                 ExitStatus::kInput, "d.npy");
}

TEST_F(TrainedModel, InvertsGathersOfOneModelAndDrawsThem) {
  std::vector<float> gathers(5 * 1000 * 70);
  for (std::size_t k = 0; k < gathers.size(); ++k) gathers[k] = static_cast<float>(k % 11) - 5.0F;
  io::write_npy(path("d.npy"), gathers, {5, 1000, 70});
  Arguments arguments{"invert",   "--model",     model_,      "--data",       path("d.npy"),
                      "--output", path("v.npy"), "--figures", path("figures")};
  expect_success(arguments);
  EXPECT_EQ(io::NpyReader(path("v.npy")).shape(), (std::vector<std::int64_t>{1, 70, 70}));
  EXPECT_EQ(count_entries(path("figures")), 1);
  expect_failure(arguments, ExitStatus::kIo, "--force");
  arguments.emplace_back("--force");
  expect_success(arguments);
}

TEST_F(TrainedModel, RefusesWhatDoesNotFit) {
  io::write_npy(path("d.npy"), std::vector<float>(5 * 1000 * 60, 0.5F), {5, 1000, 60});
  expect_failure({"invert", "--model", model_, "--data", path("d.npy"), "--output", path("v.npy")},
                 ExitStatus::kMismatch, "d.npy");
  expect_failure({"forward", "--velocity", model_, "--output", path("v.npy")}, ExitStatus::kInput, "model.safetensors");
  const std::string bytes = read_text_file(model_);
  write_text_file(path("truncated.safetensors"), bytes.substr(0, bytes.size() / 2));
  expect_failure({"info", path("truncated.safetensors")}, ExitStatus::kInput, "truncated.safetensors");
}

TEST_F(TrainedModel, IsScoredPerFamily) {
  expect_output({"evaluate", "--model", model_, "--data", data_, "--limit", "2", "--json", path("scores.json"),
                 "--figures", path("figures")},
                {"flatvel-a                      2", "mean"});
  const std::string report = read_text_file(path("scores.json"));
  for (const char* key : {"fingerprint", "mean_over_families", "ssim", "limit_per_family"}) {
    EXPECT_NE(report.find(key), std::string::npos) << key;
  }
  EXPECT_EQ(count_entries(path("figures")), 1);
  expect_success({"evaluate", "--model", model_, "--data", data_, "--limit", "2", "--noise-db", "0", "--json",
                  path("noisy.json")});
  const nlohmann::json clean = io::read_json(path("scores.json"));
  const nlohmann::json noisy = io::read_json(path("noisy.json"));
  EXPECT_EQ(noisy["configuration"]["noise_db"], 0.0);
  EXPECT_NE(noisy["mean_over_families"], clean["mean_over_families"]);
  expect_failure({"evaluate", "--model", model_, "--data", data_, "--noise-db", "nan"}, ExitStatus::kUsage,
                 "--noise-db");
  expect_output({"info", model_}, {"compact"});
  expect_output({"info", data_}, {"4 examples", "70 x 70 cells", "flatvel-a"});
}

}  // namespace
}  // namespace strataform::test
