#include <memory>

#include "commands.h"
#include "demo.h"
#include "process.h"

namespace strataform::app {

void add_demo_command(CLI::App& app, const Context& context) {
  auto options = std::make_shared<DemoOptions>();
  CLI::App* command = app.add_subcommand("demo", "Invert unseen gathers, then adapt the model to a new geology");
  command->add_option("--model", options->model, "Model file (.safetensors)")->capture_default_str();
  command->add_option("--output", options->output, "Folder for pictures, data and the adapter")->capture_default_str();
  command->add_option("--marmousi", options->marmousi, "Velocity model (.npy, 10 m grid) to cut windows from")
      ->capture_default_str();
  command->add_option("--rank", options->rank, "Rank of the adapter")->capture_default_str();
  command->add_option("--max-minutes", options->max_minutes, "Time for training the adapter")->capture_default_str();
  command->callback([options, &context] {
    prepare_for_training(context);
    run_demo(*options, context);
  });
}

}  // namespace strataform::app
