#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "strataform/core/context.h"

namespace strataform::test {

/// Keeps what it hears.
class RecordingListener final : public Listener {
 public:
  /// Its texts are the listener's own.
  struct Report {
    ProgressReport numbers;  ///< without texts
    std::string label, unit, note;
  };

  void message(Severity severity, std::string_view text) override {
    const std::lock_guard lock(mutex_);
    (severity == Severity::kWarning ? warnings : infos).emplace_back(text);
  }
  void progress(const ProgressReport& report) override {
    const std::lock_guard lock(mutex_);
    reports.push_back({report, std::string(report.label), std::string(report.unit), std::string(report.note)});
    ProgressReport& kept = reports.back().numbers;
    kept.label = kept.unit = kept.note = {};
  }

  std::vector<std::string> infos, warnings;
  std::vector<Report> reports;

 private:
  std::mutex mutex_;
};

}  // namespace strataform::test
