#include "velocity_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "strataform/core/error.h"

namespace strataform::app {

VelocityFile::VelocityFile(const std::filesystem::path& path) : reader_(path) {
  const std::vector<std::int64_t>& shape = reader_.shape();
  const bool has_models = std::all_of(shape.begin(), shape.end(), [](std::int64_t extent) { return extent > 0; });
  const bool is_model = shape.size() == 2 || shape.size() == 3 || (shape.size() == 4 && shape[1] == 1);
  if (!has_models || !is_model) {
    throw InputError(fmt::format("{}: expected velocity models [nz, nx], [N, nz, nx] or [N, 1, nz, nx], found {}",
                                 path.string(), io::format_shape(shape)));
  }
  nx_ = shape.back();
  nz_ = shape[shape.size() - 2];
  if (!single()) count_ = shape.front();
}

void VelocityFile::read(std::int64_t first, std::int64_t count, std::span<float> out) const {
  // The first axis of a single model is its depth.
  if (single()) {
    reader_.read(0, nz_, out);
  } else {
    reader_.read(first, count, out);
  }
  io::require_finite(out, path(), "velocity");
  const auto lowest = std::min_element(out.begin(), out.end());
  if (lowest != out.end() && *lowest <= 0.0F) {
    throw InputError(fmt::format("{}: expected velocities above 0 m/s, found {}", path().string(), *lowest));
  }
}

}  // namespace strataform::app
