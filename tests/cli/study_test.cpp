// The whole of `study` on a model, data and trainings of a few seconds.
#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "cli_fixture.h"
#include "strataform/core/atomic_file.h"
#include "strataform/io/json.h"

namespace strataform::test {
namespace {

namespace fs = std::filesystem;
using Arguments = std::vector<std::string>;

constexpr const char* kConfig = R"(title = "Smoke"
base = "BASE"
seeds = [1, 2]
sizes = [2]
examples = 1

[data]
validation = 2
test = 2
mixed = 1
seed = 7000

[training]
min_steps = 2
max_steps = 2
batch_size = 2
learning_rates = [0.001, 0.003]
validations = 1

[[method]]
name = "scratch"
kind = "scratch"

[[method]]
name = "zero-shot"
kind = "zero-shot"

[[method]]
name = "full"
kind = "adapted"
method = "full"

[[method]]
name = "lora"
kind = "adapted"
method = "lora"
rank = 1

[[domain]]
name = "flatvel-a"
kind = "in"
family = "flatvel-a"

[[domain]]
name = "noise"
kind = "out"
family = "all"
noise_db = 0.0

[[domain]]
name = "marmousi"
kind = "out"
windows = "absent.npy"
training_columns = [0, 99]
validation_columns = [100, 199]
test_columns = [200, 299]
)";

class Study : public CliTest {
 protected:
  Study() {
    expect_success(
        {"generate", "--family", "flatvel-a", "--count", "2", "--decimation", "5", "--output", path("data")});
    train_base("1");
    write_config(kConfig);
  }

