#include "strataform/peft/adapter_folder.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "strataform/core/atomic_file.h"
#include "strataform/core/error.h"
#include "strataform/io/json.h"
#include "strataform/io/safetensors.h"
#include "strataform/model/tensor_file.h"
#include "strataform/nn/backbone.h"
#include "strataform/peft/adapter.h"
#include "strataform/peft/merge.h"
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

/// Stores the tensors anew under other names and in another type.
void store_anew(const std::filesystem::path& path, torch::ScalarType type, io::DType storage,
                const std::function<std::string(const std::string&)>& rename) {
  std::vector<torch::Tensor> stored;  // keeps the memory that the infos point to
  std::vector<io::TensorInfo> infos;
  for (const auto& [name, tensor] : model::read_tensor_file(path).tensors) {
    stored.push_back(tensor.to(type).contiguous());
    const torch::Tensor& last = stored.back();
    infos.push_back({rename(name),
                     storage,
                     last.sizes().vec(),
                     {static_cast<const std::byte*>(last.data_ptr()), static_cast<std::size_t>(last.nbytes())}});
  }
  io::write_safetensors(path, std::move(infos), {{"format", "pt"}}, Overwrite::kAllow);
}

std::string kept_name(const std::string& name) { return name; }

/// "path.lora_A.weight" as "path.lora_A.<adapter>.weight".
std::string with_adapter_name(const std::string& name, const std::string& adapter) {
  const std::size_t end = name.rfind(".weight");
  return name.substr(0, end) + "." + adapter + name.substr(end);
}

TEST_F(StoredAdapter, LoadsBfloat16) {
  const torch::NoGradGuard no_grad;
  const std::filesystem::path tensors = path_ / "adapter_model.safetensors";
  const model::TensorMap before = model::read_tensor_file(tensors).tensors;
  store_anew(tensors, torch::kBFloat16, io::DType::kBFloat16, kept_name);
  for (const auto& [name, tensor] : model::read_tensor_file(tensors).tensors) {
    EXPECT_TRUE(torch::equal(tensor, before.at(name).to(torch::kBFloat16).to(torch::kFloat32))) << name;
  }
  const auto adapter = load_adapter(path_, model_);
  EXPECT_LT((model_.backbone->forward(input_) - output_).abs().max().item<float>(), 1e-2F);
}

TEST_F(StoredAdapter, LoadsNamesThatHaveTheAdaptersOwnInThem) {
  const torch::NoGradGuard no_grad;
  const std::filesystem::path tensors = path_ / "adapter_model.safetensors";
  const std::vector<std::string> layers = read_adapter_file(path_).layers;
  std::filesystem::remove(path_ / "strataform.json");  // other programs write none
  for (const char* adapter_name : {"default", "north_sea"}) {
    store_anew(tensors, torch::kFloat32, io::DType::kFloat32,
               [&](const std::string& name) { return with_adapter_name(name, adapter_name); });
    EXPECT_EQ(read_adapter_file(path_).layers.size(), layers.size());
    {
      const auto adapter = load_adapter(path_, model_);
      EXPECT_TRUE(torch::equal(model_.backbone->forward(input_), output_)) << adapter_name;
    }
    store_anew(tensors, torch::kFloat32, io::DType::kFloat32, [&](std::string name) {
      name.erase(name.rfind(adapter_name), std::string(adapter_name).size() + 1);
      return name;
    });
  }
  int count = 0;
  store_anew(tensors, torch::kFloat32, io::DType::kFloat32,
             [&](const std::string& name) { return with_adapter_name(name, ++count % 2 == 0 ? "one" : "other"); });
  EXPECT_THROW((void)read_adapter_file(path_), InputError) << "two adapters";
}

