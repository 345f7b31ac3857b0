#include "refine_run_folder.h"

#include <fmt/format.h>

#include <system_error>
#include <utility>

#include "strataform/core/error.h"
#include "strataform/io/json.h"
#include "strataform/io/npy.h"

namespace strataform::app {
namespace fs = std::filesystem;
namespace {

constexpr const char* kConfiguration = "configuration.json";

/// The first member in which two configurations differ.
std::string difference(const nlohmann::json& earlier, const nlohmann::json& now) {
  for (const auto& [member, value] : now.items()) {
    if (earlier.value(member, nlohmann::json()) != value) {
      return fmt::format("{} was {}, now {}", member, earlier.value(member, nlohmann::json()).dump(), value.dump());
    }
  }
  return "it has members that are not known";
}

}  // namespace

RefineRunFolder::RefineRunFolder(fs::path path, const nlohmann::json& configuration, bool resume, Overwrite overwrite)
    : path_(std::move(path)) {
  const fs::path file = path_ / kConfiguration;
  if (resume) {
    const nlohmann::json earlier = io::read_json(file);
    if (!earlier.is_object() || earlier != configuration) {
      throw MismatchError(fmt::format("{}: expected the same command as in the run to go on with: {}", file.string(),
                                      earlier.is_object() ? difference(earlier, configuration) : "found no object"));
    }
    return;
  }
  if (fs::exists(path_) && overwrite == Overwrite::kRefuse) {
    throw IoError(fmt::format("{}: exists already; go on with --resume or replace it with --force", path_.string()));
  }
  created_ = fs::create_directories(path_);
  remove_earlier_run();
  io::write_json(file, configuration, Overwrite::kRefuse);
}

RefineRunFolder::~RefineRunFolder() {
  if (!created_ || keeps_) return;
  std::error_code ignored;
  fs::remove(path_ / kConfiguration, ignored);
  fs::remove(path_, ignored);
}

std::optional<std::vector<float>> RefineRunFolder::finished(std::int64_t index) const {
  if (!fs::exists(model_file(index))) return std::nullopt;
  return io::NpyReader(model_file(index)).read_all();
}

void RefineRunFolder::keep(std::int64_t index, std::span<const float> velocity, std::int64_t nz, std::int64_t nx,
                           const nlohmann::json& record) {
  io::write_json(path_ / fmt::format("model_{:05}.json", index), record, Overwrite::kAllow);
  io::write_npy(model_file(index), velocity, {nz, nx}, io::DType::kFloat32, Overwrite::kAllow);
  keeps_ = true;
}

/// Nothing but what a run writes: the folder may be anybody's.
void RefineRunFolder::remove_earlier_run() const {
  std::vector<fs::path> old_files;
  for (const fs::directory_entry& entry : fs::directory_iterator(path_)) {
    const std::string name = entry.path().filename().string();
    const bool is_ours = name.starts_with("model_") && (name.ends_with(".npy") || name.ends_with(".json"));
    if (name == kConfiguration || is_ours) old_files.push_back(entry.path());
  }
  for (const fs::path& file : old_files) fs::remove(file);
}

fs::path RefineRunFolder::model_file(std::int64_t index) const { return path_ / fmt::format("model_{:05}.npy", index); }

}  // namespace strataform::app
