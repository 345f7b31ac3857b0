#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <vector>

#include "strataform/io/run_folder.h"

namespace strataform::workflow {

/// The models that are finished, one file each, and a record of every gradient beside it, in the run folder of a
/// refinement.
class RefineRunFolder {
 public:
  /// Throws MismatchError where a run that is resumed was made with another configuration, naming what differs, and
  /// what the constructor of io::RunFolder throws.
  RefineRunFolder(const std::filesystem::path& path, const nlohmann::json& configuration, io::EarlierRun earlier);
  /// Removes the folder unless there is something in it to go on from.
  ~RefineRunFolder();
  RefineRunFolder(const RefineRunFolder&) = delete;
  RefineRunFolder& operator=(const RefineRunFolder&) = delete;
  RefineRunFolder(RefineRunFolder&&) = delete;
  RefineRunFolder& operator=(RefineRunFolder&&) = delete;

  /// The velocities of a model, [nz, nx]; nothing where it is not finished.
  [[nodiscard]] std::optional<std::vector<float>> finished(std::int64_t index) const;
  void keep(std::int64_t index, std::span<const float> velocity, std::int64_t nz, std::int64_t nx,
            const nlohmann::json& record);
  /// What was kept about a finished model.
  [[nodiscard]] nlohmann::json record(std::int64_t index) const;
  /// The run can be resumed, even where no model is finished yet.
  void keep() { keeps_ = true; }

 private:
  [[nodiscard]] std::filesystem::path model_file(std::int64_t index) const;
  [[nodiscard]] std::filesystem::path record_file(std::int64_t index) const;

  io::RunFolder folder_;
  bool keeps_ = false;
};

}  // namespace strataform::workflow
