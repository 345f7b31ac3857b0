#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "strataform/core/random.h"
#include "strataform/data/dataset.h"
#include "strataform/data/input_spec.h"
#include "strataform/io/npy.h"

namespace strataform::data {

/// Arrays of OpenFWI's layout, small enough for tests.
struct TinyShape {
  std::int64_t count = 3;
  std::int64_t shots = 5;
  std::int64_t samples = 20;
  std::int64_t receivers = 7;
  std::int64_t nz = 6;
  std::int64_t nx = 7;
};

inline std::vector<float> random_values(std::uint64_t seed, std::int64_t count, double low, double high) {
  Random random(seed);
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = static_cast<float>(random.uniform(low, high));
  return values;
}

inline std::vector<float> tiny_gathers(const TinyShape& shape, std::uint64_t seed) {
  return random_values(seed, shape.count * shape.shots * shape.samples * shape.receivers, -20.0, 40.0);
}

inline std::vector<float> tiny_velocities(const TinyShape& shape, std::uint64_t seed) {
  return random_values(seed + 1000, shape.count * shape.nz * shape.nx, 1500.0, 4500.0);
}

/// Writes the two files of a shard, filled with numbers that follow from seed.
inline void write_shard(const std::filesystem::path& folder, const ShardName& name, const TinyShape& shape,
                        std::uint64_t seed) {
  std::filesystem::create_directories(folder);
  io::write_npy(folder / name.gathers_file(), tiny_gathers(shape, seed),
                {shape.count, shape.shots, shape.samples, shape.receivers});
  io::write_npy(folder / name.velocity_file(), tiny_velocities(shape, seed), {shape.count, 1, shape.nz, shape.nx});
}

inline InputSpec tiny_spec(const TinyShape& shape, std::int64_t decimation = 1) {
  InputSpec spec;
  spec.shots = shape.shots;
  spec.samples = shape.samples;
  spec.receivers = shape.receivers;
  spec.decimation = decimation;
  return spec;
}

inline std::vector<float> gathers_of(const GatherSource& source, std::int64_t index) {
  std::vector<float> values(static_cast<std::size_t>(source.gather_shape().size()));
  source.read_gathers(index, values);
  return values;
}

inline std::vector<float> velocity_of(const Dataset& dataset, std::int64_t index) {
  std::vector<float> values(static_cast<std::size_t>(dataset.nz() * dataset.nx()));
  dataset.read_velocity(index, values);
  return values;
}

/// Sample index of an array [count, ...].
inline std::vector<float> item(const std::vector<float>& values, std::int64_t count, std::int64_t index) {
  const auto size = static_cast<std::ptrdiff_t>(values.size()) / count;
  return {values.begin() + index * size, values.begin() + (index + 1) * size};
}

/// Expects an Error whose message contains every one of the given parts.
template <typename Error, typename Call>
void expect_error(const Call& call, const std::vector<std::string>& parts) {
  try {
    call();
    ADD_FAILURE() << "expected an error";
  } catch (const Error& error) {
    for (const std::string& part : parts) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos)
          << "expected \"" << part << "\" in: " << error.what();
    }
  }
}

}  // namespace strataform::data
