#include "strataform/study/report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "strataform/core/atomic_file.h"
#include "strataform/core/error.h"
#include "strataform/io/json.h"
#include "strataform/io/npy.h"
#include "strataform/study/claims.h"
#include "strataform/study/page.h"
#include "strataform/study/page_data.h"
#include "strataform/study/plan.h"
#include "study_config.h"
#include "support/test_support.h"

namespace strataform::study {
namespace {

TEST(Page, EscapesWhatHasAMeaning) {
  const nlohmann::json row = {{"name", "<row>"}, {"entries", {{{"text", "<entry>"}, {"note", "<note>"}}}}};
  const nlohmann::json table = {{"caption", "<caption>"}, {"headings", {"<h>"}}, {"rows", {row}}};
  const std::string page = make_page({{"title", "a<b> & \"c\" 'd'"}, {"rates", table}});
  EXPECT_NE(page.find("<h1>a&lt;b&gt; &amp; &quot;c&quot; &apos;d&apos;</h1>"), std::string::npos);
  EXPECT_EQ(page.find("<entry>"), std::string::npos);
  for (const char* text : {"&lt;caption&gt;", "&lt;h&gt;", "&lt;row&gt;", "&lt;entry&gt;", "&lt;note&gt;"}) {
    EXPECT_NE(page.find(text), std::string::npos) << text;
  }
}

/// Cells that were made up: each method has an error of its own, the seeds vary a little.
class Report : public ::testing::Test {
 protected:
  Report() {
    write_text_file(folder_ / "study.toml", small_config());
    config_ = read_study_config(folder_ / "study.toml");
    for (const PlannedCell& planned : plan_cells(config_)) cells_.push_back(make_cell(planned));
    examples_.folder = folder_ / "examples";
  }

  static StudyCell make_cell(const PlannedCell& planned) {
    StudyCell cell;
    cell.key = planned.key;
    cell.identity = {{"base", "abc"}, {"options", nlohmann::json::object()}, {"data", nlohmann::json::object()}};
    cell.finished = true;
    Outcome& outcome = cell.outcome.emplace();
    const double noise = planned.key.seed == 1 ? 0.0 : 0.2;
    const std::string& method = planned.method->name;
    const bool is_out = !planned.domain->in_distribution;
    const double error = method == "scratch" ? 400.0 : method == "full" ? 100.0 : method == "lora" ? 102.0 : 200.0;
    outcome.scores.mae_velocity = error + noise - (is_out && method == "lora" ? 10.0 : 0.0);
    outcome.scores.rmse_velocity = 2.0 * error;
    outcome.scores.ssim = 0.5;
    outcome.trained_share = method == "lora" ? 0.004 : 1.0;
    outcome.peak_bytes = method == "lora" ? 50'000'000 : 100'000'000;
    outcome.learning_rate = 0.01;
    outcome.selected_step = method == "lora" ? 3 : 0;
    outcome.seconds = (method == "lora" ? 20.0 : 10.0) + noise;
    return cell;
  }

  /// What the page shows, as the names of page.mustache have it.
  [[nodiscard]] nlohmann::json shown() const {
    const Results results(config_, cells_);
    return page_data(results, check_claims(results), {}, facts_of(config_, cells_));
  }
  /// The texts of a table's row.
  static std::vector<std::string> row_of(const nlohmann::json& table, const std::string& name) {
    std::vector<std::string> texts;
    for (const nlohmann::json& row : table.at("rows")) {
      if (row.at("name") != name) continue;
      for (const nlohmann::json& entry : row.at("entries")) texts.push_back(entry.at("text"));
    }
    return texts;
  }
  [[nodiscard]] std::string write(const std::string& name) const {
    return read_text_file(write_report(folder_ / name, config_, cells_, examples_));
  }

