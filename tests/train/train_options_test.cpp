#include "strataform/train/train_options.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <set>
#include <string>
#include <utility>

#include "strataform/core/error.h"

namespace strataform::train {
namespace {

/// Becomes whatever a member is initialised with.
struct Anything {
  template <class T>
  operator T() const;  // NOLINT(google-explicit-constructor)
};

template <class Aggregate, std::size_t... Index>
constexpr bool has_members(std::index_sequence<Index...> /*count*/) {
  return requires { Aggregate{(static_cast<void>(Index), Anything{})...}; };
}

template <class Aggregate, std::size_t Count = 0>
constexpr std::size_t count_members() {
  if constexpr (has_members<Aggregate>(std::make_index_sequence<Count + 1>{})) {
    return count_members<Aggregate, Count + 1>();
  } else {
    return Count;
  }
}

/// Of the members that say where and how a run is kept: run_folder, resume, overwrite, command.
constexpr std::size_t kOfTheRun = 4;

TEST(TrainOptions, AreAllDescribed) {
  static_assert(count_members<TrainOptions>() > kOfTheRun);
  EXPECT_EQ(train_options().size() + kOfTheRun, count_members<TrainOptions>())
      << "an option without a description has no check, no identity and no place on the command line";
  std::set<std::string> names;
  std::set<std::string> keys;
  for (const io::Option<TrainOptions>& option : train_options()) {
    EXPECT_TRUE(names.insert(option.name).second) << option.name;
    EXPECT_TRUE(keys.insert(option.record_key()).second) << option.name;
    EXPECT_FALSE(option.help.empty()) << option.name;
  }
}

TEST(TrainOptions, AreAllComparedByAResumedRunOrSayWhyNot) {
  TrainOptions options;
  const nlohmann::json identity = arithmetic_of(options);
  const nlohmann::json record = to_json(options);
  EXPECT_EQ(record.size(), train_options().size());
  for (const io::Option<TrainOptions>& option : train_options()) {
    EXPECT_TRUE(record.contains(option.record_key())) << option.name;
    EXPECT_EQ(identity.contains(option.record_key()), option.free_because.empty()) << option.name;
  }
  // What checkpoints of before hold is what runs resume with.
  const std::set<std::string> recorded = {"steps",
                                          "epochs",
                                          "batch_size",
                                          "optimizer",
                                          "learning_rate",
                                          "final_share",
                                          "warmup_steps",
                                          "weight_decay",
                                          "ema_decay",
                                          "clip_norm",
                                          "seed",
                                          "precision",
                                          "flips",
                                          "channels_last",
                                          "freeze_batch_norm",
                                          "augment",
                                          "structure_weight",
                                          "prefix_cache_bytes",
                                          "keep_best"};
  std::set<std::string> found;
  for (const auto& [key, value] : identity.items()) found.insert(key);
  EXPECT_EQ(found, recorded);
}

TEST(TrainOptions, TakeTheValuesThatTheyRecord) {
  TrainOptions options;
  options.steps = 7;
  options.seed = 11;
  options.optimizer = OptimizerKind::kMuon;
  options.device = "cuda:1";
  options.keep_best = true;
  TrainOptions copy;
  for (const io::Option<TrainOptions>& option : train_options()) option.set(copy, option.value(options));
  EXPECT_EQ(to_json(copy), to_json(options));
  EXPECT_EQ(copy.optimizer, OptimizerKind::kMuon);
  EXPECT_THROW(io::find_option(train_options(), "steps").set(copy, 1.5), UsageError);
  EXPECT_THROW(io::find_option(train_options(), "optimizer").set(copy, "sgd"), UsageError);
  EXPECT_THROW(io::find_option(train_options(), "keep_best").set(copy, 1), UsageError);
}

TEST(TrainOptions, AreRefusedByTheirNames) {
  TrainOptions options;
  options.steps = 1;
  options.batch_size = 0;
  try {
    check(options);
    FAIL() << "no error";
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "`batch_size`: expected at least 1, found 0");
  }
}

}  // namespace
}  // namespace strataform::train
