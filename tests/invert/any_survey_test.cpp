// What a network of any survey must not see, held by the whole way from gathers to the map.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/geology/family.h"
#include "strataform/invert/predict.h"
#include "strataform/nn/backbone.h"
#include "strataform/survey/openfwi.h"
#include "strataform/wave/propagator.h"
#include "support/relative_difference.h"
#include "support/simulated_gathers.h"

namespace strataform::invert {
namespace {

using test::gathers_of;
using test::shape_of;

/// The gathers of one model in memory.
class Recording : public data::GatherSource {
 public:
  Recording(std::optional<survey::Modelling> modelling, data::GatherShape shape, std::vector<float> gathers)
      : modelling_(std::move(modelling)), shape_(shape), gathers_(std::move(gathers)) {}
  [[nodiscard]] std::int64_t size() const override { return 1; }
  [[nodiscard]] data::GatherShape gather_shape() const override { return shape_; }
  [[nodiscard]] std::optional<survey::Modelling> modelling() const override { return modelling_; }
  void read_gathers(std::int64_t /*index*/, std::span<float> out) const override {
    std::ranges::copy(gathers_, out.begin());
  }
  [[nodiscard]] std::string name() const override { return "recording"; }

 private:
  std::optional<survey::Modelling> modelling_;
  data::GatherShape shape_;
  std::vector<float> gathers_;
};

std::vector<float> layered_map(bool mirrored = false) {
  std::vector<float> map = geology::generate_map(geology::find_family("curvefault-b"), 11, 4);
  if (mirrored) {
    for (auto row = map.begin(); row != map.end(); row += 70) std::reverse(row, row + 70);
  }
  return map;
}

class AnySurvey : public testing::Test {
 protected:
  AnySurvey() {
    model_.backbone = nn::make_backbone("shotwise", {{"features", 16}, {"mixers", 2}}, 3);
    model_.backbone->eval();
    model_.input.any_survey = true;
    model_.input.shots = survey::ShotImage::kShots;
    model_.input.decimation = 5;
    modelling_.scheme.absorber = survey::Absorber::kPml;
    modelling_.scheme.absorbing_cells = 20;
    gathers_ = gathers_of(modelling_, layered_map());
    map_ = map_of(modelling_, gathers_);
  }

  [[nodiscard]] std::vector<float> map_of(const survey::Modelling& modelling, std::vector<float> gathers,
                                          bool mirror = false) const {
    const Recording recording(modelling, shape_of(modelling.survey), std::move(gathers));
    return predict(model_, recording, 0, 1, {.mirror = mirror});
  }

