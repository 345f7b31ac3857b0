#include "strataform/study/config.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "strataform/core/atomic_file.h"
#include "strataform/core/error.h"
#include "strataform/study/plan.h"
#include "study_config.h"
#include "support/test_support.h"

namespace strataform::study {
namespace {

class Config : public ::testing::Test {
 protected:
  [[nodiscard]] StudyConfig read(const std::string& text) const {
    write_text_file(folder_ / "study.toml", text, Overwrite::kAllow);
    return read_study_config(folder_ / "study.toml");
  }
  /// What is said of the small configuration with one part replaced.
  [[nodiscard]] std::string error_of(const std::string& old_part, const std::string& new_part) const {
    try {
      (void)read(replaced(small_config(), old_part, new_part));
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  }

  test::TemporaryFolder folder_;
};

TEST_F(Config, ReadsWhatItSays) {
  const StudyConfig config = read(small_config());
  EXPECT_EQ(config.seeds, (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(config.methods.at(0).kind, MethodKind::kScratch);
  EXPECT_EQ(config.methods.at(0).steps_factor, 2.0);
  EXPECT_TRUE(config.methods.at(2).is_full());
  EXPECT_TRUE(config.methods.at(3).is_peft());
  EXPECT_EQ(config.domains.at(0).sizes, (std::vector<std::int64_t>{4, 8}));
  const DomainConfig& spoilt = config.domains.at(1);
  EXPECT_FALSE(spoilt.in_distribution);
  EXPECT_EQ(spoilt.sizes, std::vector<std::int64_t>{4});
  EXPECT_EQ(spoilt.conditions.frequency, 7.0);
  EXPECT_EQ(spoilt.conditions.noise_db, 0.0);
  EXPECT_FALSE(config.domains.at(0).conditions.noise_db);
}

TEST_F(Config, TakesSharesInPercent) {
  const std::string text = replaced(small_config(), "muted = 0.4", "muted = \"40%\"");
  EXPECT_EQ(read(text).domains.at(1).conditions.muted, 0.4);
  EXPECT_NE(error_of("muted = 0.4", "muted = \"many\"").find("20%"), std::string::npos);
}

TEST_F(Config, UnknownKeySuggestsTheNearestAndNamesTheLine) {
  const std::string message = error_of("max_steps", "max_step");
  EXPECT_NE(message.find("study.toml:16: max_step"), std::string::npos) << message;
  EXPECT_NE(message.find("'max_steps'"), std::string::npos) << message;
  EXPECT_NE(error_of("muted", "mutd").find("'muted'"), std::string::npos);
  EXPECT_NE(error_of("validations", "validatoins").find("'validations'"), std::string::npos);
  EXPECT_NE(error_of("rank", "rnak").find("'rank'"), std::string::npos);
  // Also where the default of the key that is meant does not go with the others.
  EXPECT_NE(error_of("min_steps = 2", "min_step = 2").find("'min_steps'"), std::string::npos);
  // Also for keys that have to be there.
  EXPECT_NE(error_of("title =", "titel =").find("'title'"), std::string::npos);
  EXPECT_NE(error_of("kind = \"in\"", "knid = \"in\"").find("'kind'"), std::string::npos);
  EXPECT_NE(error_of("[[domain]]", "[[domian]]").find("'domain'"), std::string::npos);
  // And where no table has the right name.
  std::string all = small_config();
  for (int table = 0; table < 4; ++table) all = replaced(all, "[[method]]", "[[metod]]");
  EXPECT_NE(error_of(small_config(), all).find("'method'"), std::string::npos);
}

TEST_F(Config, RefusesWhatCannotBe) {
  EXPECT_NE(error_of("method = \"lora\"", "method = \"lroa\"").find("lora"), std::string::npos);
  EXPECT_NE(error_of("family = \"flatvel-a\"", "family = \"flatvel-c\"").find("flatvel-a"), std::string::npos);
  EXPECT_NE(error_of("kind = \"in\"", "kind = \"on\"").find("kind"), std::string::npos);
  EXPECT_NE(error_of("muted = 0.4", "muted = 1.0").find("muted"), std::string::npos);
  EXPECT_NE(error_of("sizes = [4, 8]", "sizes = [8, 4]").find("sizes"), std::string::npos);
  EXPECT_NE(error_of("test = 3", "test = 3.5").find("3.5"), std::string::npos);
  EXPECT_NE(error_of("name = \"full\"", "name = \"lora\"").find("name"), std::string::npos);
  EXPECT_NE(error_of("seeds = [1, 2]", "seeds = [1, 1]").find("seeds"), std::string::npos);
  EXPECT_NE(error_of("title = \"A small study\"\n", "").find("title"), std::string::npos);
  EXPECT_NE(error_of("[0.001, 0.01]", "[0.001, 0.001]").find("learning_rates"), std::string::npos);
  EXPECT_NE(error_of("passes = 1.0", "passes = inf").find("passes"), std::string::npos);
  EXPECT_NE(error_of("steps_factor = 2.0", "steps_factor = 1e300").find("steps_factor"), std::string::npos);
  EXPECT_NE(error_of("method = \"full\"", "method = \"full\"\nrank = 4").find("rank"), std::string::npos);
  EXPECT_NE(error_of("kind = \"zero-shot\"", "kind = \"zero-shot\"\nsteps_factor = 2.0").find("steps_factor"),
            std::string::npos);
  EXPECT_NE(error_of("muted = 0.4", "test_columns = [1, 2]").find("test_columns"), std::string::npos);
  EXPECT_NE(error_of("[data]", "[data").find("study.toml:7"), std::string::npos);
}

TEST_F(Config, ALearningRateIsThatOfAMethodBeforeWhichIsTrained) {
  const auto full_with = [](const std::string& name) { return "method = \"full\"\nrate_of = \"" + name + "\""; };
  EXPECT_EQ(read(replaced(small_config(), "method = \"full\"", full_with("scratch"))).methods.at(2).rate_of, "scratch");
  for (const char* name : {"zero-shot", "full", "lora", "scrach"}) {
    EXPECT_NE(error_of("method = \"full\"", full_with(name)).find("rate_of"), std::string::npos) << name;
  }
  EXPECT_NE(error_of("kind = \"zero-shot\"", "kind = \"zero-shot\"\nrate_of = \"scratch\"").find("rate_of"),
            std::string::npos);
}

TEST_F(Config, MorePassesThanCanBeCountedAreTheMostSteps) {
  TrainingConfig training;
  training.passes = 1e300;
  EXPECT_EQ(steps_for(training, 50), training.max_steps);
}

TEST_F(Config, SharesNoSeedWithTheFoundationModel) {
  for (const char* seed : {"seed = 21", "seed = 18", "seed = 1001", "seed = 998"}) {
    EXPECT_NE(error_of("seed = 7000", seed).find("seed"), std::string::npos) << seed;
  }
  EXPECT_EQ(error_of("seed = 7000", "seed = 6"), "");
}

TEST_F(Config, WindowsOfTrainingValidationAndTestShareNoColumns) {
  const std::string windows =
      "windows = \"m.npy\"\ntraining_columns = [0, 599]\nvalidation_columns = [600, 669]\ntest_columns = [670, 940]";
  const StudyConfig config = read(replaced(small_config(), "family = \"flatvel-a\"", windows));
  ASSERT_TRUE(config.domains.front().windows);
  EXPECT_EQ(config.domains.front().windows->test.first, 670);
  EXPECT_NE(error_of("family = \"flatvel-a\"", windows + "\nfamily = \"salt\"").find("family"), std::string::npos);
  const std::string overlapping = replaced(windows, "[670, 940]", "[669, 940]");
  EXPECT_NE(error_of("family = \"flatvel-a\"", overlapping).find("test_columns"), std::string::npos);
  const std::string misspelt = replaced(windows, "test_columns", "test_colums");
  EXPECT_NE(error_of("family = \"flatvel-a\"", misspelt).find("'test_columns'"), std::string::npos);
}

TEST_F(Config, AllMethodsHaveTheSameRuleForTheirLength) {
  TrainingConfig training;
  training.passes = 10.0;
  training.min_steps = 100;
  training.max_steps = 1000;
  training.options.batch_size = 10;
  EXPECT_EQ(steps_for(training, 50), 100);
  EXPECT_EQ(steps_for(training, 200), 200);
  EXPECT_EQ(steps_for(training, 5000), 1000);
}

TEST_F(Config, PlansTheFirstSeedBeforeTheOthersAndSmallSizesFirst) {
  const StudyConfig config = read(small_config());
  std::vector<std::string> names;
  for (const PlannedCell& planned : plan_cells(config)) names.push_back(planned.key.name());
  ASSERT_EQ(names.size(), 2U + 3U * (2U + 2U + 1U + 1U));
  EXPECT_EQ(names[0], "flatvel-a.zero-shot");
  EXPECT_EQ(names[2], "flatvel-a.scratch.n4.s1");
  EXPECT_EQ(names[5], "spoilt.scratch.n4.s1");
  EXPECT_EQ(names[8], "flatvel-a.scratch.n4.s2");
  EXPECT_EQ(names.back(), "flatvel-a.lora.n8.s2");
}

TEST_F(Config, TheShippedConfigurationsAreValid) {
  for (const char* name : {"small.toml", "medium.toml", "paper.toml"}) {
    const StudyConfig config = read_study_config(std::filesystem::path(STRATAFORM_STUDIES) / name);
    EXPECT_GE(config.seeds.size(), 3U) << name;
    std::int64_t out = 0;
    for (const DomainConfig& domain : config.domains) out += domain.in_distribution ? 0 : 1;
    EXPECT_GE(config.domains.size(), 4U) << name;
    EXPECT_GE(out, 2) << name;
  }
}

}  // namespace
}  // namespace strataform::study
