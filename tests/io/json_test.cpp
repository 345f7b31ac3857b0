#include "strataform/io/json.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>

#include "io/error_of.h"
#include "strataform/core/error.h"
#include "support/test_support.h"

namespace strataform::io {
namespace {

using test::count_entries;
using test::error_of;
using test::says;
using test::TemporaryFolder;

std::string json_refusal(std::string_view text) {
  return error_of<InputError>([&] { (void)parse_json(text, "run.json"); });
}

TEST(Json, WritesIndentedTextAndReadsItBack) {
  const TemporaryFolder folder;
  const nlohmann::json value = {{"rank", 3}, {"layers", {"conv1", "conv2"}}};
  write_json(folder / "a.json", value);
  EXPECT_EQ(read_text_file(folder / "a.json"),
            "{\n  \"layers\": [\n    \"conv1\",\n    \"conv2\"\n  ],\n  \"rank\": 3\n}\n");
  EXPECT_EQ(read_json(folder / "a.json"), value);
}

TEST(Json, ReplacesAFileOnlyOnRequest) {
  const TemporaryFolder folder;
  write_json(folder / "a.json", 1);
  EXPECT_THROW(write_json(folder / "a.json", 2), IoError);
  EXPECT_EQ(read_json(folder / "a.json"), 1);
  write_json(folder / "a.json", 2, Overwrite::kAllow);
  EXPECT_EQ(read_json(folder / "a.json"), 2);
  EXPECT_EQ(count_entries(folder.path()), 1);
}

TEST(Json, WritesTextThatIsNotUtf8) {
  const TemporaryFolder folder;
  write_json(folder / "a.json", {{"data", "caf\xe9"}});
  EXPECT_EQ(read_json(folder / "a.json")["data"], "caf\xef\xbf\xbd");
}

TEST(Json, RefusesDamagedText) {
  for (const char* text : {"{\"rank\": 3", "{\"rank\" 3}", "{\"a\": 1}{", "[1, 2\n", "\"\n\""}) {
    EXPECT_TRUE(says(json_refusal(text), {"run.json", "line"})) << text;
  }
}

TEST(Json, RefusesRepeatedKeys) {
  EXPECT_TRUE(says(json_refusal(R"({"a": {"b": 1}, "c": {"b": 1, "b": 2}})"), "the JSON key \"b\" is repeated"));
  EXPECT_NO_THROW((void)parse_json(R"({"a": {"b": 1}, "c": [{"b": 1}, {"b": 2}]})", "run.json"));
}

TEST(Json, RefusesWhatIsNestedWithoutEnd) {
  EXPECT_TRUE(says(json_refusal(std::string(100000, '[')), "100"));
  EXPECT_NO_THROW((void)parse_json(std::string(90, '[') + std::string(90, ']'), "run.json"));
}

TEST(Json, NamesFilesThatAreNotJson) {
  const TemporaryFolder folder;
  write_text_file(folder / "a.json", "");
  EXPECT_TRUE(says(error_of<InputError>([&] { (void)read_json(folder / "a.json"); }), {"a.json", "empty"}));
  EXPECT_TRUE(says(error_of<IoError>([&] { (void)read_json(folder / "b.json"); }), {"b.json", std::strerror(ENOENT)}));
  EXPECT_TRUE(says(error_of<IoError>([&] { (void)read_json(folder.path()); }), "a folder"));
}

TEST(JsonLines, AppendsAcrossRuns) {
  const TemporaryFolder folder;
  {
    JsonLines log(folder / "log.jsonl");
    log.append({{"step", 1}, {"loss", 0.5}});
    // Visible before the run ends.
    EXPECT_EQ(read_text_file(folder / "log.jsonl"), "{\"loss\":0.5,\"step\":1}\n");
  }
  JsonLines(folder / "log.jsonl").append({{"step", 2}});
  EXPECT_EQ(read_text_file(folder / "log.jsonl"), "{\"loss\":0.5,\"step\":1}\n{\"step\":2}\n");
}

TEST(JsonLines, NamesAFileThatCannotBeWritten) {
  const TemporaryFolder folder;
  const std::string missing = error_of<IoError>([&] { JsonLines(folder / "no/log.jsonl"); });
  EXPECT_TRUE(says(missing, "log.jsonl"));
  const std::string full = error_of<IoError>([] { JsonLines("/dev/full").append(1); });
  EXPECT_TRUE(says(full, {"/dev/full", std::strerror(ENOSPC)}));
}

}  // namespace
}  // namespace strataform::io
