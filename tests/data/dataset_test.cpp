#include "strataform/data/dataset.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "strataform/core/error.h"
#include "strataform/data/dataset_info.h"
#include "support/test_support.h"
#include "tiny_data.h"

namespace strataform::data {
namespace {

namespace fs = std::filesystem;

/// Two families of two files each, three samples a file; seeds 1..4 in the order of the dataset.
void write_two_families(const fs::path& root, const TinyShape& shape = {}) {
  write_shard(root / "CurveFault_B", {0, 6}, shape, 1);
  write_shard(root / "CurveFault_B", {33, 6}, shape, 2);
  write_shard(root / "FlatVel_A", {1, 0}, shape, 3);
  write_shard(root / "FlatVel_A", {49, 0}, shape, 4);
}

void replace_gathers(const fs::path& path, const std::vector<float>& values, std::vector<std::int64_t> shape) {
  io::write_npy(path, values, std::move(shape), io::DType::kFloat32, Overwrite::kAllow);
}

TEST(Dataset, ReadsEverySampleOfEveryFamily) {
  const test::TemporaryFolder root;
  const TinyShape shape;
  write_two_families(root.path());
  const auto dataset = open_dataset(root.path());
  ASSERT_EQ(dataset->size(), 12);
  EXPECT_EQ(dataset->nz(), shape.nz);
  EXPECT_EQ(dataset->nx(), shape.nx);
  EXPECT_EQ(dataset->gather_shape(), (GatherShape{.shots = 5, .samples = 20, .receivers = 7}));
  for (std::int64_t index = 0; index < dataset->size(); ++index) {
    const auto seed = static_cast<std::uint64_t>(index / 3 + 1);
    EXPECT_EQ(dataset->family(index), index < 6 ? "curvefault-b" : "flatvel-a");
    EXPECT_EQ(gathers_of(*dataset, index), item(tiny_gathers(shape, seed), 3, index % 3));
    EXPECT_EQ(velocity_of(*dataset, index), item(tiny_velocities(shape, seed), 3, index % 3));
  }
}

TEST(Dataset, PublishedSplitsAndFamilies) {
  const test::TemporaryFolder root;
  write_two_families(root.path());
  const auto train = open_dataset(root.path(), {.split = Split::kTrain});
  const auto test = open_dataset(root.path(), {.split = Split::kTest, .family = "FlatVel_A"});
  EXPECT_EQ(train->size(), 6);
  EXPECT_EQ(gathers_of(*train, 3), item(tiny_gathers({}, 3), 3, 0));
  EXPECT_EQ(test->size(), 3);
  EXPECT_EQ(gathers_of(*test, 0), item(tiny_gathers({}, 4), 3, 0));
  fs::remove_all(root / "CurveFault_B");
  fs::remove(root / "FlatVel_A/data49.npy");
  fs::remove(root / "FlatVel_A/model49.npy");
  expect_error<InputError>([&] { (void)open_dataset(root.path(), {.split = Split::kTest}); }, {"test part"});
}

TEST(Dataset, FamilyThatIsUnknownOrNotThere) {
  const test::TemporaryFolder root;
  write_two_families(root.path());
  expect_error<UsageError>([&] { (void)open_dataset(root.path(), {.family = "flatvell-a"}); }, {"flatvell-a"});
  expect_error<InputError>([&] { (void)open_dataset(root.path(), {.family = "style-a"}); },
                           {"style-a", "curvefault-b", "flatvel-a"});
}

TEST(Dataset, LimitTakesFromEveryFileOfEveryFamily) {
  const test::TemporaryFolder root;
  write_two_families(root.path());
  const auto dataset = open_dataset(root.path(), {.limit = 2});
  ASSERT_EQ(dataset->size(), 4);
  for (std::int64_t index = 0; index < 4; ++index) {
    EXPECT_EQ(gathers_of(*dataset, index), item(tiny_gathers({}, static_cast<std::uint64_t>(index) + 1), 3, 0));
  }
  EXPECT_EQ(open_dataset(root.path(), {.limit = 100})->size(), 12);
  EXPECT_THROW((void)open_dataset(root.path(), {.limit = -1}), UsageError);
}

TEST(Dataset, InfoNamesFamilyAndDecimation) {
  const test::TemporaryFolder root;
  write_shard(root.path(), {1, 0}, {}, 1);
  DatasetInfo info{.family = "style-a", .count = 3, .decimation = 5, .last_sample_ignored = true};
  info.modelling = survey::openfwi();
  write_dataset_info(root.path(), info);
  const auto dataset = open_dataset(root.path());
  EXPECT_EQ(dataset->family(0), "style-a");
  EXPECT_EQ(dataset->gather_shape().decimation, 5);
  EXPECT_EQ(dataset->gather_shape().recorded_samples(), 100);
  EXPECT_EQ(dataset->modelling(), info.modelling);
}

TEST(Dataset, WithoutVelocities) {
  const test::TemporaryFolder root;
  write_shard(root.path(), {1, 0}, {}, 1);
  fs::remove(root / "model1.npy");
  EXPECT_THROW((void)open_dataset(root.path()), InputError);
  const auto dataset = open_dataset(root.path(), {.require_velocity = false});
  EXPECT_EQ(dataset->size(), 3);
  EXPECT_FALSE(dataset->has_velocity());
}

TEST(Dataset, PartsMustAgree) {
  const test::TemporaryFolder root;
  write_shard(root.path(), {1, 0}, {}, 1);
  write_shard(root.path(), {2, 0}, {.samples = 21}, 2);
  expect_error<InputError>([&] { (void)open_dataset(root.path()); }, {"data2.npy", "20 time samples", "21"});
  fs::remove(root / "data2.npy");
  fs::remove(root / "model2.npy");
  write_shard(root.path(), {3, 0}, {.nz = 8}, 2);
  expect_error<InputError>([&] { (void)open_dataset(root.path()); }, {"model3.npy", "6 x 7", "8 x 7"});
}

TEST(Dataset, AsManyMapsAsGathers) {
  const test::TemporaryFolder root;
  write_shard(root.path(), {1, 0}, {}, 1);
  io::write_npy(root / "model1.npy", tiny_velocities({.count = 2}, 1), {2, 1, 6, 7}, io::DType::kFloat32,
                Overwrite::kAllow);
  expect_error<InputError>([&] { (void)open_dataset(root.path()); }, {"model1.npy", "3 velocity maps", "found 2"});
}

TEST(Dataset, NonFiniteValuesNameFileAndSample) {
  const test::TemporaryFolder root;
  const TinyShape shape;
  write_shard(root.path(), {1, 0}, shape, 1);
  std::vector<float> gathers = tiny_gathers(shape, 1);
  gathers[gathers.size() / 2] = std::numeric_limits<float>::quiet_NaN();
  replace_gathers(root / "data1.npy", gathers, {3, 5, 20, 7});
  std::vector<float> velocities = tiny_velocities(shape, 1);
  velocities.back() = std::numeric_limits<float>::infinity();
  replace_gathers(root / "model1.npy", velocities, {3, 1, 6, 7});
  const auto dataset = open_dataset(root.path());
  EXPECT_NO_THROW((void)gathers_of(*dataset, 0));
  expect_error<InputError>([&] { (void)gathers_of(*dataset, 1); }, {"data1.npy", "example 1", "nan"});
  expect_error<InputError>([&] { (void)velocity_of(*dataset, 2); }, {"model1.npy", "map 2", "inf"});
}

TEST(Dataset, ImplausibleVelocitiesAreRefused) {
  const test::TemporaryFolder root;
  const TinyShape shape{.count = 1};
  write_shard(root.path(), {1, 0}, shape, 1);
  replace_gathers(root / "model1.npy", random_values(1, 42, 1.5, 4.5), {1, 1, 6, 7});
  expect_error<InputError>([&] { (void)velocity_of(*open_dataset(root.path()), 0); }, {"model1.npy", "km/s"});
  replace_gathers(root / "model1.npy", random_values(1, 42, -1.0, 1.0), {1, 1, 6, 7});
  expect_error<InputError>([&] { (void)velocity_of(*open_dataset(root.path()), 0); }, {"model1.npy", "1000..8000"});
}

TEST(Dataset, WrongShapes) {
  const test::TemporaryFolder root;
  write_shard(root.path(), {1, 0}, {}, 1);
  replace_gathers(root / "data1.npy", random_values(1, 60, 0.0, 1.0), {3, 20});
  expect_error<InputError>([&] { (void)open_dataset(root.path()); }, {"data1.npy", "[3, 20]", "receivers"});
  replace_gathers(root / "data1.npy", tiny_gathers({}, 1), {3, 5, 20, 7});
  replace_gathers(root / "model1.npy", random_values(1, 3 * 2 * 42, 1500.0, 4500.0), {3, 2, 6, 7});
  expect_error<InputError>([&] { (void)open_dataset(root.path()); }, {"model1.npy", "[3, 2, 6, 7]"});
}

TEST(Dataset, TruncatedFile) {
  const test::TemporaryFolder root;
  write_shard(root.path(), {1, 0}, {}, 1);
  fs::resize_file(root / "data1.npy", fs::file_size(root / "data1.npy") - 4);
  expect_error<InputError>([&] { (void)open_dataset(root.path()); }, {"data1.npy"});
}

TEST(Dataset, SubsetsAndConcatenations) {
  const test::TemporaryFolder root;
  write_two_families(root.path());
  const std::shared_ptr<const Dataset> all = open_dataset(root.path());
  const std::shared_ptr<const Dataset> subset = make_subset(all, {7, 0});
  EXPECT_EQ(subset->size(), 2);
  EXPECT_EQ(subset->family(0), "flatvel-a");
  EXPECT_EQ(gathers_of(*subset, 0), gathers_of(*all, 7));
  EXPECT_EQ(velocity_of(*subset, 1), velocity_of(*all, 0));
  const auto both = concatenate({subset, all});
  EXPECT_EQ(both->size(), 14);
  EXPECT_EQ(gathers_of(*both, 1), gathers_of(*all, 0));
  EXPECT_EQ(gathers_of(*both, 2), gathers_of(*all, 0));
  EXPECT_EQ(velocity_of(*both, 13), velocity_of(*all, 11));
  EXPECT_EQ(both->family(13), "flatvel-a");
}

TEST(Dataset, FingerprintTellsSamplesApart) {
  const test::TemporaryFolder root;
  write_two_families(root.path());
  const std::shared_ptr<const Dataset> all = open_dataset(root.path());
  EXPECT_EQ(fingerprint_of(*all, 12), fingerprint_of(*all, 100)) << "there are no more";
  EXPECT_EQ(fingerprint_of(*all, 3), fingerprint_of(*make_subset(all, {0, 4, 8}), 3));
  EXPECT_NE(fingerprint_of(*all, 3), fingerprint_of(*make_subset(all, {0, 4, 9}), 3));
}

TEST(Dataset, NoiseHasItsPowerAndIsTheSameEachTime) {
  const test::TemporaryFolder root;
  write_two_families(root.path());
  const std::shared_ptr<const Dataset> clean = open_dataset(root.path());
  const auto noisy = make_noisy(clean, 6.0);
  ASSERT_EQ(noisy->size(), clean->size());
  double power = 0.0;
  double noise = 0.0;
  for (std::int64_t index = 0; index < clean->size(); ++index) {
    const std::vector<float> before = gathers_of(*clean, index);
    const std::vector<float> after = gathers_of(*noisy, index);
    EXPECT_EQ(after, gathers_of(*noisy, index));
    EXPECT_EQ(velocity_of(*noisy, index), velocity_of(*clean, index));
    for (std::size_t k = 0; k < before.size(); ++k) {
      power += std::pow(before[k], 2);
      noise += std::pow(after[k] - before[k], 2);
    }
  }
  EXPECT_NEAR(noise / power, std::pow(10.0, -0.6), 0.1 * std::pow(10.0, -0.6));
  EXPECT_THROW((void)make_noisy(clean, std::numeric_limits<double>::infinity()), UsageError);
}

TEST(Dataset, ConcatenationOfDifferentShapesIsRefused) {
  const test::TemporaryFolder root;
  write_shard(root / "a", {1, 0}, {}, 1);
  write_shard(root / "b", {1, 0}, {.receivers = 8}, 1);
  const std::shared_ptr<const Dataset> a = open_dataset(root / "a");
  const std::shared_ptr<const Dataset> b = open_dataset(root / "b");
  expect_error<MismatchError>([&] { (void)concatenate({a, b}); }, {"7 receivers", "8 receivers"});
}

TEST(Dataset, ValidationSplits) {
  const test::TemporaryFolder root;
  write_two_families(root.path());
  const auto dataset = open_dataset(root.path());
  const TrainValidation share = split_by_share(*dataset, 1.0 / 3.0, 5);
  EXPECT_EQ(share.validation.size(), 4U);
  EXPECT_EQ(std::ranges::count_if(share.validation, [](std::int64_t index) { return index < 6; }), 2);
  std::set<std::int64_t> all(share.train.begin(), share.train.end());
  all.insert(share.validation.begin(), share.validation.end());
  EXPECT_EQ(all.size(), 12U);
  EXPECT_EQ(share.validation, split_by_share(*dataset, 1.0 / 3.0, 5).validation);
  EXPECT_EQ(split_by_share(*dataset, 0.01, 5).validation.size(), 2U);
  EXPECT_EQ(split_by_share(*dataset, 0.8, 5).validation.size(), 10U) << "five of each family's six";
  EXPECT_EQ(split_by_share(*dataset, 0.99, 5).train.size(), 2U) << "one of each is left to train on";
  EXPECT_TRUE(split_by_share(*dataset, 0.0, 5).validation.empty());
  EXPECT_THROW((void)split_by_share(*dataset, 1.0, 5), UsageError);
}

TEST(OpenGathers, OneModelAndManyAreTheSame) {
  const test::TemporaryFolder root;
  const std::vector<float> gathers = tiny_gathers({.count = 1}, 1);
  io::write_npy(root / "one.npy", gathers, {5, 20, 7});
  io::write_npy(root / "many.npy", gathers, {1, 5, 20, 7});
  for (const char* name : {"one.npy", "many.npy"}) {
    const auto source = open_gathers(root / name);
    EXPECT_EQ(source->size(), 1);
    EXPECT_EQ(source->gather_shape(), (GatherShape{.shots = 5, .samples = 20, .receivers = 7}));
    EXPECT_EQ(gathers_of(*source, 0), gathers);
  }
}

TEST(OpenGathers, ShardOfACacheIsKnownToBeDecimated) {
  const test::TemporaryFolder root;
  write_shard(root.path(), {1, 0}, {}, 1);
  write_shard(root / "data", {2, 0}, {}, 1);
  io::write_npy(root / "other.npy", tiny_gathers({}, 1), {3, 5, 20, 7});
  write_dataset_info(root.path(), {.family = "style-a", .decimation = 5});
  EXPECT_EQ(open_gathers(root / "data1.npy")->gather_shape().decimation, 5);
  EXPECT_EQ(open_gathers(root / "data/data2.npy")->gather_shape().decimation, 5);
  EXPECT_EQ(open_gathers(root / "other.npy")->gather_shape().decimation, 1);
}

TEST(OpenGathers, BadFiles) {
  const test::TemporaryFolder root;
  io::write_npy(root / "flat.npy", random_values(1, 140, 0.0, 1.0), {20, 7});
  expect_error<InputError>([&] { (void)open_gathers(root / "flat.npy"); }, {"flat.npy", "[20, 7]"});
  expect_error<IoError>([&] { (void)open_gathers(root / "absent.npy"); }, {"absent.npy"});
  write_text_file(root / "text.npy", "not an array");
  expect_error<InputError>([&] { (void)open_gathers(root / "text.npy"); }, {"text.npy"});
}

}  // namespace
}  // namespace strataform::data