TEST_F(StoredAdapter, RefusesTheBasesOwnTensors) {
  store_anew(path_ / "adapter_model.safetensors", torch::kFloat32, io::DType::kFloat32, [](std::string name) {
    return name.find("convblock2_1.layers.0.lora_A") == std::string::npos
               ? name
               : name.replace(name.find("lora_A"), std::string("lora_A").size(), "base_layer");
  });
  EXPECT_THROW((void)read_adapter_file(path_), InputError);
}

TEST_F(StoredAdapter, LoadsARankAboveWhatALayerCanNeed) {
  const torch::NoGradGuard no_grad;
  const std::string layer = "convblock5_1.layers.0";
  for (const char* method : {"lora", "dora", "loha"}) {
    AdapterOptions options;
    options.method = method;
    options.rank = 500;
    options.target = layer;
    EXPECT_THROW(Adapter(model_.backbone, options), UsageError) << method << ": nobody should train it";
    Adapter adapter(model_.backbone, options, {layer});
    for (const auto& [name, tensor] : adapter.trainable()) tensor.normal_(0.0, 0.1);
    const torch::Tensor output = model_.backbone->forward(input_);
    const std::filesystem::path folder = folder_ / method;
    save_adapter(folder, adapter, model_.fingerprint, {});
    adapter.deactivate();
    const auto loaded = load_adapter(folder, model_);
    EXPECT_TRUE(torch::equal(model_.backbone->forward(input_), output)) << method;
    loaded->merge();
    EXPECT_TRUE(torch::allclose(model_.backbone->forward(input_), output, 1e-4, 1e-4)) << method;
  }
}

TEST_F(StoredAdapter, TakesNoMemoryForARankThatItDoesNotHave) {
  change_config("r", std::int64_t{1} << 40);
  EXPECT_THROW((void)load_adapter(path_, model_), InputError);
}

TEST_F(StoredAdapter, RefusesKeysThatMayChangeItsOutput) {
  const std::vector<std::pair<const char*, nlohmann::json>> keys = {
      {"layer_replication", {{0, 2}, {1, 3}}},
      {"alora_invocation_tokens", {1, 2}},
      {"arrow_config", {{"top_k", 3}}},
      {"use_qalora", true},
      {"target_parameters", {"conv.weight"}},
      {"trainable_token_indices", {5}},
      {"modules_to_save", {"deconv6"}},
      {"fan_in_fan_out", true},
      {"lora_bias", true},
      {"bias", "all"},
      {"of_a_later_version", 2.5},
  };
  for (const auto& [key, value] : keys) {
    const nlohmann::json before = io::read_json(path_ / "adapter_config.json");
    change_config(key, value);
    try {
      (void)read_adapter_file(path_);
      ADD_FAILURE() << key << " was taken";
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find(key), std::string::npos) << error.what();
    }
    io::write_json(path_ / "adapter_config.json", before, Overwrite::kAllow);
  }
  for (const char* key : {"layer_replication", "arrow_config", "of_a_later_version"}) change_config(key, nullptr);
  change_config("use_qalora", false);
  change_config("qalora_group_size", 16);
  change_config("trainable_token_indices", nlohmann::json::array());
  EXPECT_NO_THROW((void)read_adapter_file(path_));
}

/// The line with which a folder is refused.
std::string refusal_of(const std::filesystem::path& folder) {
  try {
    (void)read_adapter_file(folder);
  } catch (const InputError& error) {
    return error.what();
  }
  return "not refused";
}

