#include "strataform/peft/adapter_folder.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <fstream>

#include "strataform/core/error.h"
#include "strataform/io/json.h"
#include "strataform/io/safetensors.h"
#include "strataform/nn/backbone.h"
#include "strataform/peft/adapter.h"
#include "support/test_support.h"

namespace strataform::peft {
namespace {

model::Model small_model(std::uint64_t seed) {
  model::Model model;
  model.backbone = nn::make_backbone("inversionnet", {{"widths", {2, 3, 4, 5, 6}}}, seed);
  model.backbone->eval();
  model.fingerprint = model::fingerprint_of(*model.backbone);
  return model;
}

/// A trained adapter, as far as files are concerned, stored in folder "a".
class StoredAdapter : public ::testing::Test {
 protected:
  void SetUp() override {
    const torch::NoGradGuard no_grad;
    AdapterOptions options;
    options.rank = 3;
    options.alpha = 6.0;
    options.target = ".*conv.*_1.*";
    Adapter adapter(model_.backbone, options);
    torch::manual_seed(5);
    for (const auto& [name, tensor] : adapter.trainable()) tensor.normal_(0.0, 0.1);
    output_ = model_.backbone->forward(input_);
    save_adapter(path_, adapter, model_.fingerprint, {{"steps", 10}});
  }
  void change_config(const std::string& key, const nlohmann::json& value) const {
    nlohmann::json config = io::read_json(path_ / "adapter_config.json");
    config[key] = value;
    io::write_json(path_ / "adapter_config.json", config, Overwrite::kAllow);
  }

  test::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "a";
  model::Model model_ = small_model(1);
  torch::Tensor input_ = torch::ones({1, 5, 1000, 70});
  torch::Tensor output_;
};

TEST_F(StoredAdapter, LoadsExactly) {
  const torch::NoGradGuard no_grad;
  EXPECT_FALSE(torch::equal(model_.backbone->forward(input_), output_));
  const auto adapter = load_adapter(path_, model_);
  EXPECT_TRUE(torch::equal(model_.backbone->forward(input_), output_));
  const AdapterFile file = read_adapter_file(path_);
  EXPECT_EQ(file.base_fingerprint, model_.fingerprint);
  EXPECT_EQ(file.provenance["steps"], 10);
  EXPECT_NE(describe_adapter(file).find("deconv5_1.layers.0"), std::string::npos);
}

TEST_F(StoredAdapter, HasTheFormOfThePythonLibrary) {
  const nlohmann::json config = io::read_json(path_ / "adapter_config.json");
  EXPECT_EQ(config["peft_type"], "LORA");
  EXPECT_EQ(config["r"], 3);
  EXPECT_EQ(config["lora_alpha"], 6);
  for (const auto& target : config["target_modules"]) {
    EXPECT_TRUE(target.get<std::string>().starts_with("convblock")) << target;
  }
  EXPECT_EQ(config["target_modules"].size(), 6U);
  const io::SafetensorsFile tensors(path_ / "adapter_model.safetensors");
  EXPECT_EQ(tensors.metadata(), (std::map<std::string, std::string>{{"format", "pt"}}));
  const io::TensorInfo* a = tensors.find("base_model.model.convblock2_1.layers.0.lora_A.weight");
  ASSERT_NE(a, nullptr);
  EXPECT_EQ(a->shape, (std::vector<std::int64_t>{3, 2, 3, 1}));
  const io::TensorInfo* transposed = tensors.find("base_model.model.deconv3_1.layers.0.lora_A.weight");
  ASSERT_NE(transposed, nullptr);
  EXPECT_EQ(transposed->shape, (std::vector<std::int64_t>{5, 3, 4, 4}));
}

TEST_F(StoredAdapter, RefusesAnotherBase) {
  const model::Model other = small_model(2);
  EXPECT_THROW((void)load_adapter(path_, other), MismatchError);
  std::filesystem::remove(path_ / "strataform.json");
  EXPECT_NO_THROW((void)load_adapter(path_, other));
  model::Model compact;
  compact.backbone = nn::make_backbone("compact");
  EXPECT_THROW((void)load_adapter(path_, compact), MismatchError);
}

TEST_F(StoredAdapter, RefusesDamage) {
  EXPECT_THROW((void)load_adapter(folder_ / "absent", model_), IoError);
  EXPECT_THROW((void)load_adapter(folder_.path(), model_), InputError);
  change_config("r", 2);
  EXPECT_THROW((void)load_adapter(path_, model_), InputError);
  change_config("r", 3);
  change_config("use_dora", true);
  EXPECT_THROW((void)load_adapter(path_, model_), InputError);
  change_config("use_dora", false);
  change_config("peft_type", "OTHER");
  EXPECT_THROW((void)load_adapter(path_, model_), InputError);
  change_config("peft_type", "LORA");
  EXPECT_NO_THROW((void)load_adapter(path_, model_));
  const std::filesystem::path tensors = path_ / "adapter_model.safetensors";
  std::filesystem::resize_file(tensors, std::filesystem::file_size(tensors) / 2);
  EXPECT_THROW((void)load_adapter(path_, model_), InputError);
  std::ofstream(path_ / "adapter_config.json") << "{";
  EXPECT_THROW((void)load_adapter(path_, model_), InputError);
}

TEST_F(StoredAdapter, IsReplacedOnlyOnDemand) {
  const auto adapter = load_adapter(path_, model_);
  EXPECT_THROW(save_adapter(path_, *adapter, "0", {}), IoError);
  EXPECT_EQ(read_adapter_file(path_).base_fingerprint, model_.fingerprint);
  save_adapter(path_ / "", *adapter, "0", {}, Overwrite::kAllow);
  EXPECT_EQ(read_adapter_file(path_).base_fingerprint, "0");
  std::filesystem::create_directory(folder_ / "other");
  EXPECT_THROW(save_adapter(folder_ / "other", *adapter, "0", {}, Overwrite::kAllow), IoError);
  EXPECT_EQ(test::count_entries(folder_.path()), 2);
}

TEST_F(StoredAdapter, IsNotWhatFullTuningMakes) {
  AdapterOptions options;
  options.method = "full";
  const Adapter full(model_.backbone, options);
  EXPECT_THROW(save_adapter(folder_ / "full", full, "0", {}), UsageError);
}

}  // namespace
}  // namespace strataform::peft
