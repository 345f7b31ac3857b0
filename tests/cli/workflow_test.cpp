#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include "cli_fixture.h"
#include "strataform/io/npy.h"
#include "support/layer_model.h"
#include "support/relative_difference.h"

namespace strataform::test {
namespace {

using Workflow = CliTest;

TEST_F(Workflow, ForwardReproducesOpenfwi) {
  const std::filesystem::path reference = shared_file("reference/forward");
  STRATAFORM_SKIP_WITHOUT(reference);
  expect_success({"forward", "--velocity", reference / "model.npy", "--output", path("d.npy")});
  const io::NpyReader expected(reference / "data.npy");
  const io::NpyReader found(path("d.npy"));
  ASSERT_EQ(found.shape(), expected.shape());
  std::vector<float> a(static_cast<std::size_t>(found.item_size()));
  std::vector<float> b(a.size());
  for (std::int64_t model = 0; model < found.count(); ++model) {
    found.read(model, 1, a);
    expected.read(model, 1, b);
    EXPECT_LT(relative_difference(a, b), 1e-4) << "model " << model;
  }
}

TEST_F(Workflow, ForwardTakesItsAcquisitionFromOptions) {
  io::write_npy(path("v.npy"), std::vector<float>(2 * 20 * 24, 2000.0F), {2, 20, 24});
  expect_success({"forward", "--velocity", path("v.npy"), "--output", path("d.npy"), "--samples", "50", "--time-step",
                  "0.002", "--spacing", "15", "--frequency", "8", "--sponge", "30", "--source-count", "3",
                  "--receivers", "0,5,10,15"});
  EXPECT_EQ(io::NpyReader(path("d.npy")).shape(), (std::vector<std::int64_t>{2, 3, 50, 4}));
}

TEST_F(Workflow, BornIsWhatASmallChangeChanges) {
  std::vector<float> velocity(20 * 24, 2000.0F);
  std::vector<float> change(20 * 24, 0.0F);
  for (std::size_t cell = 200; cell < 320; ++cell) change[cell] = 2.0F;
  io::write_npy(path("v.npy"), velocity, {20, 24});
  io::write_npy(path("dv.npy"), change, {20, 24});
  for (std::size_t cell = 0; cell < velocity.size(); ++cell) velocity[cell] += change[cell];
  io::write_npy(path("moved.npy"), velocity, {20, 24});
  const auto gathers = [&](std::vector<std::string> arguments, const std::vector<std::string>& survey) {
    arguments.insert(arguments.end(), {"--output", path("d.npy"), "--force", "--samples", "200"});
    arguments.insert(arguments.end(), survey.begin(), survey.end());
    expect_success(arguments);
    return io::NpyReader(path("d.npy")).read_all();
  };
  for (const std::vector<std::string>& survey :
       {std::vector<std::string>{"--sponge", "30", "--source-count", "2"},
        std::vector<std::string>{"--pml", "20", "--space-order", "8", "--free-surface", "--source-x", "12.5,201.3",
                                 "--source-depth", "15", "--receiver-x", "0:12.5:230", "--receiver-depth", "21"}}) {
    const std::vector<float> before = gathers({"forward", "--velocity", path("v.npy")}, survey);
    std::vector<float> difference = gathers({"forward", "--velocity", path("moved.npy")}, survey);
    for (std::size_t i = 0; i < before.size(); ++i) difference[i] -= before[i];
    const std::vector<float> born = gathers({"born", "--velocity", path("v.npy"), "--change", path("dv.npy")}, survey);
    EXPECT_LT(relative_difference(born, difference), 0.01);
  }
}

/// A faster layer in a slower model, and the model without it.
TEST_F(Workflow, RefineFitsGathersAndGoesOnWhereItWasStopped) {
  std::vector<float> truth;
  std::vector<float> initial;
  for (int model = 0; model < 3; ++model) {
    std::ranges::copy(layer_model(24, 24, 0.0F), std::back_inserter(initial));
    std::ranges::copy(layer_model(24, 24, 100.0F, 14), std::back_inserter(truth));
  }
  io::write_npy(path("truth.npy"), truth, {3, 24, 24});
  io::write_npy(path("initial.npy"), initial, {3, 24, 24});
  expect_success({"forward", "--velocity", path("truth.npy"), "--output", path("d.npy"), "--samples", "300", "--sponge",
                  "30", "--source-count", "3"});
  const auto refine = [&](const char* output, const std::vector<std::string>& more) {
    std::vector<std::string> arguments{
        "refine",  "--data",          path("d.npy"), "--initial",      path("initial.npy"),
        "--truth", path("truth.npy"), "--output",    path(output),     "--gradients",
        "12",      "--sponge",        "30",          "--source-count", "3"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  };
  expect_success(refine("whole.npy", {}));
  const std::vector<float> refined = io::NpyReader(path("whole.npy")).read_all();
  EXPECT_LT(relative_difference(refined, truth), 0.7 * relative_difference(initial, truth));

  // As if stopped after the first model.
  expect_success(refine("split.npy", {}));
  std::filesystem::remove(path("split.npy"));
  for (const char* name : {"model_00001.npy", "model_00002.npy"}) {
    std::filesystem::remove(std::filesystem::path(path("split.npy.run")) / name);
  }
  expect_success(refine("split.npy", {"--resume"}));
  EXPECT_EQ(io::NpyReader(path("split.npy")).read_all(), refined);
  const RunResult other = run_program(refine("split.npy", {"--resume", "--misfit", "l1"}));
  EXPECT_EQ(other.status, static_cast<int>(ExitStatus::kMismatch)) << other.errors;
}

TEST_F(Workflow, InvertReproducesTheImportedNetwork) {
  const std::filesystem::path reference = shared_file("reference");
  STRATAFORM_SKIP_WITHOUT(reference);
  const RunResult import = run_program({"import", reference / "inversionnet/tiny.pth", "--data-range", "-26.95",
                                        "52.77", "--output", path("tiny.safetensors")});
  const bool no_python = import.errors.find("torch is missing") != std::string::npos ||
                         import.errors.find("cannot run Python") != std::string::npos;
  if (no_python) GTEST_SKIP() << import.errors;
  ASSERT_EQ(import.status, 0) << import.errors;
  expect_success({"invert", "--model", path("tiny.safetensors"), "--data", reference / "forward/data.npy", "--output",
                  path("v.npy")});
  const io::NpyReader found(path("v.npy"));
  ASSERT_EQ(found.shape(), (std::vector<std::int64_t>{6, 1, 70, 70}));
  const std::vector<float> velocity = found.read_all();
  const std::vector<float> expected = io::NpyReader(reference / "inversionnet/output.npy").read_all();
  double largest = 0.0;
  for (std::size_t cell = 0; cell < expected.size(); ++cell) {
    largest = std::max<double>(largest, std::abs(velocity[cell] - (1500.0F + (expected[cell] + 1.0F) * 1500.0F)));
  }
  EXPECT_LT(largest, 0.03) << "m/s: 2e-5 on [-1, 1]";
}

TEST_F(Workflow, GenerateStopsAtCtrlCWithoutPartialFiles) {
  const std::vector<std::string> arguments{"generate", "--family",        "curvefault-a", "--count",
                                           "40",       "--velocity-only", "--output",     path("made")};
  expect_success(arguments);
  std::vector<std::string> slow{"generate", "--family", "curvefault-a", "--count", "2000", "--output", path("data")};
  const auto models = [&] { return std::filesystem::exists(path("data")) && count_entries(path("data")) > 1; };
  const RunResult stopped = run_program(slow, {.interrupt_when = models});
  EXPECT_EQ(stopped.status, 130) << stopped.errors;
  EXPECT_EQ(error_lines(stopped).size(), 1U) << stopped.errors;
  for (const auto& entry : std::filesystem::directory_iterator(path("data"))) {
    EXPECT_EQ(entry.path().filename(), "dataset.json") << "a partial file";
  }
}

TEST_F(Workflow, InfoTellsWhatAFileIs) {
  io::write_npy(path("v.npy"), std::vector<float>(20 * 24, 2000.0F), {20, 24});
  const RunResult result = run_program({"info", path("v.npy")});
  EXPECT_EQ(result.status, 0) << result.errors;
  for (const char* text : {"float32", "[20, 24]", "2000 to 2000", "velocity maps"}) {
    EXPECT_NE(result.output.find(text), std::string::npos) << result.output;
  }
}

}  // namespace
}  // namespace strataform::test