TEST_F(StoredAdapter, SaysWhereAnAdapterMayBeOrHowToStoreIt) {
  const std::string outside = refusal_of(folder_.path());
  EXPECT_NE(outside.find("adapter_config.json"), std::string::npos) << outside;
  EXPECT_NE(outside.find(": a"), std::string::npos) << "the folder with one: " << outside;
  std::filesystem::rename(path_ / "adapter_model.safetensors", path_ / "adapter_model.bin");
  const std::string pickled = refusal_of(path_);
  EXPECT_NE(pickled.find("safe_serialization"), std::string::npos) << pickled;
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

/// A base in a file with two trained adapters of it, which change different layers.
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

class SeveralAdapters : public ::testing::Test {
 protected:
  void SetUp() override {
    model::save_model(base_, model_);
    store("first", 2, ".*_1.*", 7);
    store("second", 3, "(conv|de).*", 8);
  }

  void store(const std::string& name, std::int64_t rank, const std::string& target, std::uint64_t seed) const {
    const torch::NoGradGuard no_grad;
    AdapterOptions options;
    options.rank = rank;
    options.target = target;
    const Adapter adapter(model_.backbone, options);
    torch::manual_seed(seed);
    for (const auto& [path, tensor] : adapter.trainable()) tensor.normal_(0.0, 0.1);
    save_adapter(folder_ / name, adapter, model_.fingerprint, {});
  }

  /// The weights of the base with an adapter merged into them.
  [[nodiscard]] model::TensorMap merged(const std::string& name) const {
    const auto adapter = load_adapter(folder_ / name, model_);
    adapter->merge();
    model::TensorMap copy;
    for (const auto& [path, tensor] : model::state_of(*model_.backbone)) copy[path] = tensor.detach().clone();
    return copy;
  }

  /// The largest difference from base + first * updates of "first" + second * updates of "second".
  [[nodiscard]] double difference(const std::string& name, double first, double second) const {
    const model::TensorMap one = merged("first");
    const model::TensorMap two = merged("second");
    double largest = 0.0;
    for (const auto& [path, tensor] : merged(name)) {
      const torch::Tensor plain = model::state_of(*model_.backbone).at(path);
      const torch::Tensor expected = plain + first * (one.at(path) - plain) + second * (two.at(path) - plain);
      largest = std::max(largest, (tensor - expected).abs().max().item<double>());
    }
    return largest;
  }

  void combine(CombineOptions options, const std::string& output) const {
    if (options.adapters.empty()) options.adapters = {folder_ / "first", folder_ / "second"};
    combine_adapters(base_, options, folder_ / output, Overwrite::kRefuse);
  }

  test::TemporaryFolder folder_;
  std::filesystem::path base_ = folder_ / "base.safetensors";
  model::Model model_ = small_model(1);
};

TEST_F(SeveralAdapters, AddUpExactly) {
  combine({.weights = {0.7, -0.4}}, "sum");
  EXPECT_EQ(read_adapter_file(folder_ / "sum").options.rank, 5);
  EXPECT_LT(difference("sum", 0.7, -0.4), 1e-6);
  combine({.weights = {0.7, -0.4}, .how = Combination::kSvd, .rank = 5}, "svd");
  EXPECT_LT(difference("svd", 0.7, -0.4), 1e-6);
  combine({.weights = {0.7, -0.4}, .how = Combination::kSvd, .rank = 1}, "cut");
  EXPECT_GT(difference("cut", 0.7, -0.4), 1e-4);
}

TEST_F(SeveralAdapters, OfOneKindAreThemselvesInEveryWay) {
  for (const std::string& how : combination_names()) {
    CombineOptions options{.weights = {0.5}, .how = combination_from_name(how), .density = 1.0};
    options.adapters = {folder_ / "second"};
    combine(options, how);
    EXPECT_LT(difference(how, 0.0, 0.5), 1e-6) << how;
  }
  CombineOptions twice{.weights = {0.5, 0.5}, .how = Combination::kTies, .density = 1.0};
  twice.adapters = {folder_ / "second", folder_ / "second"};
  combine(twice, "twice");
  EXPECT_LT(difference("twice", 0.0, 1.0), 1e-6);
}

TEST_F(SeveralAdapters, HaveTheRankOfEachLayerAndNoMoreThanItCanNeed) {
  CombineOptions many{.weights = std::vector<double>(40, 0.025)};
  many.adapters = std::vector<std::filesystem::path>(40, folder_ / "second");
  combine(many, "many");
  EXPECT_LT(difference("many", 0.0, 1.0), 1e-5) << "120 is more than the smaller layers can have";

  AdapterOptions options;
  options.target = ".*";
  options.rank_pattern = {{"conv.*", 4}};
  Adapter mixed(model_.backbone, options);
  save_adapter(folder_ / "mixed", mixed, model_.fingerprint, {});
  mixed.deactivate();
  for (const char* how : {"linear", "svd"}) {
    CombineOptions one{.weights = {1.0}, .how = combination_from_name(how)};
    one.adapters = {folder_ / "mixed"};
    combine(one, std::string("mixed-") + how);
    const auto back = load_adapter(folder_ / (std::string("mixed-") + how), model_);
    for (const Adapter::Layer& layer : back->layers()) {
      EXPECT_EQ(layer.options.rank, layer.base.path.starts_with("conv") ? 4 : 1) << layer.base.path;
    }
  }
}

TEST_F(SeveralAdapters, AgreeOnASignOrDropEntriesAsTheirWaySays) {
  const auto combine_firsts = [&](const CombineOptions& options, const std::string& name) {
    CombineOptions twice = options;
    twice.adapters = std::vector<std::filesystem::path>(options.weights.size(), folder_ / "first");
    combine(twice, name);
  };
  // Of u and -u / 2 the first has the sign of the sum, and alone stands for the weights of both.
  combine_firsts({.weights = {1.0, -0.5}, .how = Combination::kTies, .density = 1.0}, "elected");
  EXPECT_LT(difference("elected", 1.5, 0.0), 1e-6);
  combine_firsts({.weights = {0.7, -0.4}, .how = Combination::kLinear}, "linear");
  EXPECT_LT(difference("linear", 0.3, 0.0), 1e-6);

  combine_firsts({.weights = {1.0}, .how = Combination::kTies, .rank = 10000}, "trimmed");
  combine_firsts({.weights = {1.0}, .how = Combination::kDare, .rank = 10000}, "thinned");
  const model::TensorMap one = merged("first");
  const model::TensorMap trimmed = merged("trimmed");
  const model::TensorMap thinned = merged("thinned");
  std::int64_t updated = 0;
  std::int64_t dropped = 0;
  for (const auto& [path, plain] : model::state_of(*model_.backbone)) {
    const torch::Tensor update = one.at(path) - plain;
    if (update.abs().max().item<float>() == 0.0F) continue;
    const torch::Tensor kept = (trimmed.at(path) - plain).abs() > 1e-5;
    EXPECT_GE(update.abs().masked_select(kept).min().item<float>(),
              update.abs().masked_select(~kept).max().item<float>() - 1e-5F)
        << path << ": the largest stay";
    EXPECT_LT((trimmed.at(path) - plain - update * kept).abs().max().item<float>(), 1e-5F) << path;
    const torch::Tensor doubled = (thinned.at(path) - plain).abs() > 1e-5;
    EXPECT_LT((thinned.at(path) - plain - 2.0 * update * doubled).abs().max().item<float>(), 1e-5F) << path;
    updated += 2 * update.numel();
    dropped += (~kept).sum().item<std::int64_t>() + (~doubled).sum().item<std::int64_t>();
  }
  EXPECT_NEAR(static_cast<double>(dropped) / static_cast<double>(updated), 0.5, 0.05);
}

TEST_F(SeveralAdapters, RefuseWhatDoesNotFit) {
  EXPECT_THROW(combine({.weights = {1.0, 1.0}, .rank = 2}, "x"), UsageError) << "the ranks add up";
  EXPECT_THROW(combine({.weights = {1.0}}, "x"), UsageError);
  EXPECT_THROW(combination_from_name("mean"), UsageError);
  EXPECT_THROW(combine({.weights = {1.0, 1.0}, .how = Combination::kLinear}, "x"), UsageError) << "ranks differ";
  EXPECT_THROW(combine({.weights = {1.0, 1.0}, .how = Combination::kTies, .density = 0.0}, "x"), UsageError);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "x"));
}

