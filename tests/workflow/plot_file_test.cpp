#include "strataform/workflow/plot_file.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <numbers>
#include <string>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/data/dataset_info.h"
#include "strataform/io/npy.h"
#include "strataform/peft/adapter.h"
#include "strataform/peft/adapter_folder.h"
#include "strataform/survey/openfwi.h"
#include "support/small_model.h"
#include "support/test_support.h"

namespace strataform::workflow {
namespace {

class PlotFile : public ::testing::Test {
 protected:
  PlotFile() { options_.output = folder_ / "picture.png"; }

  /// An array of the shape: positive values, or values of both signs.
  void write(const char* name, const std::vector<std::int64_t>& shape, bool positive) {
    std::size_t size = 1;
    for (const std::int64_t extent : shape) size *= static_cast<std::size_t>(extent);
    std::vector<float> values(size);
    for (std::size_t k = 0; k < size; ++k) {
      values[k] = static_cast<float>(std::sin(0.3 * static_cast<double>(k)) + (positive ? 2000.0 : 0.0));
    }
    io::write_npy(folder_ / name, values, shape, io::DType::kFloat32, Overwrite::kAllow);
    options_.file = folder_ / name;
  }
  std::string plot() {
    options_.overwrite = Overwrite::kAllow;
    return plot_file(options_);
  }
  std::string plot_of(const std::vector<std::int64_t>& shape, bool positive) {
    write("array.npy", shape, positive);
    return plot();
  }
  template <class Error>
  void expect_refused(const std::string& mentioned) {
    try {
      (void)plot_file(options_);
      ADD_FAILURE() << "expected an error that mentions " << mentioned;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(mentioned), std::string::npos) << error.what();
    }
    EXPECT_FALSE(std::filesystem::exists(options_.output));
  }

