#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <string>
#include <vector>

#include "largest_difference.h"
#include "strataform/core/error.h"
#include "strataform/core/random.h"
#include "strataform/invert/inverter.h"
#include "strataform/invert/predict.h"
#include "strataform/peft/adapter.h"
#include "strataform/peft/adapter_folder.h"
#include "support/small_model.h"
#include "support/test_support.h"

namespace strataform::invert {
namespace {

std::vector<float> random_gathers(std::int64_t count, std::int64_t shots = 5) {
  Random random(3);
  std::vector<float> gathers(static_cast<std::size_t>(count * shots * 1000 * 70));
  for (float& value : gathers) value = static_cast<float>(random.normal(0.0, 3.0));
  return gathers;
}

class InverterTest : public ::testing::Test {
 protected:
  InverterTest() : model_(test::small_model()) {
    (void)model::save_model(folder_ / "model.safetensors", model_);
    options_.model = folder_ / "model.safetensors";
  }

  /// Saves an adapter whose tensors are all random, so that it changes the output.
  std::filesystem::path save_random_adapter(const model::Model& base, const std::string& name = "adapter") {
    peft::AdapterOptions options;
    options.rank = 2;
    const peft::Adapter adapter(base.backbone, options);
    const torch::NoGradGuard no_gradients;
    for (const auto& [path, tensor] : adapter.trainable()) tensor.normal_(0.0, 0.3);
    peft::save_adapter(folder_ / name, adapter, base.fingerprint, {});
    return folder_ / name;
  }

