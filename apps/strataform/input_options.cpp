#include "input_options.h"

#include <fmt/format.h>

namespace strataform::app {

void add_accept_mismatch(CLI::App& command, data::Mismatch& mismatch) {
  command.add_flag_callback(
      "--accept-mismatch", [&mismatch] { mismatch = data::Mismatch::kAccept; },
      "Continue where the input is known to lead to a worthless result: another time step, reversed polarity, km/s");
}

void add_sample_interval(CLI::App& command, std::optional<double>& interval, const char* expected) {
  command
      .add_option("--sample-interval", interval,
                  fmt::format("Time between two time samples of the gathers in s: they are resampled to {}", expected))
      ->check(CLI::PositiveNumber);
}

}  // namespace strataform::app
