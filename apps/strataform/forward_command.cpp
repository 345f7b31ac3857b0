#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "commands.h"
#include "strataform/core/error.h"
#include "strataform/data/array_files.h"
#include "strataform/wave/propagator.h"
#include "survey_options.h"

namespace strataform::app {
namespace {

/// Models per call of the propagator: enough shots to keep all threads busy, little enough to stop soon.
constexpr std::int64_t kModelsPerChunk = 4;

struct ForwardOptions {
  std::filesystem::path velocity;
  std::filesystem::path change;  ///< of born; empty: forward
  std::filesystem::path output;
  SurveyOptions survey;
  bool force = false;
};

std::vector<std::int64_t> output_shape(const data::VelocityFile& models, const survey::Survey& survey) {
  std::vector<std::int64_t> shape{std::ssize(survey.shots), survey.samples, *survey::common_receivers(survey)};
  if (!models.single()) shape.insert(shape.begin(), models.count());
  return shape;
}

/// The changes of the models, finite numbers in the models' own shape.
std::optional<io::NpyReader> open_changes(const ForwardOptions& options, const data::VelocityFile& models) {
  if (options.change.empty()) return std::nullopt;
  std::optional<io::NpyReader> changes(options.change);
  const std::vector<std::int64_t>& expected = models.shape();
  if (changes->shape() != expected) {
    throw MismatchError(fmt::format("{}: expected the shape of {}, {}, found {}", options.change.string(),
                                    models.path().string(), io::format_shape(expected),
                                    io::format_shape(changes->shape())));
  }
  return changes;
}

void run_forward(const ForwardOptions& options, const Context& context) {
  const Overwrite overwrite = options.force ? Overwrite::kAllow : Overwrite::kRefuse;
  check_output_path(options.output, overwrite);
  const data::VelocityFile models(options.velocity);
  const std::optional<io::NpyReader> changes = open_changes(options, models);
  const wave::Propagator propagator(make_modelling(options.survey, models.nz(), models.nx()), {.context = context});
  const std::vector<std::int64_t> shape = output_shape(models, propagator.modelling().survey);
  io::NpyWriter writer(options.output, io::DType::kFloat32, shape, overwrite);

  Progress progress(context, changes ? "born" : "forward", models.count(), "models");
  std::vector<float> velocity;
  std::vector<float> change;
  std::vector<float> gathers;
  bool warned = false;
  for (std::int64_t first = 0; first < models.count(); first += kModelsPerChunk) {
    const std::int64_t count = std::min(kModelsPerChunk, models.count() - first);
    velocity.resize(static_cast<std::size_t>(count * models.nz() * models.nx()));
    gathers.resize(static_cast<std::size_t>(count * propagator.gather_size()));
    models.read(first, count, velocity);
    warned = warned || warn_of_dispersion(propagator.modelling(), std::ranges::min(velocity), context);
    if (changes) {
      change.resize(velocity.size());
      changes->read(models.single() ? 0 : first, models.single() ? models.nz() : count, change);
      io::require_finite(change, options.change, "change of velocity");
      propagator.born(velocity, change, count, gathers);
    } else {
      propagator.forward(velocity, count, gathers);
    }
    writer.append(gathers);
    progress.update(first + count);
  }
  writer.commit();
  progress.finish();
  fmt::print("{}: {} float32\n", options.output.string(), io::format_shape(shape));
}

void run_or_stop(const ForwardOptions& options, const Context& context) {
  try {
    run_forward(options, context);
  } catch (const InterruptedError&) {
    throw InterruptedError(fmt::format("interrupted: {} was not written", options.output.string()));
  }
}

CLI::App* add_command(CLI::App& app, const Context& context, const std::shared_ptr<ForwardOptions>& options,
                      const char* name, const char* summary) {
  CLI::App* command = app.add_subcommand(name, summary);
  command->add_option("--velocity", options->velocity, "Models in m/s: .npy [nz, nx], [N, nz, nx] or [N, 1, nz, nx]")
      ->required();
  command->add_option("--output", options->output, "Gathers: .npy [N, shots, samples, receivers]")->required();
  add_survey_options(*command, options->survey);
  command->add_flag("--force", options->force, "Overwrite the output");
  command->callback([options, &context] { run_or_stop(*options, context); });
  return command;
}

}  // namespace

void add_forward_command(CLI::App& app, const Context& context) {
  add_command(app, context, std::make_shared<ForwardOptions>(), "forward",
              "Simulate the shot gathers of velocity models");
}

void add_born_command(CLI::App& app, const Context& context) {
  const auto options = std::make_shared<ForwardOptions>();
  add_command(app, context, options, "born", "Simulate what a small change of velocity models changes in their gathers")
      ->add_option("--change", options->change, "Changes of the models in m/s, in the models' shape")
      ->required();
}

}  // namespace strataform::app
