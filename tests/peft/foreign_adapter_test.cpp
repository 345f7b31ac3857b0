// Adapter folders as Hugging Face PEFT and other programs write and read them.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "peft/stored_adapters.h"
#include "strataform/core/error.h"
#include "strataform/io/safetensors.h"

namespace strataform::peft {
namespace {

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

}  // namespace
}  // namespace strataform::peft