TEST_F(SeveralAdapters, WaitOnOneBaseForTheirTurn) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor x = torch::ones({1, 5, 1000, 70});
  const torch::Tensor plain = model_.backbone->forward(x);
  const auto first = load_adapter(folder_ / "first", model_);
  const torch::Tensor with_first = model_.backbone->forward(x);
  first->deactivate();
  const auto second = load_adapter(folder_ / "second", model_);
  EXPECT_FALSE(torch::equal(model_.backbone->forward(x), with_first));
  second->deactivate();
  EXPECT_TRUE(torch::equal(model_.backbone->forward(x), plain));
  first->activate();
  EXPECT_TRUE(torch::equal(model_.backbone->forward(x), with_first));
}

TEST_F(SeveralAdapters, MergeIntoAFileAndComeOutOfItBitByBit) {
  const std::filesystem::path merged_file = folder_ / "merged.safetensors";
  const std::filesystem::path restored = folder_ / "restored.safetensors";
  merge_model(base_, folder_ / "second", merged_file, io::DType::kFloat32, Overwrite::kRefuse);
  const model::Model loaded = model::load_model(merged_file);
  for (const auto& [path, tensor] : merged("second")) {
    EXPECT_TRUE(torch::equal(model::state_of(*loaded.backbone).at(path), tensor)) << path;
  }
  EXPECT_THROW(merge_model(base_, folder_ / "second", restored, io::DType::kFloat16, Overwrite::kRefuse), UsageError)
      << "a base in float32 could not come out of it";
  EXPECT_THROW(merge_model(merged_file, folder_ / "second", restored, io::DType::kFloat32, Overwrite::kRefuse),
               UsageError);
  unmerge_model(merged_file, restored, io::DType::kFloat32, Overwrite::kRefuse);
  EXPECT_EQ(model::load_model(restored).fingerprint, model_.fingerprint);
  EXPECT_THROW(unmerge_model(base_, folder_ / "x", io::DType::kFloat32, Overwrite::kRefuse), InputError);
}

