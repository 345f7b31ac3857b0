#include "terminal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <utility>

namespace strataform::app {
namespace {

constexpr int kBarWidth = 24;
constexpr double kTerminalInterval = 0.1;
constexpr double kPlainInterval = 10.0;

/// Of an environment variable; empty where it is not set.
std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool is_terminal() { return ::isatty(STDERR_FILENO) == 1 && variable("TERM") != "dumb"; }

std::string bar(double fraction) {
  const int filled = static_cast<int>(fraction * kBarWidth);
  std::string text;
  for (int cell = 0; cell < kBarWidth; ++cell) text += cell < filled ? "█" : "░";
  return text;
}

std::string progress_line(const ProgressReport& report) {
  const double share = static_cast<double>(report.done) / static_cast<double>(std::max<std::int64_t>(report.total, 1));
  const double fraction = report.total > 0 ? std::min(1.0, share) : 1.0;
  std::string line =
      fmt::format("{} {} {}/{} {}  ", report.label, bar(fraction), report.done, report.total, report.unit);
  if (report.unit != kSeconds) line += fmt::format("{:.1f}/s  ", report.rate());
  if (report.finished) {
    line += format_duration(report.seconds);
  } else if (report.rate() > 0) {
    line += format_duration(report.seconds_left()) + " left";
  }
  if (!report.note.empty()) line += fmt::format("  {}", report.note);
  return line;
}

/// "warning: text", its first word in yellow, or "info: text", in green.
std::string message_line(Severity severity, std::string_view text, bool coloured) {
  const bool is_warning = severity == Severity::kWarning;
  const char* name = is_warning ? "warning" : "info";
  if (!coloured) return fmt::format("{}: {}\n", name, text);
  return fmt::format("\033[{}m{}\033[m: {}\n", is_warning ? "33;1" : "32", name, text);
}

class TerminalListener final : public Listener {
 public:
  explicit TerminalListener(std::function<std::string(std::string_view)> worded) : worded_(std::move(worded)) {}

  void message(Severity severity, std::string_view text) override {
    const std::lock_guard lock(mutex_);
    if (open_bytes_ > 0) write_to_stderr("\n");
    open_bytes_ = 0;
    write_to_stderr(message_line(severity, worded_ ? worded_(text) : std::string(text), coloured_));
  }

  void progress(const ProgressReport& report) override {
    const std::lock_guard lock(mutex_);
    const auto found = shown_.find(report.label);
    const bool is_shown = found != shown_.end();
    const double since = report.seconds - (is_shown ? found->second : 0.0);
    if (!report.finished && since < (terminal_ ? kTerminalInterval : kPlainInterval)) return;
    // Work that fails before it has shown any progress leaves nothing but its error message.
    if (report.failed && !is_shown) return;
    show(progress_line(report), report.finished);
    if (report.finished && is_shown) shown_.erase(found);
    if (!report.finished) shown_.insert_or_assign(std::string(report.label), report.seconds);
  }

 private:
  void show(const std::string& line, bool last) {
    if (!terminal_) {
      write_to_stderr(line + "\n");
      return;
    }
    // Spaces clear what a longer line left behind.
    const std::size_t padding = open_bytes_ > line.size() ? open_bytes_ - line.size() : 0;
    write_to_stderr(fmt::format("\r{}{:{}}{}", line, "", padding, last ? "\n" : ""));
    open_bytes_ = last ? 0 : line.size();
  }

  const std::function<std::string(std::string_view)> worded_;
  const bool terminal_ = is_terminal();
  const bool coloured_ = terminal_ && variable("NO_COLOR").empty();
  std::mutex mutex_;
  std::map<std::string, double, std::less<>> shown_;  ///< when each work that goes on was last shown, in its seconds
  std::size_t open_bytes_ = 0;                        ///< of the bar that the cursor stands behind
};

}  // namespace

std::shared_ptr<Listener> make_terminal_listener(std::function<std::string(std::string_view)> worded) {
  return std::make_shared<TerminalListener>(std::move(worded));
}

void write_to_stderr(std::string_view text) {
  (void)std::fwrite(text.data(), 1, text.size(), stderr);
  (void)std::fflush(stderr);
}

std::string format_duration(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::max(seconds, 0.0) + 0.5);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

}  // namespace strataform::app
