// What an accelerator computes is what the processor does: on a GPU, where there is one, and everywhere with its
// kernels run one thread after the other.
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "strataform/core/error.h"
#include "wave/serial_accelerator.h"
#include "wave/variants.h"

namespace strataform::wave {
namespace {

template <class Real>
std::vector<Real> two_models() {
  std::vector<Real> models = rough_model<Real>();
  const std::size_t cells = models.size();
  for (std::size_t cell = 0; cell < cells; ++cell) models.push_back(Real(0.9) * models[cells - 1 - cell]);
  return models;
}

template <class Real>
double squares(std::int64_t model, std::int64_t shot, std::span<const Real> gather, std::span<Real> derivative) {
  const auto weight = static_cast<Real>(1 + model + 2 * shot);
  for (std::size_t i = 0; i < gather.size(); ++i) derivative[i] = weight * gather[i];
  return 0.5 * dot(gather, derivative);
}

/// |found - expected| / |expected|
template <class Values>
double difference(Values found, const Values& expected) {
  for (std::size_t i = 0; i < found.size(); ++i) found[i] -= expected[i];
  return norm(found) / norm(expected);
}

template <class Real>
std::vector<Real> gathers_of(const Propagator& propagator) {
  std::vector<Real> gathers(static_cast<std::size_t>(2 * propagator.gather_size()));
  propagator.forward(std::span<const Real>(two_models<Real>()), 2, gathers);
  return gathers;
}

template <class Real>
Gradient gradient_of(const Propagator& propagator, const GradientOptions& options = {}) {
  return propagator.gradient(std::span<const Real>(two_models<Real>()), 2, Misfit<Real>(squares<Real>), options);
}

Propagator propagator_on(const std::shared_ptr<Accelerator>& accelerator, const CellSurvey& acquisition) {
  return Propagator(acquisition.on(kRows, kColumns),
                    {.active_window = false, .instruction_set = {}, .accelerator = accelerator});
}

void expect_equal(const Gradient& found, const Gradient& expected) {
  EXPECT_EQ(found.misfits, expected.misfits);
  EXPECT_EQ(found.velocity, expected.velocity);
  EXPECT_EQ(found.wavelet, expected.wavelet);
}

class EveryAccelerator : public testing::TestWithParam<std::tuple<std::string, Variant>> {
 protected:
  void SetUp() override {
    if (std::get<0>(GetParam()) == "serial") {
      accelerator_ = std::make_shared<SerialAccelerator>();
      return;
    }
    try {
      accelerator_ = cuda_accelerator();
    } catch (const UsageError& error) {
      GTEST_SKIP() << error.what();
    }
  }

  template <class Real>
  void expect_same_as_the_processor(double tolerance) const {
    const CellSurvey acquisition = survey_of(std::get<1>(GetParam()));
    const Propagator here(acquisition.on(kRows, kColumns), kWholeGrid);
    const Propagator there = propagator_on(accelerator_, acquisition);
    EXPECT_LE(difference(gathers_of<Real>(there), gathers_of<Real>(here)), tolerance);
    const Gradient expected = gradient_of<Real>(here);
    const Gradient found = gradient_of<Real>(there);
    EXPECT_LE(difference(found.misfits, expected.misfits), tolerance);
    EXPECT_LE(difference(found.velocity, expected.velocity), tolerance);
    EXPECT_LE(difference(found.wavelet, expected.wavelet), tolerance);
    // From checkpoints and in several batches, without the slightest difference.
    expect_equal(gradient_of<Real>(there, {.memory_bytes = found.peak_bytes / 10}), found);
  }

