// Adapters of one base in turn, in a model file and written anew.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <filesystem>
#include <string>

#include "peft/stored_adapters.h"
#include "strataform/core/error.h"

namespace strataform::peft {
namespace {

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

TEST_F(SeveralAdapters, WhatHalfPrecisionHoldsIsStoredSo) {
  const std::filesystem::path half = folder_ / "half.safetensors";
  const std::string fingerprint = model::save_model(half, model_, io::DType::kFloat16);
  const model::Model base = model::load_model(half);
  save_adapter(folder_ / "untrained", Adapter(base.backbone, AdapterOptions{}), fingerprint, {});
  merge_model(half, folder_ / "untrained", folder_ / "merged", io::DType::kFloat32, Overwrite::kRefuse);
  EXPECT_LT(std::filesystem::file_size(folder_ / "merged"),
            1.1 * static_cast<double>(std::filesystem::file_size(half)));
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
