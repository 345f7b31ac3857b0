#include <gtest/gtest.h>

#include "strataform/core/error.h"
#include "strataform/data/dataset_info.h"
#include "strataform/data/input_spec.h"
#include "strataform/survey/openfwi.h"
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

TEST(DataJson, DatasetInfoRoundTripOnDisk) {
  const test::TemporaryFolder folder;
  EXPECT_FALSE(read_dataset_info(folder.path()));
  DatasetInfo info{.family = "style-b", .seed = 18446744073709551615U, .count = 500, .decimation = 5};
  info.last_sample_ignored = true;
  info.modelling = survey::openfwi();
  write_dataset_info(folder.path(), info);
  const auto found = read_dataset_info(folder.path());
  ASSERT_TRUE(found);
  EXPECT_EQ(to_json(*found), to_json(info));
  EXPECT_EQ(found->seed, info.seed);
}

TEST(DataJson, DatasetInfoOfBeforeHasItsSurveyInCells) {
  nlohmann::json json = to_json(DatasetInfo{.family = "style-b", .count = 10});
  json["version"] = 1;
  json["acquisition"] = {{"spacing", 10.0},       {"time_step", 1e-3},    {"samples", 1000},
                         {"frequency", 15.0},     {"sponge_cells", 120},  {"space_order", 4},
                         {"free_surface", false}, {"sources", {{1, 34}}}, {"receivers", {{1, 0}, {1, 69}}}};
  const DatasetInfo info = dataset_info_from_json(json, "dataset.json");
  ASSERT_TRUE(info.modelling);
  EXPECT_EQ(info.modelling->survey.shots[0], (survey::Shot{{340.0, 10.0}, {{0.0, 10.0}, {690.0, 10.0}}}));
  EXPECT_EQ(info.modelling->scheme, survey::openfwi().scheme);
}

TEST(DataJson, DatasetInfoOfAnotherFormatIsRefused) {
  nlohmann::json json = to_json(DatasetInfo{.family = "style-b"});
  json["version"] = 3;
  expect_error<InputError>([&] { (void)dataset_info_from_json(json, "d/dataset.json"); },
                           {"d/dataset.json", "version 2", "version 3"});
  json["version"] = 1;
  json["decimation"] = 0;
  expect_error<InputError>([&] { (void)dataset_info_from_json(json, "d"); }, {"decimation"});
}

}  // namespace
}  // namespace strataform::data
