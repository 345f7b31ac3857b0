#include "strataform/core/context.h"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>

#include "strataform/core/error.h"
#include "support/recording_listener.h"

namespace strataform {
namespace {

TEST(StopToken, AsksWhateverHoldsOneToEnd) {
  EXPECT_FALSE(StopToken().stop_requested());
  const StopSource source;
  const StopToken token = source;
  const StopSource same = source;  // NOLINT(performance-unnecessary-copy-initialization): copies are what is tested
  EXPECT_FALSE(token.stop_requested());
  same.request_stop();
  EXPECT_TRUE(token.stop_requested());
  EXPECT_TRUE(source.stop_requested());
  source.reset();
  EXPECT_FALSE(token.stop_requested());
}

TEST(Context, ZeroThreadsAreThoseOfTheHardware) {
  EXPECT_EQ((Context{.threads = 3}.thread_count()), 3);
  EXPECT_GE(Context{}.thread_count(), 1);
}

TEST(Context, ThrowsWithTheMessageOfTheWorkThatItEnds) {
  const StopSource source;
  const Context context{source, nullptr};
  EXPECT_NO_THROW(context.throw_if_stopped("nothing was saved"));
  source.request_stop();
  EXPECT_TRUE(context.stop_requested());
  try {
    context.throw_if_stopped("nothing was saved");
    FAIL() << "went on";
  } catch (const InterruptedError& error) {
    EXPECT_STREQ(error.what(), "nothing was saved");
  }
}

TEST(Context, ThatIsSilentStopsAndComputesAsBefore) {
  const auto listener = std::make_shared<test::RecordingListener>();
  const StopSource source;
  const Context context{source, listener, 3};
  context.info("loud");
  context.warn("louder");
  const Context silent = context.silent();
  silent.info("unheard");
  silent.warn("unheard");
  source.request_stop();
  EXPECT_TRUE(silent.stop_requested());
  EXPECT_EQ(silent.thread_count(), 3);
  EXPECT_EQ(listener->infos, std::vector<std::string>{"loud"});
  EXPECT_EQ(listener->warnings, std::vector<std::string>{"louder"});
}

class ProgressOf : public ::testing::Test {
 protected:
  std::shared_ptr<test::RecordingListener> listener_ = std::make_shared<test::RecordingListener>();
  Context context_{{}, listener_};
};

TEST_F(ProgressOf, WorkThatSucceedsReportsItsEndOnce) {
  {
    Progress progress(context_, "simulating", 4, "samples");
    progress.update(4, "loss 0.12");
    progress.finish();
  }
  ASSERT_EQ(listener_->reports.size(), 2U);
  const test::RecordingListener::Report& last = listener_->reports.back();
  EXPECT_EQ(last.label, "simulating");
  EXPECT_EQ(last.unit, "samples");
  EXPECT_EQ(last.note, "loss 0.12");
  EXPECT_EQ(last.numbers.done, 4);
  EXPECT_EQ(last.numbers.total, 4);
  EXPECT_TRUE(last.numbers.finished);
  EXPECT_FALSE(last.numbers.failed);
  EXPECT_FALSE(listener_->reports.front().numbers.finished);
}

TEST_F(ProgressOf, WorkThatFailsSaysSo) {
  const auto fail = [this] {
    const Progress progress(context_, "failing", 4, "samples");
    throw std::runtime_error("bad input");
  };
  EXPECT_THROW(fail(), std::runtime_error);
  ASSERT_EQ(listener_->reports.size(), 1U);
  EXPECT_TRUE(listener_->reports.front().numbers.finished);
  EXPECT_TRUE(listener_->reports.front().numbers.failed);
}

TEST_F(ProgressOf, AnEarlierRunIsNoPartOfTheRate) {
  {
    Progress progress(context_, "resuming", 1000000, "samples");
    progress.skip(1000000);
  }
  const ProgressReport& last = listener_->reports.back().numbers;
  EXPECT_EQ(last.done, 1000000);
  EXPECT_EQ(last.skipped, 1000000);
  EXPECT_EQ(last.rate(), 0.0);
}

TEST(ProgressReport, KnowsRateAndTimeLeft) {
  const ProgressReport report{.done = 30, .total = 90, .skipped = 10, .seconds = 4.0};
  EXPECT_DOUBLE_EQ(report.rate(), 5.0);
  EXPECT_DOUBLE_EQ(report.seconds_left(), 12.0);
  EXPECT_EQ(ProgressReport{.total = 90}.rate(), 0.0);
  EXPECT_EQ(ProgressReport{.total = 90}.seconds_left(), 0.0);
}

TEST(Progress, NeedsNobodyToHear) {
  EXPECT_NO_THROW({
    Progress progress({}, "simulating", 4, "samples");
    progress.update(2);
    progress.finish();
  });
}

class BrokenListener final : public Listener {
 public:
  void message(Severity /*severity*/, std::string_view /*text*/) override {}
  void progress(const ProgressReport& /*report*/) override { throw std::runtime_error("enough"); }
};

TEST(Progress, EndsWithWhatTheListenerThrowsButNotInADestructor) {
  const Context context{{}, std::make_shared<BrokenListener>()};
  EXPECT_THROW(Progress(context, "simulating", 4, "samples").update(1), std::runtime_error);
  EXPECT_NO_THROW(Progress(context, "simulating", 4, "samples"));
}

}  // namespace
}  // namespace strataform
