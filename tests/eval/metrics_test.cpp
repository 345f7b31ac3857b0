#include "strataform/eval/metrics.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

#include "strataform/core/random.h"
#include "strataform/io/json.h"
#include "strataform/io/npy.h"
#include "support/test_support.h"

namespace strataform::eval {
namespace {

std::vector<float> random_map(std::uint64_t seed, std::size_t cells) {
  Random random(seed);
  std::vector<float> map(cells);
  for (float& value : map) value = static_cast<float>(random.uniform(-1.0, 1.0));
  return map;
}

TEST(Metrics, ReproduceTheReference) {
  const std::filesystem::path folder = test::shared_file("reference/metrics");
  STRATAFORM_SKIP_WITHOUT(folder);
  const io::NpyReader prediction(folder / "prediction.npy");
  const io::NpyReader label(folder / "label.npy");
  const nlohmann::json expected = io::read_json(folder / "metrics.json");
  const std::vector<float> predictions = prediction.read_all();
  const std::vector<float> labels = label.read_all();
  EXPECT_NEAR(mean_absolute_error(predictions, labels), expected["mae"].get<double>(), 1e-6);
  EXPECT_NEAR(mean_squared_error(predictions, labels), expected["mse"].get<double>(), 1e-6);

  const auto cells = static_cast<std::size_t>(label.item_size());
  double ssim = 0.0;
  for (std::size_t sample = 0; sample < static_cast<std::size_t>(label.count()); ++sample) {
    const auto map = std::span<const float>(predictions).subspan(sample * cells, cells);
    const auto truth = std::span<const float>(labels).subspan(sample * cells, cells);
    const nlohmann::json& sample_expected = expected["per_sample"][sample];
    const double value = structural_similarity(map, truth, label.shape()[2], label.shape()[3]);
    EXPECT_NEAR(value, sample_expected["ssim"].get<double>(), 1e-6) << "sample " << sample;
    EXPECT_NEAR(mean_absolute_error(map, truth), sample_expected["mae"].get<double>(), 1e-6) << "sample " << sample;
    ssim += value / static_cast<double>(label.count());
  }
  EXPECT_NEAR(ssim, expected["ssim"].get<double>(), 1e-6);
}

TEST(Metrics, AreThoseOfAConstantDifference) {
  const std::vector<float> zero(35, 0.0F);
  const std::vector<float> half(35, -0.5F);
  EXPECT_DOUBLE_EQ(mean_absolute_error(half, zero), 0.5);
  EXPECT_DOUBLE_EQ(mean_squared_error(half, zero), 0.25);
}

TEST(StructuralSimilarity, IsOneForEqualMapsAndLessForOthers) {
  const std::vector<float> map = random_map(1, 20 * 30);
  EXPECT_NEAR(structural_similarity(map, map, 20, 30), 1.0, 1e-6);
  EXPECT_LT(structural_similarity(map, random_map(2, 20 * 30), 20, 30), 0.5);
}

TEST(StructuralSimilarity, IsSymmetricAndBlindToATransposition) {
  const std::vector<float> a = random_map(3, 20 * 30);
  const std::vector<float> b = random_map(4, 20 * 30);
  const double value = structural_similarity(a, b, 20, 30);
  EXPECT_NEAR(structural_similarity(b, a, 20, 30), value, 1e-6);
  std::vector<float> a_transposed(a.size());
  std::vector<float> b_transposed(b.size());
  for (std::size_t row = 0; row < 20; ++row) {
    for (std::size_t column = 0; column < 30; ++column) {
      a_transposed[column * 20 + row] = a[row * 30 + column];
      b_transposed[column * 20 + row] = b[row * 30 + column];
    }
  }
  EXPECT_NEAR(structural_similarity(a_transposed, b_transposed, 30, 20), value, 1e-6);
}

TEST(StructuralSimilarity, WorksOnMapsSmallerThanItsWindow) {
  const std::vector<float> map = random_map(5, 3 * 4);
  EXPECT_NEAR(structural_similarity(map, map, 3, 4), 1.0, 1e-6);
}

TEST(Metrics, RefuseMapsOfDifferentSize) {
  const std::vector<float> a(6);
  const std::vector<float> b(8);
  EXPECT_THROW((void)mean_absolute_error(a, b), std::invalid_argument);
  EXPECT_THROW((void)mean_squared_error({}, {}), std::invalid_argument);
  EXPECT_THROW((void)structural_similarity(a, a, 2, 4), std::invalid_argument);
}

}  // namespace
}  // namespace strataform::eval
