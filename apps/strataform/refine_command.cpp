#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "commands.h"
#include "inversion_figure.h"
#include "strataform/core/error.h"
#include "strataform/core/interrupt.h"
#include "strataform/core/progress.h"
#include "strataform/data/array_files.h"
#include "strataform/io/json.h"
#include "strataform/io/npy.h"
#include "strataform/refine/refine.h"
#include "survey_options.h"
#include "velocity_file.h"

namespace strataform::app {
namespace {

namespace fs = std::filesystem;

struct RefineArguments {
  fs::path data;
  fs::path initial;
  fs::path output;
  fs::path truth;
  fs::path run_folder;
  std::string misfit = "l2";
  SurveyOptions survey;
  refine::RefineOptions options;
  bool resume = false;
  bool force = false;
};

nlohmann::json describe(const RefineArguments& arguments) {
  const refine::RefineOptions& options = arguments.options;
  return {{"data", arguments.data.filename().string()},
          {"initial", arguments.initial.filename().string()},
          {"misfit", arguments.misfit},
          {"gradients", options.gradients},
          {"frequencies", options.frequencies},
          {"bounds", {options.slowest, options.fastest}},
          {"first_step", options.first_step},
          {"total_variation", options.total_variation},
          {"illumination", options.illumination},
          {"signal_to_noise", options.signal_to_noise ? nlohmann::json(*options.signal_to_noise) : nlohmann::json()}};
}

/// The models that are finished, one file each, beside the configuration that made them and a log of every gradient.
class RunFolder {
 public:
  RunFolder(fs::path path, const nlohmann::json& configuration, bool resume, Overwrite overwrite)
      : path_(std::move(path)) {
    const fs::path file = path_ / "configuration.json";
    if (resume) {
      if (io::read_json(file) != configuration) {
        throw MismatchError(fmt::format("{}: made with other options; expected the same command", file.string()));
      }
      return;
    }
    if (fs::exists(path_) && overwrite == Overwrite::kRefuse) {
      throw IoError(fmt::format("{}: exists already; go on with --resume or replace it with --force", path_.string()));
    }
    fs::create_directories(path_);
    remove_earlier_run();
    io::write_json(file, configuration, Overwrite::kRefuse);
  }

  [[nodiscard]] std::optional<std::vector<float>> finished(std::int64_t index) const {
    if (!fs::exists(model_file(index))) return std::nullopt;
    return io::NpyReader(model_file(index)).read_all();
  }
  void keep(std::int64_t index, const std::vector<float>& velocity, std::int64_t nz, std::int64_t nx,
            const nlohmann::json& record) const {
    io::write_json(path_ / fmt::format("model_{:05}.json", index), record, Overwrite::kAllow);
    io::write_npy(model_file(index), velocity, {nz, nx}, io::DType::kFloat32, Overwrite::kAllow);
  }

 private:
  /// Nothing but what a run writes: the folder may be anybody's.
  void remove_earlier_run() const {
    std::vector<fs::path> old_files;
    for (const fs::directory_entry& entry : fs::directory_iterator(path_)) {
      const std::string name = entry.path().filename().string();
      if (name == "configuration.json" || name.starts_with("model_")) old_files.push_back(entry.path());
    }
    for (const fs::path& file : old_files) fs::remove(file);
  }
  [[nodiscard]] fs::path model_file(std::int64_t index) const { return path_ / fmt::format("model_{:05}.npy", index); }

  fs::path path_;
};

class RefineRun {
 public:
  explicit RefineRun(const RefineArguments& arguments)
      : arguments_(arguments), overwrite_(arguments.force || arguments.resume ? Overwrite::kAllow : Overwrite::kRefuse),
        data_(arguments.data, /*decimation=*/1), initial_(arguments.initial) {
    if (!arguments.truth.empty()) truth_.emplace(arguments.truth);
    if (data_.count() != initial_.count() || (truth_ && truth_->count() != initial_.count())) {
      throw MismatchError(fmt::format("{}: expected as many models as {} has gathers, {}, found {}",
                                      arguments.initial.string(), arguments.data.string(), data_.count(),
                                      initial_.count()));
    }
    acquisition_ = make_acquisition(arguments.survey, initial_.nx());
    acquisition_.samples = data_.shape().samples;
    const data::GatherShape& shape = data_.shape();
    if (shape.shots != std::ssize(acquisition_.sources) || shape.receivers != std::ssize(acquisition_.receivers)) {
      throw MismatchError(fmt::format("{}: expected gathers of {} shots and {} receivers, found {} and {}",
                                      arguments.data.string(), acquisition_.sources.size(),
                                      acquisition_.receivers.size(), shape.shots, shape.receivers));
    }
    refine::check(arguments.options, acquisition_);
    check_output_path(arguments.output, overwrite_);
  }

  void run() {
    const fs::path folder =
        arguments_.run_folder.empty() ? fs::path(arguments_.output.string() + ".run") : arguments_.run_folder;
    const RunFolder finished(folder, describe(arguments_), arguments_.resume, overwrite_);
    std::vector<std::int64_t> shape{initial_.nz(), initial_.nx()};
    if (!initial_.single()) shape.insert(shape.begin(), initial_.count());
    io::NpyWriter writer(arguments_.output, io::DType::kFloat32, shape, overwrite_);
    Progress progress("refine", initial_.count() * arguments_.options.gradients, "gradients");
    for (std::int64_t index = 0; index < initial_.count(); ++index) {
      std::optional<std::vector<float>> velocity = finished.finished(index);
      if (!velocity) velocity = refine_one(index, progress, finished);
      writer.append(*velocity);
      progress.update((index + 1) * arguments_.options.gradients);
    }
    writer.commit();
    progress.finish();
    report(io::NpyReader(arguments_.output).read_all());
  }

