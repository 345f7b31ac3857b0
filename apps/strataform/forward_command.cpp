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
#include "velocity_file.h"

namespace strataform::app {
namespace {

constexpr std::int64_t kOpenfwiColumns = 70;
constexpr std::int64_t kOpenfwiRow = 1;
constexpr std::int64_t kDefaultSources = 5;
/// Models per call of the propagator: enough shots to keep all threads busy, little enough to stop soon.
constexpr std::int64_t kModelsPerChunk = 4;

struct ForwardOptions {
  std::filesystem::path velocity;
  std::filesystem::path output;
  wave::Acquisition acquisition;
  std::vector<std::int64_t> sources;    ///< columns
  std::vector<std::int64_t> receivers;  ///< columns
  std::int64_t source_count = 0;        ///< 0: not given
  std::int64_t source_row = kOpenfwiRow;
  std::int64_t receiver_row = kOpenfwiRow;
  bool flip_shot = false;
  bool force = false;
};

/// The preset's columns unless the user gave others, all on one row.
std::vector<wave::GridPoint> points_on(std::int64_t row, const std::vector<std::int64_t>& columns,
                                       std::vector<wave::GridPoint> preset) {
  if (!columns.empty()) preset.resize(columns.size());
  for (std::size_t i = 0; i < preset.size(); ++i) {
    preset[i] = {row, columns.empty() ? preset[i].column : columns[i]};
  }
  return preset;
}

/// OpenFWI's sources for its own width, evenly spread ones for any other; the user's columns replace either.
wave::Acquisition make_acquisition(const ForwardOptions& options, std::int64_t columns) {
  const bool is_openfwi = columns == kOpenfwiColumns && options.source_count == 0 && options.sources.empty();
  if (options.flip_shot && !is_openfwi) {
    throw UsageError(
        fmt::format("--flip-shot belongs to OpenFWI's own sources over {} columns, not to other sources "
                    "or to a model of {} columns",
                    kOpenfwiColumns, columns));
  }
  const std::int64_t count = options.source_count > 0 ? options.source_count : kDefaultSources;
  const wave::Acquisition preset =
      is_openfwi ? wave::openfwi_acquisition(options.flip_shot) : wave::surface_acquisition(columns, count);
  wave::Acquisition acquisition = options.acquisition;
  acquisition.sources = points_on(options.source_row, options.sources, preset.sources);
  acquisition.receivers = points_on(options.receiver_row, options.receivers, preset.receivers);
  return acquisition;
}

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
  const wave::Propagator propagator(models.nz(), models.nx(), make_acquisition(options, models.nx()));
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
  command->add_option("--spacing", options->acquisition.spacing, "Cell size in m")->capture_default_str();
  command->add_option("--time-step", options->acquisition.time_step, "Time step in s")->capture_default_str();
  command->add_option("--samples", options->acquisition.samples, "Recorded samples")->capture_default_str();
  command->add_option("--frequency", options->acquisition.frequency, "Peak frequency of the Ricker wavelet in Hz")
      ->capture_default_str();
  command->add_option("--sponge", options->acquisition.sponge_cells, "Absorbing cells on each side")
      ->capture_default_str();
  CLI::Option* sources =
      command->add_option("--sources", options->sources, "Columns of the sources: 0,17,34,52,69")->delimiter(',');
  command->add_option("--source-count", options->source_count, "Sources spread evenly, instead of --sources")
      ->check(CLI::PositiveNumber)
      ->excludes(sources);
  command->add_option("--receivers", options->receivers, "Columns of the receivers (default: every column)")
      ->delimiter(',');
  command->add_option("--source-row", options->source_row, "Row of the sources")->capture_default_str();
  command->add_option("--receiver-row", options->receiver_row, "Row of the receivers")->capture_default_str();
  command->add_flag("--flip-shot", options->flip_shot, "Add OpenFWI's mirror shot at column 35 as a sixth");
  command->add_flag("--force", options->force, "Overwrite the output");
  command->callback([options] { run_forward(*options); });
}

}  // namespace strataform::app
