#include "strataform/train/schedule.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <string>

#include "strataform/core/error.h"
#include "strataform/train/run_log.h"
#include "support/test_support.h"

namespace strataform::train {
namespace {

TrainOptions hundred_steps() {
  TrainOptions options;
  options.steps = 100;
  options.warmup_steps = 10;
  options.learning_rate = 0.01;
  options.final_share = 0.1;
  return options;
}

TEST(Schedule, WarmsUpThenFollowsACosineToTheFloor) {
  const Schedule schedule(hundred_steps(), 1);
  const double cosine_at_ten = 0.1 + 0.9 * 0.5 * (1.0 + std::cos(0.1 * 3.14159265358979323846));
  EXPECT_NEAR(schedule.learning_rate(0, 0.0), 0.001, 1e-12);
  EXPECT_NEAR(schedule.learning_rate(10, 0.0), 0.01 * cosine_at_ten, 1e-12);
  EXPECT_NEAR(schedule.learning_rate(50, 0.0), 0.0055, 1e-12);
  EXPECT_NEAR(schedule.learning_rate(100, 0.0), 0.001, 1e-12);
}

TEST(Schedule, ALimitedTimeCoolsDownToo) {
  TrainOptions options = hundred_steps();
  options.max_minutes = 1.0;
  const Schedule schedule(options, 1);
  EXPECT_DOUBLE_EQ(schedule.progress(10, 30.0), 0.5);
  EXPECT_NEAR(schedule.learning_rate(20, 60.0), 0.001, 1e-12);
  EXPECT_GE(schedule.progress(20, 60.0), 1.0);
}

TEST(Schedule, TurnsEpochsIntoSteps) {
  TrainOptions options;
  options.epochs = 3;
  options.batch_size = 20;
  EXPECT_EQ(Schedule(options, 50).steps(), 8);
}

TEST(TrainOptions, RefusesBadValues) {
  TrainOptions options;
  EXPECT_THROW(check(options), UsageError) << "no length";
  options.steps = 1;
  EXPECT_NO_THROW(check(options));
  const auto expect_refused = [&](auto change) {
    TrainOptions changed = options;
    change(changed);
    EXPECT_THROW(check(changed), UsageError);
  };
  expect_refused([](TrainOptions& o) { o.batch_size = 0; });
  expect_refused([](TrainOptions& o) { o.learning_rate = -1.0; });
  expect_refused([](TrainOptions& o) { o.ema_decay = 1.0; });
  expect_refused([](TrainOptions& o) { o.clip_norm = -1.0; });
  expect_refused([](TrainOptions& o) { o.structure_weight = -0.1; });
  expect_refused([](TrainOptions& o) { o.device = "gpu"; });
  expect_refused([](TrainOptions& o) { o.resume = true; });
  EXPECT_THROW((void)precision_from_name("float16"), UsageError);
  EXPECT_THROW((void)flip_from_name("yes"), UsageError);
}

TEST(RunLog, DoesNotTouchAnEarlierRunUnlessForced) {
  const test::TemporaryFolder folder;
  write_text_file(folder / "log.jsonl", "{}\n");
  write_text_file(folder / "notes.txt", "mine\n");
  EXPECT_THROW(prepare_run_folder(folder.path(), true, Overwrite::kRefuse), IoError) << "no checkpoint";
  write_text_file(checkpoint_file(folder.path()), "state");
  EXPECT_THROW(prepare_run_folder(folder.path(), false, Overwrite::kRefuse), IoError);
  EXPECT_TRUE(std::filesystem::exists(folder / "log.jsonl"));
  prepare_run_folder(folder.path(), false, Overwrite::kAllow);
  EXPECT_FALSE(std::filesystem::exists(folder / "log.jsonl"));
  EXPECT_TRUE(std::filesystem::exists(folder / "notes.txt"));
}

TEST(RunLog, ReplacesARunThatLeftNoCheckpointAndNothingElse) {
  const test::TemporaryFolder folder;
  write_text_file(folder / "config.json", "{}\n");
  EXPECT_THROW(prepare_run_folder(folder.path(), false, Overwrite::kRefuse), IoError) << "not of a run";
  write_text_file(folder / "log.jsonl", "{}\n");
  prepare_run_folder(folder.path(), false, Overwrite::kRefuse);
  EXPECT_EQ(test::count_entries(folder.path()), 0);
}

TEST(RunLog, CutsOffWhatFollowedTheCheckpoint) {
  const test::TemporaryFolder folder;
  write_text_file(folder / "log.jsonl", "{\"step\":1}\n{\"step\":2}\n");
  RunLog log(folder.path(), nlohmann::json::object(), 11);
  log.write({{"step", 3}});
  EXPECT_EQ(read_text_file(folder / "log.jsonl"), "{\"step\":1}\n{\"step\":3}\n");
  EXPECT_EQ(log.log_bytes(), 22U);
}

/// How often TensorBoard would find a tag in the run's files.
std::size_t count_in_events(const std::filesystem::path& folder, const std::string& tag) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (!entry.path().filename().string().starts_with("events")) continue;
    const std::string text = read_text_file(entry.path());
    for (auto found = text.find(tag); found != std::string::npos; found = text.find(tag, found + 1)) ++count;
  }
  return count;
}

TEST(RunLog, HasEachStepOnceAfterAnyEnd) {
  const test::TemporaryFolder folder;
  std::uintmax_t checkpoint = 0;
  // Steps that a run writes before it is killed, where the next goes on from the first of them; the last goes on to
  // the end. What was written without a line in log.jsonl is of no step that counts.
  for (const int last : {3, 2, 4}) {
    RunLog log(folder.path(), nlohmann::json::object(), checkpoint);
    for (int step = checkpoint == 0 ? 1 : 2; step <= last; ++step) {
      log.write({{"step", step}});
      log.scalar("loss" + std::to_string(step), 0.5, step);
      log.flush();
      if (step == 1) checkpoint = log.log_bytes();
    }
    log.scalar("loss" + std::to_string(last + 1), 0.5, last + 1);
    log.flush();
  }
  EXPECT_EQ(read_text_file(folder / "log.jsonl"), "{\"step\":1}\n{\"step\":2}\n{\"step\":3}\n{\"step\":4}\n");
  for (const char* tag : {"loss1", "loss2", "loss3", "loss4"}) {
    EXPECT_EQ(count_in_events(folder.path(), tag), 1U) << tag;
  }
}

}  // namespace
}  // namespace strataform::train
