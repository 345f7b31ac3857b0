#include "strataform/data/sample_stream.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <stdexcept>
#include <thread>

#include "strataform/core/error.h"
#include "strataform/data/batch_loader.h"
#include "strataform/data/input_spec.h"
#include "strataform/survey/openfwi.h"
#include "strataform/wave/propagator.h"

namespace strataform::data {
namespace {

StreamOptions small_stream() {
  StreamOptions options;
  options.families = family_shares_from_name("style-b=2,flatvel-a");
  options.samples = 20;
  options.first = 16;
  options.seed = 7;
  return options;
}

void wait_for_all(const SampleStream& stream) {
  while (stream.available() < stream.size()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

TEST(SampleStream, HoldsTheSeedsMapsInTurnsAndTheirGathers) {
  const SampleStream stream(small_stream());
  EXPECT_EQ(stream.available(), 16);
  EXPECT_EQ(stream.size(), 20);
  const std::vector<std::string> turns = {"style-b", "flatvel-a", "style-b", "style-b", "flatvel-a", "style-b"};
  for (std::size_t k = 0; k < turns.size(); ++k) {
    EXPECT_EQ(stream.family(static_cast<std::int64_t>(k)), turns[k]) << k;
  }
  // Sample 5 is the fourth of its family.
  std::vector<float> map(70 * 70);
  stream.read_velocity(5, map);
  EXPECT_EQ(map, geology::generate_map(geology::find_family("style-b"), 7, 3));

  const wave::Propagator propagator(survey::openfwi({.flip_shots = true}));
  std::vector<float> recorded(static_cast<std::size_t>(propagator.gather_size()));
  propagator.forward(std::span<const float>(map), 1, recorded);
  const GatherShape shape = stream.gather_shape();
  EXPECT_EQ(shape, (GatherShape{6, 200, 70, 5}));
  std::vector<float> expected(static_cast<std::size_t>(shape.size()));
  block_means({6, 1000, 70}, recorded, 5, true, expected);
  std::vector<float> found(expected.size());
  stream.read_gathers(5, found);
  for (std::size_t i = 0; i < found.size(); ++i) {
    ASSERT_NEAR(found[i], expected[i], 1e-3F * std::abs(expected[i]) + 1e-6F) << i;
  }
}

TEST(SampleStream, MakesTheRestOnceTheFirstWereRead) {
  const SampleStream stream(small_stream());
  EXPECT_EQ(stream.available(), 16);
  std::vector<float> gathers(static_cast<std::size_t>(stream.gather_shape().size()));
  for (std::int64_t read = 0; read < 16; ++read) stream.read_gathers(read % 4, gathers);
  wait_for_all(stream);
  std::vector<float> map(70 * 70);
  stream.read_velocity(19, map);
  EXPECT_THROW(stream.read_velocity(20, map), std::out_of_range);
  EXPECT_THROW(stream.read_velocity(-1, map), std::out_of_range);
}

TEST(SampleStream, IsReadInBatchesWhileItGrows) {
  StreamOptions options = small_stream();
  options.samples = 64;
  options.first = 16;
  const auto stream = std::make_shared<const SampleStream>(options);
  InputSpec spec;
  spec.decimation = 5;
  BatchOptions batches;
  batches.batch_size = 8;
  batches.threads = 3;
  BatchLoader loader(stream, spec, batches);
  EXPECT_TRUE(loader.flips());
  for (std::int64_t step = 0; step < 4; ++step) {
    const Batch batch = loader.batch(step);
    for (const std::int64_t index : batch.indices) EXPECT_LT(index, stream->available());
    EXPECT_EQ(batch.gathers.size(), 8U * 5 * 200 * 70);
  }
}

StreamOptions passing_stream() {
  StreamOptions options = small_stream();
  options.samples = 1000;
  options.varied = true;
  options.passes = 4.0;
  options.kept = 16;
  return options;
}

TEST(SampleStream, LetsItsSamplesPassAsTheDrawsSay) {
  const SampleStream stream(passing_stream());
  EXPECT_EQ(stream.window(0)->end, 16);
  EXPECT_EQ(stream.window(63)->end, 16);
  const SampleWindow later = *stream.window(64);
  EXPECT_EQ(later.begin, 16);
  EXPECT_EQ(later.end, 32);
  EXPECT_GE(stream.available(), 32);
  EXPECT_FALSE(stream.modelling());
  EXPECT_NE(stream.modelling_of(0), stream.modelling_of(1));
}

TEST(SampleStream, GivesAResumedTrainingTheSameBatches) {
  const InputSpec spec{.shots = survey::ShotImage::kShots, .decimation = 5, .any_survey = true};
  const BatchOptions batches{.batch_size = 8, .augmentation = {.share = 0.8}};
  BatchLoader whole(std::make_shared<const SampleStream>(passing_stream()), spec, batches);
  Batch expected;
  for (std::int64_t step = 0; step <= 9; ++step) expected = whole.batch(step);
  BatchLoader resumed(std::make_shared<const SampleStream>(passing_stream()), spec, batches);
  const Batch batch = resumed.batch(9);
  EXPECT_EQ(batch.indices, expected.indices);
  EXPECT_EQ(batch.gathers, expected.gathers);
  EXPECT_EQ(batch.velocity, expected.velocity);
  for (const std::int64_t index : batch.indices) EXPECT_GE(index, 16);
}

TEST(SampleStream, RefusesWhatItCannotMake) {
  StreamOptions none;
  EXPECT_THROW(SampleStream{none}, UsageError);
  StreamOptions options = small_stream();
  options.first = 0;
  EXPECT_THROW(SampleStream{options}, UsageError);
  options = small_stream();
  options.samples = 0;
  EXPECT_THROW(SampleStream{options}, UsageError);
  options = small_stream();
  options.decimation = 3;
  EXPECT_THROW(SampleStream{options}, UsageError);
  options = passing_stream();
  options.passes = 0.5;
  EXPECT_THROW(SampleStream{options}, UsageError);
  options = passing_stream();
  options.kept = options.first - 1;
  EXPECT_THROW(SampleStream{options}, UsageError);
}

}  // namespace
}  // namespace strataform::data