  test::TemporaryFolder folder_;
  StudyConfig config_;
  std::vector<StudyCell> cells_;
  ExampleFiles examples_;
};

TEST_F(Report, SaysOfEachClaimWhetherItHolds) {
  const std::vector<Claim> claims = check_claims(Results(config_, cells_));
  ASSERT_EQ(claims.size(), 4U);
  EXPECT_EQ(claims[0].verdict(), "holds");
  EXPECT_EQ(claims[1].verdict(), "holds");
  const Finding& close = claims[1].findings.at(0);
  // 2 % more in the two columns in distribution and 8 % less in the one out of it.
  EXPECT_NEAR(close.comparison.relative.mean, (0.02 + 0.02 - 0.08) / 3.0, 1e-4);
  EXPECT_EQ(close.comparison.better.size(), 1U);
  EXPECT_EQ(close.comparison.worse.size(), 2U);
  EXPECT_EQ(close.planned, 3);
  EXPECT_EQ(claims[2].findings.at(0).verdict, Verdict::kHolds) << "out of distribution";
  EXPECT_EQ(claims[3].verdict(), "holds in part") << "half the memory, twice the time";
  EXPECT_EQ(close.comparison.used, 3);
  EXPECT_EQ(close.comparison.better.front().domain->name, "spoilt");
  EXPECT_EQ(close.comparison.better.front().size, 4);
  const nlohmann::json page = shown();
  ASSERT_EQ(page["claims"].size(), 4U);
  EXPECT_EQ(page["claims"][1]["verdict"], "holds");
  EXPECT_EQ(page["claims"][1]["may_change"], false);
  EXPECT_EQ(page["claims"][1]["findings"].size(), claims[1].findings.size());
}

TEST_F(Report, DoesNotDecideWithoutAnInterval) {
  std::erase_if(cells_, [](const StudyCell& cell) { return cell.key.seed == 2; });
  config_.seeds = {1};
  EXPECT_EQ(check_claims(Results(config_, cells_))[0].verdict(), "not decided");
  EXPECT_EQ(check_claims(Results(config_, {}))[0].verdict(), "not computed");
}

TEST_F(Report, DoesNotDecideByRounding) {
  for (StudyCell& cell : cells_) {
    if (cell.key.method == "full") cell.outcome->scores.mae_velocity = 100.0;
    if (cell.key.method == "lora") cell.outcome->scores.mae_velocity = 100.0 + 1e-5;
  }
  const std::vector<Claim> claims = check_claims(Results(config_, cells_));
  EXPECT_EQ(claims[1].findings.at(0).verdict, Verdict::kHolds) << "within 5 %";
  const Finding& better = claims[2].findings.at(0);
  EXPECT_EQ(better.verdict, Verdict::kOpen);
  EXPECT_EQ(better.comparison.equal, better.comparison.used);
  EXPECT_TRUE(better.comparison.worse.empty());
}

TEST_F(Report, LeavesOutColumnsWithMissingSeedsAndSaysSo) {
  std::erase_if(cells_, [](const StudyCell& cell) { return cell.key.name() == "flatvel-a.lora.n4.s2"; });
  const Finding finding = check_claims(Results(config_, cells_))[1].findings.at(0);
  EXPECT_EQ(finding.comparison.used, 2);
  EXPECT_EQ(finding.planned, 3);
  const Results results(config_, cells_);
  EXPECT_EQ(results.complete(results.columns()).size(), 2U) << "whatever the method";
  const nlohmann::json page = shown();
  EXPECT_EQ(page["missing"], 1);
  EXPECT_EQ(page["claims"][1]["verdict"], "holds");
  EXPECT_EQ(page["claims"][1]["may_change"], true);
  const nlohmann::json lora = page["domains"][0]["metrics"][0]["rows"].back();
  EXPECT_NE(lora["entries"][0]["note"].get<std::string>().find("1 of 2"), std::string::npos) << "seeds: " << lora;
  EXPECT_EQ(lora["entries"][1]["note"].get<std::string>().find("1 of 2"), std::string::npos) << lora;
}

TEST_F(Report, TrainingsThatDivergedDoNotDropOutOfAClaim) {
  for (StudyCell& cell : cells_) {
    if (cell.key.name() == "flatvel-a.lora.n8.s2") cell.outcome.reset();
  }
  const std::vector<Claim> claims = check_claims(Results(config_, cells_));
  const Finding& close = claims[1].findings.at(0);
  EXPECT_EQ(close.comparison.diverged, 1);
  EXPECT_EQ(close.verdict, Verdict::kOpen);
  EXPECT_TRUE(claims[1].is_complete()) << "no cell is missing";
  EXPECT_EQ(shown()["diverged"], 1);
}

TEST_F(Report, AMethodOfWhichAllTrainingsDivergedDoesNotDropOutOfAClaim) {
  for (MethodConfig& method : config_.methods) {
    if (method.name == "lora") method.budget = 0.01;
  }
  for (StudyCell& cell : cells_) {
    if (cell.key.method == "lora") cell.outcome.reset();
  }
  const Claim claim = check_claims(Results(config_, cells_))[1];
  ASSERT_EQ(claim.findings.size(), 2U);
  EXPECT_EQ(claim.findings[0].comparison.diverged, 3);
}

TEST_F(Report, TrainingsOfTheReferenceThatDivergedAreNotMissing) {
  for (StudyCell& cell : cells_) {
    if (cell.key.name() == "flatvel-a.full.n8.s2") cell.outcome.reset();
  }
  const std::vector<Claim> claims = check_claims(Results(config_, cells_));
  EXPECT_EQ(claims[1].findings.at(0).comparison.diverged, 1);
  EXPECT_TRUE(claims[1].is_complete());
}

TEST_F(Report, ComparesWithEveryTaskSpecificModel) {
  MethodConfig longer = config_.methods.front();
  longer.name = "longer";
  longer.title = "Task-specific, longer";
  longer.rate_of = "scratch";
  config_.methods.push_back(longer);
  for (const PlannedCell& planned : plan_cells(config_)) {
    const bool is_there = planned.key.size == 4 || planned.key.seed == 1;
    if (planned.key.method == "longer" && is_there) cells_.push_back(make_cell(planned));
  }
  const Results results(config_, cells_);
  const Claim claim = check_claims(results)[0];
  ASSERT_EQ(claim.findings.size(), 4U) << "two models, in and out of distribution";
  EXPECT_EQ(claim.findings[1].comparison.used, 1);
  EXPECT_EQ(claim.findings[1].planned, 2);
  EXPECT_FALSE(claim.is_complete());
  // A row that has not got far with more samples does not hide what the others have there.
  EXPECT_EQ(results.complete(results.columns()).size(), 3U);
  const nlohmann::json page = shown();
  EXPECT_NE(page["exceptions"].get<std::string>().find(longer.title), std::string::npos) << page["exceptions"];
}

TEST_F(Report, SecondsOfAnotherMachineAreLeftOut) {
  const std::string usual = to_json(check_claims(Results(config_, cells_))[3]).dump();
  EXPECT_EQ(shown()["elsewhere"], false);
  for (StudyCell& cell : cells_) {
    const bool is_slow = cell.key.method == "lora" && cell.key.seed == 1;
    if (!is_slow) continue;
    cell.outcome->machine = "a slower one";
    cell.outcome->seconds *= 5.0;
  }
  const Results results(config_, cells_);
  EXPECT_EQ(results.count_elsewhere(), 3);
  const MethodConfig& lora = *config_.find_method("lora");
  const Estimate seconds = results.estimate_over(lora, results.columns(), seconds_of);
  EXPECT_EQ(seconds.count, 1) << "the other seed";
  EXPECT_NEAR(seconds.mean, 20.2, 1e-9);
  EXPECT_EQ(results.estimate_over(lora, results.columns(), mae_of).count, 2) << "errors are the same everywhere";
  EXPECT_EQ(results.difference(lora, *config_.full_method(), results.columns().front(), seconds_of).count, 1);
  const Claim claim = check_claims(results)[3];
  EXPECT_EQ(claim.findings.back().comparison.relative.count, 1);
  EXPECT_NE(to_json(claim).dump(), usual);
  EXPECT_EQ(shown()["elsewhere"], 3);
}

TEST_F(Report, ComesWithinFivePercentInEachScope) {
  for (StudyCell& cell : cells_) {
    if (cell.key.domain == "spoilt" && cell.key.method == "lora") cell.outcome->scores.mae_velocity += 16.0;
  }
  const Claim claim = check_claims(Results(config_, cells_))[1];
  ASSERT_EQ(claim.findings.size(), 2U);
  EXPECT_EQ(claim.findings[0].verdict, Verdict::kHolds) << "4 % over all domains";
  EXPECT_EQ(claim.findings[1].verdict, Verdict::kFails) << "8 % out of distribution";
  EXPECT_EQ(claim.verdict(), "holds in part");
}

TEST_F(Report, PeaksThatAreNotCountedAreNotShown) {
  const auto costs = [&] { return row_of(shown()["costs"], "LoRA <1 %"); };
  const auto compared = [&] { return check_claims(Results(config_, cells_))[3].findings.size(); };
  const auto peak = [&] { return row_of(shown()["cells"], "flatvel-a, 8 examples, LoRA <1 %, seed 1").at(5); };
  EXPECT_EQ(costs().size(), 5U) << "the share that is trained; peak and seconds of each of two sizes";
  EXPECT_EQ(compared(), 2U);
  EXPECT_EQ(peak(), "50.0");
  config_.training.options.device = "cuda";
  EXPECT_EQ(costs().size(), 3U);
  EXPECT_EQ(compared(), 1U);
  EXPECT_NE(peak(), "50.0");
}

TEST_F(Report, WithoutCellsThereAreNoNumbers) {
  const nlohmann::json claim = to_json(check_claims(Results(config_, {}))[0]);
  EXPECT_TRUE(claim["findings"][0]["relative_difference"].is_null());
  config_.left_out = {"Windows of a <model>"};
  cells_.clear();
  EXPECT_EQ(shown()["left_out"], "Windows of a <model>");
  EXPECT_NE(write("page").find("Windows of a &lt;model&gt;"), std::string::npos);
}

TEST_F(Report, ShowsMeansIntervalsAndPairedDifferences) {
  const std::string page = write("page");
  EXPECT_NE(page.find("LoRA &lt;1 %"), std::string::npos);
  EXPECT_EQ(page.find("LoRA <1"), std::string::npos);
  // Two seeds, 102.0 and 102.2: t = 12.706 and a deviation of the mean of 0.1.
  EXPECT_NE(page.find("102.1 ± 1.3"), std::string::npos);
  EXPECT_NE(page.find("+2.0 ± 0.0"), std::string::npos) << "paired: the seeds' noise is the same";
  EXPECT_EQ(page.find("http"), std::string::npos) << "needs no network";
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_EQ(page.find("nan"), std::string::npos);
  // Of the rates 0.001 and 0.01, and neither.
  const nlohmann::json rates = shown()["rates"];
  EXPECT_EQ(row_of(rates, "LoRA <1 %"), (std::vector<std::string>{"0", "3", "0"}));
  EXPECT_EQ(row_of(rates, "full"), (std::vector<std::string>{"0", "0", "3"}));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "page/figures/flatvel-a-error.png"));
  const nlohmann::json record = io::read_json(folder_ / "page/results.json");
  EXPECT_EQ(record["cells"].size(), cells_.size());
  EXPECT_EQ(record["claims"].size(), 4U);
}

