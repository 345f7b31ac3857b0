#include "strataform/study/maps.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/core/random.h"
#include "strataform/io/npy.h"

namespace strataform::study {
namespace {

/// A velocity model in memory, of which windows are cut.
struct Section {
  std::int64_t nz = 0;
  std::int64_t nx = 0;
  std::vector<float> velocity;
};

std::shared_ptr<const Section> read_section(const std::filesystem::path& path, const geology::MapSize& size,
                                            const ColumnRange& columns) {
  const io::NpyReader reader(path);
  const std::vector<std::int64_t>& shape = reader.shape();
  if (shape.size() != 2 || shape[0] < size.nz || columns.last >= shape[1]) {
    throw InputError(fmt::format("{}: expected a velocity map of at least {} rows and {} columns, found {}",
                                 path.string(), size.nz, columns.last + 1, io::format_shape(shape)));
  }
  if (columns.last - columns.first + 1 < size.nx) {
    throw InputError(fmt::format("{}: expected at least {} columns for a window, found {} to {}", path.string(),
                                 size.nx, columns.first, columns.last));
  }
  auto section = std::make_shared<Section>();
  section->nz = shape[0];
  section->nx = shape[1];
  section->velocity = reader.read_all();
  io::require_finite(section->velocity, path, "velocity");
  for (float& value : section->velocity) {
    value = std::clamp(value, static_cast<float>(geology::kMinVelocity), static_cast<float>(geology::kMaxVelocity));
  }
  return section;
}

data::MapSource windows_of(const WindowConfig& windows, Part part, const geology::MapSize& size) {
  const ColumnRange columns = part == Part::kTraining     ? windows.training
                              : part == Part::kValidation ? windows.validation
                                                          : windows.test;
  return [size, columns, section = read_section(windows.file, size, columns)](std::uint64_t seed, std::uint64_t index) {
    Random random(seed ^ stream_of("study-windows"), index);
    const std::int64_t top = random.integer(0, section->nz - size.nz);
    const std::int64_t left = random.integer(columns.first, columns.last + 1 - size.nx);
    std::vector<float> map;
    map.reserve(static_cast<std::size_t>(size.nz * size.nx));
    for (std::int64_t row = top; row < top + size.nz; ++row) {
      const auto begin = section->velocity.begin() + row * section->nx + left;
      map.insert(map.end(), begin, begin + size.nx);
    }
    return map;
  };
}

}  // namespace

data::MapSource map_source(const DomainConfig& domain, Part part, const geology::MapSize& size) {
  if (domain.windows) return windows_of(*domain.windows, part, size);
  return data::family_maps(data::FamilyTurns(data::family_shares_from_name(domain.family)), size);
}

}  // namespace strataform::study
