#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli_fixture.h"
#include "strataform/core/fingerprint.h"
#include "strataform/io/json.h"
#include "strataform/io/npy.h"

namespace strataform::test {
namespace {
namespace fs = std::filesystem;

const fs::path kModels = STRATAFORM_MODELS_DIR;

std::string text_of(const nlohmann::json& value) { return std::to_string(value.get<std::int64_t>()); }

/// The shipped model's card: numbers that `make card` has measured on a frozen set of samples.
class Card : public CliTest {
 protected:
  const nlohmann::json frozen_ = io::read_json(kModels / "frozen_set.json");
};

TEST_F(Card, TheFrozenSetIsStillTheSame) {
  expect_success({"generate", "--family", "all", "--count", text_of(frozen_["samples_per_family"]), "--seed",
                  text_of(frozen_["seed"]), "--velocity-only", "--output", path("maps")});
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(path("maps"))) {
    if (entry.path().extension() == ".npy") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  Fingerprint fingerprint;
  std::size_t values = 0;
  for (const fs::path& file : files) {
    std::vector<float> maps = io::NpyReader(file).read_all();
    for (float& value : maps) value = std::round(value);
    fingerprint.add(std::span<const float>(maps));
    values += maps.size();
  }
  EXPECT_EQ(values, 10U * 200U * 70U * 70U);
  EXPECT_EQ(fingerprint.text(), frozen_["fingerprint_of_the_maps"].get<std::string>());
}

TEST_F(Card, TheShippedModelGivesItsNumbers) {
  const nlohmann::json expected = io::read_json(kModels / "evaluation_part.json");
  expect_success({"generate", "--family", "all", "--count", text_of(frozen_["samples_per_family_in_the_part"]),
                  "--seed", text_of(frozen_["seed"]), "--output", path("part")});
  const std::string model = kModels / "foundation.safetensors";
  expect_success({"evaluate", "--model", model, "--data", path("part"), "--json", path("scores.json")});
  const nlohmann::json found = io::read_json(path("scores.json"));
  ASSERT_EQ(found["families"].size(), 10U);
  for (std::size_t k = 0; k < 10; ++k) {
    const nlohmann::json& family = expected["families"][k];
    const nlohmann::json& again = found["families"][k];
    const auto name = family["family"].get<std::string>();
    EXPECT_EQ(again["family"].get<std::string>(), name);
    const auto mae = family["mae_m_per_s"].get<double>();
    EXPECT_NEAR(again["mae_m_per_s"].get<double>(), mae, 0.005 * mae) << name;
    EXPECT_NEAR(again["ssim"].get<double>(), family["ssim"].get<double>(), 0.002) << name;
  }
}

TEST_F(Card, StatesTheMeasuredNumbers) {
  const nlohmann::json mean = io::read_json(kModels / "evaluation.json")["mean_over_families"];
  std::ifstream stream(kModels / "README.md");
  const std::string card{std::istreambuf_iterator<char>(stream), {}};
  for (const std::string& number :
       {fmt::format("{:.1f}", mean["mae_m_per_s"].get<double>()), fmt::format("{:.4f}", mean["ssim"].get<double>())}) {
    EXPECT_NE(card.find(number), std::string::npos) << number;
  }
}

}  // namespace
}  // namespace strataform::test
