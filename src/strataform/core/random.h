#pragma once

#include <array>
#include <cstdint>

namespace strataform {

/// Reproducible random numbers, the same on every platform, compiler and thread count.
///
/// xoshiro256++ (Blackman and Vigna, 2021), its state filled by SplitMix64 from (seed, stream). Sample k of a
/// data set uses stream k, so it does not depend on which samples were drawn before it. The distributions are
/// written out here because those of <random> differ between standard libraries.
class Random {
 public:
  explicit Random(std::uint64_t seed, std::uint64_t stream = 0);

  std::uint64_t bits();
  /// Uniform in [low, high).
  double uniform(double low = 0.0, double high = 1.0);
  /// Uniform over low..high, both included.
  std::int64_t integer(std::int64_t low, std::int64_t high);
  /// Normal by the polar method of Marsaglia.
  double normal(double mean = 0.0, double deviation = 1.0);
  bool chance(double probability) { return uniform() < probability; }

  using State = std::array<std::uint64_t, 4>;
  [[nodiscard]] const State& state() const { return state_; }
  void set_state(const State& state) { state_ = state; }

 private:
  State state_{};
};

/// A stream number from a name, so that independent users of one seed do not share numbers (FNV-1a, 64 bits).
std::uint64_t stream_of(const char* name);

}  // namespace strataform
