// Several adapters made one.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <filesystem>
#include <string>
#include <vector>

#include "peft/stored_adapters.h"
#include "strataform/core/context.h"
#include "strataform/core/error.h"

namespace strataform::peft {
namespace {

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

TEST_F(SeveralAdapters, RefuseWhatDoesNotFitAndStopOnDemand) {
  EXPECT_THROW(combine({.weights = {1.0, 1.0}, .rank = 2}, "x"), UsageError) << "the ranks add up";
  EXPECT_THROW(combine({.weights = {1.0}}, "x"), UsageError);
  EXPECT_THROW(combination_from_name("mean"), UsageError);
  EXPECT_THROW(combine({.weights = {1.0, 1.0}, .how = Combination::kLinear}, "x"), UsageError) << "ranks differ";
  EXPECT_THROW(combine({.weights = {1.0, 1.0}, .how = Combination::kTies, .density = 0.0}, "x"), UsageError);
  const CombineOptions both{.adapters = {folder_ / "first", folder_ / "second"}, .weights = {1.0, 1.0}};
  const StopSource stop;
  stop.request_stop();
  EXPECT_THROW(combine_adapters(base_, both, folder_ / "x", Overwrite::kRefuse, {.stop = stop}), InterruptedError);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "x"));
}

}  // namespace
}  // namespace strataform::peft
