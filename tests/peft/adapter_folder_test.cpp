#include "strataform/peft/adapter_folder.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include "peft/stored_adapters.h"
#include "strataform/core/error.h"

namespace strataform::peft {
namespace {

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

/// The shipped model is a file with its survey in cells; adapters that were made for it carry its fingerprint, and fit
/// it in the form of today as well.
TEST(AdapterOfTheShippedModel, FitsItHoweverItsFileIsWritten) {
  const test::TemporaryFolder folder;
  const torch::NoGradGuard no_grad;
  const model::Model shipped = model::load_model(STRATAFORM_SHIPPED_MODEL);
  EXPECT_EQ(shipped.fingerprint, "9cec0c953fe1dc3c");
  const torch::Tensor input = torch::rand({1, 5, 200, 70});
  torch::Tensor output;
  {
    AdapterOptions options;
    options.rank = 1;
    Adapter adapter(shipped.backbone, options);
    for (const auto& [name, tensor] : adapter.trainable()) tensor.normal_(0.0, 0.1);
    output = shipped.backbone->forward(input);
    save_adapter(folder / "a", adapter, shipped.fingerprint, {});
  }
  save_model(folder / "again.safetensors", shipped, io::DType::kFloat16);
  for (const std::filesystem::path& file :
       {std::filesystem::path(STRATAFORM_SHIPPED_MODEL), folder / "again.safetensors"}) {
    const model::Model model = model::load_model(file);
    EXPECT_FALSE(torch::equal(model.backbone->forward(input), output));
    const auto adapter = load_adapter(folder / "a", model);
    EXPECT_TRUE(torch::equal(model.backbone->forward(input), output)) << file;
  }
}

TEST_F(StoredAdapter, OfAnEarlierVersionIsRead) {
  // It wrote the options of all methods.
  nlohmann::json extension = io::read_json(path_ / "strataform.json");
  extension["options"] = {{"bands", 4}, {"blocks", 1}, {"statistics", false}};
  io::write_json(path_ / "strataform.json", extension, Overwrite::kAllow);
  change_config("use_rslora", true);
  const AdapterFile file = read_adapter_file(path_);
  EXPECT_EQ(file.options.own, (nlohmann::json{{"rank_stabilised", true}}));
  change_config("use_rslora", "yes");
  EXPECT_THROW((void)read_adapter_file(path_), InputError);
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

TEST_F(StoredAdapter, KeepsThePermissionsOfTheOneThatItReplaces) {
  namespace fs = std::filesystem;
  const auto adapter = load_adapter(path_, model_);
  fs::permissions(path_, fs::perms::owner_all);
  fs::permissions(path_ / "strataform.json", static_cast<fs::perms>(0600));
  save_adapter(path_, *adapter, "0", {}, Overwrite::kAllow);
  EXPECT_EQ(fs::status(path_).permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::status(path_ / "strataform.json").permissions(), static_cast<fs::perms>(0600));
  fs::permissions(path_ / "strataform.json", static_cast<fs::perms>(0444));
  EXPECT_THROW(save_adapter(path_, *adapter, "1", {}, Overwrite::kAllow), IoError);
  EXPECT_EQ(read_adapter_file(path_).base_fingerprint, "0");
}

TEST_F(StoredAdapter, CanHaveAnyNameThatTheFileSystemTakes) {
  const auto adapter = load_adapter(path_, model_);
  const std::filesystem::path longest = folder_ / std::string(255, 'a');
  save_adapter(longest, *adapter, "0", {});
  save_adapter(longest, *adapter, "1", {}, Overwrite::kAllow);
  EXPECT_EQ(read_adapter_file(longest).base_fingerprint, "1");
  EXPECT_EQ(test::count_entries(folder_.path()), 2);
}

TEST_F(StoredAdapter, IsNotWhatFullTuningMakes) {
  AdapterOptions options;
  options.method = "full";
  const Adapter full(model_.backbone, options);
  EXPECT_THROW(save_adapter(folder_ / "full", full, "0", {}), UsageError);
}

TEST(AdapterFolder, IsAHundredthOfItsModel) {
  for (const std::string& name : nn::backbone_names()) {
    const test::TemporaryFolder folder;
    model::Model model;
    model.backbone = nn::make_backbone(name);
    model::save_model(folder / "model.safetensors", model, io::DType::kFloat32);
    const Adapter adapter(model.backbone, AdapterOptions{});
    save_adapter(folder / "a", adapter, "base", {});
    const auto bytes = [&](const char* file) { return static_cast<double>(std::filesystem::file_size(folder / file)); };
    EXPECT_LT(bytes("a/adapter_model.safetensors"), 0.011 * bytes("model.safetensors")) << name;
  }
}

TEST_F(SeveralAdapters, RefuseAConfigurationThatMeansSomethingElse) {
  const std::filesystem::path file = folder_ / "first/adapter_config.json";
  const nlohmann::json config = io::read_json(file);
  for (const auto& [key, value] : {std::pair<const char*, nlohmann::json>{"init_lora_weights", "pissa"}, {"r", 2.5}}) {
    nlohmann::json changed = config;
    changed[key] = value;
    io::write_json(file, changed, Overwrite::kAllow);
    EXPECT_THROW((void)read_adapter_file(folder_ / "first"), InputError) << key;
  }
}

TEST_F(SeveralAdapters, KeepTheOrderOfTheirPatterns) {
  const std::filesystem::path file = folder_ / "first/adapter_config.json";
  std::string text = read_text_file(file);
  const std::string none = R"("alpha_pattern": {})";
  ASSERT_NE(text.find(none), std::string::npos) << text;
  text.replace(text.find(none), none.size(), R"("alpha_pattern": {"deconv.*": 3, "conv.*": 5.5})");
  write_text_file(file, text, Overwrite::kAllow);
  const auto patterns = read_adapter_file(folder_ / "first").options.alpha_pattern;
  ASSERT_EQ(patterns.size(), 2U);
  EXPECT_EQ(patterns[0].second, 3.0);
  EXPECT_EQ(patterns[1].second, 5.5);
}

}  // namespace
}  // namespace strataform::peft
