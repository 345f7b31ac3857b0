// Runs that go on in their folders.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "strataform/core/atomic_file.h"
#include "strataform/core/error.h"
#include "strataform/io/safetensors.h"
#include "strataform/train/run_log.h"
#include "support/test_support.h"
#include "train/tiny_training.h"

namespace strataform::train {
namespace {

TEST(Train, ResumesBitForBit) {
  const test::TemporaryFolder folder;
  TrainTask whole = tiny_task();
  TrainOptions options = tiny_options(10);
  options.run_folder = folder / "whole";
  train(whole, options);

  TrainTask split = tiny_task();
  options.run_folder = folder / "split";
  const InterruptAt interrupt(6);
  EXPECT_THROW(train(split, options, std::ref(interrupt), interrupt.context()), InterruptedError);
  split = tiny_task();
  options.resume = true;
  const TrainResult result = train(split, options);

  EXPECT_EQ(result.steps, 10);
  const model::TensorMap expected = model::state_of(*whole.network);
  const model::TensorMap found = model::state_of(*split.network);
  ASSERT_EQ(expected.size(), found.size());
  for (const auto& [name, tensor] : expected) EXPECT_TRUE(torch::equal(tensor, found.at(name))) << name;
  const io::SafetensorsFile first(checkpoint_file(folder / "whole"));
  const io::SafetensorsFile second(checkpoint_file(folder / "split"));
  ASSERT_EQ(first.tensors().size(), second.tensors().size());
  for (const io::TensorInfo& tensor : first.tensors()) {
    const io::TensorInfo* other = second.find(tensor.name);
    ASSERT_NE(other, nullptr) << tensor.name;
    EXPECT_TRUE(std::ranges::equal(tensor.data, other->data)) << tensor.name;
  }
}

/// Asks a source to stop when so many of its maps have been read.
class StopsAfterReads : public TwoLayers {
 public:
  StopsAfterReads(std::int64_t size, int reads, StopSource source)
      : TwoLayers(size), reads_left_(reads), source_(std::move(source)) {}

  void read_velocity(std::int64_t index, std::span<float> out) const override {
    if (--reads_left_ < 0) source_.request_stop();
    TwoLayers::read_velocity(index, out);
  }

 private:
  mutable std::atomic<int> reads_left_;
  StopSource source_;
};

TEST(Train, MakesUpForAnInterruptedValidation) {
  constexpr std::int64_t kValidation = 40;  // ten batches
  const test::TemporaryFolder folder;
  TrainOptions options = tiny_options(10);
  options.keep_best = true;
  std::map<std::int64_t, double> errors, made_up;
  const auto into = [](std::map<std::int64_t, double>& found) {
    return [&found](const StepReport& report) {
      if (report.validation) found[report.step] = report.validation->mae;
    };
  };
  TrainTask whole = tiny_task();
  whole.validation = std::make_shared<TwoLayers>(kValidation);
  options.run_folder = folder / "whole";
  const TrainResult expected = train(whole, options, into(errors));

  // Within the second validation, that of step 4.
  const StopSource source;
  TrainTask split = tiny_task();
  split.validation = std::make_shared<StopsAfterReads>(kValidation, kValidation, source);
  options.run_folder = folder / "split";
  EXPECT_THROW(train(split, options, into(made_up), {source, nullptr}), InterruptedError);
  EXPECT_FALSE(made_up.contains(4));
  split = tiny_task();
  split.validation = whole.validation;
  options.resume = true;
  const TrainResult result = train(split, options, into(made_up));
  EXPECT_EQ(made_up, errors);
  EXPECT_EQ(result.selected_step, expected.selected_step);
  const model::TensorMap weights = model::state_of(*split.network);
  for (const auto& [name, tensor] : model::state_of(*whole.network)) {
    EXPECT_TRUE(torch::equal(tensor, weights.at(name))) << name;
  }
}

TEST(Train, RefusesToResumeWithOtherOptions) {
  const test::TemporaryFolder folder;
  TrainOptions options = tiny_options(2);
  options.run_folder = folder / "run";
  train(tiny_task(), options);
  options.resume = true;
  options.learning_rate = 1e-2;
  options.log_steps = 5;
  try {
    train(tiny_task(), options);
    FAIL() << "no error";
  } catch (const MismatchError& error) {
    EXPECT_NE(std::string(error.what()).find("`learning_rate` was 0.003, now 0.01"), std::string::npos) << error.what();
    EXPECT_EQ(std::string(error.what()).find("log_steps"), std::string::npos) << error.what();
  }
  write_text_file(checkpoint_file(folder / "run"), "not a checkpoint", Overwrite::kAllow);
  EXPECT_THROW(train(tiny_task(), options), InputError);
}

TEST(Train, ResumesWhereOptionsOfOtherMethodsWereRecorded) {
  const test::TemporaryFolder folder;
  TrainOptions options = tiny_options(2);
  options.run_folder = folder / "run";
  TrainTask task = tiny_task();
  task.identity = {{"rank", 2}, {"rank_stabilised", false}, {"bands", 4}};
  train(task, options);
  options.resume = true;
  task = tiny_task();
  task.identity = {{"rank", 2}, {"rank_stabilised", false}};
  EXPECT_NO_THROW(train(task, options));
  task.identity["rank_stabilised"] = true;
  EXPECT_THROW(train(task, options), MismatchError);
}

TEST(Train, RefusesAnExistingRunUnlessForced) {
  const test::TemporaryFolder folder;
  TrainOptions options = tiny_options(2);
  options.run_folder = folder / "run";
  train(tiny_task(), options);
  EXPECT_THROW(train(tiny_task(), options), IoError);
  options.overwrite = Overwrite::kAllow;
  EXPECT_NO_THROW(train(tiny_task(), options));
}

}  // namespace
}  // namespace strataform::train