  test::TemporaryFolder folder_;
  model::Model model_;
  InverterOptions options_;
};

TEST_F(InverterTest, GivesTheNetworksOutputInMetresPerSecond) {
  const std::vector<float> gathers = random_gathers(1);
  std::vector<float> input(static_cast<std::size_t>(model_.input.input_size()));
  data::prepare_gathers(model_.input, {5, 1000, 70}, gathers, data::stored_order(model_.input), input);
  const torch::NoGradGuard no_gradients;
  const torch::Tensor output = model_.backbone->forward(torch::from_blob(input.data(), {1, 5, 1000, 70}));
  const torch::Tensor velocity = ((output + 1.0) * 1500.0 + 1500.0).contiguous();
  const std::vector<float> expected(velocity.data_ptr<float>(), velocity.data_ptr<float>() + velocity.numel());
  const Inverter inverter(options_);
  EXPECT_LT(largest_difference(inverter.invert(gathers), expected), 0.01);
  EXPECT_EQ(inverter.nz() * inverter.nx(), 4900);
}

TEST_F(InverterTest, DoesNotDependOnTheBatchSize) {
  const std::vector<float> gathers = random_gathers(3);
  options_.batch_size = 2;
  const std::vector<float> by_two = Inverter(options_).invert(gathers);
  options_.batch_size = 3;
  EXPECT_LT(largest_difference(by_two, Inverter(options_).invert(gathers)), 0.01);
}

TEST_F(InverterTest, ComputesWithTheAdapter) {
  const std::vector<float> gathers = random_gathers(1);
  const std::vector<float> base = Inverter(options_).invert(gathers);
  options_.adapter = save_random_adapter(model_);
  EXPECT_GT(largest_difference(base, Inverter(options_).invert(gathers)), 1.0);
}

TEST_F(InverterTest, ComputesEachModelWithItsOwnAdapter) {
  const std::vector<float> gathers = random_gathers(1);
  std::map<std::string, std::vector<float>> expected{{"", Inverter(options_).invert(gathers)}};
  Inverter several(options_);
  for (const char* name : {"first", "second"}) {
    options_.adapter = save_random_adapter(model_, name);
    expected[name] = Inverter(options_).invert(gathers);
    several.add_adapter(name, options_.adapter);
  }
  std::vector<float> repeated;
  for (int copy = 0; copy < 4; ++copy) repeated.insert(repeated.end(), gathers.begin(), gathers.end());
  const std::vector<std::string> names{"second", "", "first", "second"};
  const std::vector<float> maps = several.invert(repeated, several.gather_shape(), names);
  for (std::size_t k = 0; k < names.size(); ++k) {
    const auto begin = maps.begin() + static_cast<std::ptrdiff_t>(k) * 4900;
    EXPECT_LT(largest_difference({begin, begin + 4900}, expected[names[k]]), 0.01) << k;
  }
  const auto with = [&](const std::string& name) {
    return several.invert(gathers, several.gather_shape(), std::vector{name});
  };
  EXPECT_LT(largest_difference(with("second"), expected["second"]), 0.01);
  EXPECT_EQ(several.invert(gathers), expected[""]);
  EXPECT_THROW((void)with("third"), UsageError);
  EXPECT_THROW((void)several.invert(gathers, several.gather_shape(), names), UsageError);
}

TEST_F(InverterTest, AveragesWithTheMirrorImage) {
  const std::vector<float> gathers = random_gathers(2);
  std::vector<float> mirrored(gathers.size());
  for (std::size_t row = 0; row < 2 * 5 * 1000; ++row) {
    const std::size_t model = row / 5000;
    const std::size_t shot = row / 1000 % 5;
    const std::size_t from = (5 * model + 4 - shot) * 1000 + row % 1000;
    for (std::size_t r = 0; r < 70; ++r) mirrored[70 * row + r] = gathers[70 * from + 69 - r];
  }
  const Inverter plain(options_);
  std::vector<float> expected = plain.invert(gathers);
  const std::vector<float> other = plain.invert(mirrored);
  for (std::size_t cell = 0; cell < expected.size(); ++cell) {
    expected[cell] = 0.5F * (expected[cell] + other[cell / 70 * 70 + 69 - cell % 70]);
  }
  options_.mirror = true;
  const Inverter both(options_);
  EXPECT_LT(largest_difference(both.invert(gathers), expected), 0.01);
  const std::vector<float> unknown(static_cast<std::size_t>(7 * 1000 * 70));
  EXPECT_THROW((void)both.invert(unknown, {7, 1000, 70}), UsageError);
}

TEST_F(InverterTest, RefusesAnAdapterOfAnotherModel) {
  options_.adapter = save_random_adapter(test::small_model(2));
  EXPECT_THROW(Inverter{options_}, MismatchError);
}

TEST_F(InverterTest, RefusesGathersThatDoNotFit) {
  const Inverter inverter(options_);
  EXPECT_THROW((void)inverter.invert(random_gathers(1, 4), {4, 1000, 70}), MismatchError);
  EXPECT_THROW((void)inverter.invert(std::vector<float>(10)), MismatchError);
}

TEST_F(InverterTest, RefusesAmplitudesThatAreNotFinite) {
  std::vector<float> gathers = random_gathers(1);
  gathers[5] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW((void)Inverter(options_).invert(gathers), InputError);
}

TEST_F(InverterTest, RefusesBadOptions) {
  InverterOptions options = options_;
  options.batch_size = 0;
  EXPECT_THROW(Inverter{options}, UsageError);
  options = options_;
  for (const char* device : {"gpu", "cuda:99", "cuda:999", "cuda:01"}) {
    options.device = device;
    EXPECT_THROW(Inverter{options}, UsageError) << device;
  }
  options = options_;
  options.model = folder_ / "missing.safetensors";
  EXPECT_THROW(Inverter{options}, IoError);
}

TEST_F(InverterTest, PredictsInEvaluationMode) {
  const std::vector<float> input(static_cast<std::size_t>(model_.input.input_size()), 0.1F);
  const std::vector<float> expected = predict(model_, input, 1);
  model_.backbone->train();
  EXPECT_EQ(predict(model_, input, 1), expected);
  EXPECT_FALSE(model_.backbone->is_training());
}

TEST_F(InverterTest, PredictionReportsANetworkThatDiverged) {
  const std::vector<float> input(static_cast<std::size_t>(model_.input.input_size()),
                                 std::numeric_limits<float>::infinity());
  EXPECT_THROW((void)predict(model_, input, 1), NumericalError);
}

}  // namespace
}  // namespace strataform::invert