 private:
  [[nodiscard]] std::int64_t cells() const { return initial_.nz() * initial_.nx(); }

  [[nodiscard]] std::vector<float> model_of(const VelocityFile& file, std::int64_t index) const {
    std::vector<float> model(static_cast<std::size_t>(cells()));
    file.read(index, 1, model);
    return model;
  }

  std::vector<float> refine_one(std::int64_t index, Progress& progress, const RunFolder& finished) {
    std::vector<float> recorded(static_cast<std::size_t>(data_.shape().size()));
    data_.read(index, recorded);
    std::vector<float> initial = model_of(initial_, index);
    for (float& value : initial) {
      value = std::clamp(value, static_cast<float>(arguments_.options.slowest),
                         static_cast<float>(arguments_.options.fastest));
    }
    const std::vector<float> truth = truth_ ? model_of(*truth_, index) : std::vector<float>();
    nlohmann::json steps = nlohmann::json::array();
    const auto watch = [&](const refine::RefineStep& step) {
      nlohmann::json line = {{"gradients", step.gradients}, {"stage", step.stage}, {"misfit", step.misfit}};
      std::string note = fmt::format("model {}, misfit {:.4g}", index, step.misfit);
      if (!truth.empty()) {
        const double error = mean_absolute_difference(step.velocity, truth);
        line["mae"] = error;
        note += fmt::format(", MAE {:.1f} m/s", error);
      }
      steps.push_back(std::move(line));
      progress.update(index * arguments_.options.gradients + step.gradients, note);
      return interrupted();
    };
    const refine::RefinedModel result =
        refine::refine(initial, initial_.nz(), initial_.nx(), recorded, acquisition_, arguments_.options, watch);
    if (interrupted()) {
      throw InterruptedError(
          fmt::format("interrupted: {} models are finished; continue with the same command and --resume", index));
    }
    finished.keep(index, result.velocity, initial_.nz(), initial_.nx(),
                  {{"first_misfit", result.first_misfit},
                   {"last_misfit", result.last_misfit},
                   {"gradients", result.gradients},
                   {"steps", std::move(steps)}});
    return result.velocity;
  }

  void report(const std::vector<float>& refined) const {
    fmt::print("{}: {} models\n", arguments_.output.string(), initial_.count());
    if (!truth_) return;
    double before = 0.0;
    double after = 0.0;
    fmt::print("{:<10}{:>16}{:>16}\n", "model", "before (m/s)", "after (m/s)");
    for (std::int64_t index = 0; index < initial_.count(); ++index) {
      const std::vector<float> truth = model_of(*truth_, index);
      const double was = mean_absolute_difference(model_of(initial_, index), truth);
      const double is = mean_absolute_difference(
          std::span(refined).subspan(static_cast<std::size_t>(index * cells()), static_cast<std::size_t>(cells())),
          truth);
      fmt::print("{:<10}{:>16.1f}{:>16.1f}\n", index, was, is);
      before += was / static_cast<double>(initial_.count());
      after += is / static_cast<double>(initial_.count());
    }
    fmt::print("{:<10}{:>16.1f}{:>16.1f}\n", "mean", before, after);
  }

  const RefineArguments& arguments_;
  Overwrite overwrite_;
  data::GatherFile data_;
  VelocityFile initial_;
  std::optional<VelocityFile> truth_;
  wave::Acquisition acquisition_;
};

}  // namespace

void add_refine_command(CLI::App& app) {
  auto arguments = std::make_shared<RefineArguments>();
  refine::RefineOptions& options = arguments->options;
  CLI::App* command = app.add_subcommand("refine", "Fit velocity models to the recorded gathers by wave physics");
  command->add_option("--data", arguments->data, "Gathers: .npy [N, shots, samples, receivers]")->required();
  command->add_option("--initial", arguments->initial, "Models to start from, m/s: .npy [N, nz, nx]")->required();
  command->add_option("--output", arguments->output, "Refined models: .npy [N, nz, nx]")->required();
  command->add_option("--truth", arguments->truth, "True models, to follow the error");
  command->add_option("--gradients", options.gradients, "Gradients for each model, line searches and stages included")
      ->capture_default_str();
  command->add_option("--misfit", arguments->misfit, fmt::format("{}", fmt::join(refine::misfit_names(), ", ")))
      ->capture_default_str();
  command->add_option("--frequencies", options.frequencies, "Low-pass frequencies of the stages in Hz; 0: all: 5,10,0")
      ->delimiter(',')
      ->capture_default_str();
  command->add_option("--slowest", options.slowest, "Lower bound, m/s")->capture_default_str();
  command->add_option("--fastest", options.fastest, "Upper bound, m/s")->capture_default_str();
  command->add_option("--first-step", options.first_step, "Largest change in a stage's first step, m/s")
      ->capture_default_str();
  command->add_option("--total-variation", options.total_variation, "Weight that keeps models piecewise smooth")
      ->capture_default_str();
  command->add_option("--illumination", options.illumination, "Power by which weakly lit cells move more")
      ->capture_default_str();
  command->add_option("--signal-to-noise", options.signal_to_noise, "Of the data in dB: noise is not fitted");
  add_survey_options(*command, arguments->survey);
  command->add_option("--run-dir", arguments->run_folder, "Folder of finished models (default: <output>.run)");
  command->add_flag("--resume", arguments->resume, "Go on with the models that are not finished");
  command->add_flag("--force", arguments->force, "Overwrite the output and an earlier run");
  command->callback([arguments] {
    arguments->options.misfit = refine::misfit_from_name(arguments->misfit);
    RefineRun(*arguments).run();
  });
}

}  // namespace strataform::app