TEST_F(Report, BeginsWithATableOfDomainsAndMethods) {
  const std::string page = write("page");
  const std::size_t table = page.find("<table>");
  ASSERT_NE(table, std::string::npos);
  EXPECT_LT(table, page.find("<h2>"));
  const std::string first = page.substr(table, page.find("</table>") - table);
  for (const MethodConfig& method : config_.methods) {
    if (method.name == "lora") continue;
    EXPECT_NE(first.find(">" + method.title + "</th>"), std::string::npos) << method.title;
  }
  EXPECT_NE(first.find(">102.1 / 102.1<"), std::string::npos) << "LoRA with 4 and 8 samples";
  EXPECT_NE(first.find("± 1.3 / ± 1.3"), std::string::npos) << "two seeds, 0.2 apart";
  EXPECT_NE(first.find(">spoilt (4)<"), std::string::npos) << "a domain with other sizes says so";
}

TEST_F(Report, ShowsTheClaimsInOnePictureAndEachRowInWordsBelow) {
  const std::string page = write("page");
  EXPECT_TRUE(std::filesystem::exists(folder_ / "page/figures/claims.png"));
  const std::size_t picture = page.find("figures/claims.png");
  ASSERT_NE(picture, std::string::npos);
  EXPECT_LT(picture, page.find("class=\"claim\""));
  const std::string drawn = read_text_file(folder_ / "page/figures/claims.png");
  for (StudyCell& cell : cells_) {
    if (cell.key.method == "lora") cell.outcome->scores.mae_velocity += 30.0;
  }
  (void)write("page");
  EXPECT_NE(read_text_file(folder_ / "page/figures/claims.png"), drawn);
}

