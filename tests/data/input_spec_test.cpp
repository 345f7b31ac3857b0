#include "strataform/data/input_spec.h"

#include <gtest/gtest.h>
#include "strataform/data/input_reader.h"

#include <algorithm>

#include "strataform/core/error.h"
#include "support/test_support.h"
#include "tiny_data.h"

namespace strataform::data {
namespace {

constexpr TinyShape kOne{.count = 1};

GatherShape stored(const TinyShape& shape, std::int64_t decimation = 1) {
  return {.shots = shape.shots, .samples = shape.samples, .receivers = shape.receivers, .decimation = decimation};
}

std::vector<float> prepared(const InputSpec& spec, const GatherShape& shape, const std::vector<float>& gathers) {
  std::vector<float> out(static_cast<std::size_t>(spec.input_size()));
  prepare_gathers(spec, shape, gathers, stored_order(spec), out);
  return out;
}

/// Sets one time sample of all traces.
void set_sample(std::vector<float>& gathers, const GatherShape& shape, std::int64_t sample, float value) {
  for (std::int64_t shot = 0; shot < shape.shots; ++shot) {
    const auto first = gathers.begin() + (shot * shape.samples + sample) * shape.receivers;
    std::fill_n(first, shape.receivers, value);
  }
}

TEST(InputSpec, LastSampleChangesNothingWhereItIsIgnored) {
  for (const std::int64_t decimation : {1, 5}) {
    InputSpec spec = tiny_spec(kOne, decimation);
    const std::vector<float> gathers = tiny_gathers(kOne, 1);
    std::vector<float> changed = gathers;
    set_sample(changed, stored(kOne), kOne.samples - 1, 1000.0F);
    EXPECT_EQ(prepared(spec, stored(kOne), gathers), prepared(spec, stored(kOne), changed));
    spec.ignore_last_sample = false;
    EXPECT_NE(prepared(spec, stored(kOne), gathers), prepared(spec, stored(kOne), changed));
  }
}

TEST(InputSpec, EveryOtherSampleCounts) {
  const InputSpec spec = tiny_spec(kOne, 5);
  const std::vector<float> gathers = tiny_gathers(kOne, 1);
  for (std::int64_t sample = 0; sample + 1 < kOne.samples; ++sample) {
    std::vector<float> changed = gathers;
    set_sample(changed, stored(kOne), sample, 1000.0F);
    EXPECT_NE(prepared(spec, stored(kOne), gathers), prepared(spec, stored(kOne), changed)) << sample;
  }
}

TEST(InputSpec, InputIsTheNormalizedBlockMean) {
  const InputSpec spec = tiny_spec(kOne, 4);
  const GatherShape shape = stored(kOne);
  std::vector<float> gathers = tiny_gathers(kOne, 2);
  const std::vector<float> input = prepared(spec, shape, gathers);
  for (std::int64_t shot = 0; shot < shape.shots; ++shot) {
    for (std::int64_t block = 0; block < 5; ++block) {
      for (std::int64_t receiver = 0; receiver < shape.receivers; ++receiver) {
        double sum = 0.0;
        for (std::int64_t k = 0; k < 4; ++k) {
          const std::int64_t sample = std::min(block * 4 + k, shape.samples - 2);
          sum += gathers[static_cast<std::size_t>((shot * shape.samples + sample) * shape.receivers + receiver)];
        }
        std::vector<float> expected = {static_cast<float>(sum / 4.0)};
        normalize_gathers(spec.normalization, expected, expected);
        ASSERT_NEAR(input[static_cast<std::size_t>((shot * 5 + block) * shape.receivers + receiver)], expected[0],
                    2e-6);
      }
    }
  }
}

TEST(InputSpec, InTwoStepsAsInOne) {
  const GatherShape shape = stored(kOne);
  const std::vector<float> gathers = tiny_gathers(kOne, 3);
  std::vector<float> means(gathers.size() / 2);
  block_means(shape, gathers, 2, true, means);
  GatherShape halved = shape;
  halved.samples /= 2;
  halved.decimation = 2;
  const InputSpec spec = tiny_spec(kOne, 10);
  const std::vector<float> direct = prepared(spec, shape, gathers);
  const std::vector<float> again = prepared(spec, halved, means);
  for (std::size_t i = 0; i < direct.size(); ++i) ASSERT_NEAR(direct[i], again[i], 2e-6);
}

TEST(InputSpec, ModelOfFiveShotsTakesTheFirstFiveOfSix) {
  TinyShape six = kOne;
  six.shots = 6;
  const std::vector<float> gathers = tiny_gathers(six, 4);
  const std::vector<float> first_five(gathers.begin(), gathers.begin() + kOne.shots * kOne.samples * kOne.receivers);
  const InputSpec spec = tiny_spec(kOne);
  EXPECT_EQ(prepared(spec, stored(six), gathers), prepared(spec, stored(kOne), first_five));
}

TEST(InputSpec, ShortRecordsContinueWithZerosAndLongOnesAreCut) {
  InputSpec spec = tiny_spec(kOne, 5);
  const std::vector<float> gathers = tiny_gathers(kOne, 5);
  const std::vector<float> whole = prepared(spec, stored(kOne), gathers);
  spec.samples = 10;
  const std::vector<float> cut = prepared(spec, stored(kOne), gathers);
  EXPECT_EQ(std::vector(cut.begin(), cut.begin() + kOne.receivers),
            std::vector(whole.begin(), whole.begin() + kOne.receivers));
  spec.samples = 30;
  const std::vector<float> extended = prepared(spec, stored(kOne), gathers);
  std::vector<float> zero = {0.0F};
  normalize_gathers(spec.normalization, zero, zero);
  EXPECT_EQ(extended[static_cast<std::size_t>(5 * kOne.receivers)], zero[0]);
  EXPECT_EQ(std::vector(extended.begin(), extended.begin() + 3 * kOne.receivers),
            std::vector(whole.begin(), whole.begin() + 3 * kOne.receivers));
}

TEST(InputSpec, RefusesGathersThatDoNotFit) {
  const InputSpec spec = tiny_spec(kOne, 5);
  GatherShape shape = stored(kOne);
  EXPECT_NO_THROW(check_compatible(spec, shape, "d.npy"));
  shape.shots = 4;
  expect_error<MismatchError>([&] { check_compatible(spec, shape, "d.npy"); }, {"d.npy", "5 shots", "found [N, 4,"});
  shape = stored(kOne);
  shape.receivers = 8;
  expect_error<MismatchError>([&] { check_compatible(spec, shape, "d.npy"); }, {"7 receivers", "20, 8]"});
  shape = stored(kOne, 2);
  expect_error<MismatchError>([&] { check_compatible(spec, shape, "d.npy"); }, {"d.npy", "5", "2"});
}

TEST(InputSpec, RefusesDecimationThatDoesNotDivide) {
  EXPECT_THROW(check(tiny_spec(kOne, 3)), UsageError);
  EXPECT_THROW(check(tiny_spec(kOne, 0)), UsageError);
}

TEST(InputSpec, AgreesWithNumbersOfTheReferenceGathers) {
  const auto path = test::shared_file("reference/forward/data.npy");
  STRATAFORM_SKIP_WITHOUT(path);
  const auto source = open_gathers(path);
  const InputSpec spec{.decimation = 5};
  std::vector<float> input(static_cast<std::size_t>(spec.input_size()));
  for (std::int64_t index = 0; index < source->size(); ++index) {
    InputReader(*source, spec, 70, Flip::kNever).read(index, false, input);
    const auto [low, high] = std::ranges::minmax(input);
    EXPECT_GT(low, -1.0F);
    EXPECT_LT(high, 1.0F);
    EXPECT_GT(high - low, 1.0F);
  }
}

}  // namespace
}  // namespace strataform::data
