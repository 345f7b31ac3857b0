#include "strataform/data/shot_images.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/data/input_spec.h"
#include "strataform/data/recording_augmentation.h"
#include "strataform/data/varied_recording.h"
#include "strataform/geology/family.h"
#include "strataform/survey/openfwi.h"
#include "strataform/survey/shot_image.h"
#include "strataform/wave/propagator.h"
#include "support/relative_difference.h"
#include "support/simulated_gathers.h"

namespace strataform::data {
namespace {

using survey::ShotImage;
using test::gathers_of;
using test::shape_of;

constexpr std::size_t kImage = (ShotImage::kTimes + ShotImage::kGeometryRows) * ShotImage::kColumns;
constexpr geology::MapSize kMapSize{};

survey::Modelling layered_openfwi() {
  survey::Modelling modelling = survey::openfwi();
  modelling.scheme.absorber = survey::Absorber::kPml;
  modelling.scheme.absorbing_cells = 20;
  return modelling;
}

std::vector<float> map_of(std::uint64_t index) {
  return geology::generate_map(geology::find_family("curvefault-a"), 7, index, kMapSize);
}

std::vector<float> images_of(const survey::Modelling& modelling, const std::vector<float>& gathers,
                             bool mirrored = false) {
  std::vector<float> images(ShotImage::kShots * kImage);
  prepare_shot_images(modelling, shape_of(modelling.survey), gathers, {.replace_last = true, .mirrored = mirrored},
                      images);
  return images;
}

class ShotImages : public testing::Test {
 protected:
  survey::Modelling modelling_ = layered_openfwi();
  std::vector<float> gathers_ = gathers_of(modelling_, map_of(3));
  std::vector<float> images_ = images_of(modelling_, gathers_);
};

TEST_F(ShotImages, HoldTheMeansOfOpenfwisRecordsUpToTheScale) {
  const GatherShape shape = shape_of(modelling_.survey);
  std::vector<float> means(static_cast<std::size_t>(shape.size() / 5));
  compact_gathers(shape, gathers_, 5, means);
  const std::span<const float> shot = std::span(images_).first(ShotImage::kTimes * ShotImage::kColumns);
  const std::span<const float> expected = std::span(means).first(shot.size());
  const auto peak = std::ranges::max_element(expected);
  const float scale = shot[static_cast<std::size_t>(peak - expected.begin())] / *peak;
  std::vector<float> scaled;
  for (const float value : expected) scaled.push_back(scale * value);
  EXPECT_LT(test::relative_difference(shot, scaled), 1e-6);

  std::vector<float> from_means(images_.size());
  prepare_shot_images(modelling_, {shape.shots, 200, 70, 5}, means, {.replace_last = true}, from_means);
  EXPECT_LT(test::relative_difference(from_means, images_), 1e-6);
}

TEST_F(ShotImages, DoNotKnowScaleAndSignOfTheAmplitudes) {
  for (const float factor : {10.0F, -1.0F, -0.01F}) {
    std::vector<float> changed = gathers_;
    for (float& value : changed) value *= factor;
    EXPECT_LT(test::relative_difference(images_of(modelling_, changed), images_), 1e-5) << factor;
  }
}

TEST_F(ShotImages, DoNotKnowTheUnitsOfLengthAndTime) {
  survey::Modelling scaled = modelling_;
  constexpr double kScale = 2.14;
  scaled.grid.spacing *= kScale;
  scaled.scheme.time_step *= kScale;
  scaled.survey.sample_interval *= kScale;
  scaled.source.peak_frequency /= kScale;
  for (survey::Shot& shot : scaled.survey.shots) {
    const auto stretch = [](survey::Point& point) { point = {point.x * kScale, point.z * kScale}; };
    stretch(shot.source);
    std::ranges::for_each(shot.receivers, stretch);
  }
  EXPECT_LT(test::relative_difference(images_of(scaled, gathers_of(scaled, map_of(3))), images_), 1e-4);
}

TEST_F(ShotImages, FollowTheOrderOfTheShots) {
  survey::Modelling reversed = modelling_;
  std::ranges::reverse(reversed.survey.shots);
  const std::vector<float> images = images_of(reversed, gathers_of(reversed, map_of(3)));
  for (std::size_t shot = 0; shot < 5; ++shot) {
    const auto here = std::span(images).subspan(shot * kImage, kImage);
    const auto there = std::span(images_).subspan((4 - shot) * kImage, kImage);
    EXPECT_LT(test::relative_difference(here, there), 1e-6);
  }
}

TEST_F(ShotImages, MirroredAreThoseOfTheMirroredMapAndSurvey) {
  std::vector<float> map = map_of(3);
  for (auto row = map.begin(); row != map.end(); row += kMapSize.nx) std::reverse(row, row + kMapSize.nx);
  survey::Modelling mirrored = modelling_;
  for (survey::Shot& shot : mirrored.survey.shots) shot.source.x = 690.0 - shot.source.x;
  const std::vector<float> expected = images_of(mirrored, gathers_of(mirrored, map));
  EXPECT_LT(test::relative_difference(images_of(modelling_, gathers_, true), expected), 1e-4);
}

TEST_F(ShotImages, LeaveOutDeadTracesAndWhatLiesBesideTheWindow) {
  survey::Modelling moved = modelling_;
  for (survey::Shot& shot : moved.survey.shots) {
    for (survey::Point& receiver : shot.receivers) receiver.x += 200.0;
  }
  std::vector<float> changed = gathers_;
  for (std::size_t row = 0; row < 1000; ++row) changed[row * 70 + 11] = 3.0F;
  const std::vector<float> images = images_of(moved, changed);
  const float* const live = images.data() + (ShotImage::kTimes + ShotImage::kLive) * ShotImage::kColumns;
  for (std::size_t column = 0; column < 70; ++column) EXPECT_EQ(live[column], column >= 20 && column != 31 ? 1 : 0);
  for (std::size_t row = 0; row < 200; ++row) EXPECT_EQ(images[row * 70 + 31], 0.0F);
}

TEST_F(ShotImages, BeginWhereTheWaveletPeaks) {
  survey::Modelling slow = modelling_;
  slow.source.peak_frequency = 9.0;
  survey::Modelling late = slow;
  late.source.delay = 0.03;
  const std::vector<float> expected = images_of(slow, gathers_of(slow, map_of(3)));
  const std::vector<float> images = images_of(late, gathers_of(late, map_of(3)));
  // The end of the later record is missing.
  for (std::size_t shot = 0; shot < 5; ++shot) {
    const std::size_t values = 180 * ShotImage::kColumns;
    EXPECT_LT(test::relative_difference(std::span(images).subspan(shot * kImage, values),
                                        std::span(expected).subspan(shot * kImage, values)),
              1e-3);
  }
}

TEST_F(ShotImages, RefuseSurveysThatANetworkCannotUse) {
  const auto refuses = [&](auto&& change) {
    survey::Modelling changed = modelling_;
    change(changed);
    EXPECT_THROW(check_survey(changed, "line"), MismatchError);
  };
  check_survey(modelling_, "line");
  refuses([](survey::Modelling& m) { m.grid.nx = 71; });
  refuses([](survey::Modelling& m) { m.survey.shots.resize(11, m.survey.shots.front()); });
  refuses([](survey::Modelling& m) { m.survey.shots[1].source.x = 800.0; });
  refuses([](survey::Modelling& m) {
    for (survey::Point& receiver : m.survey.shots[2].receivers) receiver.x += 900.0;
  });
}

TEST(VariedRecording, IsDrawnFromItsNumberAndRunsOverEveryMap) {
  EXPECT_EQ(draw_modelling(kMapSize, 1, 5), draw_modelling(kMapSize, 1, 5));
  EXPECT_NE(draw_modelling(kMapSize, 1, 5), draw_modelling(kMapSize, 1, 6));
  std::int64_t layers = 0;
  std::int64_t surfaces = 0;
  for (std::int64_t number = 0; number < 300; ++number) {
    const survey::Modelling modelling = draw_modelling(kMapSize, 1, number);
    check_survey(modelling, "drawn");
    EXPECT_NO_THROW(wave::Propagator{modelling});
    layers += modelling.scheme.absorber == survey::Absorber::kPml ? 1 : 0;
    surfaces += modelling.scheme.free_surface ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(layers), 195.0, 30.0);
  EXPECT_NEAR(static_cast<double>(surfaces), 54.0, 25.0);
}

TEST(VariedRecording, WhatIsVariedAfterModellingKeepsSomethingToSee) {
  const survey::Modelling drawn = draw_modelling(kMapSize, 1, 2);
  const GatherShape shape{6, 200, 70, 5};
  std::vector<float> means(static_cast<std::size_t>(shape.size()));
  compact_gathers(shape_of(drawn.survey), gathers_of(drawn, map_of(0)), 5, means);
  for (std::uint64_t draw = 0; draw < 100; ++draw) {
    survey::Modelling told = drawn;
    std::vector<float> varied = means;
    Random random(4, draw);
    vary_recording(shape, told, varied, random);
    std::vector<float> images(ShotImage::kShots * kImage);
    prepare_shot_images(told, shape, varied, {.replace_last = true}, images);
    EXPECT_TRUE(std::ranges::all_of(images, [](float value) { return std::isfinite(value); }));
    EXPECT_GT(std::ranges::count_if(images, [](float value) { return value != 0.0F; }), 1000);
    survey::Modelling again = drawn;
    std::vector<float> same = means;
    Random from_start(4, draw);
    vary_recording(shape, again, same, from_start);
    EXPECT_EQ(same, varied);
    EXPECT_EQ(again, told);
  }
}

}  // namespace
}  // namespace strataform::data