 private:
  std::shared_ptr<Accelerator> accelerator_;
};

TEST_P(EveryAccelerator, ComputesWhatTheProcessorDoes) {
  expect_same_as_the_processor<double>(1e-12);
  expect_same_as_the_processor<float>(1e-5);
}

INSTANTIATE_TEST_SUITE_P(Wave, EveryAccelerator,
                         testing::Combine(testing::Values("serial", "cuda"), testing::ValuesIn(variants())),
                         [](const auto& pair) { return std::get<0>(pair.param) + "_" + std::get<1>(pair.param).name; });

TEST(Accelerator, NeedsNotMoreMemoryThanItHas) {
  const CellSurvey acquisition = survey_of(variants().back());
  const auto plenty = std::make_shared<SerialAccelerator>();
  const auto expected = gathers_of<float>(propagator_on(plenty, acquisition));
  EXPECT_EQ(plenty->most_runs(), 6);
  EXPECT_EQ(plenty->used_bytes(), 0);
  const auto little = std::make_shared<SerialAccelerator>(plenty->peak_bytes() * 3 / 4);
  EXPECT_EQ(gathers_of<float>(propagator_on(little, acquisition)), expected);
  EXPECT_LT(little->most_runs(), 6);
  EXPECT_LT(little->peak_bytes(), plenty->peak_bytes());
  const auto none = std::make_shared<SerialAccelerator>(plenty->peak_bytes() / 8);
  EXPECT_THROW((void)gathers_of<float>(propagator_on(none, acquisition)), UsageError);
}

TEST(Accelerator, ComputesTheSameGradientWithinAnyMemory) {
  const CellSurvey acquisition = survey_of(variants().back());
  const auto everything = std::make_shared<SerialAccelerator>();
  const Gradient expected = gradient_of<float>(propagator_on(everything, acquisition));
  // The largest budget for which the steps are not all kept, then ever smaller ones.
  std::int64_t bytes = expected.peak_bytes - 1;
  std::int64_t last_runs = 6;
  for (; last_runs > 1; bytes /= 2) {
    const auto accelerator = std::make_shared<SerialAccelerator>();
    const Gradient found = gradient_of<float>(propagator_on(accelerator, acquisition), {.memory_bytes = bytes});
    expect_equal(found, expected);
    EXPECT_LE(found.peak_bytes, bytes);
    // The positions of sources and receivers are not counted; runs that share a model need a little less.
    EXPECT_NEAR(static_cast<double>(accelerator->peak_bytes()), static_cast<double>(found.peak_bytes), 1e5);
    EXPECT_LE(accelerator->most_runs(), last_runs);
    last_runs = accelerator->most_runs();
  }
  const Propagator propagator = propagator_on(everything, acquisition);
  EXPECT_THROW((void)gradient_of<float>(propagator, {.memory_bytes = 100'000}), UsageError);
  EXPECT_THROW((void)gradient_of<float>(propagator, {.storage = WavefieldStorage::kEverything, .memory_bytes = bytes}),
               UsageError);
}

TEST(Accelerator, RefusesWhatItDoesNotKnow) {
  const Propagator propagator = propagator_on(std::make_shared<SerialAccelerator>(), small_survey());
  EXPECT_THROW((void)gradient_of<float>(propagator, {.storage = WavefieldStorage::kBoundary}), UsageError);
  EXPECT_THROW((void)gradient_of<float>(propagator, {.storage = WavefieldStorage::kEveryNthStep}), UsageError);
  auto velocity = rough_model<float>();
  std::vector<float> gathers(static_cast<std::size_t>(propagator.gather_size()));
  velocity[5] = std::nanf("");
  EXPECT_THROW(propagator.forward(velocity, 1, gathers), InputError);
  velocity.pop_back();
  EXPECT_THROW(propagator.forward(velocity, 1, gathers), UsageError);
}

TEST(ResidentShots, ModelOpenfwisSurveyAsTheProcessorDoes) {
  std::shared_ptr<Accelerator> accelerator;
  try {
    accelerator = cuda_accelerator();
  } catch (const UsageError& error) {
    GTEST_SKIP() << error.what();
  }
  if (!accelerator->has_resident_kernel()) GTEST_SKIP() << accelerator->name() << " has no clusters of blocks";
  // 308, 310 and 312 rows: groups of 12 and 13 of them, and all of 13. An odd number of samples.
  for (const std::int64_t nz : {68, 70, 72}) {
    constexpr std::int64_t kColumnsOfModel = 70;
    CellSurvey acquisition = openfwi_cells(/*flip_shots=*/true);
    acquisition.samples = 701;
    std::vector<float> models;
    for (std::int64_t cell = 0; cell < 3 * nz * kColumnsOfModel; ++cell) {
      models.push_back(1600.0F + 0.5F * static_cast<float>((cell * 7919) % 5600));
    }
    const Propagator here(acquisition.on(nz, kColumnsOfModel), kWholeGrid);
    const Propagator there(acquisition.on(nz, kColumnsOfModel),
                           {.active_window = false, .instruction_set = {}, .accelerator = accelerator});
    std::vector<float> expected(static_cast<std::size_t>(3 * here.gather_size()));
    std::vector<float> found(expected.size());
    here.forward(std::span<const float>(models), 3, expected);
    there.forward(std::span<const float>(models), 3, found);
    EXPECT_LT(difference(found, expected), 1e-5) << nz;
  }
}

}  // namespace
}  // namespace strataform::wave
