#include "strataform/study/study.h"

#include <fmt/format.h>

#include <memory>

#include "commands.h"
#include "process.h"
#include "strataform/core/error.h"

namespace strataform::app {
namespace {

void run_study_command(study::StudyOptions options, const Context& context) {
  // One folder for each configuration, so that two studies do not meet.
  if (options.work.empty()) options.work = std::filesystem::path("out/study") / options.config.stem();
  if (!options.report_only) prepare_for_training(context);
  const study::StudySummary summary = study::run_study(options, context);
  const std::string state = fmt::format("{} of {} cells are finished", summary.finished, summary.planned);
  if (summary.interrupted) {
    throw InterruptedError(
        fmt::format("interrupted: {}, {} shows them; the same command continues", state, summary.page.string()));
  }
  fmt::print("{}\n{}{}\n", summary.page.string(), state,
             summary.finished < summary.planned ? "; the same command continues" : "");
}

}  // namespace

void add_study_command(CLI::App& app, const Context& context) {
  auto options = std::make_shared<study::StudyOptions>();
  options->output = "docs/study";
  CLI::App* command = app.add_subcommand("study", "Compare ways to adapt a network over domains, sizes and seeds");
  command->add_option("--config", options->config, "What to compare (TOML): studies/paper.toml")->required();
  command->add_option("--output", options->output, "Folder of the page; an earlier study's is replaced")
      ->capture_default_str();
  command->add_option("--work", options->work,
                      "Folder of data and finished cells, from which the same command continues "
                      "(default: out/study/NAME OF THE CONFIGURATION)");
  command->add_option("--from", options->from,
                      "Continue from the finished cells of a page's results.json, for example of another machine");
  command->add_option("--hours", options->hours, "Begin no training after so many; 0: no limit")->capture_default_str();
  command->add_flag("--report-only", options->report_only, "Write the page from the cells that there are");
  command->callback([options, &context] { run_study_command(*options, context); });
}

}  // namespace strataform::app
