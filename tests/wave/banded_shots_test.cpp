#include <gtest/gtest.h>

#include <vector>

#include "strataform/core/error.h"
#include "strataform/wave/propagator.h"
#include "wave/variants.h"

namespace strataform::wave {
namespace {

/// Gathers of models that are not alike, on so many threads.
template <class Real>
std::vector<Real> shoot(const CellSurvey& acquisition, std::int64_t count, int threads) {
  std::vector<Real> velocity;
  for (std::int64_t cell = 0; cell < count * kRows * kColumns; ++cell) {
    velocity.push_back(static_cast<Real>(1800 + 31 * (cell / 97 % 40) + 5 * (cell % 13)));
  }
  const Propagator propagator(acquisition.on(kRows, kColumns), {.context = {.threads = threads}});
  std::vector<Real> gathers(static_cast<std::size_t>(count * propagator.gather_size()));
  propagator.forward(velocity, count, gathers);
  return gathers;
}

class BandedShots : public ::testing::TestWithParam<Variant> {};

// One thread takes whole shots; where shots are left over for several, they share them by rows.
TEST_P(BandedShots, GiveTheBitsOfWholeShots) {
  const CellSurvey acquisition = survey_of(GetParam());
  for (const std::int64_t count : {1, 2}) {
    const std::vector<float> expected = shoot<float>(acquisition, count, 1);
    for (const int threads : {2, 3, 5, 7, 16}) {
      EXPECT_EQ(shoot<float>(acquisition, count, threads), expected) << count << " models, " << threads << " threads";
    }
  }
  EXPECT_EQ(shoot<double>(acquisition, 1, 4), shoot<double>(acquisition, 1, 1));
}

INSTANTIATE_TEST_SUITE_P(Variants, BandedShots, ::testing::ValuesIn(variants()),
                         [](const auto& variant) { return variant.param.name; });

TEST(BandedShot, HasNoMoreBandsThanItsRowsAllow) {
  const CellSurvey acquisition = small_survey();
  EXPECT_EQ(shoot<float>(acquisition, 1, 64), shoot<float>(acquisition, 1, 1));
}

TEST(BandedShot, ThatDivergesThrowsOnEveryNumberOfThreads) {
  CellSurvey acquisition = small_survey();
  acquisition.wavelet.assign(static_cast<std::size_t>(acquisition.samples), 1e38);
  for (const int threads : {1, 2, 5, 16}) {
    EXPECT_THROW((void)shoot<float>(acquisition, 1, threads), NumericalError) << threads;
  }
}

}  // namespace
}  // namespace strataform::wave
