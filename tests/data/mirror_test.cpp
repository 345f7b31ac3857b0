#include "strataform/data/mirror.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "strataform/data/dataset_info.h"
#include "strataform/survey/openfwi.h"
#include "strataform/wave/propagator.h"
#include "support/test_support.h"
#include "tiny_data.h"

namespace strataform::data {
namespace {

using Order = std::vector<std::int64_t>;

std::unique_ptr<Dataset> openfwi_like(const test::TemporaryFolder& root, std::int64_t shots) {
  write_shard(root.path(), {1, 0}, {.count = 1, .shots = shots, .samples = 2, .receivers = 70, .nx = 70}, 1);
  return open_dataset(root.path());
}

TEST(Mirror, SixShotsOfOpenfwiFlipExactly) {
  const test::TemporaryFolder root;
  const auto dataset = openfwi_like(root, 6);
  const auto order = mirrored_order(*dataset, dataset->nx(), {}, Flip::kExact);
  ASSERT_TRUE(order);
  EXPECT_EQ(order->shots, (Order{4, 3, 5, 1, 0}));
  EXPECT_TRUE(order->reverse_receivers);
  EXPECT_FALSE(mirrored_order(*dataset, dataset->nx(), {}, Flip::kNever));
}

TEST(Mirror, FiveShotsOfOpenfwiFlipOnlyApproximately) {
  const test::TemporaryFolder root;
  const auto dataset = openfwi_like(root, 5);
  EXPECT_FALSE(mirrored_order(*dataset, dataset->nx(), {}, Flip::kExact));
  const auto order = mirrored_order(*dataset, dataset->nx(), {}, Flip::kApproximate);
  ASSERT_TRUE(order);
  EXPECT_EQ(order->shots, (Order{4, 3, 2, 1, 0}));
}

TEST(Mirror, PositionsOffTheGridAreHeldToTheSame) {
  const test::TemporaryFolder root;
  const auto dataset = openfwi_like(root, 6);
  survey::Modelling modelling = survey::openfwi({.flip_shots = true});
  modelling.survey.shots.back().source.x = 346.0;
  for (const Flip flip : {Flip::kExact, Flip::kApproximate}) {
    DatasetInfo info;
    info.family = "flatvel-a";
    info.modelling = modelling;
    write_dataset_info(root.path(), info, Overwrite::kAllow);
    const auto moved = open_dataset(root.path());
    EXPECT_EQ(mirrored_order(*moved, moved->nx(), {}, flip).has_value(), flip == Flip::kApproximate);
  }
}

TEST(Mirror, UnknownSurveyDoesNotFlip) {
  const test::TemporaryFolder root;
  write_shard(root.path(), {1, 0}, {}, 1);
  EXPECT_FALSE(mirrored_order(*open_dataset(root.path()), 70, tiny_spec({}), Flip::kApproximate));
}

TEST(Mirror, MapFlippedTwiceIsItself) {
  const std::vector<float> map = {1, 2, 3, 4, 5, 6};
  std::vector<float> flipped = map;
  flip_map(3, flipped);
  EXPECT_EQ(flipped, (std::vector<float>{3, 2, 1, 6, 5, 4}));
  flip_map(3, flipped);
  EXPECT_EQ(flipped, map);
}

/// Sources at columns 0, 9 and 19 of 20, and the mirror image of column 9.
survey::Modelling small_survey() {
  survey::Modelling modelling = survey::openfwi({.nz = 12, .nx = 20});
  modelling.survey.samples = 200;
  modelling.scheme.absorbing_cells = 20;
  const std::vector<survey::Point> receivers = modelling.survey.shots.front().receivers;
  modelling.survey.shots.clear();
  for (const double column : {0.0, 9.0, 19.0, 10.0}) {
    modelling.survey.shots.push_back({modelling.grid.at(1.0, column), receivers});
  }
  return modelling;
}

/// The gathers over a flipped map are those of the map itself with shots and receivers in the mirrored order.
TEST(Mirror, FlippedGatherIsTheGatherOfTheFlippedMap) {
  const TinyShape shape{.count = 1, .shots = 4, .samples = 200, .receivers = 20, .nz = 12, .nx = 20};
  const survey::Modelling modelling = small_survey();
  const wave::Propagator propagator(modelling);
  const std::vector<float> map = random_values(3, shape.nz * shape.nx, 2000.0, 4000.0);
  std::vector<float> mirror_image = map;
  flip_map(shape.nx, mirror_image);
  std::vector<float> gathers(static_cast<std::size_t>(propagator.gather_size()));
  std::vector<float> mirrored_gathers = gathers;
  propagator.forward(map, 1, gathers);
  propagator.forward(mirror_image, 1, mirrored_gathers);

  const test::TemporaryFolder root;
  io::write_npy(root / "data1.npy", gathers, {1, 4, 200, 20});
  io::write_npy(root / "model1.npy", map, {1, 1, 12, 20});
  write_dataset_info(root.path(), {.family = "flatvel-a", .modelling = modelling});
  const auto dataset = open_dataset(root.path());
  InputSpec spec = tiny_spec(shape, 5);
  spec.shots = 3;
  const auto order = mirrored_order(*dataset, dataset->nx(), spec, Flip::kExact);
  ASSERT_TRUE(order);
  EXPECT_EQ(order->shots, (Order{2, 3, 0}));

  std::vector<float> flipped(static_cast<std::size_t>(spec.input_size()));
  std::vector<float> expected = flipped;
  std::vector<float> unflipped = flipped;
  prepare_gathers(spec, dataset->gather_shape(), gathers, *order, flipped);
  prepare_gathers(spec, dataset->gather_shape(), mirrored_gathers, stored_order(spec), expected);
  prepare_gathers(spec, dataset->gather_shape(), gathers, stored_order(spec), unflipped);
  double difference = 0.0;
  double largest = 0.0;
  for (std::size_t i = 0; i < flipped.size(); ++i) {
    difference = std::max(difference, static_cast<double>(std::abs(flipped[i] - expected[i])));
    largest = std::max(largest, static_cast<double>(std::abs(unflipped[i] - expected[i])));
  }
  EXPECT_LT(difference, 1e-3);
  EXPECT_GT(largest, 0.05);
}

TEST(Mirror, FlippedTwiceIsItself) {
  const test::TemporaryFolder root;
  const TinyShape shape{.count = 1, .shots = 4, .samples = 6, .receivers = 20, .nz = 4, .nx = 20};
  write_shard(root.path(), {1, 0}, shape, 1);
  write_dataset_info(root.path(), {.family = "flatvel-a", .modelling = small_survey()});
  const auto dataset = open_dataset(root.path());
  const InputSpec spec = tiny_spec(shape);
  const auto order = mirrored_order(*dataset, dataset->nx(), spec, Flip::kExact);
  ASSERT_TRUE(order);
  for (std::size_t shot = 0; shot < order->shots.size(); ++shot) {
    EXPECT_EQ(order->shots[static_cast<std::size_t>(order->shots[shot])], static_cast<std::int64_t>(shot));
  }
}

TEST(Mirror, AssumesAnotherSurveyWhereTheSourceSaysNothing) {
  const test::TemporaryFolder root;
  const TinyShape shape{.count = 1, .shots = 4, .samples = 6, .receivers = 20, .nz = 4, .nx = 20};
  write_shard(root.path(), {1, 0}, shape, 1);
  const auto dataset = open_dataset(root.path());
  const InputSpec spec = tiny_spec(shape);
  EXPECT_FALSE(mirrored_order(*dataset, dataset->nx(), spec, Flip::kExact));
  const auto order = mirrored_order(*dataset, dataset->nx(), spec, Flip::kExact, small_survey());
  ASSERT_TRUE(order);
  EXPECT_EQ(order->shots, (Order{2, 3, 0, 1}));
  survey::Modelling other = small_survey();
  other.survey.shots.pop_back();
  EXPECT_FALSE(mirrored_order(*dataset, dataset->nx(), spec, Flip::kExact, other));
}

}  // namespace
}  // namespace strataform::data
