#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "strataform/core/context.h"

namespace strataform::test {

/// Asks the work to stop once its progress has come so far.
class StopAt final : public Listener {
 public:
  StopAt(StopSource source, std::int64_t done) : source_(std::move(source)), done_(done) {}

  void message(Severity /*severity*/, std::string_view /*text*/) override {}
  void progress(const ProgressReport& report) override {
    if (report.done >= done_) source_.request_stop();
  }

 private:
  StopSource source_;
  std::int64_t done_;
};

}  // namespace strataform::test
