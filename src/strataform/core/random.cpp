#include "strataform/core/random.h"

#include <bit>
#include <cmath>

#include "strataform/core/hash.h"

namespace strataform {
namespace {

constexpr std::uint64_t kGoldenGamma = 0x9e3779b97f4a7c15ULL;

std::uint64_t split_mix(std::uint64_t& state) {
  state += kGoldenGamma;
  std::uint64_t z = state;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31U);
}

}  // namespace

Random::Random(std::uint64_t seed, std::uint64_t stream) {
  std::uint64_t mixed_stream = stream;
  std::uint64_t state = seed ^ split_mix(mixed_stream);
  for (auto& word : state_) word = split_mix(state);
}

std::uint64_t Random::bits() {
  const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
  const std::uint64_t shifted = state_[1] << 17U;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

double Random::uniform(double low, double high) {
  const double unit = static_cast<double>(bits() >> 11U) * 0x1.0p-53;
  return low + (high - low) * unit;
}

std::int64_t Random::integer(std::int64_t low, std::int64_t high) {
  const auto span = static_cast<std::uint64_t>(high - low) + 1;
  // The high half of a 128-bit product maps 64 random bits onto the span; its bias is below 2^-32 here.
  return low + static_cast<std::int64_t>((static_cast<unsigned __int128>(bits()) * span) >> 64U);
}

double Random::normal(double mean, double deviation) {
  // The second value of each pair is dropped: a cached one would make the state depend on the call history.
  while (true) {
    const double u = uniform(-1.0, 1.0);
    const double v = uniform(-1.0, 1.0);
    const double s = u * u + v * v;
    if (s > 0.0 && s < 1.0) return mean + deviation * u * std::sqrt(-2.0 * std::log(s) / s);
  }
}

std::uint64_t stream_of(const char* name) {
  Fnv1a hash;
  for (; *name != '\0'; ++name) hash.add(static_cast<unsigned char>(*name));
  return hash.value();
}

}  // namespace strataform
