#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace strataform {

/// The unit of work that is measured by its time; it has no rate.
inline constexpr const char* kSeconds = "s";

/// One line of progress on standard error: a bar that redraws itself on a terminal, a plain line every ten
/// seconds elsewhere, nothing where is_quiet(). Shows done/total, rate and time left.
class Progress {
 public:
  /// unit: what is counted, in the plural ("samples").
  Progress(std::string label, std::int64_t total, std::string unit);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  Progress(Progress&&) = delete;
  Progress& operator=(Progress&&) = delete;

  /// Work that an earlier, interrupted run did: it counts as done but not for the rate.
  void skip(std::int64_t done);
  /// Not thread-safe: call it from one thread. note is shown behind the bar, "loss 0.12" for example.
  void update(std::int64_t done, std::string_view note = {});
  void finish();

 private:
  using Clock = std::chrono::steady_clock;
  void draw(bool last);

  std::string label_;
  std::string unit_;
  std::string note_;
  std::int64_t total_;
  std::int64_t done_ = 0;
  std::int64_t skipped_ = 0;
  bool terminal_;
  bool drawn_ = false;
  bool finished_ = false;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_draw_;
};

/// "1:02:03", "2:03" or "4 s".
std::string format_duration(double seconds);

}  // namespace strataform