  void train_base(const std::string& seed) const {
    expect_success({"pretrain", "--backbone-options", R"({"width": 8, "features": 32, "mixers": 2})", "--data",
                    path("data"), "--steps", "1", "--batch-size", "2", "--seed", seed, "--run-dir", path("run" + seed),
                    "--output", path("base.safetensors"), "--force"});
  }
  void write_config(std::string text) const {
    const std::string base = "BASE";
    if (const auto place = text.find(base); place != std::string::npos) {
      text.replace(place, base.size(), path("base.safetensors"));
    }
    write_text_file(path("study.toml"), text, Overwrite::kAllow);
  }
  [[nodiscard]] Arguments command(const Arguments& more = {}) const {
    Arguments arguments{"study", "--config", path("study.toml"), "--output", path("page"), "--work", path("work")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  /// Cells, as the page's results say.
  [[nodiscard]] std::pair<int, int> finished_and_planned() const {
    const nlohmann::json results = io::read_json(path("page/results.json"));
    return {static_cast<int>(results.at("cells").size()), results.at("planned_cells").get<int>()};
  }
  /// Every file of the page by its name.
  [[nodiscard]] std::map<std::string, std::string> page() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(path("page"))) {
      if (entry.is_regular_file()) files[entry.path().filename()] = read_text_file(entry.path());
    }
    return files;
  }
};

TEST_F(Study, RunsResumesAndRefusesToMix) {
  const RunResult first = run_program(command());
  ASSERT_EQ(first.status, 0) << first.errors;
  EXPECT_EQ(finished_and_planned(), std::pair(14, 14));
  EXPECT_NE(first.errors.find("absent.npy"), std::string::npos) << "the domain without its file: " << first.errors;
  const std::map<std::string, std::string> made = page();
  EXPECT_NE(made.at("index.html").find("marmousi"), std::string::npos);
  for (const char* name : {"index.html", "results.json", "noise-error.png", "noise-maps.png"}) {
    EXPECT_TRUE(made.contains(name)) << name;
  }
  const nlohmann::json cell = io::read_json(path("work/cells/noise.lora.n2.s1.json"));
  EXPECT_EQ(cell["trials"].size(), 2U) << "the first seed tries all learning rates";
  const nlohmann::json second_seed = io::read_json(path("work/cells/noise.lora.n2.s2.json"));
  ASSERT_EQ(second_seed["trials"].size(), 1U);
  EXPECT_EQ(second_seed["outcome"]["learning_rate"], cell["outcome"]["learning_rate"]);
  EXPECT_GT(cell["outcome"]["peak_bytes"], 0);
  EXPECT_EQ(io::read_json(path("work/cells/noise.scratch.n2.s1.json"))["outcome"]["trained_share"], 1.0);

  // Finished cells are not computed again, so that the page is the same to the byte.
  const auto stamp = fs::last_write_time(path("work/cells/noise.full.n2.s1.json"));
  expect_success(command());
  EXPECT_EQ(fs::last_write_time(path("work/cells/noise.full.n2.s1.json")), stamp);
  EXPECT_EQ(page(), made);
  // A cell that is missing comes out as before; times alone differ. Half a pair of data files does no harm.
  fs::remove(path("work/cells/noise.lora.n2.s2.json"));
  write_text_file(path("work/data/noise/training-2/data2.npy"), "from a run that was killed");
  expect_success(command({"--report-only"}));
  EXPECT_EQ(finished_and_planned(), std::pair(13, 14));
  expect_success(command());
  EXPECT_EQ(io::read_json(path("work/cells/noise.lora.n2.s2.json"))["outcome"]["mae"], second_seed["outcome"]["mae"]);

  // On another machine the cells of the page are taken over and nothing is trained.
  expect_success({"study", "--config", path("study.toml"), "--output", path("page"), "--work", path("elsewhere"),
                  "--from", path("page/results.json")});
  for (const std::string name : {"noise.lora.n2.s1.json", "noise.zero-shot.json"}) {
    EXPECT_EQ(io::read_json(path("elsewhere/cells/" + name)), io::read_json(path("work/cells/" + name)));
  }
  EXPECT_FALSE(fs::exists(path("elsewhere/data/noise/training-1")));
  EXPECT_TRUE(fs::exists(path("elsewhere/examples/noise.zero-shot.npy")));

  // A rate more: the first seed tries it alone, the second is trained again where it is chosen.
  std::string changed = kConfig;
  changed.replace(changed.find("[0.001, 0.003]"), 14, "[0.001, 0.003, 0.01]");
  write_config(changed);
  expect_success(command());
  const nlohmann::json more = io::read_json(path("work/cells/noise.lora.n2.s1.json"));
  ASSERT_EQ(more["trials"].size(), 3U);
  EXPECT_EQ(more["trials"][0], cell["trials"][0]);
  EXPECT_EQ(io::read_json(path("work/cells/noise.lora.n2.s2.json"))["outcome"]["learning_rate"],
            more["outcome"]["learning_rate"]);
  write_config(kConfig);
  expect_success(command());
  EXPECT_EQ(io::read_json(path("work/cells/noise.lora.n2.s1.json"))["outcome"]["mae"], cell["outcome"]["mae"]);
  EXPECT_EQ(io::read_json(path("work/cells/noise.lora.n2.s2.json"))["outcome"]["learning_rate"],
            cell["outcome"]["learning_rate"]);

  // A method that takes the rate which another one has chosen tries no others.
  changed = kConfig;
  changed.insert(changed.find("[[domain]]"),
                 "[[method]]\nname = \"longer\"\nkind = \"scratch\"\nsteps_factor = 2.0\nrate_of = \"scratch\"\n\n");
  write_config(changed);
  expect_success(command());
  const nlohmann::json chosen = io::read_json(path("work/cells/noise.scratch.n2.s1.json"))["outcome"]["learning_rate"];
  for (const std::string seed : {"1", "2"}) {
    const nlohmann::json longer = io::read_json(path("work/cells/noise.longer.n2.s" + seed + ".json"));
    ASSERT_EQ(longer["trials"].size(), 1U);
    EXPECT_EQ(longer["outcome"]["learning_rate"], chosen);
    EXPECT_EQ(longer["outcome"]["steps"], 4);
  }

  changed = kConfig;
  changed.replace(changed.find("max_steps = 2"), 13, "max_steps = 3");
  write_config(changed);
  const RunResult options = run_program(command());
  EXPECT_EQ(options.status, static_cast<int>(ExitStatus::kMismatch)) << options.errors;
  EXPECT_NE(options.errors.find("max_steps"), std::string::npos) << options.errors;
  write_config(kConfig);
  train_base("2");
  const RunResult model = run_program(command());
  EXPECT_EQ(model.status, static_cast<int>(ExitStatus::kMismatch)) << model.errors;
  EXPECT_NE(model.errors.find(cell["identity"]["base"].get<std::string>()), std::string::npos) << model.errors;
  train_base("1");
  fs::remove(path("work/cells/noise.full.n2.s2.json"));
  fs::copy_file(path("work/data/flatvel-a/test/data1.npy"), path("work/data/noise/test/data1.npy"),
                fs::copy_options::overwrite_existing);
  const RunResult data = run_program(command());
  EXPECT_EQ(data.status, static_cast<int>(ExitStatus::kMismatch)) << data.errors;
  EXPECT_NE(data.errors.find("noise"), std::string::npos) << data.errors;
}

TEST_F(Study, StopsAtTheEndOfItsHoursAndAtCtrlCWithAPage) {
  const RunResult hours = run_program(command({"--hours", "0.000001"}));
  EXPECT_EQ(hours.status, 0) << hours.errors;
  EXPECT_EQ(finished_and_planned(), std::pair(0, 14));
  EXPECT_TRUE(page().contains("index.html"));

  std::string longer = kConfig;
  longer.replace(longer.find("max_steps = 2"), 13, "max_steps = 100000");
  longer.replace(longer.find("min_steps = 2"), 13, "min_steps = 100000");
  write_config(longer);
  // The cells without training come first.
  const auto trains = [&] { return fs::exists(path("work/cells")) && !fs::is_empty(path("work/cells")); };
  const RunResult stopped = run_program(command(), {.interrupt_when = trains});
  EXPECT_EQ(stopped.status, 130) << stopped.errors;
  EXPECT_NE(stopped.errors.find("absent.npy"), std::string::npos) << stopped.errors;
  EXPECT_NE(stopped.errors.find("error: interrupted"), std::string::npos) << stopped.errors;
  EXPECT_TRUE(page().contains("index.html"));
}

TEST_F(Study, RefusesABadConfiguration) {
  write_config(std::string(kConfig) + "noise_bd = 1.0\n");
  expect_failure(command(), ExitStatus::kInput, "'noise_db'");
  expect_failure({"study", "--config", path("none.toml")}, ExitStatus::kIo, "none.toml");
  std::string changed = kConfig;
  changed.replace(changed.find("rank = 1"), 8, "budget = 0.0000001");
  write_config(changed);
  const RunResult small_budget = run_program(command());
  EXPECT_EQ(small_budget.status, static_cast<int>(ExitStatus::kInput));
  EXPECT_NE(small_budget.errors.find("lora"), std::string::npos) << small_budget.errors;
  EXPECT_FALSE(fs::exists(path("work/cells"))) << "before anything is trained";
  write_config(kConfig);
  expect_failure(command({"--hours", "-1"}), ExitStatus::kUsage, "--hours");
  fs::create_directory(path("page"));
  write_text_file(path("page/precious"), "precious");
  expect_failure(command(), ExitStatus::kIo, "page");
}

}  // namespace
}  // namespace strataform::test
