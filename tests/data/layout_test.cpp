#include <gtest/gtest.h>

#include "strataform/core/error.h"
#include "strataform/data/openfwi_layout.h"
#include "support/test_support.h"
#include "tiny_data.h"

namespace strataform::data {
namespace {

TEST(Layout, FileNamesThereAndBack) {
  const ShardName vel{.number = 12};
  EXPECT_EQ(vel.gathers_file(), "data12.npy");
  EXPECT_EQ(vel.velocity_file(), "model12.npy");
  const ShardName fault{.number = 35, .layers = 8};
  EXPECT_EQ(fault.gathers_file(), "seis8_1_35.npy");
  EXPECT_EQ(fault.velocity_file(), "vel8_1_35.npy");
  for (const ShardName& name : {vel, fault}) {
    EXPECT_EQ(parse_file_name(name.gathers_file())->shard, name);
    EXPECT_FALSE(parse_file_name(name.gathers_file())->is_velocity);
    EXPECT_EQ(parse_file_name(name.velocity_file())->shard, name);
    EXPECT_TRUE(parse_file_name(name.velocity_file())->is_velocity);
  }
}

TEST(Layout, OtherNamesAreNone) {
  for (const char* name : {"data.npy", "data1.npz", "data1.npy.partial7", "xdata1.npy", "seis2_2_0.npy", "vel_1_0.npy",
                           "seis0_1_0.npy", "data99999999999999999999.npy", "dataset.json"}) {
    EXPECT_FALSE(parse_file_name(name)) << name;
  }
}

TEST(Layout, FamiliesFromFolderNames) {
  EXPECT_EQ(family_from_name("FlatVel_A"), "flatvel-a");
  EXPECT_EQ(family_from_name("CurveFault-B"), "curvefault-b");
  EXPECT_EQ(family_from_name("style-a"), "style-a");
  EXPECT_EQ(family_from_name("My_Survey"), "My_Survey");
}

TEST(Layout, PublishedSplits) {
  const auto counts = [](const std::string& family, std::int64_t first, std::int64_t last, int layers) {
    std::pair<int, int> train_and_test;
    for (std::int64_t n = first; n <= last; ++n) {
      train_and_test.first += in_split({n, layers}, family, Split::kTrain) ? 1 : 0;
      train_and_test.second += in_split({n, layers}, family, Split::kTest) ? 1 : 0;
      EXPECT_TRUE(in_split({n, layers}, family, Split::kAll));
    }
    return train_and_test;
  };
  EXPECT_EQ(counts("curvevel-b", 1, 60, 0), std::pair(48, 12));
  EXPECT_EQ(counts("style-a", 1, 134, 0), std::pair(120, 14));
  EXPECT_EQ(counts("flatfault-a", 0, 35, 3), std::pair(32, 4));
  EXPECT_FALSE(in_split({31, 3}, "flatfault-a", Split::kTest));
  EXPECT_TRUE(in_split({32, 3}, "flatfault-a", Split::kTest));
  EXPECT_THROW((void)in_split({1, 0}, "My_Survey", Split::kTest), UsageError);
  EXPECT_TRUE(in_split({1, 0}, "My_Survey", Split::kAll));
}

TEST(Layout, SplitNames) {
  EXPECT_EQ(split_from_name("train"), Split::kTrain);
  expect_error<UsageError>([] { (void)split_from_name("val"); }, {"train", "val"});
}

TEST(Layout, FilesComeInNumericOrder) {
  const test::TemporaryFolder root;
  for (const std::int64_t number : {10, 2, 1}) write_shard(root / "FlatVel_A", {number, 0}, {}, 1);
  for (const int layers : {4, 2}) {
    for (const std::int64_t number : {11, 3}) write_shard(root / "CurveFault_A", {number, layers}, {}, 1);
  }
  const auto folders = find_family_folders(root.path());
  ASSERT_EQ(folders.size(), 2U);
  EXPECT_EQ(folders[0].family, "curvefault-a");
  std::vector<ShardName> names;
  for (const Shard& shard : folders[0].shards) names.push_back(shard.name);
  EXPECT_EQ(names, (std::vector<ShardName>{{3, 2}, {3, 4}, {11, 2}, {11, 4}}));
  names.clear();
  for (const Shard& shard : folders[1].shards) names.push_back(shard.name);
  EXPECT_EQ(names, (std::vector<ShardName>{{1, 0}, {2, 0}, {10, 0}}));
}

TEST(Layout, SubfoldersForDataAndModel) {
  const test::TemporaryFolder root;
  write_shard(root / "all", {1, 0}, {}, 1);
  const std::filesystem::path family = root / "Style_B";
  std::filesystem::create_directories(family / "data");
  std::filesystem::create_directories(family / "model");
  std::filesystem::rename(root / "all/data1.npy", family / "data/data1.npy");
  std::filesystem::rename(root / "all/model1.npy", family / "model/model1.npy");
  const auto folders = find_family_folders(family);
  ASSERT_EQ(folders.size(), 1U);
  EXPECT_EQ(folders[0].family, "style-b");
  ASSERT_EQ(folders[0].shards.size(), 1U);
  EXPECT_EQ(folders[0].shards[0].velocity, family / "model/model1.npy");
}

TEST(Layout, MissingPartnersAreNamed) {
  const test::TemporaryFolder root;
  write_shard(root.path(), {1, 0}, {}, 1);
  write_shard(root.path(), {2, 0}, {}, 1);
  std::filesystem::remove(root / "model2.npy");
  expect_error<InputError>([&] { (void)find_family_folders(root.path()); }, {"data2.npy", "model2.npy"});
  EXPECT_EQ(find_family_folders(root.path(), false).front().shards.size(), 2U);
  std::filesystem::remove(root / "data1.npy");
  expect_error<InputError>([&] { (void)find_family_folders(root.path(), false); }, {"model1.npy", "data1.npy"});
}

TEST(Layout, FileTwiceIsRefused) {
  const test::TemporaryFolder root;
  write_shard(root.path(), {1, 0}, {}, 1);
  write_shard(root / "data", {1, 0}, {}, 1);
  expect_error<InputError>([&] { (void)find_family_folders(root.path()); }, {"data1.npy"});
}

TEST(Layout, FoldersWithoutFiles) {
  const test::TemporaryFolder root;
  expect_error<InputError>([&] { (void)find_family_folders(root.path()); }, {root.path().string(), "found none"});
  expect_error<IoError>([&] { (void)find_family_folders(root / "absent"); }, {"absent", "no such folder"});
  write_text_file(root / "file", "x");
  expect_error<IoError>([&] { (void)find_family_folders(root / "file"); }, {"found a file"});
}

}  // namespace
}  // namespace strataform::data
