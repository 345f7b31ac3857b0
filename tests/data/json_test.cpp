#include <gtest/gtest.h>

#include "strataform/core/error.h"
#include "strataform/data/acquisition_json.h"
#include "strataform/data/dataset_info.h"
#include "strataform/data/input_spec.h"
#include "support/test_support.h"
#include "tiny_data.h"

namespace strataform::data {
namespace {

InputSpec unusual_spec() {
  InputSpec spec{.shots = 3, .samples = 800, .receivers = 64, .decimation = 4, .ignore_last_sample = false};
  spec.time_step = 2e-3;
  spec.normalization = {.data_min = -26.95, .data_max = 52.77, .velocity_min = 1400.0, .velocity_max = 5000.0};
  spec.amplitude = {.rms = 1.5, .peak = 42.0, .polarity = 1.0, .peak_time = 0.078, .samples = 300};
  return spec;
}

TEST(DataJson, InputSpecRoundTrip) {
  const nlohmann::json json = to_json(unusual_spec());
  const InputSpec spec = input_spec_from_json(nlohmann::json::parse(json.dump()), "m.safetensors");
  EXPECT_EQ(to_json(spec), json);
  EXPECT_EQ(spec.normalization, unusual_spec().normalization);
  EXPECT_FALSE(spec.ignore_last_sample);
}

TEST(DataJson, NamesTheMemberThatIsMissingOrWrong) {
  const nlohmann::json json = to_json(unusual_spec());
  for (const auto& [key, value] : json.items()) {
    nlohmann::json broken = json;
    broken.erase(key);
    expect_error<InputError>([&] { (void)input_spec_from_json(broken, "m.safetensors"); }, {"m.safetensors", key});
    broken[key] = "text";
    EXPECT_THROW((void)input_spec_from_json(broken, "m.safetensors"), InputError) << key;
  }
  nlohmann::json fraction = json;
  fraction["shots"] = 2.5;
  expect_error<InputError>([&] { (void)input_spec_from_json(fraction, "m"); }, {"shots", "2.5"});
  nlohmann::json indivisible = json;
  indivisible["decimation"] = 7;
  expect_error<InputError>([&] { (void)input_spec_from_json(indivisible, "m"); }, {"decimation", "7"});
  EXPECT_THROW((void)input_spec_from_json(nlohmann::json::array(), "m"), InputError);
}

TEST(DataJson, AcquisitionRoundTrip) {
  const nlohmann::json json = to_json(wave::openfwi_acquisition(true));
  EXPECT_EQ(json.at("sources").size(), 6U);
  EXPECT_EQ(json.at("sources").at(5), (nlohmann::json{1, 35}));
  EXPECT_EQ(to_json(acquisition_from_json(json, "dataset.json")), json);
  wave::Acquisition unusual = wave::surface_acquisition(30, 2);
  unusual.sources[1] = {1.25, 8.5};
  unusual.absorber = wave::Absorber::kPml;
  unusual.wavelet = {0.5, 1.0, 0.1};
  const wave::Acquisition read = acquisition_from_json(to_json(unusual), "dataset.json");
  EXPECT_EQ(read.wavelet, unusual.wavelet);
  EXPECT_EQ(read.sources[1].column, 8.5);
  EXPECT_EQ(to_json(read), to_json(unusual));
  nlohmann::json broken = json;
  broken["sources"][0] = {1, 2, 3};
  expect_error<InputError>([&] { (void)acquisition_from_json(broken, "dataset.json"); }, {"sources", "3 numbers"});
}

TEST(DataJson, DatasetInfoRoundTripOnDisk) {
  const test::TemporaryFolder folder;
  EXPECT_FALSE(read_dataset_info(folder.path()));
  DatasetInfo info{.family = "style-b", .seed = 18446744073709551615U, .count = 500, .decimation = 5};
  info.last_sample_ignored = true;
  info.acquisition = wave::openfwi_acquisition();
  write_dataset_info(folder.path(), info);
  const auto found = read_dataset_info(folder.path());
  ASSERT_TRUE(found);
  EXPECT_EQ(to_json(*found), to_json(info));
  EXPECT_EQ(found->seed, info.seed);
}

TEST(DataJson, DatasetInfoOfAnotherFormatIsRefused) {
  nlohmann::json json = to_json(DatasetInfo{.family = "style-b"});
  json["version"] = 2;
  expect_error<InputError>([&] { (void)dataset_info_from_json(json, "d/dataset.json"); },
                           {"d/dataset.json", "version 1", "version 2"});
  json["version"] = 1;
  json["decimation"] = 0;
  expect_error<InputError>([&] { (void)dataset_info_from_json(json, "d"); }, {"decimation"});
}

}  // namespace
}  // namespace strataform::data