TEST_F(Report, ChartsShowHowFarTheSeedsAreApart) {
  (void)write("page");
  const std::string near = read_text_file(folder_ / "page/figures/flatvel-a-error.png");
  for (StudyCell& cell : cells_) {
    if (cell.key.method == "lora") cell.outcome->scores.mae_velocity += cell.key.seed == 1 ? 4.0 : -4.0;
  }
  (void)write("page");
  EXPECT_NE(read_text_file(folder_ / "page/figures/flatvel-a-error.png"), near) << "the means are the same";
}

TEST_F(Report, DescribesTheDomains) {
  config_.domains[0].windows = {"models/m.npy", {0, 599}, {600, 669}, {670, 940}};
  config_.domains[0].conditions.refinement = 2;
  const nlohmann::json domains = shown()["domains"];
  const auto says = [&](std::size_t domain, const std::vector<std::string>& facts) {
    const std::string text = domains[domain]["description"];
    for (const std::string& fact : facts) EXPECT_NE(text.find(fact), std::string::npos) << fact << " in: " << text;
  };
  says(0, {"In distribution", "m.npy", "0 to 599", "600 to 669", "670 to 940", "2 times"});
  says(1, {"Out of distribution", "7 Hz", "15", "0 dB", "40 %"});
}

TEST_F(Report, ItsResultsAreTheCells) {
  (void)write("page");
  const std::vector<StudyCell> read = read_results(folder_ / "page/results.json");
  ASSERT_EQ(read.size(), cells_.size());
  for (std::size_t k = 0; k < read.size(); ++k) EXPECT_EQ(to_json(read[k]), to_json(cells_[k]));
  write_text_file(folder_ / "other.json", "{}");
  EXPECT_THROW((void)read_results(folder_ / "other.json"), InputError);
  EXPECT_THROW((void)read_results(folder_ / "none.json"), IoError);
}

