// Receivers of every shot's own, records with another sample interval than the time step, and real gathers.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <span>
#include <vector>

#include "strataform/io/npy.h"
#include "strataform/wave/propagator.h"
#include "support/relative_difference.h"
#include "support/test_support.h"
#include "wave/derivative_support.h"
#include "wave/serial_accelerator.h"

namespace strataform::wave {
namespace {

std::vector<float> gathers_of(const survey::Modelling& modelling, const PropagatorOptions& options = kWholeGrid) {
  const Propagator propagator(modelling, options);
  std::vector<float> gathers(static_cast<std::size_t>(propagator.gather_size()));
  propagator.forward(rough_model<float>(), 1, gathers);
  return gathers;
}

/// Every shot of small_survey() with receivers of its own: shot k without its first k ones.
survey::Modelling with_own_receivers() {
  survey::Modelling modelling = small_survey().on(kRows, kColumns);
  for (std::size_t shot = 0; shot < modelling.survey.shots.size(); ++shot) {
    auto& receivers = modelling.survey.shots[shot].receivers;
    receivers.erase(receivers.begin(), receivers.begin() + static_cast<std::ptrdiff_t>(shot));
  }
  return modelling;
}

/// Of gathers of small_survey() the traces that with_own_receivers() has.
std::vector<float> own_traces(const std::vector<float>& gathers) {
  const survey::Modelling modelling = with_own_receivers();
  const auto samples = static_cast<std::size_t>(modelling.survey.samples);
  const std::size_t all = modelling.survey.shots.front().receivers.size();
  std::vector<float> own;
  for (std::size_t shot = 0; shot < modelling.survey.shots.size(); ++shot) {
    for (std::size_t sample = 0; sample < samples; ++sample) {
      const auto row = gathers.begin() + static_cast<std::ptrdiff_t>((shot * samples + sample) * all);
      own.insert(own.end(), row + static_cast<std::ptrdiff_t>(shot), row + static_cast<std::ptrdiff_t>(all));
    }
  }
  return own;
}

TEST(ReceiversOfEveryShot, RecordWhatTheyDoAmongOthers) {
  const std::vector<float> expected = own_traces(gathers_of(small_survey().on(kRows, kColumns)));
  EXPECT_EQ(gathers_of(with_own_receivers()), expected);
  EXPECT_LE(test::relative_difference(gathers_of(with_own_receivers(), {}), expected), 1e-5);
}

TEST(ReceiversOfEveryShot, HaveTheGradientThatTheyHaveAlone) {
  const Propagator propagator(with_own_receivers(), kWholeGrid);
  const auto velocity = rough_model<double>();
  const auto y = random_values<double>(3, static_cast<std::size_t>(propagator.gather_size()), -1.0, 1.0);
  const Misfit<double> misfit = [&](std::int64_t, std::int64_t shot, std::span<const double> gather,
                                    std::span<double> derivative) {
    std::copy_n(y.begin() + propagator.gather_start(shot), gather.size(), derivative.begin());
    return dot(gather, derivative);
  };
  const Gradient together = propagator.gradient(std::span<const double>(velocity), 1, misfit);
  std::vector<double> sum(velocity.size(), 0.0);
  for (std::int64_t shot = 0; shot < propagator.shots(); ++shot) {
    survey::Modelling alone = with_own_receivers();
    alone.survey.shots = {alone.survey.shots[static_cast<std::size_t>(shot)]};
    const Misfit<double> of_shot = [&](std::int64_t, std::int64_t, std::span<const double> gather,
                                       std::span<double> derivative) { return misfit(0, shot, gather, derivative); };
    const Gradient gradient = Propagator(alone, kWholeGrid).gradient(std::span<const double>(velocity), 1, of_shot);
    EXPECT_EQ(gradient.misfits[0], together.misfits[static_cast<std::size_t>(shot)]);
    for (std::size_t cell = 0; cell < sum.size(); ++cell) sum[cell] += gradient.velocity[cell];
  }
  EXPECT_EQ(together.velocity, sum);
}

TEST(ReceiversOfEveryShot, AreReadOnAnAccelerator) {
  const Propagator here(with_own_receivers(), kWholeGrid);
  const Propagator there(
      with_own_receivers(),
      {.active_window = false, .instruction_set = {}, .accelerator = std::make_shared<SerialAccelerator>()});
  const auto velocity = rough_model<double>();
  std::vector<double> expected(static_cast<std::size_t>(here.gather_size()));
  std::vector<double> found = expected;
  here.forward(velocity, 1, expected);
  there.forward(velocity, 1, found);
  EXPECT_LE(test::relative_difference(found, expected), 1e-12);
  const Misfit<double> squares = [](std::int64_t, std::int64_t shot, std::span<const double> gather,
                                    std::span<double> derivative) {
    std::ranges::transform(gather, derivative.begin(), [&](double value) { return double(shot + 1) * value; });
    return dot(gather, derivative);
  };
  const Gradient of_here = here.gradient(std::span<const double>(velocity), 1, squares);
  const Gradient of_there = there.gradient(std::span<const double>(velocity), 1, squares);
  EXPECT_LE(test::relative_difference(of_there.misfits, of_here.misfits), 1e-12);
  EXPECT_LE(test::relative_difference(of_there.velocity, of_here.velocity), 1e-12);
  EXPECT_LE(test::relative_difference(of_there.wavelet, of_here.wavelet), 1e-12);
}

/// Every third time step recorded.
survey::Modelling every_third_step() {
  survey::Modelling modelling = small_survey().on(kRows, kColumns);
  modelling.survey.samples /= 3;
  modelling.survey.sample_interval *= 3.0;
  return modelling;
}

TEST(SampleInterval, OfSeveralTimeStepsRecordsTheLastOfThem) {
  const std::vector<float> all = gathers_of(small_survey().on(kRows, kColumns), {});
  const auto row = static_cast<std::size_t>(kColumns + 1);
  std::vector<float> thirds;
  for (std::size_t first = 2 * row; first < all.size(); first += 3 * row) {
    thirds.insert(thirds.end(), all.begin() + static_cast<std::ptrdiff_t>(first),
                  all.begin() + static_cast<std::ptrdiff_t>(first + row));
  }
  EXPECT_EQ(gathers_of(every_third_step(), {}), thirds);
  const auto accelerator = std::make_shared<SerialAccelerator>();
  const auto there = gathers_of(every_third_step(), {.active_window = false, .accelerator = accelerator});
  EXPECT_LE(test::relative_difference(there, thirds), 1e-5);
}

TEST(SampleInterval, OfSeveralTimeStepsHasAnExactAdjoint) {
  const Propagator propagator(every_third_step(), kWholeGrid);
  EXPECT_LE(velocity_dot_test(propagator, rough_model<double>()), 1e-12);
}

TEST(Grid, MayBeginAnywhere) {
  survey::Modelling moved = small_survey().on(kRows, kColumns);
  moved.grid.origin = {12340.0, -50.0};
  for (survey::Shot& shot : moved.survey.shots) {
    const auto move = [&](survey::Point& point) {
      point = {point.x + moved.grid.origin.x, point.z + moved.grid.origin.z};
    };
    move(shot.source);
    std::ranges::for_each(shot.receivers, move);
  }
  EXPECT_EQ(gathers_of(moved), gathers_of(small_survey().on(kRows, kColumns)));
}

/// The largest relative difference of a shot's gather to a published one, in samples 0 to before `samples`.
double largest_difference(const std::string& name, std::int64_t samples) {
  const io::NpyReader model(test::shared_file("real/openfwi/" + name + "_model.npy"));
  const auto expected = io::NpyReader(test::shared_file("real/openfwi/" + name + "_data.npy")).read_all();
  const Propagator propagator(survey::openfwi({.nz = model.shape()[2], .nx = model.shape()[3]}));
  std::vector<float> gathers(expected.size());
  propagator.forward(model.read_all(), 1, gathers);
  const auto receivers = static_cast<std::size_t>(model.shape()[3]);
  double largest = 0.0;
  for (std::int64_t shot = 0; shot < propagator.shots(); ++shot) {
    const auto first = static_cast<std::size_t>(propagator.gather_start(shot));
    const std::size_t values = static_cast<std::size_t>(samples) * receivers;
    largest = std::max(largest, test::relative_difference(std::span(gathers).subspan(first, values),
                                                          std::span(expected).subspan(first, values)));
  }
  return largest;
}

TEST(Openfwi, ModelsTheGathersOfAWiderModel) {
  STRATAFORM_SKIP_WITHOUT(test::shared_file("real/openfwi/marmousi190_model.npy"));
  EXPECT_LE(largest_difference("marmousi190", 1000), 1e-4);
}

TEST(Openfwi, ModelsAPublishedPairButForItsLastSample) {
  STRATAFORM_SKIP_WITHOUT(test::shared_file("real/openfwi/curvefault_model.npy"));
  EXPECT_LE(largest_difference("curvefault", 999), 1e-4);
}

}  // namespace
}  // namespace strataform::wave