TEST_F(SeveralAdapters, AMinusZeroComesOutOfAMergeToo) {
  const torch::NoGradGuard no_grad;
  for (const auto& [path, tensor] : model::state_of(*model_.backbone)) tensor.flatten()[0] = -0.0;
  const std::filesystem::path zeros = folder_ / "zeros.safetensors";
  const std::string fingerprint = model::save_model(zeros, model_);
  // Its update is zero, and -0 + 0 = 0.
  save_adapter(folder_ / "untrained", Adapter(model_.backbone, AdapterOptions{}), fingerprint, {});
  merge_model(zeros, folder_ / "untrained", folder_ / "merged", io::DType::kFloat32, Overwrite::kRefuse);
  unmerge_model(folder_ / "merged", folder_ / "restored", io::DType::kFloat32, Overwrite::kRefuse);
  EXPECT_EQ(model::load_model(folder_ / "restored").fingerprint, fingerprint);
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

TEST_F(SeveralAdapters, ConvertToWhatThePythonLibraryCanAdapt) {
  EXPECT_FALSE(read_adapter_file(folder_ / "second").extensions.empty());
  std::filesystem::remove(folder_ / "second/strataform.json");
  convert_adapter({base_, folder_ / "second", folder_ / "same"});
  EXPECT_EQ(read_adapter_file(folder_ / "same").base_fingerprint, model_.fingerprint);
  EXPECT_LT(difference("same", 0.0, 1.0), 1e-7);
  convert_adapter({base_, folder_ / "second", folder_ / "portable", true});
  EXPECT_TRUE(read_adapter_file(folder_ / "portable").extensions.empty());
}

}  // namespace
}  // namespace strataform::peft