TEST_F(Report, TheSameCellsGiveTheSameBytes) {
  const std::string first = write("page");
  const std::string picture = read_text_file(folder_ / "page/figures/flatvel-a-error.png");
  EXPECT_EQ(write("page"), first);
  EXPECT_EQ(write("other"), first);
  EXPECT_EQ(read_text_file(folder_ / "other/figures/flatvel-a-error.png"), picture);
}

TEST_F(Report, ShowsTrueAndPredictedMaps) {
  const std::vector<float> maps(2 * 70 * 70, 2000.0F);
  std::filesystem::create_directory(examples_.folder);
  io::write_npy(examples_.truth("flatvel-a"), maps, {2, 70, 70});
  for (const CellKey& key : {CellKey{"flatvel-a", "zero-shot"}, CellKey{"flatvel-a", "lora", 8, 1}}) {
    io::write_npy(examples_.prediction(key), maps, {2, 70, 70});
  }
  EXPECT_NE(write("page").find("figures/flatvel-a-maps.png"), std::string::npos);
  const std::string largest = read_text_file(folder_ / "page/figures/flatvel-a-maps.png");
  const std::filesystem::path of_largest = examples_.prediction({"flatvel-a", "lora", 8, 1});
  const std::filesystem::path of_smaller = examples_.prediction({"flatvel-a", "lora", 4, 1});
  std::filesystem::rename(of_largest, of_smaller);
  (void)write("page");
  const std::string smaller = read_text_file(folder_ / "page/figures/flatvel-a-maps.png");
  EXPECT_NE(smaller, largest) << "with fewer samples, as it says";
  std::filesystem::remove(of_smaller);
  EXPECT_NE(write("page").find("figures/flatvel-a-maps.png"), std::string::npos);
  EXPECT_EQ(read_text_file(folder_ / "page/figures/flatvel-a-maps.png"), smaller) << "of the same cells";
  std::filesystem::rename(examples_.folder, folder_ / "away");
  EXPECT_NE(write("page").find("figures/flatvel-a-maps.png"), std::string::npos) << "without any example at hand";
  std::filesystem::rename(folder_ / "away", examples_.folder);
  const auto cell = std::ranges::find(cells_, CellKey{"flatvel-a", "lora", 4, 1}, &StudyCell::key);
  cell->outcome->scores.mae_velocity += 1.0;
  (void)write("page");
  EXPECT_NE(read_text_file(folder_ / "page/figures/flatvel-a-maps.png"), smaller) << "zero-shot alone";
}

TEST_F(Report, ReplacesNothingButAnEarlierStudysPage) {
  (void)write("page");
  check_report_folder(folder_ / "page");
  check_report_folder(folder_ / "none");
  EXPECT_THROW(check_report_folder(folder_.path()), IoError);
}

}  // namespace
}  // namespace strataform::study
