#include "strataform/invert/model_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "largest_difference.h"
#include "strataform/core/error.h"
#include "strataform/core/random.h"
#include "strataform/invert/replica.h"
#include "strataform/peft/adapter.h"
#include "strataform/peft/method.h"
#include "support/small_model.h"
#include "support/test_support.h"

namespace strataform::invert {
namespace {

/// Gathers in memory, as many as there are models.
class RandomGathers : public data::GatherSource {
 public:
  explicit RandomGathers(std::int64_t models) : models_(models) {}

  [[nodiscard]] std::int64_t size() const override { return models_; }
  [[nodiscard]] data::GatherShape gather_shape() const override { return {5, 1000, 70}; }
  [[nodiscard]] std::optional<survey::Modelling> modelling() const override { return std::nullopt; }
  [[nodiscard]] std::string name() const override { return "gathers"; }
  void read_gathers(std::int64_t index, std::span<float> out) const override {
    Random random(3, static_cast<std::uint64_t>(index));
    for (float& value : out) value = static_cast<float>(random.uniform(-3.0, 3.0));
  }

 private:
  std::int64_t models_;
};

class ModelPoolTest : public ::testing::Test {
 protected:
  ModelPoolTest() : model_(test::small_model()), loaded_(std::make_shared<LoadedModel>(test::small_model())) {
    // LibTorch's own threads know nothing of a thread sanitizer.
    at::set_num_threads(1);
  }

  /// Saves an adapter whose tensors are all random, so that it changes the output.
  std::filesystem::path save_adapter(const std::string& name, const std::string& method = "lora") {
    return save_adapter(model_, name, method);
  }
  std::filesystem::path save_adapter(const model::Model& base, const std::string& name,
                                     const std::string& method = "lora") {
    peft::AdapterOptions options;
    options.method = method;
    const peft::Adapter adapter(base.backbone, options);
    const torch::NoGradGuard no_gradients;
    torch::manual_seed(stream_of(name.c_str()));
    for (const auto& [path, tensor] : adapter.trainable()) tensor.add_(torch::randn_like(tensor), 0.3);
    peft::save_adapter(folder_ / name, adapter, base.fingerprint, {});
    return folder_ / name;
  }

  /// What the model gives with an adapter folder, or alone, without a pool.
  std::vector<float> expected(const std::filesystem::path& folder = {}) {
    Replica replica(loaded_);
    if (!folder.empty()) replica.use(std::make_shared<peft::LoadedAdapter>(folder), AdapterUse::kBeside);
    return predict(replica.model(), source_, 0, 1);
  }

  std::vector<float> maps(ModelPool& pool, const std::string& name) {
    return pool.predict(source_, 0, std::vector{name});
  }

