#include "strataform/data/cache.h"

#include <gtest/gtest.h>

#include <cmath>

#include "strataform/core/error.h"
#include "strataform/data/batch_loader.h"
#include "strataform/data/dataset_info.h"
#include "support/test_support.h"
#include "tiny_data.h"

namespace strataform::data {
namespace {

namespace fs = std::filesystem;

class CacheTest : public testing::Test {
 protected:
  void SetUp() override {
    write_shard(root_ / "source/FlatVel_A", {1, 0}, shape_, 1);
    write_shard(root_ / "source/FlatVel_A", {49, 0}, shape_, 2);
    write_shard(root_ / "source/CurveFault_A", {0, 3}, shape_, 3);
    options_.source = root_ / "source";
    options_.output = root_ / "cache";
  }

  const TinyShape shape_{};
  const test::TemporaryFolder root_;
  CacheOptions options_;
};

TEST_F(CacheTest, HoldsBlockMeansInHalfPrecision) {
  EXPECT_EQ(write_cache(options_), 9);
  const auto source = open_dataset(options_.source);
  const auto cache = open_dataset(options_.output);
  ASSERT_EQ(cache->size(), source->size());
  EXPECT_EQ(cache->gather_shape(), (GatherShape{.shots = 5, .samples = 4, .receivers = 7, .decimation = 5}));
  EXPECT_EQ(io::NpyReader(root_ / "cache/curvefault-a/seis3_1_0.npy").dtype(), io::DType::kFloat16);
  std::vector<float> means(static_cast<std::size_t>(cache->gather_shape().size()));
  for (std::int64_t index = 0; index < cache->size(); ++index) {
    EXPECT_EQ(cache->family(index), source->family(index));
    EXPECT_EQ(velocity_of(*cache, index), velocity_of(*source, index));
    block_means(source->gather_shape(), gathers_of(*source, index), 5, true, means);
    const std::vector<float> cached = gathers_of(*cache, index);
    for (std::size_t i = 0; i < means.size(); ++i) {
      ASSERT_NEAR(cached[i], means[i], 1e-4 + 5e-4 * std::abs(means[i]));
    }
  }
}

TEST_F(CacheTest, GivesTheSameInputAsItsSource) {
  write_cache(options_);
  const InputSpec spec = tiny_spec(shape_, 10);
  const BatchOptions options{.batch_size = 4, .seed = 2};
  const Batch raw = BatchLoader(open_dataset(options_.source), spec, options).batch(1);
  const Batch cached = BatchLoader(open_dataset(options_.output), spec, options).batch(1);
  EXPECT_EQ(raw.indices, cached.indices);
  EXPECT_EQ(raw.velocity, cached.velocity);
  for (std::size_t i = 0; i < raw.gathers.size(); ++i) ASSERT_NEAR(raw.gathers[i], cached.gathers[i], 1e-3);
}

TEST_F(CacheTest, KeepsWhatDescribesTheSource) {
  write_dataset_info(root_ / "source/FlatVel_A", {.family = "flatvel-a", .seed = 5, .count = 6});
  options_.split = Split::kTest;
  EXPECT_EQ(write_cache(options_), 3);
  const auto info = read_dataset_info(root_ / "cache/flatvel-a");
  ASSERT_TRUE(info);
  EXPECT_EQ(info->seed, 5U);
  EXPECT_EQ(info->count, 3);
  EXPECT_EQ(info->decimation, 5);
  EXPECT_TRUE(info->last_sample_ignored);
  EXPECT_TRUE(fs::exists(root_ / "cache/flatvel-a/data49.npy"));
  EXPECT_FALSE(fs::exists(root_ / "cache/flatvel-a/data1.npy"));
}

TEST_F(CacheTest, RefusesAmplitudesThatHalfPrecisionWouldLose) {
  const fs::path gathers = root_ / "source/FlatVel_A/data1.npy";
  const io::NpyReader reader(gathers);
  const std::vector<float> values = reader.read_all();
  const std::vector<std::int64_t>& shape = reader.shape();
  const std::size_t shot = values.size() / static_cast<std::size_t>(shape[0] * shape[1]);
  const auto scale = [&](std::size_t first, std::size_t count, float factor) {
    std::vector<float> scaled = values;
    for (std::size_t index = first; index < first + count; ++index) scaled[index] *= factor;
    io::write_npy(gathers, scaled, shape, io::DType::kFloat32, Overwrite::kAllow);
  };
  for (const float factor : {1e-9F, 1e-6F, 1e6F}) {
    scale(0, values.size(), factor);
    expect_error<InputError>([&] { write_cache(options_); }, {"data1.npy", "`storage`"});
  }
  scale(shot, shot, 1e-9F);
  expect_error<InputError>([&] { write_cache(options_); }, {"example 0", "shot 1"});
  options_.storage = io::DType::kFloat32;
  EXPECT_EQ(write_cache(options_), 9) << "goes on";
  const auto source = open_dataset(options_.source);
  const auto cache = open_dataset(options_.output);
  std::vector<float> means(static_cast<std::size_t>(cache->gather_shape().size()));
  block_means(source->gather_shape(), gathers_of(*source, 0), 5, true, means);
  EXPECT_EQ(gathers_of(*cache, 0), means);
  EXPECT_EQ(write_cache(options_), 9) << "finds it finished";
}

TEST_F(CacheTest, SecondCallWritesOnlyWhatIsMissing) {
  write_cache(options_);
  const fs::path kept = root_ / "cache/flatvel-a/data1.npy";
  const fs::path removed = root_ / "cache/flatvel-a/data49.npy";
  const auto before = io::NpyReader(removed).read_all();
  const auto time = fs::last_write_time(kept) - std::chrono::hours(1);
  fs::last_write_time(kept, time);
  fs::remove(removed);
  EXPECT_EQ(write_cache(options_), 9);
  EXPECT_EQ(fs::last_write_time(kept), time);
  EXPECT_EQ(io::NpyReader(removed).read_all(), before);
  options_.overwrite = Overwrite::kAllow;
  write_cache(options_);
  EXPECT_NE(fs::last_write_time(kept), time);
  EXPECT_TRUE(read_dataset_info(kept.parent_path())) << "replaced, not lost";
}

TEST_F(CacheTest, DoesNotMixSources) {
  options_.split = Split::kTrain;
  options_.family = "flatvel-a";
  write_cache(options_);
  options_.split = Split::kTest;
  EXPECT_THROW(write_cache(options_), MismatchError) << "as many samples, in a file of another name";
  options_.split = Split::kTrain;
  write_shard(root_ / "other/FlatVel_A", {1, 0}, shape_, 7);
  options_.source = root_ / "other";
  EXPECT_THROW(write_cache(options_), MismatchError) << "as many samples, in a file of the same name";
}

TEST_F(CacheTest, NoticesThatTheSameMapsWereShotAgain) {
  write_cache(options_);
  const std::filesystem::path gathers = root_ / "source/FlatVel_A/data1.npy";
  const io::NpyReader reader(gathers);
  std::vector<float> others = reader.read_all();
  for (float& value : others) value = 1.01F * value + 0.01F;
  io::write_npy(gathers, others, reader.shape(), io::DType::kFloat32, Overwrite::kAllow);
  EXPECT_THROW(write_cache(options_), MismatchError);
}

TEST_F(CacheTest, NeitherReplacesItsSourceNorJoinsTwo) {
  write_shard(root_ / "place/flatvel-a", {1, 0}, shape_, 1);
  options_.source = root_ / "place/flatvel-a";
  options_.output = root_ / "place";
  options_.overwrite = Overwrite::kAllow;
  EXPECT_THROW(write_cache(options_), UsageError);
  EXPECT_TRUE(fs::exists(root_ / "place/flatvel-a/data1.npy"));
  EXPECT_FALSE(fs::exists(root_ / "place/flatvel-a/dataset.json"));
  write_shard(root_ / "runs/a", {1, 0}, shape_, 1);
  write_shard(root_ / "runs/b", {1, 0}, shape_, 2);
  for (const char* name : {"runs/a", "runs/b"}) write_dataset_info(root_ / name, {.family = "flatvel-a", .count = 3});
  options_.source = root_ / "runs";
  options_.output = root_ / "both";
  EXPECT_THROW(write_cache(options_), UsageError);
  EXPECT_FALSE(fs::exists(options_.output));
}

TEST_F(CacheTest, InterruptedRunLeavesNoPartialFileAndGoesOn) {
  const StopSource source;
  source.request_stop();
  EXPECT_THROW(write_cache(options_, {source, nullptr}), InterruptedError);
  for (const auto& entry : fs::recursive_directory_iterator(options_.output)) {
    EXPECT_EQ(entry.path().string().find(".partial"), std::string::npos) << entry.path();
    EXPECT_FALSE(entry.path().filename().string().starts_with("seis")) << entry.path();
  }
  EXPECT_EQ(write_cache(options_), 9);
  EXPECT_EQ(open_dataset(options_.output)->size(), 9);
}

TEST_F(CacheTest, CacheOfACacheDecimatesFurther) {
  options_.decimation = 2;
  write_cache(options_);
  options_.source = options_.output;
  options_.output = root_ / "smaller";
  options_.decimation = 10;
  write_cache(options_);
  EXPECT_EQ(open_dataset(options_.output)->gather_shape().samples, 2);
  options_.output = root_ / "odd";
  options_.decimation = 5;
  expect_error<UsageError>([&] { write_cache(options_); }, {"decimation", "multiple of 2"});
  EXPECT_FALSE(fs::exists(options_.output));
}

TEST_F(CacheTest, OtherContentIsNotOverwritten) {
  write_cache(options_);
  options_.decimation = 4;
  expect_error<MismatchError>([&] { write_cache(options_); }, {"dataset.json", "`force`"});
  options_.overwrite = Overwrite::kAllow;
  EXPECT_EQ(write_cache(options_), 9);
  EXPECT_EQ(open_dataset(options_.output)->gather_shape().samples, 5);
  options_.output = root_ / "foreign";
  options_.overwrite = Overwrite::kRefuse;
  write_shard(options_.output / "flatvel-a", {1, 0}, shape_, 9);
  EXPECT_THROW(write_cache(options_), IoError);
}

TEST_F(CacheTest, BadOptionsAndSources) {
  options_.decimation = 3;
  EXPECT_THROW(write_cache(options_), UsageError);
  options_.decimation = 0;
  EXPECT_THROW(write_cache(options_), UsageError);
  options_.decimation = 1;
  std::vector<float> gathers = tiny_gathers(shape_, 1);
  gathers[3] = 1e5F;
  io::write_npy(root_ / "source/FlatVel_A/data1.npy", gathers, {3, 5, 20, 7}, io::DType::kFloat32, Overwrite::kAllow);
  expect_error<InputError>([&] { write_cache(options_); }, {"data1.npy", "example 0", "float16"});
  EXPECT_FALSE(fs::exists(root_ / "cache/flatvel-a/data1.npy"));
}

}  // namespace
}  // namespace strataform::data
