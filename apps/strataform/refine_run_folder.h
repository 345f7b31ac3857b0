#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "strataform/core/atomic_file.h"

namespace strataform::app {

/// The models that are finished, one file each, beside the configuration that made them and a log of every gradient.
class RefineRunFolder {
 public:
  /// Throws MismatchError where a run that is resumed was made with another configuration, naming what differs, and
  /// IoError where there is an earlier run and neither `resume` nor kAllow.
  RefineRunFolder(std::filesystem::path path, const nlohmann::json& configuration, bool resume, Overwrite overwrite);
  /// Removes a folder that it has made unless there is something in it to go on from.
  ~RefineRunFolder();
  RefineRunFolder(const RefineRunFolder&) = delete;
  RefineRunFolder& operator=(const RefineRunFolder&) = delete;
  RefineRunFolder(RefineRunFolder&&) = delete;
  RefineRunFolder& operator=(RefineRunFolder&&) = delete;

  [[nodiscard]] std::optional<std::vector<float>> finished(std::int64_t index) const;
  void keep(std::int64_t index, std::span<const float> velocity, std::int64_t nz, std::int64_t nx,
            const nlohmann::json& record);
  /// The run can be resumed, even where no model is finished yet.
  void keep() { keeps_ = true; }

 private:
  void remove_earlier_run() const;
  [[nodiscard]] std::filesystem::path model_file(std::int64_t index) const;

  std::filesystem::path path_;
  bool created_ = false;
  bool keeps_ = false;
};

}  // namespace strataform::app
