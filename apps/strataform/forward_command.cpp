#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "commands.h"
#include "strataform/core/error.h"
#include "strataform/core/interrupt.h"
#include "strataform/core/progress.h"
#include "strataform/wave/propagator.h"
#include "survey_options.h"
#include "velocity_file.h"

namespace strataform::app {
namespace {

/// Models per call of the propagator: enough shots to keep all threads busy, little enough to stop soon.
constexpr std::int64_t kModelsPerChunk = 4;

struct ForwardOptions {
  std::filesystem::path velocity;
  std::filesystem::path output;
  SurveyOptions survey;
  bool force = false;
};

std::vector<std::int64_t> output_shape(const VelocityFile& models, const wave::Acquisition& acquisition) {
  std::vector<std::int64_t> shape{static_cast<std::int64_t>(acquisition.sources.size()), acquisition.samples,
                                  static_cast<std::int64_t>(acquisition.receivers.size())};
  if (!models.single()) shape.insert(shape.begin(), models.count());
  return shape;
}

void run_forward(const ForwardOptions& options) {
  const Overwrite overwrite = options.force ? Overwrite::kAllow : Overwrite::kRefuse;
  check_output_path(options.output, overwrite);
  const VelocityFile models(options.velocity);
  const wave::Propagator propagator(models.nz(), models.nx(), make_acquisition(options.survey, models.nx()));
  io::NpyWriter writer(options.output, io::DType::kFloat32, output_shape(models, propagator.acquisition()), overwrite);

  Progress progress("forward", models.count(), "models");
  std::vector<float> velocity;
  std::vector<float> gathers;
  for (std::int64_t first = 0; first < models.count(); first += kModelsPerChunk) {
    if (interrupted()) throw InterruptedError(fmt::format("interrupted: {} was not written", options.output.string()));
    const std::int64_t count = std::min(kModelsPerChunk, models.count() - first);
    velocity.resize(static_cast<std::size_t>(count * models.nz() * models.nx()));
    gathers.resize(static_cast<std::size_t>(count * propagator.gather_size()));
    models.read(first, count, velocity);
    propagator.forward(velocity, count, gathers);
    writer.append(gathers);
    progress.update(first + count);
  }
  writer.commit();
  progress.finish();
  fmt::print("{}: {} float32\n", options.output.string(),
             io::format_shape(output_shape(models, propagator.acquisition())));
}

}  // namespace

void add_forward_command(CLI::App& app) {
  auto options = std::make_shared<ForwardOptions>();
  CLI::App* command = app.add_subcommand("forward", "Simulate the shot gathers of velocity models");
  command->add_option("--velocity", options->velocity, "Models in m/s: .npy [nz, nx], [N, nz, nx] or [N, 1, nz, nx]")
      ->required();
  command->add_option("--output", options->output, "Gathers: .npy [N, shots, samples, receivers]")->required();
  add_survey_options(*command, options->survey);
  command->add_flag("--force", options->force, "Overwrite the output");
  command->callback([options] { run_forward(*options); });
}

}  // namespace strataform::app
