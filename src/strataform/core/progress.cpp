#include "strataform/core/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <exception>

#include "strataform/core/log.h"

namespace strataform {
namespace {

constexpr int kBarWidth = 24;
constexpr double kTerminalInterval = 0.1;
constexpr double kPlainInterval = 10.0;

std::string bar(double fraction) {
  const int filled = static_cast<int>(fraction * kBarWidth);
  std::string text;
  for (int cell = 0; cell < kBarWidth; ++cell) text += cell < filled ? "█" : "░";
  return text;
}

}  // namespace

std::string format_duration(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::max(seconds, 0.0) + 0.5);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

Progress::Progress(std::string label, std::int64_t total, std::string unit)
    : label_(std::move(label)), unit_(std::move(unit)), total_(total), terminal_(::isatty(STDERR_FILENO) == 1),
      last_draw_(start_) {}

Progress::~Progress() {
  // A run that fails before it has shown any progress leaves nothing but its error message.
  if (drawn_ || std::uncaught_exceptions() == 0) finish();
}

void Progress::skip(std::int64_t done) {
  done_ = done;
  skipped_ = done;
}

void Progress::update(std::int64_t done, std::string_view note) {
  done_ = done;
  note_ = note;
  const double since = std::chrono::duration<double>(Clock::now() - last_draw_).count();
  if (since >= (terminal_ ? kTerminalInterval : kPlainInterval)) draw(false);
}

void Progress::finish() {
  if (finished_) return;
  finished_ = true;
  draw(true);
}

void Progress::draw(bool last) {
  if (is_quiet()) return;
  drawn_ = true;
  last_draw_ = Clock::now();
  const double seconds = std::chrono::duration<double>(last_draw_ - start_).count();
  const double rate = seconds > 0 ? static_cast<double>(done_ - skipped_) / seconds : 0.0;
  const double fraction = total_ > 0 ? std::min(1.0, static_cast<double>(done_) / static_cast<double>(total_)) : 1.0;
  std::string line = fmt::format("{} {} {}/{} {}  ", label_, bar(fraction), done_, total_, unit_);
  if (unit_ != kSeconds) line += fmt::format("{:.1f}/s  ", rate);
  if (last) {
    line += format_duration(seconds);
  } else if (rate > 0) {
    line += format_duration(static_cast<double>(total_ - done_) / rate) + " left";
  }
  if (!note_.empty()) line += "  " + note_;
  // "\033[K" clears what a longer line left behind.
  write_to_stderr(
      fmt::format("{}{}{}{}", terminal_ ? "\r" : "", line, terminal_ ? "\033[K" : "\n", terminal_ && last ? "\n" : ""));
}

}  // namespace strataform
