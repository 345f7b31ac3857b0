#include "strataform/data/sample_files.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "strataform/io/npy.h"

namespace strataform::data {
namespace {

/// Enough to keep all threads busy, few enough to stop soon when asked to.
constexpr std::int64_t kSamplesPerChunk = 16;

}  // namespace

DatasetInfo dataset_info_of(const SampleMaker& maker, const std::string& family, std::int64_t count) {
  DatasetInfo info;
  info.family = family;
  info.seed = maker.options().seed;
  info.count = count;
  info.decimation = maker.options().decimation;
  info.last_sample_ignored = info.decimation > 1;
  info.modelling = maker.modelling();
  if (info.modelling) info.conditions = to_json(maker.options().conditions);
  return info;
}

void write_sample_files(const std::filesystem::path& folder, const ShardName& name, const SampleMaker& maker,
                        const SampleRange& range, const std::function<void(std::int64_t done)>& before_chunk) {
  const SampleOptions& options = maker.options();
  io::NpyWriter velocities(folder / name.velocity_file(), io::DType::kFloat32,
                           {range.count, 1, options.size.nz, options.size.nx}, Overwrite::kAllow);
  std::optional<io::NpyWriter> gathers;
  if (!options.velocity_only) {
    const GatherShape shape = maker.shape();
    gathers.emplace(folder / name.gathers_file(), options.decimation > 1 ? io::DType::kFloat16 : io::DType::kFloat32,
                    std::vector<std::int64_t>{range.count, shape.shots, shape.samples, shape.receivers},
                    Overwrite::kAllow);
  }
  for (std::int64_t done = 0; done < range.count; done += kSamplesPerChunk) {
    before_chunk(done);
    const std::int64_t count = std::min(kSamplesPerChunk, range.count - done);
    const SampleChunk chunk = maker.make({range.first + done * range.step, count, range.step});
    velocities.append(chunk.maps);
    if (gathers) gathers->append(chunk.gathers);
  }
  if (gathers) gathers->commit();
  velocities.commit();
}

}  // namespace strataform::data
