// Adapters in folders, for the tests of what reads, combines and merges them.
#pragma once

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "strataform/core/atomic_file.h"
#include "strataform/io/json.h"
#include "strataform/model/model.h"
#include "strataform/model/tensor_file.h"
#include "strataform/nn/backbone.h"
#include "strataform/peft/adapter.h"
#include "strataform/peft/adapter_folder.h"
#include "strataform/peft/merge.h"
#include "support/test_support.h"

namespace strataform::peft {

inline model::Model small_model(std::uint64_t seed) {
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

/// A base in a file with two trained adapters of it, which change different layers.
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

}  // namespace strataform::peft
