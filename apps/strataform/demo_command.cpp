#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "commands.h"
#include "process.h"
#include "strataform/core/error.h"
#include "strataform/workflow/demo.h"

namespace strataform::app {
namespace {

using workflow::Demo;
using workflow::DemoOptions;

/// The share by which the adapter has to lower the mean absolute error on maps that its training never saw.
constexpr double kRequiredGain = 0.25;

void say(const std::string& text) {
  fmt::print("{}\n", text);
  std::fflush(stdout);
}

void say_picture(const std::filesystem::path& path) { say(fmt::format("   plot: {}\n", path.string())); }

void show_families(Demo& demo) {
  say("1. Unseen gathers of the ten geological families, simulated with the wave equation and inverted");
  const Demo::Families result = demo.invert_families();
  say(eval::format_table(result.evaluation));
  say_picture(result.picture);
}

void show_marmousi(Demo& demo, const DemoOptions& options) {
  if (!std::filesystem::exists(options.marmousi)) {
    say(fmt::format("2. Marmousi: skipped, {} is absent (--marmousi names a file)\n", options.marmousi.string()));
    return;
  }
  say(fmt::format("2. Windows of {}, on which nothing here was trained", options.marmousi.filename().string()));
  const Demo::Marmousi result = demo.invert_marmousi().value();
  say(fmt::format("   mean MAE {:.0f} m/s over {} windows", result.error, result.windows));
  say_picture(result.picture);
}

void show_adaptation(const Demo::Adaptation& result, const DemoOptions& options) {
  say_picture(result.picture);
  say(fmt::format("   {:<12}{:>14}{:>14}{:>10}", fmt::format("{} new maps", result.before.samples), "MAE (m/s)",
                  "RMSE (m/s)", "SSIM"));
  for (const auto& [name, scores] : {std::pair{"zero-shot", result.before}, std::pair{"adapted", result.after}}) {
    say(fmt::format("   {:<12}{:>14.1f}{:>14.1f}{:>10.3f}", name, scores.mae_velocity, scores.rmse_velocity,
                    scores.ssim));
  }
  say(fmt::format("\n   The adapter ({:.2f} % of the parameters, {:.0f} s of training) lowered the error by {:.0f} %.",
                  100.0 * result.trainable.share(), result.training.seconds, 100.0 * result.gain()));
  say(fmt::format("   adapter: {}", result.adapter.string()));
  say(fmt::format("   next: strataform evaluate --network {} --adapter {} --data {}\n", options.model.string(),
                  result.adapter.string(), result.test_data.string()));
}

/// Throws CheckFailedError where the adapter does not lower the error by kRequiredGain.
void adapt(Demo& demo, const DemoOptions& options) {
  say(fmt::format("3. A geology that the foundation has never seen: thrusted, folded layers over salt ('{}')",
                  Demo::kNewGeology));
  const eval::Scores before = demo.invert_new_geology();
  say(fmt::format("   zero-shot: MAE {:.0f} m/s, SSIM {:.3f} on {} unseen maps\n", before.mae_velocity, before.ssim,
                  before.samples));
  say(fmt::format("4. A LoRA adapter of rank {}, trained on {} examples", options.rank, Demo::kTrainingSamples));
  const Demo::Adaptation result =
      demo.adapt([](const peft::TrainableReport& report) { say("   " + peft::to_string(report, "lora")); });
  show_adaptation(result, options);
  if (result.gain() < kRequiredGain) {
    throw CheckFailedError(fmt::format("the adapter lowered the error by {:.0f} %; at least {:.0f} % was expected",
                                       100.0 * result.gain(), 100.0 * kRequiredGain));
  }
}

void run_demo(const DemoOptions& options, const Context& context) {
  prepare_for_training(context);
  Demo demo(options, context);
  say(fmt::format("\nFoundation model {}: {}, {:.2f} million parameters\n", options.model.string(),
                  demo.model().backbone_name(), static_cast<double>(demo.model().parameter_count()) / 1e6));
  show_families(demo);
  show_marmousi(demo, options);
  adapt(demo, options);
}

}  // namespace

void add_demo_command(CLI::App& app, const Context& context) {
  auto options = std::make_shared<DemoOptions>();
  CLI::App* command = app.add_subcommand("demo", "Invert unseen gathers, then adapt the network to a new geology");
  command->add_option("--network,--model", options->model, "Network file (.safetensors)")->capture_default_str();
  command->add_option("--output", options->output, "Folder for plots, data and the adapter")->capture_default_str();
  command->add_option("--marmousi", options->marmousi, "Velocity map (.npy, cells of 10 m) to cut windows from")
      ->capture_default_str();
  command->add_option("--rank", options->rank, "Rank of the adapter")->capture_default_str();
  command->add_option("--max-minutes", options->max_minutes, "Time for training the adapter")->capture_default_str();
  command->callback([options, &context] { run_demo(*options, context); });
}

}  // namespace strataform::app