  model::Model model_;
  survey::Modelling modelling_ = survey::openfwi();
  std::vector<float> gathers_;
  std::vector<float> map_;
};

constexpr double kSame = 1e-4;

TEST_F(AnySurvey, WhatIsRecordedMatters) {
  EXPECT_GT(test::relative_difference(map_of(modelling_, gathers_of(modelling_, layered_map(true))), map_),
            5.0 * kSame);
}

TEST_F(AnySurvey, TheOrderOfTheShotsDoesNotMatter) {
  survey::Modelling reordered = modelling_;
  std::ranges::rotate(reordered.survey.shots, reordered.survey.shots.begin() + 2);
  EXPECT_LT(test::relative_difference(map_of(reordered, gathers_of(reordered, layered_map())), map_), kSame);
}

TEST_F(AnySurvey, ScaleAndSignOfTheAmplitudesDoNotMatter) {
  for (const float factor : {10.0F, 1e-6F, -3.0F}) {
    std::vector<float> scaled = gathers_;
    for (float& value : scaled) value *= factor;
    EXPECT_LT(test::relative_difference(map_of(modelling_, scaled), map_), kSame) << factor;
  }
}

TEST_F(AnySurvey, TheUnitsOfLengthAndTimeDoNotMatter) {
  for (const double scale : {15.0 / 7.0, 15.0 / 22.0}) {
    survey::Modelling scaled = survey::openfwi({.spacing = scale * survey::Openfwi::kSpacing});
    scaled.scheme = modelling_.scheme;
    scaled.scheme.time_step *= scale;
    scaled.survey.sample_interval *= scale;
    scaled.source.peak_frequency /= scale;
    EXPECT_LT(test::relative_difference(map_of(scaled, gathers_of(scaled, layered_map())), map_), kSame) << scale;
  }
}

TEST_F(AnySurvey, TheUnitOfVelocityDoesNotMatter) {
  // Ground of 250 to 750 m/s: the same waves, six times as slow.
  constexpr double kRatio = 6.0;
  survey::Modelling slow = modelling_;
  slow.scheme.time_step *= kRatio;
  slow.survey.sample_interval *= kRatio;
  slow.source.peak_frequency /= kRatio;
  std::vector<float> ground = layered_map();
  for (float& velocity : ground) velocity /= static_cast<float>(kRatio);
  const Recording recording(slow, shape_of(slow.survey), gathers_of(slow, ground));
  std::vector<float> map = predict(model_, recording, 0, 1, {.slowest = 250.0});
  for (float& velocity : map) velocity *= static_cast<float>(kRatio);
  EXPECT_LT(test::relative_difference(map, map_), kSame);
}

TEST_F(AnySurvey, MirroredGathersGiveTheMirroredMap) {
  // Of every survey: here of one that is not its own mirror image.
  survey::Modelling line = modelling_;
  line.survey.shots.resize(3);
  survey::Modelling mirrored = line;
  for (survey::Shot& shot : mirrored.survey.shots) shot.source.x = 690.0 - shot.source.x;
  const std::vector<float> here = map_of(line, gathers_of(line, layered_map()), /*mirror=*/true);
  std::vector<float> there = map_of(mirrored, gathers_of(mirrored, layered_map(true)), /*mirror=*/true);
  for (auto row = there.begin(); row != there.end(); row += 70) std::reverse(row, row + 70);
  EXPECT_LT(test::relative_difference(there, here), kSame);
}

TEST_F(AnySurvey, DeadTracesCountAsMissingOnes) {
  survey::Modelling thinned = modelling_;
  std::vector<float> dead = gathers_;
  for (survey::Shot& shot : thinned.survey.shots) {
    std::vector<survey::Point> kept;
    for (std::size_t r = 0; r < 70; r += 2) kept.push_back(shot.receivers[r]);
    shot.receivers = kept;
  }
  for (std::size_t i = 0; i < dead.size(); ++i) {
    if (i % 70 % 2 == 1) dead[i] = 4.0F;
  }
  EXPECT_LT(test::relative_difference(map_of(modelling_, dead), map_of(thinned, gathers_of(thinned, layered_map()))),
            kSame);
}

TEST_F(AnySurvey, WhatCannotBeUsedIsRefused) {
  const auto refuses = [&](const std::optional<survey::Modelling>& modelling, const data::GatherShape& shape) {
    const Recording recording(modelling, shape, std::vector<float>(static_cast<std::size_t>(shape.size()), 1.0F));
    EXPECT_THROW((void)predict(model_, recording, 0, 1), MismatchError);
  };
  refuses(std::nullopt, {3, 1000, 96});  // nobody says where it was recorded
  survey::Modelling outside = modelling_;
  outside.survey.shots[1].source.x = 900.0;
  refuses(outside, shape_of(outside.survey));
  const Recording known(modelling_, shape_of(modelling_.survey), gathers_);
  EXPECT_THROW((void)predict(model_, known, 0, 1, {.slowest = 0.0}), UsageError);
  // OpenFWI's numbers of shots and receivers are taken for OpenFWI's survey.
  const Recording openfwi(std::nullopt, {5, 1000, 70}, gathers_);
  EXPECT_LT(test::relative_difference(predict(model_, openfwi, 0, 1), map_), kSame);
}

}  // namespace
}  // namespace strataform::invert