  test::TemporaryFolder folder_;
  model::Model model_;
  std::shared_ptr<const LoadedModel> loaded_;
  RandomGathers source_{5};
};

TEST_F(ModelPoolTest, AddsReplacesAndRemovesByName) {
  const auto first = save_adapter("first");
  const auto second = save_adapter("second");
  ModelPool pool(loaded_);
  EXPECT_EQ(maps(pool, ""), expected());
  pool.add_adapter("b", first);
  pool.add_adapter("a", second);
  ASSERT_EQ(pool.adapters().size(), 2);
  EXPECT_EQ(pool.adapters()[0].name, "a");
  EXPECT_EQ(pool.adapters()[0].file.folder, second);
  EXPECT_EQ(maps(pool, "b"), expected(first));
  EXPECT_EQ(maps(pool, "a"), expected(second));
  pool.replace_adapter("b", second);
  EXPECT_EQ(maps(pool, "b"), expected(second));
  pool.remove_adapter("a");
  EXPECT_THROW((void)maps(pool, "a"), UsageError);
  EXPECT_LT(largest_difference(maps(pool, "b"), expected(second)), 0.01);  // the only one: merged
  EXPECT_EQ(maps(pool, ""), expected());
}

TEST_F(ModelPoolTest, RefusesWhatItCannotUseAndStaysAsItWas) {
  const auto adapter = save_adapter("adapter");
  const auto foreign = save_adapter(test::small_model(2), "foreign");
  ModelPool pool(loaded_);
  pool.add_adapter("a", adapter);
  EXPECT_THROW(pool.add_adapter("a", adapter), UsageError);
  EXPECT_THROW(pool.add_adapter("", adapter), UsageError);
  EXPECT_THROW(pool.add_adapter("b", foreign), MismatchError);
  EXPECT_THROW(pool.replace_adapter("a", foreign), MismatchError);
  EXPECT_THROW(pool.replace_adapter("b", adapter), UsageError);
  EXPECT_THROW(pool.remove_adapter("b"), UsageError);
  EXPECT_THROW(pool.add_adapter("b", folder_ / "absent"), IoError);
  ASSERT_EQ(pool.adapters().size(), 1);
  EXPECT_LT(largest_difference(maps(pool, "a"), expected(adapter)), 0.01);
  EXPECT_THROW(ModelPool(loaded_, {.replicas = 0}), UsageError);
  EXPECT_THROW(ModelPool(loaded_, {.batch_size = 0}), UsageError);
}

TEST_F(ModelPoolTest, EveryMethodLeavesTheSharedWeightsAlone) {
  const std::vector<float> alone = expected();
  for (const peft::Method& method : peft::methods()) {
    if (method.makes_model()) continue;
    const auto adapter = std::make_shared<peft::LoadedAdapter>(save_adapter(method.name, method.name));
    Replica changed(loaded_);
    Replica other(loaded_);
    for (const AdapterUse use : {AdapterUse::kBeside, AdapterUse::kMerged}) {
      changed.use(adapter, use);
      EXPECT_GT(largest_difference(predict(changed.model(), source_, 0, 1), alone), 0.01) << method.name;
      EXPECT_EQ(predict(other.model(), source_, 0, 1), alone) << method.name;
    }
    changed.use(nullptr, AdapterUse::kBeside);
    EXPECT_EQ(predict(changed.model(), source_, 0, 1), alone) << method.name;
  }
}

/// Memory of the tensors that the model does not have.
std::size_t own_tensors(const model::Model& replica, const model::Model& base) {
  std::size_t own = 0;
  const auto shared = base.backbone->named_parameters();
  for (const auto& item : replica.backbone->named_parameters()) {
    if (item.value().data_ptr() != shared[item.key()].data_ptr()) ++own;
  }
  return own;
}

TEST_F(ModelPoolTest, ReplicasShareTheWeightsThatNoAdapterIsMergedInto) {
  Replica replica(loaded_);
  EXPECT_EQ(own_tensors(replica.model(), loaded_->model()), 0);
  const auto adapter = std::make_shared<peft::LoadedAdapter>(save_adapter("adapter"));
  replica.use(adapter, AdapterUse::kBeside);
  EXPECT_EQ(own_tensors(replica.model(), loaded_->model()), 0);
  replica.use(adapter, AdapterUse::kMerged);
  EXPECT_EQ(own_tensors(replica.model(), loaded_->model()), adapter->file().layers.size());
  replica.use(nullptr, AdapterUse::kBeside);
  EXPECT_EQ(own_tensors(replica.model(), loaded_->model()), 0);
}

// Seen clean under the preset tsan, too.
TEST_F(ModelPoolTest, AnswersAreRightWhileAdaptersComeAndGo) {
  const std::vector<std::filesystem::path> folders{save_adapter("one"), save_adapter("two", "bitfit"),
                                                   save_adapter("three", "dora")};
  std::vector<std::vector<float>> right;
  for (const auto& folder : folders) right.push_back(expected(folder));
  const std::vector<float> alone = expected();
  ModelPool pool(loaded_, {.replicas = 2, .batch_size = 2});
  pool.add_adapter("fixed", folders[0]);
  pool.add_adapter("changing", folders[1]);

  std::atomic<bool> ends = false;
  std::atomic<int> answers = 0;
  std::atomic<int> wrong = 0;
  const auto is_near = [](std::span<const float> map, const std::vector<float>& truth) {
    return largest_difference({map.begin(), map.end()}, truth) < 0.01;
  };
  const auto ask = [&] {
    while (!ends) {
      const std::vector<std::string> names{"fixed", "changing", ""};
      // Model 0 three times: each row of it is known.
      std::vector<float> found;
      for (const std::string& name : names) {
        const std::vector<float> map = maps(pool, name);
        found.insert(found.end(), map.begin(), map.end());
      }
      const auto row = [&](std::size_t k) { return std::span<const float>(found).subspan(k * 4900, 4900); };
      if (!is_near(row(0), right[0])) ++wrong;
      if (!is_near(row(1), right[1]) && !is_near(row(1), right[2])) ++wrong;
      if (!is_near(row(2), alone)) ++wrong;
      ++answers;
    }
  };
  const auto swap = [&] {
    for (int round = 0; round < 12; ++round) {
      pool.replace_adapter("changing", folders[1 + round % 2]);
      pool.add_adapter("passing", folders[static_cast<std::size_t>(round) % 3]);
      EXPECT_EQ(pool.adapters().size(), 3);
      pool.remove_adapter("passing");
    }
    while (answers < 6) std::this_thread::yield();
    ends = true;
  };
  std::vector<std::jthread> threads;
  for (int k = 0; k < 3; ++k) threads.emplace_back(ask);
  threads.emplace_back(swap);
  threads.clear();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace strataform::invert
