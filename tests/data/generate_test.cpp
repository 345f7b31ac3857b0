#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/data/dataset.h"
#include "strataform/data/dataset_info.h"
#include "strataform/data/generate.h"
#include "strataform/data/openfwi_layout.h"
#include "strataform/io/npy.h"
#include "support/test_support.h"

namespace strataform::data {
namespace {

namespace fs = std::filesystem;

GenerateOptions options_for(const char* family, const fs::path& output) {
  GenerateOptions options;
  options.families = {&geology::find_family(family)};
  options.count = 3;
  options.samples_per_file = 2;
  options.seed = 7;
  options.output = output;
  options.velocity_only = true;
  return options;
}

TEST(Generate, WritesTheFileNamesOfEachKindOfFamily) {
  const test::TemporaryFolder folder;
  generate_dataset(options_for("flatvel-a", folder / "vel"));
  EXPECT_EQ(io::NpyReader(folder / "vel/model1.npy").shape(), (std::vector<std::int64_t>{2, 1, 70, 70}));
  EXPECT_EQ(io::NpyReader(folder / "vel/model2.npy").count(), 1);

  GenerateOptions fault = options_for("curvefault-b", folder / "fault");
  fault.count = 8;
  generate_dataset(fault);
  for (const char* name : {"vel6_1_0.npy", "vel7_1_0.npy", "vel8_1_0.npy", "vel6_1_1.npy", "vel7_1_1.npy"}) {
    EXPECT_TRUE(fs::exists(folder / "fault" / name)) << name;
  }
}

TEST(Generate, AnyNumberOfSamplesHasItsShareOfEachNumberOfLayers) {
  const test::TemporaryFolder folder;
  GenerateOptions options = options_for("flatfault-a", folder / "fault");
  options.count = 31;
  options.samples_per_file = kSamplesPerFile;
  generate_dataset(options);
  std::vector<float> map(4900);
  for (const int layers : {2, 3, 4}) {
    const io::NpyReader reader(folder / "fault" / ShardName{0, layers}.velocity_file());
    ASSERT_EQ(reader.count(), layers == 2 ? 11 : 10);
    std::size_t most = 0;
    for (std::int64_t k = 0; k < reader.count(); ++k) {
      reader.read(k, 1, map);
      const auto index = static_cast<std::uint64_t>(3 * k + layers - 2);
      EXPECT_EQ(map, geology::generate_map(*options.families.front(), options.seed, index));
      most = std::max(most, std::set<float>(map.begin(), map.end()).size());
    }
    EXPECT_EQ(most, static_cast<std::size_t>(layers));
  }
}

TEST(Generate, SampleKOfASeedIsTheSameInAnyFile) {
  const test::TemporaryFolder folder;
  GenerateOptions options = options_for("style-b", folder / "split");
  generate_dataset(options);
  options.output = folder / "whole";
  options.samples_per_file = 3;
  generate_dataset(options);
  std::vector<float> last(4900);
  io::NpyReader(folder / "whole/model1.npy").read(2, 1, last);
  EXPECT_EQ(io::NpyReader(folder / "split/model2.npy").read_all(), last);
}

TEST(Generate, ADataSetGrowsByTheSamplesThatItLacks) {
  const test::TemporaryFolder folder;
  GenerateOptions options = options_for("style-b", folder / "data");
  generate_dataset(options);
  const auto untouched = fs::last_write_time(folder / "data/model1.npy");
  options.count = 5;
  generate_dataset(options);
  EXPECT_EQ(fs::last_write_time(folder / "data/model1.npy"), untouched);
  EXPECT_EQ(read_dataset_info(folder / "data")->count, 5);

  options.output = folder / "at once";
  generate_dataset(options);
  for (const char* name : {"model1.npy", "model2.npy", "model3.npy"}) {
    EXPECT_EQ(io::NpyReader(folder / "data" / name).read_all(), io::NpyReader(folder / "at once" / name).read_all());
  }
  options.count = 4;
  EXPECT_THROW(generate_dataset(options), MismatchError);
}

TEST(Generate, WritesGathersThatADatasetReads) {
  const test::TemporaryFolder folder;
  GenerateOptions options = options_for("flatvel-a", folder / "data");
  options.count = 1;
  options.velocity_only = false;
  generate_dataset(options);
  options.output = folder / "cache";
  options.flip_shot = true;
  options.decimation = 5;
  generate_dataset(options);

  const auto full = open_dataset(folder / "data");
  const auto cache = open_dataset(folder / "cache");
  EXPECT_EQ(full->gather_shape(), (GatherShape{5, 1000, 70, 1}));
  EXPECT_EQ(cache->gather_shape(), (GatherShape{6, 200, 70, 5}));
  EXPECT_EQ(cache->family(0), "flatvel-a");
  std::vector<float> gathers(static_cast<std::size_t>(full->gather_shape().size()));
  std::vector<float> means(static_cast<std::size_t>(cache->gather_shape().size()));
  full->read_gathers(0, gathers);
  cache->read_gathers(0, means);
  for (const std::size_t receiver : {0U, 35U, 69U}) {
    double mean = 0.0;
    for (std::size_t sample = 400; sample < 405; ++sample) mean += gathers[sample * 70 + receiver] / 5.0;
    EXPECT_NEAR(means[80 * 70 + receiver], mean, 1e-3 * std::abs(mean) + 1e-6);
  }
}

TEST(Generate, GoesOnWhereAnInterruptedRunStopped) {
  const test::TemporaryFolder folder;
  const GenerateOptions options = options_for("curvevel-a", folder / "data");
  const StopSource source;
  source.request_stop();
  EXPECT_THROW(generate_dataset(options, {source, nullptr}), InterruptedError);
  EXPECT_FALSE(fs::exists(folder / "data/model1.npy"));

  generate_dataset(options);
  const auto expected = io::NpyReader(folder / "data/model1.npy").read_all();
  const auto written = fs::last_write_time(folder / "data/model2.npy");
  fs::remove(folder / "data/model1.npy");
  generate_dataset(options);
  EXPECT_EQ(io::NpyReader(folder / "data/model1.npy").read_all(), expected);
  EXPECT_EQ(fs::last_write_time(folder / "data/model2.npy"), written);
}

TEST(Generate, RefusesToMixDataUnlessForced) {
  const test::TemporaryFolder folder;
  GenerateOptions options = options_for("curvevel-a", folder / "data");
  generate_dataset(options);
  options.seed = 8;
  EXPECT_THROW(generate_dataset(options), MismatchError);
  options.overwrite = Overwrite::kAllow;
  EXPECT_NO_THROW(generate_dataset(options));
  EXPECT_EQ(read_dataset_info(folder / "data")->seed, 8U);

  options.count = 1;
  generate_dataset(options);
  EXPECT_FALSE(fs::exists(folder / "data/model2.npy")) << "a file of the data that were replaced";
}

TEST(Generate, LeavesDataOfUnknownOriginAlone) {
  const test::TemporaryFolder folder;
  io::write_npy(folder / "model1.npy", std::vector<float>(4), {1, 1, 2, 2});
  EXPECT_THROW(generate_dataset(options_for("curvevel-a", folder.path())), IoError);
  EXPECT_EQ(io::NpyReader(folder / "model1.npy").item_size(), 4);
  EXPECT_EQ(test::count_entries(folder.path()), 1);
}

TEST(Generate, RefusesBadOptions) {
  const test::TemporaryFolder folder;
  GenerateOptions options = options_for("flatvel-a", folder / "data");
  options.count = 0;
  EXPECT_THROW(generate_dataset(options), UsageError);
  options.count = 1;
  options.decimation = 7;
  EXPECT_THROW(generate_dataset(options), UsageError);
}

}  // namespace
}  // namespace strataform::data
