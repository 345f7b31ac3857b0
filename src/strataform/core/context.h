#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace strataform {

/// Asks the work that holds one of its tokens to end. Copies ask the same work.
class StopSource {
 public:
  /// Safe in a signal handler and from any thread.
  void request_stop() const noexcept { flag_->store(true, std::memory_order_relaxed); }
  void reset() const noexcept { flag_->store(false, std::memory_order_relaxed); }
  [[nodiscard]] bool stop_requested() const noexcept { return flag_->load(std::memory_order_relaxed); }

 private:
  friend class StopToken;
  std::shared_ptr<std::atomic<bool>> flag_ = std::make_shared<std::atomic<bool>>(false);
};

/// Tells work whether it has been asked to end. One without a source never has.
class StopToken {
 public:
  StopToken() = default;
  StopToken(const StopSource& source) : flag_(source.flag_) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool stop_requested() const noexcept { return flag_ && flag_->load(std::memory_order_relaxed); }

 private:
  std::shared_ptr<const std::atomic<bool>> flag_;
};

/// How far a piece of work is.
struct ProgressReport {
  std::string_view label{};  ///< of the work: "refine"
  std::string_view unit{};   ///< what is counted, in the plural: "samples"; kSeconds where time is
  std::string_view note{};   ///< "loss 0.12", or empty
  std::int64_t done = 0;     ///< skipped ones among them
  std::int64_t total = 0;
  std::int64_t skipped = 0;  ///< done by an earlier, interrupted run: no part of the rate
  double seconds = 0.0;      ///< since the work began
  bool finished = false;     ///< the last report of this work
  bool failed = false;       ///< it is the last because an exception ended the work

  /// Units done a second by this run; 0 while that is not known.
  [[nodiscard]] double rate() const;
  /// 0 where the rate is not known.
  [[nodiscard]] double seconds_left() const;
};

enum class Severity { kInfo, kWarning };

/// Hears what work has to say while it goes on. Called from one thread at a time for a piece of work; pieces of work
/// that run at the same time and share a listener may call it at the same time. What it throws ends the work.
class Listener {
 public:
  Listener() = default;
  virtual ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  Listener(Listener&&) = delete;
  Listener& operator=(Listener&&) = delete;

  virtual void message(Severity severity, std::string_view text) = 0;
  /// As often as the work finds natural: showing it at a bearable rate is up to the listener.
  virtual void progress(const ProgressReport& report) = 0;
};

/// What work takes from the process that it runs in: the library has no globals. The default is silent, does not stop
/// before its end and uses all hardware threads.
struct Context {
  StopToken stop{};
  std::shared_ptr<Listener> listener{};  ///< null: nobody hears
  int threads = 0;                       ///< 0: all hardware threads

  /// At least 1.
  [[nodiscard]] int thread_count() const;
  /// Whether the work is to end now; it then throws InterruptedError that says what was saved.
  [[nodiscard]] bool stop_requested() const noexcept { return stop.stop_requested(); }
  /// Throws InterruptedError with this message where the work is to end now.
  void throw_if_stopped(const char* message) const;
  void info(std::string_view text) const;
  void warn(std::string_view text) const;
  /// The same without anybody to hear.
  [[nodiscard]] Context silent() const { return {stop, nullptr, threads}; }
};

/// The unit of work that is measured by its time; it has no rate.
inline constexpr const char* kSeconds = "s";

/// Reports how far a piece of work is to a context's listener. Its end is reported by finish() or by the destructor,
/// which hides what the listener throws.
class Progress {
 public:
  /// unit: what is counted, in the plural ("samples").
  Progress(const Context& context, std::string label, std::int64_t total, std::string unit);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  Progress(Progress&&) = delete;
  Progress& operator=(Progress&&) = delete;

  /// Work that an earlier, interrupted run did: it counts as done but not for the rate.
  void skip(std::int64_t done);
  /// Not thread-safe: call it from one thread. note is shown behind the progress, "loss 0.12" for example.
  void update(std::int64_t done, std::string_view note = {});
  void finish();

 private:
  using Clock = std::chrono::steady_clock;
  void report(bool finished, bool failed);

  std::shared_ptr<Listener> listener_;
  std::string label_, unit_, note_;
  std::int64_t total_;
  std::int64_t done_ = 0;
  std::int64_t skipped_ = 0;
  bool finished_ = false;
  int exceptions_;  ///< in flight when the work began
  Clock::time_point start_ = Clock::now();
};

}  // namespace strataform
