#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "strataform/core/context.h"
#include "strataform/core/parallel.h"
#include "strataform/geology/family.h"
#include "strataform/geology/gaussian_field.h"

namespace strataform::geology {
namespace {

constexpr std::size_t kMaxLag = 16;

/// Half the mean squared difference of cells lag apart, along both axes: the variogram.
std::vector<double> variogram(const std::string& name, std::int64_t samples) {
  constexpr std::size_t kExtent = 70;
  std::vector<std::vector<double>> parts(static_cast<std::size_t>(samples));
  parallel_for(samples, Context{}.thread_count(), [&](std::int64_t index, int /*worker*/) {
    const auto map = generate_map(find_family(name), 5, static_cast<std::uint64_t>(index));
    auto& part = parts[static_cast<std::size_t>(index)];
    part.assign(kMaxLag + 1, 0.0);
    for (std::size_t lag = 1; lag <= kMaxLag; ++lag) {
      for (std::size_t z = 0; z + lag < kExtent; ++z) {
        for (std::size_t x = 0; x + lag < kExtent; ++x) {
          const double here = map[z * kExtent + x];
          const double right = map[z * kExtent + x + lag] - here;
          const double down = map[(z + lag) * kExtent + x] - here;
          part[lag] += 0.25 * (right * right + down * down);
        }
      }
      part[lag] /= static_cast<double>((kExtent - lag) * (kExtent - lag));
    }
  });
  std::vector<double> mean(kMaxLag + 1, 0.0);
  for (const auto& part : parts) {
    for (std::size_t lag = 0; lag <= kMaxLag; ++lag) mean[lag] += part[lag] / static_cast<double>(samples);
  }
  return mean;
}

struct Fit {
  double trend_slope = 0.0;
  double deviation = 0.0;
  double length = 0.0;
  double roughness = 0.0;
};

/// Solves the normal equations of a small least-squares problem by Gaussian elimination.
std::vector<double> least_squares(const std::vector<std::vector<double>>& columns, const std::vector<double>& target) {
  const std::size_t n = columns.size();
  std::vector<std::vector<double>> system(n, std::vector<double>(n + 1, 0.0));
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < target.size(); ++k) {
      for (std::size_t j = 0; j < n; ++j) system[i][j] += columns[i][k] * columns[j][k];
      system[i][n] += columns[i][k] * target[k];
    }
  }
  for (std::size_t pivot = 0; pivot < n; ++pivot) {
    for (std::size_t i = 0; i < n; ++i) {
      if (i == pivot) continue;
      const double factor = system[i][pivot] / system[pivot][pivot];
      for (std::size_t j = pivot; j <= n; ++j) system[i][j] -= factor * system[pivot][j];
    }
  }
  std::vector<double> solution(n);
  for (std::size_t i = 0; i < n; ++i) solution[i] = system[i][n] / system[i][i];
  return solution;
}

/// Splits a variogram into trend, structure and roughness. It searches the correlation length of the structure; the
/// trend's is told by `trend_length`. What remains is linear in the variances.
Fit fit(const std::vector<double>& measured, double trend_length, bool rough) {
  const std::vector<double> target(measured.begin() + 1, measured.end());
  Fit best;
  double best_error = -1.0;
  for (double length = 1.0; length < 6.0; length += 0.02) {
    std::vector<std::vector<double>> columns(rough ? 3 : 2);
    for (std::size_t k = 0; k < target.size(); ++k) {
      const auto lag = static_cast<double>(k + 1);
      columns[0].push_back(1.0 - std::exp(-lag * lag / (trend_length * trend_length)));
      columns[1].push_back(1.0 - std::exp(-lag * lag / (length * length)));
      if (rough) columns[2].push_back(1.0 - std::exp(-lag * lag));
    }
    const auto variances = least_squares(columns, target);
    if (*std::min_element(variances.begin(), variances.end()) < 0.0) continue;
    double error = 0.0;
    for (std::size_t k = 0; k < target.size(); ++k) {
      double model = 0.0;
      for (std::size_t i = 0; i < columns.size(); ++i) model += variances[i] * columns[i][k];
      error += std::pow((model - target[k]) / target[k], 2.0);
    }
    if (best_error >= 0.0 && error >= best_error) continue;
    best_error = error;
    best = {std::sqrt(2.0 * variances[0]) / trend_length, std::sqrt(variances[1]), length,
            rough ? std::sqrt(variances[2]) : 0.0};
  }
  return best;
}

TEST(GaussianField, FallsToOneOverEAtTheCorrelationLength) {
  for (const double length : {2.0, 3.5, 10.0}) {
    Random random(9);
    const MapSize size{300, 300};
    const auto field = gaussian_field(random, size, length);
    std::vector<double> correlation;
    double power = 0.0;
    for (const double value : field) power += value * value / static_cast<double>(field.size());
    EXPECT_NEAR(power, 1.0, 0.2) << length;
    double previous = 1.0;
    for (std::size_t lag = 1; lag < 40; ++lag) {
      double sum = 0.0;
      for (std::size_t z = 0; z < 300; ++z) {
        for (std::size_t x = 0; x + lag < 300; ++x) sum += field[z * 300 + x] * field[z * 300 + x + lag];
      }
      const double now = sum / (300.0 * (300.0 - static_cast<double>(lag))) / power;
      const double threshold = std::exp(-1.0);
      if (now < threshold) {
        const double crossing = static_cast<double>(lag) - (threshold - now) / (previous - now);
        EXPECT_NEAR(crossing, length, 0.1 * length);
        break;
      }
      previous = now;
    }
    EXPECT_LT(previous, 1.0);
  }
}

TEST(Style, StructureOfAIsThePublishedFit) {
  const Fit found = fit(variogram("style-a", 400), 31.0, false);
  EXPECT_NEAR(found.length, 3.5, 0.2 * 3.5);
  EXPECT_NEAR(found.deviation, 183.0, 0.1 * 183.0);
  EXPECT_NEAR(found.trend_slope, 31.0, 0.15 * 31.0);
}

TEST(Style, StructureOfBIsThePublishedFit) {
  const Fit found = fit(variogram("style-b", 400), 9.4, true);
  EXPECT_NEAR(found.length, 2.0, 0.2 * 2.0);
  EXPECT_NEAR(found.deviation, 158.0, 0.2 * 158.0);
  EXPECT_NEAR(found.trend_slope, 92.0, 0.15 * 92.0);
  EXPECT_NEAR(found.roughness, 58.0, 0.4 * 58.0);
}

TEST(Style, VelocitiesAreNotCutOffAtTheLimits) {
  for (const char* name : {"style-a", "style-b"}) {
    std::size_t at_limit = 0;
    for (std::uint64_t index = 0; index < 50; ++index) {
      const auto map = generate_map(find_family(name), 5, index);
      at_limit += static_cast<std::size_t>(std::count_if(
          map.begin(), map.end(), [](float v) { return v <= kMinVelocity + 1.0 || v >= kMaxVelocity - 1.0; }));
    }
    EXPECT_LT(at_limit, 50U * 4900U / 100U) << name;
  }
}

}  // namespace
}  // namespace strataform::geology