  test::TemporaryFolder folder_;
  PlotOptions options_;
};

TEST_F(PlotFile, GuessesWhatAnArrayHolds) {
  EXPECT_EQ(plot_of({20, 30}, true), "velocity map, 20 x 30 cells");
  EXPECT_EQ(plot_of({3, 20, 30}, true), "velocity map, 20 x 30 cells");
  EXPECT_EQ(plot_of({3, 1, 20, 30}, true), "velocity map, 20 x 30 cells");
  EXPECT_EQ(plot_of({20, 30}, false), "section, 20 x 30 cells");
  EXPECT_EQ(plot_of({90, 30}, false), "gather, 90 time samples, 30 receivers");
  EXPECT_EQ(plot_of({5, 20, 30}, false), "gather, 20 time samples, 30 receivers");
  EXPECT_EQ(plot_of({2, 5, 20, 30}, false), "gather, 20 time samples, 30 receivers");
  EXPECT_EQ(plot_of({40}, false), "trace, 40 time samples");
  // What the data's own survey has is a gather, however wide.
  survey::Modelling modelling = survey::openfwi({.nz = 20, .nx = 30});
  modelling.survey.samples = 20;
  data::write_dataset_info(folder_.path(), {.family = "area", .count = 1, .modelling = modelling});
  EXPECT_EQ(plot_of({20, 30}, false), "gather, 20 time samples, 30 receivers");
  options_.kind = PlotKind::kSection;
  EXPECT_EQ(plot(), "section, 20 x 30 cells");
}

TEST_F(PlotFile, WritesTheFormatOfTheName) {
  write("map.npy", {20, 30}, true);
  for (const char* name : {"a.png", "a.svg", "a.pdf"}) {
    options_.output = folder_ / name;
    (void)plot();
    EXPECT_GT(std::filesystem::file_size(options_.output), 1000U) << name;
  }
  options_.output = folder_ / "a.jpg";
  expect_refused<UsageError>(".png, .svg or .pdf");
}

TEST_F(PlotFile, ChoosesExampleAndShot) {
  const auto bytes = [&] {
    (void)plot();
    return read_text_file(options_.output);
  };
  write("gathers.npy", {2, 3, 50, 8}, false);
  const std::string middle = bytes();
  options_.shot = 2;
  EXPECT_EQ(bytes(), middle) << "the middle one";
  options_.shot = 1;
  EXPECT_NE(bytes(), middle);
  options_.shot = 0;
  options_.index = 1;
  EXPECT_NE(bytes(), middle);
  std::filesystem::remove(options_.output);
  options_.index = 2;
  expect_refused<UsageError>("`index`: expected 0 to 1");
  options_.index = 0;
  options_.shot = 4;
  expect_refused<UsageError>("`shot`: expected 1 to 3");
}

TEST_F(PlotFile, GainChangesAGather) {
  write("gather.npy", {5, 60, 8}, false);
  (void)plot();
  const std::string usual = read_text_file(options_.output);
  options_.gain = 0.0;
  (void)plot();
  EXPECT_NE(read_text_file(options_.output), usual);
  std::filesystem::remove(options_.output);
  options_.gain = -1.0;
  expect_refused<UsageError>("`gain`: expected 0 to 10");
  options_.gain = 1.0;
  write("map.npy", {20, 30}, true);
  expect_refused<UsageError>("`gain`: expected a gather");
}

TEST_F(PlotFile, DrawsTheSpectrumOfAGatherOrTrace) {
  std::vector<float> wave(500);
  for (std::size_t k = 0; k < wave.size(); ++k) {
    wave[k] = static_cast<float>(std::sin(2.0 * std::numbers::pi * 12.0 * 0.002 * static_cast<double>(k)));
  }
  options_.file = folder_ / "wave.npy";
  io::write_npy(options_.file, wave, {500});
  options_.spectrum = true;
  options_.time_step = 0.002;
  EXPECT_EQ(plot(), "spectrum of a trace, 500 time samples");
  EXPECT_EQ(plot_of({5, 60, 8}, false), "spectrum of a gather, 60 time samples, 8 receivers");
  std::filesystem::remove(options_.output);
  write("map.npy", {20, 30}, true);
  expect_refused<UsageError>("`spectrum`: expected a gather or a trace, found a velocity map");
}

TEST_F(PlotFile, DrawsADifference) {
  write("truth.npy", {20, 30}, true);
  options_.minus = options_.file;
  write("prediction.npy", {1, 1, 20, 30}, true);
  EXPECT_EQ(plot(), "velocity map, 20 x 30 cells") << "however many axes each has";
  std::filesystem::remove(options_.output);
  write("other.npy", {30, 20}, true);
  expect_refused<MismatchError>("expected 30 x 20 values");
  options_.minus.clear();
  write("gathers.npy", {2, 5, 40, 8}, false);
  options_.minus = options_.file;
  EXPECT_EQ(plot(), "gather, 40 time samples, 8 receivers");
}

TEST_F(PlotFile, DrawsWhatAnAdapterChanges) {
  const model::Model model = test::small_model();
  options_.model = folder_ / "model.safetensors";
  (void)model::save_model(options_.model, model);
  {
    const peft::Adapter adapter(model.backbone, {});
    const torch::NoGradGuard no_gradients;
    for (const auto& [path, tensor] : adapter.trainable()) tensor.normal_(0.0, 0.3);
    peft::save_adapter(folder_ / "adapter", adapter, model.fingerprint, {});
  }
  options_.file = folder_ / "adapter";
  EXPECT_NE(plot().find("change of "), std::string::npos);
  std::filesystem::remove(options_.output);
  const std::filesystem::path model_file = options_.model;
  options_.model.clear();
  expect_refused<UsageError>("`model`");
  options_.model = model_file;
  write("map.npy", {20, 30}, true);
  expect_refused<UsageError>("`model`: expected an adapter folder");
}

TEST_F(PlotFile, RefusesWhatItCannotDraw) {
  write("map.npy", {20, 30}, true);
  options_.spacing = 0.0;
  expect_refused<UsageError>("`spacing`");
  options_.spacing.reset();
  options_.kind = PlotKind::kTrace;
  expect_refused<InputError>("expected a trace [time samples]");
  options_.kind = PlotKind::kGuess;
  write("five.npy", {1, 1, 1, 2, 2}, true);
  expect_refused<InputError>("one to four axes");
  write("empty.npy", {0, 5}, true);
  expect_refused<InputError>("found [0, 5]");
  io::write_npy(folder_ / "broken.npy", std::vector<float>{1.0F, std::nanf(""), 2.0F, 3.0F}, {2, 2});
  options_.file = folder_ / "broken.npy";
  expect_refused<InputError>("broken.npy");
  options_.file = folder_ / "none.npy";
  expect_refused<IoError>("none.npy");
  EXPECT_THROW((void)plot_kind_from_name("picture"), UsageError);
}

}  // namespace
}  // namespace strataform::workflow
