#include "strataform/study/cell.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "strataform/core/error.h"
#include "support/test_support.h"

namespace strataform::study {
namespace {

StudyCell make_cell(const CellKey& key) {
  StudyCell cell;
  cell.key = key;
  cell.identity = {{"base", "b0"},
                   {"options", {{"training", {{"passes", 4.0}}}}},
                   {"data", {{"test", "t0"}, {"training", "n0"}, {"mixed", "m0"}}}};
  cell.trials = {{0.001, 1.0 / 3.0, 2.5}, {0.01, std::nullopt, 0.0}};
  Outcome& outcome = cell.outcome.emplace();
  outcome.scores = {3, 0.1, 0.2, 0.9, 150.0 + 1.0 / 3.0, 300.0};
  outcome.forgetting = -1.5;
  outcome.validation_mae = 1.0 / 3.0;
  outcome.trained_share = 0.004;
  outcome.peak_bytes = 123456789;
  outcome.steps = 10;
  outcome.machine = "AMD EPYC, 2 threads";
  cell.finished = true;
  return cell;
}

class Cells : public ::testing::Test {
 protected:
  Cells() : cell_(make_cell({"salt", "lora", 50, 1})), options_(cell_.identity["options"]) {
    CellStore(folder_.path() / "cells").save(cell_);
  }
  [[nodiscard]] CellStore store() const { return CellStore(folder_.path() / "cells"); }
  /// What is said of work that goes on.
  template <class Work>
  static std::string mismatch_of(const Work& work) {
    try {
      work();
    } catch (const MismatchError& error) {
      return error.what();
    }
    return "";
  }

  test::TemporaryFolder folder_;
  StudyCell cell_;
  nlohmann::json options_;
};

TEST_F(Cells, ComeBackAsTheyWereKept) {
  EXPECT_TRUE(std::filesystem::exists(folder_ / "cells/salt.lora.n50.s1.json"));
  const std::optional<StudyCell> loaded = store().load(cell_.key, options_);
  ASSERT_TRUE(loaded);
  EXPECT_EQ(to_json(*loaded), to_json(cell_));
  EXPECT_EQ(loaded->outcome->scores.mae_velocity, cell_.outcome->scores.mae_velocity) << "to the last bit";
  EXPECT_FALSE(loaded->trials[1].validation_mae) << "diverged";
  EXPECT_FALSE(store().load({"salt", "lora", 50, 2}, options_));
}

TEST_F(Cells, OfOtherOptionsAreRefused) {
  options_["training"]["passes"] = 5.0;
  const std::string message = mismatch_of([&] { (void)store().load(cell_.key, options_); });
  EXPECT_NE(message.find("training.passes"), std::string::npos) << message;
}

TEST_F(Cells, OfAnotherMachineAreCheckedAsWell) {
  CellStore kept = store();
  (void)kept.load(cell_.key, options_);
  StudyCell elsewhere = make_cell({"salt", "lora", 50, 2});
  EXPECT_EQ(mismatch_of([&] { kept.check(elsewhere, options_, "results.json"); }), "");
  elsewhere.identity["base"] = "b1";
  const std::string message = mismatch_of([&] { kept.check(elsewhere, options_, "results.json"); });
  EXPECT_NE(message.find("results.json"), std::string::npos) << message;
  EXPECT_NE(message.find("b1"), std::string::npos) << message;
  elsewhere.identity["base"] = "b0";
  options_["training"]["passes"] = 5.0;
  EXPECT_NE(mismatch_of([&] { kept.check(elsewhere, options_, "results.json"); }), "");
}

TEST_F(Cells, OfAnotherModelAreRefused) {
  CellStore kept = store();
  (void)kept.load(cell_.key, options_);
  EXPECT_EQ(mismatch_of([&] { kept.expect(cell_.key, "base", "b0"); }), "");
  const std::string message = mismatch_of([&] { kept.expect(cell_.key, "base", "b1"); });
  EXPECT_NE(message.find("b1"), std::string::npos) << message;
  EXPECT_NE(message.find("salt.lora.n50.s1.json"), std::string::npos) << message;
}

TEST_F(Cells, OfAModelWithAnotherInputAreRefused) {
  CellStore kept = store();
  kept.expect(cell_.key, "input", "i0");
  EXPECT_EQ(mismatch_of([&] { (void)kept.load(cell_.key, options_); }), "") << "it does not tell";
  StudyCell other = make_cell({"salt", "lora", 50, 2});
  other.identity["input"] = "i0";
  EXPECT_EQ(mismatch_of([&] { kept.check(other, options_, "results.json"); }), "");
  other.identity["input"] = "i1";
  const std::string message = mismatch_of([&] { kept.check(other, options_, "results.json"); });
  EXPECT_NE(message.find("i1"), std::string::npos) << message;
}

TEST_F(Cells, OfOtherDataAreRefused) {
  CellStore kept = store();
  (void)kept.load(cell_.key, options_);
  const CellKey other_seed{"salt", "lora", 50, 2};
  const CellKey other_domain{"thrust", "lora", 50, 1};
  EXPECT_NE(mismatch_of([&] { kept.expect(other_seed, "test", "t1"); }), "") << "a domain has one test set";
  EXPECT_EQ(mismatch_of([&] { kept.expect(other_domain, "test", "t1"); }), "");
  EXPECT_EQ(mismatch_of([&] { kept.expect(other_seed, "training", "n1"); }), "") << "each seed has its own";
  EXPECT_NE(mismatch_of([&] { kept.expect(cell_.key, "training", "n2"); }), "");
  EXPECT_NE(mismatch_of([&] { kept.expect(other_domain, "mixed", "m1"); }), "") << "all have one mixed set";

  StudyCell changed = make_cell(other_seed);
  changed.identity["data"]["test"] = "t9";
  EXPECT_THROW(kept.save(changed), MismatchError);
}

}  // namespace
}  // namespace strataform::study
