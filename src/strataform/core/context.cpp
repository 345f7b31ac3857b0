#include "strataform/core/context.h"

#include <algorithm>
#include <exception>
#include <thread>
#include <utility>

#include "strataform/core/error.h"

namespace strataform {

double ProgressReport::rate() const { return seconds > 0.0 ? static_cast<double>(done - skipped) / seconds : 0.0; }

double ProgressReport::seconds_left() const { return rate() > 0.0 ? static_cast<double>(total - done) / rate() : 0.0; }

Listener::~Listener() = default;

int Context::thread_count() const {
  return threads > 0 ? threads : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

void Context::throw_if_stopped(const char* message) const {
  if (stop_requested()) throw InterruptedError(message);
}

void Context::info(std::string_view text) const {
  if (listener) listener->message(Severity::kInfo, text);
}

void Context::warn(std::string_view text) const {
  if (listener) listener->message(Severity::kWarning, text);
}

Progress::Progress(const Context& context, std::string label, std::int64_t total, std::string unit)
    : listener_(context.listener), label_(std::move(label)), unit_(std::move(unit)), total_(total),
      exceptions_(std::uncaught_exceptions()) {}

Progress::~Progress() {
  if (finished_) return;
  try {
    report(true, std::uncaught_exceptions() > exceptions_);
  } catch (...) {  // NOLINT(bugprone-empty-catch): the work has ended already
  }
}

void Progress::skip(std::int64_t done) {
  done_ = done;
  skipped_ = done;
}

void Progress::update(std::int64_t done, std::string_view note) {
  done_ = done;
  note_ = note;
  report(false, false);
}

void Progress::finish() {
  if (finished_) return;
  finished_ = true;
  report(true, false);
}

void Progress::report(bool finished, bool failed) {
  if (!listener_) return;
  const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
  listener_->progress({label_, unit_, note_, done_, total_, skipped_, seconds, finished, failed});
}

}  // namespace strataform
