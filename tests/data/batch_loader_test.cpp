#include "strataform/data/batch_loader.h"

#include <gtest/gtest.h>
#include "strataform/data/input_reader.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <set>
#include <stdexcept>

#include "strataform/core/error.h"
#include "support/test_support.h"
#include "tiny_data.h"

namespace strataform::data {
namespace {

/// Ten samples of OpenFWI's survey: six shots over 70 columns, but few time samples and rows.
class BatchLoaderTest : public testing::Test {
 protected:
  void SetUp() override {
    write_shard(root_ / "FlatVel_A", {1, 0}, shape_, 1);
    write_shard(root_ / "Style_A", {1, 0}, shape_, 2);
    dataset_ = open_dataset(root_.path());
    spec_ = tiny_spec(shape_, 2);
    spec_.shots = 5;
  }

  [[nodiscard]] BatchLoader loader(const BatchOptions& options) const { return {dataset_, spec_, options}; }

  const TinyShape shape_{.count = 5, .shots = 6, .samples = 8, .receivers = 70, .nz = 4, .nx = 70};
  const test::TemporaryFolder root_;
  std::shared_ptr<const Dataset> dataset_;
  InputSpec spec_;
};

void expect_equal(const Batch& a, const Batch& b) {
  EXPECT_EQ(a.indices, b.indices);
  EXPECT_EQ(a.flipped, b.flipped);
  EXPECT_EQ(a.gathers, b.gathers);
  EXPECT_EQ(a.velocity, b.velocity);
}

TEST_F(BatchLoaderTest, BatchDependsOnSeedAndStepAlone) {
  BatchLoader first = loader({.batch_size = 4, .seed = 7, .prefetch = 2});
  BatchLoader second = loader({.batch_size = 4, .seed = 7, .prefetch = 4});
  std::vector<Batch> batches;
  for (std::int64_t step = 0; step < 9; ++step) batches.push_back(first.batch(step));
  for (const std::int64_t step : {5, 6, 7, 1, 8, 8, 0}) {
    expect_equal(second.batch(step), batches[static_cast<std::size_t>(step)]);
  }
  BatchLoader shared = loader({.batch_size = 4, .seed = 7, .threads = 3});
  expect_equal(shared.batch(2), batches[2]);
  BatchLoader other = loader({.batch_size = 4, .seed = 8});
  EXPECT_NE(other.batch(0).indices, batches[0].indices);
}

TEST_F(BatchLoaderTest, EveryEpochHasEverySampleOnceInANewOrder) {
  BatchLoader batches = loader({.batch_size = 4, .seed = 1});
  std::vector<std::int64_t> draws;
  for (std::int64_t step = 0; step < 5; ++step) {
    const Batch batch = batches.batch(step);
    EXPECT_EQ(batch.count, 4);
    draws.insert(draws.end(), batch.indices.begin(), batch.indices.end());
  }
  const std::vector<std::int64_t> epoch0(draws.begin(), draws.begin() + 10);
  const std::vector<std::int64_t> epoch1(draws.begin() + 10, draws.end());
  EXPECT_EQ(std::set<std::int64_t>(epoch0.begin(), epoch0.end()).size(), 10U);
  EXPECT_EQ(std::set<std::int64_t>(epoch1.begin(), epoch1.end()).size(), 10U);
  EXPECT_NE(epoch0, epoch1);
}

TEST_F(BatchLoaderTest, BatchLargerThanTheDataset) {
  BatchLoader batches = loader({.batch_size = 25});
  const Batch batch = batches.batch(0);
  EXPECT_EQ(batch.count, 25);
  EXPECT_EQ(batches.steps_per_epoch(), 1);
  for (std::int64_t index = 0; index < 10; ++index) EXPECT_GE(std::ranges::count(batch.indices, index), 2);
}

TEST_F(BatchLoaderTest, AugmentsEveryDrawAnew) {
  BatchOptions options{.batch_size = 10, .seed = 7, .flip = Flip::kNever};
  BatchLoader clean = loader(options);
  options.augmentation.share = 1.0;
  BatchLoader augmented = loader(options);
  const Batch first = augmented.batch(0);
  const Batch second = augmented.batch(1);
  expect_equal(loader(options).batch(1), second);
  const Batch unchanged = clean.batch(0);
  EXPECT_EQ(first.indices, unchanged.indices);
  EXPECT_EQ(first.velocity, unchanged.velocity);
  EXPECT_NE(first.gathers, unchanged.gathers);
  // The same sample, drawn twice.
  const auto again = std::ranges::find(second.indices, first.indices[0]) - second.indices.begin();
  EXPECT_NE(item(first.gathers, 10, 0), item(second.gathers, 10, again));
}

TEST_F(BatchLoaderTest, ContentIsThePreparedSample) {
  BatchLoader batches = loader({.batch_size = 4, .flip = Flip::kNever});
  const Batch batch = batches.batch(3);
  std::vector<float> gathers(static_cast<std::size_t>(spec_.input_size()));
  for (std::int64_t k = 0; k < batch.count; ++k) {
    const std::int64_t index = batch.indices[static_cast<std::size_t>(k)];
    InputReader(*dataset_, spec_, dataset_->nx(), Flip::kNever).read(index, false, gathers);
    EXPECT_EQ(item(batch.gathers, batch.count, k), gathers);
    std::vector<float> velocity = velocity_of(*dataset_, index);
    normalize_velocity(spec_.normalization, velocity, velocity);
    EXPECT_EQ(item(batch.velocity, batch.count, k), velocity);
  }
}

TEST_F(BatchLoaderTest, FlipsHalfOfTheSamples) {
  BatchLoader batches = loader({.batch_size = 200, .seed = 3});
  EXPECT_TRUE(batches.flips());
  const Batch batch = batches.batch(0);
  const auto flips = std::ranges::count(batch.flipped, true);
  EXPECT_GT(flips, 70);
  EXPECT_LT(flips, 130);
  const auto flipped = std::ranges::find(batch.flipped, true) - batch.flipped.begin();
  std::vector<float> velocity = velocity_of(*dataset_, batch.indices[static_cast<std::size_t>(flipped)]);
  flip_map(dataset_->nx(), velocity);
  normalize_velocity(spec_.normalization, velocity, velocity);
  EXPECT_EQ(item(batch.velocity, batch.count, flipped), velocity);
}

TEST_F(BatchLoaderTest, UnshuffledBatchesCoverTheDatasetOnceUnflipped) {
  BatchLoader batches = loader({.batch_size = 4, .shuffle = false});
  ASSERT_EQ(batches.steps_per_epoch(), 3);
  EXPECT_FALSE(batches.flips());
  EXPECT_EQ(batches.batch(0).indices, (std::vector<std::int64_t>{0, 1, 2, 3}));
  EXPECT_EQ(batches.batch(1).indices, (std::vector<std::int64_t>{4, 5, 6, 7}));
  const Batch last = batches.batch(2);
  EXPECT_EQ(last.indices, (std::vector<std::int64_t>{8, 9}));
  EXPECT_EQ(last.gathers.size(), static_cast<std::size_t>(2 * spec_.input_size()));
  EXPECT_THROW((void)batches.batch(3), std::out_of_range);
  EXPECT_EQ(batches.batch(0).indices.front(), 0);
}

TEST_F(BatchLoaderTest, GivesEveryMirrorImageOrNoGathersWhereAskedTo) {
  BatchLoader mirrored = loader({.batch_size = 10, .shuffle = false, .flip_all = true});
  EXPECT_TRUE(mirrored.flips());
  BatchLoader plain = loader({.batch_size = 10, .shuffle = false, .with_gathers = false});
  const Batch flipped = mirrored.batch(0);
  const Batch batch = plain.batch(0);
  EXPECT_EQ(std::ranges::count(flipped.flipped, true), 10);
  EXPECT_TRUE(batch.gathers.empty());
  for (std::int64_t k = 0; k < 10; ++k) {
    std::vector<float> map = item(batch.velocity, batch.count, k);
    flip_map(dataset_->nx(), map);
    EXPECT_EQ(item(flipped.velocity, flipped.count, k), map);
  }
}

TEST_F(BatchLoaderTest, ErrorsOfTheBackgroundThreadReachTheCaller) {
  std::vector<float> gathers = tiny_gathers(shape_, 2);
  gathers.back() = std::numeric_limits<float>::infinity();
  io::write_npy(root_ / "Style_A/data1.npy", gathers, {5, 6, 8, 70}, io::DType::kFloat32, Overwrite::kAllow);
  dataset_ = open_dataset(root_.path());
  BatchLoader batches = loader({.batch_size = 3, .shuffle = false});
  for (std::int64_t step = 0; step < 3; ++step) EXPECT_NO_THROW((void)batches.batch(step));
  for (int attempt = 0; attempt < 2; ++attempt) {
    expect_error<InputError>([&] { (void)batches.batch(3); }, {"data1.npy", "example 4"});
  }
  EXPECT_NO_THROW((void)batches.batch(0));
}

TEST_F(BatchLoaderTest, EndsCleanlyAtAnyTime) {
  {
    const BatchLoader unused = loader({});
  }
  for (int k = 0; k < 20; ++k) {
    BatchLoader batches = loader({.batch_size = 2, .prefetch = 1});
    const auto start = std::chrono::steady_clock::now();
    (void)batches.batch(k);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    EXPECT_GT(batches.seconds_waiting(), 0.0) << "nothing was prepared before";
    EXPECT_LE(batches.seconds_waiting(), seconds);
  }
}

TEST_F(BatchLoaderTest, WithoutVelocities) {
  std::filesystem::remove(root_ / "FlatVel_A/model1.npy");
  dataset_ = open_dataset(root_.path(), {.require_velocity = false});
  BatchLoader batches = loader({.batch_size = 2, .shuffle = false});
  EXPECT_TRUE(batches.batch(0).velocity.empty());
}

TEST_F(BatchLoaderTest, RefusesWhatDoesNotFit) {
  EXPECT_THROW((void)loader({.batch_size = 0}), UsageError);
  EXPECT_THROW((void)loader({.prefetch = 0}), UsageError);
  spec_.shots = 7;
  EXPECT_THROW((void)loader({}), MismatchError);
  spec_.shots = 5;
  dataset_ = make_subset(dataset_, {});
  EXPECT_THROW((void)loader({}), InputError);
}

}  // namespace
}  // namespace strataform::data
