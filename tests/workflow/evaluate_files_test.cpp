#include "strataform/workflow/evaluate_files.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/core/random.h"
#include "strataform/io/json.h"
#include "strataform/io/npy.h"
#include "support/small_model.h"
#include "support/test_support.h"

namespace strataform::workflow {
namespace {

class EvaluateFiles : public ::testing::Test {
 protected:
  EvaluateFiles() {
    options_.model = folder_ / "model.safetensors";
    (void)model::save_model(options_.model, test::small_model());
    options_.data = folder_ / "data";
    const auto family = options_.data / "flatvel-a";
    std::filesystem::create_directories(family);
    Random random(7);
    std::vector<float> gathers(static_cast<std::size_t>(3 * 5 * 1000 * 70));
    for (float& value : gathers) value = static_cast<float>(random.normal());
    io::write_npy(family / "data1.npy", gathers, {3, 5, 1000, 70});
    io::write_npy(family / "model1.npy", std::vector<float>(3 * 4900, 2000.0F), {3, 1, 70, 70});
  }

  test::TemporaryFolder folder_;
  EvaluateFilesOptions options_;
};

TEST_F(EvaluateFiles, WritesWhatItReturns) {
  options_.json = folder_ / "scores.json";
  options_.figures.path = folder_ / "figures";
  options_.limit = 2;
  options_.split = data::Split::kTrain;
  int measured = 0;
  options_.measured = [&](const eval::Evaluation& evaluation) {
    ++measured;
    EXPECT_EQ(evaluation.over_samples.samples, 2);
    EXPECT_FALSE(std::filesystem::exists(options_.json)) << "it is called before anything is written";
  };
  const eval::Evaluation evaluation = evaluate_files(options_);
  EXPECT_EQ(measured, 1);
  ASSERT_EQ(evaluation.families.size(), 1);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "figures/flatvel-a.png"));
  const nlohmann::json report = io::read_json(options_.json);
  EXPECT_EQ(report.at("mean_over_samples").at("mae").get<double>(), evaluation.over_samples.mae);
  EXPECT_EQ(report.at("configuration").at("split"), "train");
  EXPECT_EQ(report.at("configuration").at("limit_per_family"), 2);
}

TEST_F(EvaluateFiles, ChecksBeforeItMeasures) {
  options_.measured = [](const eval::Evaluation&) { ADD_FAILURE() << "it has measured"; };
  EvaluateFilesOptions options = options_;
  options.examples = 0;
  EXPECT_THROW(evaluate_files(options), UsageError);
  options = options_;
  options.json = options.model;
  EXPECT_THROW(evaluate_files(options), IoError);
  options = options_;
  options.figures.path = folder_ / "figures";
  std::filesystem::create_directory(options.figures.path);
  io::write_json(options.figures.path / "flatvel-a.png", {});
  EXPECT_THROW(evaluate_files(options), IoError);
  EXPECT_TRUE(std::filesystem::exists(options.figures.path / "flatvel-a.png"));
}

}  // namespace
}  // namespace strataform::workflow
