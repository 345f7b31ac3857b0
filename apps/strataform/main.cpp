#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <iostream>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "commands.h"
#include "help.h"
#include "number_options.h"
#include "option_names.h"
#include "process.h"
#include "strataform/core/error.h"
#include "strataform/core/nearest.h"
#include "strataform/core/version.h"
#include "terminal.h"

namespace strataform::app {
namespace {

constexpr const char* kFooter =
    "Exit status: 0 success, 1 internal error, 2 command line or option, 3 content of a file,\n"
    "4 file system, 5 files that do not belong together, 6 numerical instability, 7 a check was\n"
    "not met, 130 interrupted. See docs/cli.md.";

constexpr const char* kNoMemory = "not enough memory: try a smaller batch or network";

void set_threads(Context& context, int count) {
  constexpr int kMostThreads = 1024;  // beyond, LibTorch's threads find no memory for their stacks and end the process
  if (count < 1 || count > kMostThreads) {
    throw UsageError(fmt::format("--threads: expected 1 to {}, found {}", kMostThreads, count));
  }
  context.threads = count;
  set_tensor_threads(count);
}

void add_global_options(CLI::App& app, Context& context) {
  // Subcommands hand on what they do not know, so that --threads may stand behind them too.
  app.fallthrough();
  app.require_subcommand(1);
  app.set_version_flag("--version", fmt::format("strataform {}", kVersion));
  const auto threads = [&context](int count) { set_threads(context, count); };
  app.add_option_function<int>("--threads", threads, "CPU threads to use (default: all)");
  app.add_flag_callback("--quiet", [&context] { context.listener = nullptr; }, "Report results and errors alone");
  app.footer(kFooter);
}

/// Names the word that the command line does not understand and the nearest one that it does; falls back on what
/// CLI11 says.
std::string describe_parse_error(CLI::App& app, const CLI::ParseError& error) {
  const std::vector<CLI::App*> chosen = app.get_subcommands();
  CLI::App* command = chosen.empty() ? &app : chosen.front();
  for (const std::string& word : app.remaining(true)) {
    const bool is_option = word.starts_with('-');
    if (!is_option && command != &app) continue;
    std::vector<std::string> known;
    if (is_option) {
      for (const CLI::App* owner : {static_cast<const CLI::App*>(command), static_cast<const CLI::App*>(&app)}) {
        for (const CLI::Option* option : owner->get_options()) {
          for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
        }
      }
    } else {
      for (const CLI::App* subcommand : app.get_subcommands({})) known.push_back(subcommand->get_name());
    }
    return fmt::format("unknown {} '{}': did you mean '{}'?", is_option ? "option" : "command", word,
                       nearest_name(word, known));
  }
  if (command == &app) return "expected a command: strataform --help lists them";
  return fmt::format("{} (strataform {} --help lists the options)", error.what(), command->get_name());
}

/// "help" and "help invert" are "--help" and "invert --help".
std::vector<std::string> with_help_command(const CLI::App& app, std::vector<std::string> words) {
  if (words.empty() || words.front() != "help") return words;
  words.erase(words.begin());
  const auto is_first = [&](const CLI::App* command) { return command->get_name() == words.front(); };
  if (!words.empty() && std::ranges::none_of(app.get_subcommands({}), is_first)) return words;
  words.emplace_back("--help");
  return words;
}

/// LibTorch appends a backtrace to its messages; the first line is what concerns the user.
std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

int fail(ExitStatus status, const std::string& message) {
  write_to_stderr(fmt::format("error: {}\n", message));
  return static_cast<int>(status);
}

int fail_to_write(const std::string& reason) {
  return fail(ExitStatus::kIo, fmt::format("standard output: cannot be written: {}", reason));
}

int run(int argc, const char* const* argv) {
  CLI::App app("Seismic full-waveform inversion with foundation models and low-rank adapters", "strataform");
  const auto worded = [&app](std::string_view message) { return with_option_names(app, message); };
  Context context{stop_on_signals(), make_terminal_listener(worded)};
  try {
    add_global_options(app, context);
    add_forward_command(app, context);
    add_born_command(app, context);
    add_generate_command(app, context);
    add_cache_command(app, context);
    add_import_command(app, context);
    add_pretrain_command(app, context);
    add_finetune_command(app, context);
    add_adapt_command(app, context);
    add_invert_command(app, context);
    add_refine_command(app, context);
    add_evaluate_command(app, context);
    add_plot_command(app, context);
    add_info_command(app, context);
    add_adapter_command(app, context);
    add_study_command(app, context);
    add_demo_command(app, context);
    take_decimal_numbers(app);
    arrange_help(app);
    const std::vector<std::string> words = with_help_command(app, {argv + 1, argv + argc});
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
    return static_cast<int>(ExitStatus::kSuccess);
  } catch (const CLI::ParseError& error) {
    // --help and --version arrive here too.
    if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) return app.exit(error);
    return fail(ExitStatus::kUsage, describe_parse_error(app, error));
  } catch (const Error& error) {
    return fail(error.status(), worded(error.what()));
  } catch (const std::filesystem::filesystem_error& error) {
    return fail(ExitStatus::kIo, fmt::format("{}: {}", error.path1().string(), error.code().message()));
  } catch (const std::system_error& error) {
    // fmt throws it where standard output takes no more.
    if (std::ferror(stdout) != 0) return fail_to_write(error.code().message());
    return fail(ExitStatus::kInternal, first_line(error.what()));
  } catch (const std::bad_alloc&) {
    return fail(ExitStatus::kInternal, kNoMemory);
  } catch (const std::length_error&) {
    return fail(ExitStatus::kInternal, kNoMemory);  // more than any memory
  } catch (const std::exception& error) {
    return fail(ExitStatus::kInternal, first_line(error.what()));
  }
}

/// Results that were not written are an error, whatever the command.
int finish(int status) {
  errno = 0;
  const bool written = std::cout.flush().good() && std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  if (written || status != static_cast<int>(ExitStatus::kSuccess)) return status;
  return fail_to_write(errno != 0 ? std::strerror(errno) : "an earlier part was not");
}

}  // namespace
}  // namespace strataform::app

int main(int argc, char** argv) { return strataform::app::finish(strataform::app::run(argc, argv)); }
