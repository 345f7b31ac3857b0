#include "strataform/workflow/refine_run_folder.h"

#include <fmt/format.h>

#include <string_view>

#include "strataform/io/json.h"
#include "strataform/io/npy.h"

namespace strataform::workflow {
namespace fs = std::filesystem;
namespace {

bool is_model_file(std::string_view name) {
  return name.starts_with("model_") && (name.ends_with(".npy") || name.ends_with(".json"));
}

}  // namespace

RefineRunFolder::RefineRunFolder(const fs::path& path, const nlohmann::json& configuration, io::EarlierRun earlier)
    : folder_(path,
              {.state = "configuration.json", .is_own = is_model_file, .advice = "`run_dir` names another folder"},
              earlier),
      keeps_(folder_.is_resumed()) {
  folder_.configure(configuration);
}

RefineRunFolder::~RefineRunFolder() {
  if (!keeps_) folder_.discard();
}

std::optional<std::vector<float>> RefineRunFolder::finished(std::int64_t index) const {
  if (!fs::exists(model_file(index))) return std::nullopt;
  return io::NpyReader(model_file(index)).read_all();
}

nlohmann::json RefineRunFolder::record(std::int64_t index) const { return io::read_json(record_file(index)); }

void RefineRunFolder::keep(std::int64_t index, std::span<const float> velocity, std::int64_t nz, std::int64_t nx,
                           const nlohmann::json& record) {
  io::write_json(record_file(index), record, Overwrite::kAllow);
  io::write_npy(model_file(index), velocity, {nz, nx}, io::DType::kFloat32, Overwrite::kAllow);
  keep();
}

fs::path RefineRunFolder::record_file(std::int64_t index) const {
  return folder_.path() / fmt::format("model_{:05}.json", index);
}

fs::path RefineRunFolder::model_file(std::int64_t index) const {
  return folder_.path() / fmt::format("model_{:05}.npy", index);
}

}  // namespace strataform::workflow
