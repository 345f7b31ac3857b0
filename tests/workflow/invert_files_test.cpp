#include "strataform/workflow/invert_files.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/core/random.h"
#include "strataform/invert/replica.h"
#include "strataform/io/npy.h"
#include "strataform/peft/adapter.h"
#include "strataform/peft/adapter_folder.h"
#include "support/small_model.h"
#include "support/test_support.h"

namespace strataform::workflow {
namespace {

constexpr std::int64_t kModels = 3;
constexpr std::size_t kCells = 4900;

class InvertFiles : public ::testing::Test {
 protected:
  InvertFiles() {
    const model::Model model = test::small_model();
    options_.model = folder_ / "model.safetensors";
    (void)model::save_model(options_.model, model);
    for (const char* name : {"first", "second"}) {
      const peft::Adapter adapter(model.backbone, {});
      const torch::NoGradGuard no_gradients;
      for (const auto& [path, tensor] : adapter.trainable()) tensor.normal_(0.0, 0.3);
      peft::save_adapter(folder_ / name, adapter, model.fingerprint, {});
    }
    Random random(3);
    std::vector<float> gathers(static_cast<std::size_t>(kModels * 5 * 1000 * 70));
    for (float& value : gathers) value = static_cast<float>(random.normal(0.0, 3.0));
    options_.data = folder_ / "data.npy";
    io::write_npy(options_.data, gathers, {kModels, 5, 1000, 70});
    options_.output = folder_ / "out.npy";
    options_.batch_size = 2;
  }

  /// The map of one model of the data, computed without files.
  [[nodiscard]] std::vector<float> map_of(std::int64_t index, const char* adapter) const {
    invert::Replica replica(std::make_shared<invert::LoadedModel>(options_.model));
    if (adapter != nullptr) {
      replica.use(std::make_shared<peft::LoadedAdapter>(folder_ / adapter), invert::AdapterUse::kBeside);
    }
    return invert::predict(replica.model(), *data::open_gathers(options_.data), index, 1);
  }

  test::TemporaryFolder folder_;
  InvertFilesOptions options_;
};

TEST_F(InvertFiles, GivesEachModelItsAdapter) {
  options_.adapters = {folder_ / "first", folder_ / "second"};
  options_.use = {2, 0, 1};
  const InvertFilesResult result = invert_files(options_);
  EXPECT_EQ(result.shape, (std::vector<std::int64_t>{kModels, 1, 70, 70}));
  const std::vector<float> maps = io::NpyReader(options_.output).read_all();
  ASSERT_EQ(maps.size(), kModels * kCells);
  const char* const names[] = {"second", nullptr, "first"};
  for (std::int64_t index = 0; index < kModels; ++index) {
    const std::vector<float> expected = map_of(index, names[index]);
    for (std::size_t cell = 0; cell < kCells; ++cell) {
      ASSERT_NEAR(maps[static_cast<std::size_t>(index) * kCells + cell], expected[cell], 0.01) << index;
    }
  }
}

TEST_F(InvertFiles, DrawsAPictureForEachModelOrNothing) {
  options_.figures.path = folder_ / "figures";
  options_.truth = folder_ / "truth.npy";
  io::write_npy(options_.truth, std::vector<float>(kModels * kCells, 2500.0F), {kModels, 70, 70});
  invert_files(options_);
  EXPECT_EQ(test::count_entries(folder_ / "figures"), kModels);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "figures/model_0002.png"));

  std::filesystem::remove_all(folder_ / "figures");
  std::filesystem::remove(options_.output);
  const StopSource stop;
  stop.request_stop();
  EXPECT_THROW(invert_files(options_, {.stop = stop}), InterruptedError);
  EXPECT_FALSE(std::filesystem::exists(options_.output));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "figures"));
}

TEST_F(InvertFiles, RefusesOptionsThatDoNotBelongTogether) {
  const auto refused = [this](const InvertFilesOptions& options) {
    EXPECT_THROW(invert_files(options), UsageError);
    EXPECT_FALSE(std::filesystem::exists(options_.output));
  };
  InvertFilesOptions options = options_;
  options.batch_size = 0;
  refused(options);
  options = options_;
  options.truth = folder_ / "truth.npy";
  refused(options);
  options = options_;
  options.adapters = {folder_ / "first", folder_ / "second"};
  refused(options);
  options.use = {0, 1, 3};
  refused(options);
}

}  // namespace
}  // namespace strataform::workflow
