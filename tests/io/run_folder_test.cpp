#include "strataform/io/run_folder.h"

#include <gtest/gtest.h>

#include <string>

#include "io/error_of.h"
#include "strataform/core/error.h"
#include "strataform/io/json.h"
#include "support/test_support.h"

namespace strataform::io {
namespace {

using nlohmann::json;
using test::error_of;
using test::says;

RunFiles files() {
  return {.state = "state.json",
          .is_own = [](std::string_view name) { return name.starts_with("part_"); },
          .advice = "`work` names another folder",
          .first = "log.jsonl"};
}

TEST(Configuration, IsComparedMemberByMember) {
  const json recorded = {{"rate", 0.01}, {"same", 1}, {"survey", {{"spacing", 10}, {"order", 4}}}, {"old", true}};
  const json present = {{"rate", 0.02}, {"same", 1.0}, {"survey", {{"spacing", 5}, {"order", 4}}}, {"new", "x"}};
  EXPECT_EQ(configuration_difference(recorded, present),
            "`old` was true, now absent; `rate` was 0.01, now 0.02; `survey.spacing` was 10, now 5; `new` was absent, "
            "now \"x\"");
  EXPECT_EQ(configuration_difference(recorded, recorded), "");
  EXPECT_NE(configuration_difference(json::array(), recorded), "");
  EXPECT_NO_THROW(require_same_configuration("run/state.json", recorded, recorded, "do otherwise"));
  EXPECT_EQ(error_of<MismatchError>(
                [&] { require_same_configuration("run/state.json", {{"rate", 1}}, {{"rate", 2}}, "do otherwise"); }),
            "run/state.json: `rate` was 1, now 2; do otherwise");
}

TEST(Configuration, LongValuesAreCutShort) {
  const std::string difference =
      configuration_difference({{"list", std::string(500, 'a')}}, {{"list", std::string(500, 'b')}});
  EXPECT_LT(difference.size(), 200U);
  EXPECT_TRUE(says(difference, "aaa..."));
}

TEST(RunFolder, BeginsAndGoesOn) {
  const test::TemporaryFolder folder;
  const RunFolder begun(folder / "a/run", files(), EarlierRun::kResumeIfThere);
  EXPECT_FALSE(begun.is_resumed());
  begun.configure({{"rate", 1}});
  write_text_file(begun.path() / "part_1", "mine");

  const RunFolder resumed(folder / "a/run", files(), EarlierRun::kResumeIfThere);
  EXPECT_TRUE(resumed.is_resumed());
  EXPECT_NO_THROW(resumed.configure({{"rate", 1}}));
  const std::string error = error_of<MismatchError>([&] { resumed.configure({{"rate", 2}}); });
  EXPECT_TRUE(says(error, "state.json: `rate` was 1, now 2; `work` names another folder"));
  EXPECT_TRUE(std::filesystem::exists(folder / "a/run/part_1"));
  EXPECT_THROW(RunFolder(folder / "none", files(), EarlierRun::kResume), IoError);
  EXPECT_FALSE(std::filesystem::exists(folder / "none"));
}

TEST(RunFolder, RemovesNothingButTheRunItReplaces) {
  const test::TemporaryFolder folder;
  for (const char* name : {"state.json", "log.jsonl", "part_1", "notes.txt"}) write_text_file(folder / name, "{}\n");
  const std::string error = error_of<IoError>([&] { RunFolder(folder.path(), files(), EarlierRun::kRefuse); });
  EXPECT_TRUE(says(error, "`resume`"));
  EXPECT_EQ(test::count_entries(folder.path()), 4);
  EXPECT_FALSE(RunFolder(folder.path(), files(), EarlierRun::kReplace).is_resumed());
  EXPECT_EQ(test::count_entries(folder.path()), 1);
  EXPECT_TRUE(std::filesystem::exists(folder / "notes.txt"));
  EXPECT_NO_THROW(RunFolder(folder.path(), files(), EarlierRun::kRefuse)) << "files of others are in nobody's way";
}

TEST(RunFolder, LeavesFilesOfUnknownOriginAlone) {
  const test::TemporaryFolder folder;
  write_text_file(folder / "part_1", "whose?");
  for (const EarlierRun earlier : {EarlierRun::kRefuse, EarlierRun::kResumeIfThere}) {
    EXPECT_TRUE(says(error_of<IoError>([&] { RunFolder(folder.path(), files(), earlier); }), "part_1"));
  }
  EXPECT_EQ(test::count_entries(folder.path()), 1);
  // Unless they are those of a run that failed before it had anything to keep.
  write_text_file(folder / "log.jsonl", "{}\n");
  EXPECT_NO_THROW(RunFolder(folder.path(), files(), EarlierRun::kRefuse));
  EXPECT_EQ(test::count_entries(folder.path()), 0);
}

TEST(RunFolder, DiscardsWhatItMadeAlone) {
  const test::TemporaryFolder folder;
  const RunFolder made(folder / "made", files(), EarlierRun::kRefuse);
  made.configure({});
  made.discard();
  EXPECT_FALSE(std::filesystem::exists(folder / "made"));
  const RunFolder found(folder.path(), files(), EarlierRun::kRefuse);
  found.configure({});
  found.discard();
  EXPECT_TRUE(std::filesystem::exists(found.state_file()));
}

TEST(RunFolder, ResumingCountsMoreThanReplacing) {
  EXPECT_EQ(earlier_run(true, Overwrite::kAllow), EarlierRun::kResume);
  EXPECT_EQ(earlier_run(false, Overwrite::kAllow), EarlierRun::kReplace);
  EXPECT_EQ(earlier_run(false, Overwrite::kRefuse), EarlierRun::kRefuse);
}

}  // namespace
}  // namespace strataform::io
