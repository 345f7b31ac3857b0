#include "strataform/data/array_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/data/dataset.h"
#include "strataform/data/dataset_info.h"
#include "strataform/data/gather_formats.h"
#include "strataform/data/openfwi_layout.h"
#include "strataform/io/file_kind.h"

namespace strataform::data {
namespace {

namespace fs = std::filesystem;

bool all_positive(const std::vector<std::int64_t>& shape) {
  return std::ranges::all_of(shape, [](std::int64_t extent) { return extent > 0; });
}

/// The dataset.json that describes a shard: in its folder, or above data/.
std::optional<DatasetInfo> info_of_shard(const fs::path& path) {
  if (!parse_file_name(path.filename().string())) return std::nullopt;
  const fs::path folder = fs::absolute(path).parent_path();
  std::optional<DatasetInfo> info = read_dataset_info(folder);
  return info || folder.filename() != "data" ? info : read_dataset_info(folder.parent_path());
}

class SingleFileSource : public GatherSource {
 public:
  SingleFileSource(const fs::path& path, const std::optional<DatasetInfo>& info)
      : file_(path, info ? info->decimation : 1) {
    if (info) modelling_ = info->modelling;
  }

  [[nodiscard]] std::int64_t size() const override { return file_.count(); }
  [[nodiscard]] bool is_single() const override { return file_.is_single(); }
  [[nodiscard]] GatherShape gather_shape() const override { return file_.shape(); }
  [[nodiscard]] std::optional<survey::Modelling> modelling() const override { return modelling_; }
  void read_gathers(std::int64_t index, std::span<float> out) const override { file_.read(index, out); }
  [[nodiscard]] std::string name() const override { return file_.path().string(); }

 private:
  GatherFile file_;
  std::optional<survey::Modelling> modelling_;
};

}  // namespace

GatherFile::GatherFile(const fs::path& path, std::int64_t decimation) : reader_(path) {
  const std::vector<std::int64_t>& shape = reader_.shape();
  if ((shape.size() != 3 && shape.size() != 4) || !all_positive(shape)) {
    throw InputError(
        fmt::format("{}: expected gathers [N, shots, time samples, receivers], or without N those of one map, found {}",
                    path.string(), io::format_shape(shape)));
  }
  single_ = shape.size() == 3;
  if (!single_) count_ = shape[0];
  const auto* const extents = shape.data() + (single_ ? 0 : 1);
  shape_ = {.shots = extents[0], .samples = extents[1], .receivers = extents[2], .decimation = decimation};
}

void GatherFile::read(std::int64_t index, std::span<float> out) const {
  if (single_) {
    reader_.read(0, reader_.count(), out);
  } else {
    reader_.read(index, 1, out);
  }
  io::require_finite(out, path(), fmt::format("the gathers of example {}", index));
}

VelocityFile::VelocityFile(const fs::path& path, VelocityRange range) : reader_(path), range_(range) {
  const std::vector<std::int64_t>& shape = reader_.shape();
  const bool known = shape.size() == 2 || shape.size() == 3 || (shape.size() == 4 && shape[1] == 1);
  if (!known || !all_positive(shape)) {
    throw InputError(fmt::format("{}: expected velocity maps [nz, nx], [N, nz, nx] or [N, 1, nz, nx], found {}",
                                 path.string(), io::format_shape(shape)));
  }
  nz_ = shape[shape.size() - 2];
  nx_ = shape.back();
  if (!single()) count_ = shape.front();
}

void VelocityFile::read(std::int64_t index, std::span<float> out) const {
  // The first axis of a single map is its depth.
  if (single()) {
    reader_.read(0, nz_, out);
  } else {
    reader_.read(index, 1, out);
  }
  io::require_finite(out, path(), fmt::format("the velocities of map {}", index));
  const auto [low, high] = std::ranges::minmax(out);
  const bool kilometres = low > 0.0F && high <= kFastestInKilometres;
  if (range_ == VelocityRange::kPlausible) {
    if (low >= kMinPlausibleVelocity && high <= kMaxPlausibleVelocity) return;
    throw InputError(fmt::format("{}: expected velocities of {}..{} m/s in map {}, found {}..{}{}", path().string(),
                                 kMinPlausibleVelocity, kMaxPlausibleVelocity, index, low, high,
                                 kilometres ? " (km/s? multiply by 1000)" : ""));
  }
  if (low <= 0.0F) {
    throw InputError(
        fmt::format("{}: expected velocities above 0 m/s in map {}, found {}", path().string(), index, low));
  }
  if (range_ == VelocityRange::kPositive || !kilometres) return;
  throw InputError(
      fmt::format("{}: expected velocities in m/s in map {}, found {}..{} (km/s? multiply by 1000); `accept_mismatch` "
                  "takes them as "
                  "they are",
                  path().string(), index, low, high));
}

void VelocityFile::read(std::int64_t first, std::int64_t count, std::span<float> out) const {
  const auto cells = static_cast<std::size_t>(nz_ * nx_);
  for (std::int64_t k = 0; k < count; ++k) read(first + k, out.subspan(static_cast<std::size_t>(k) * cells, cells));
}

std::string describe(const GatherShape& shape) {
  return fmt::format("gathers of {} shots, {} time samples{} and {} receivers", shape.shots, shape.samples,
                     shape.decimation > 1 ? fmt::format(" (means of {})", shape.decimation) : "", shape.receivers);
}

GatherFormat npy_gathers() {
  return {.knows = [](const fs::path& path) { return io::detect_file_kind(path) == io::FileKind::kNpy; },
          .open = [](const fs::path& path) -> std::unique_ptr<GatherSource> {
            return std::make_unique<SingleFileSource>(path, info_of_shard(path));
          }};
}

}  // namespace strataform::data
