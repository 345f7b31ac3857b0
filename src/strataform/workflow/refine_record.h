#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "strataform/core/atomic_file.h"
#include "strataform/refine/refine.h"
#include "strataform/workflow/pictures.h"

namespace strataform::workflow {

/// Where the pictures of models that are refined go, and how often one is drawn.
struct RefineFigures {
  PictureFolder folder;
  std::int64_t every = 10;  ///< gradients from one picture to the next; 0: the last ones alone
  Overwrite overwrite = Overwrite::kRefuse;
  std::vector<std::string> stages{};  ///< their names, for the curves
};

/// Of stages with these low-pass frequencies: "up to 8 Hz", "whole band".
[[nodiscard]] std::vector<std::string> stage_names(const std::vector<double>& frequencies);

/// What a model leaves beside its velocities: misfit and error after every gradient, pictures on the way, and in the
/// end one picture of start, result, truth and difference and the curves of misfit and error. Pictures of a model that
/// is not finished are removed.
class RefineRecord {
 public:
  /// Without `figures` nothing is drawn. Throws what the constructor of RefinePictures throws. The model outlives the
  /// record.
  RefineRecord(const RefineModel& model, const std::optional<RefineFigures>& figures);

  /// Takes note of a step and returns it in words: "model 0, misfit 0.12, MAE 85.1 m/s".
  std::string add(const refine::RefineStep& step);
  /// The record as it is kept, the last pictures being drawn.
  [[nodiscard]] nlohmann::json finish(const refine::RefinedModel& result);

 private:
  const RefineModel& model_;
  std::int64_t figure_every_ = 0;
  std::int64_t next_figure_ = 0;  ///< from so many gradients on
  std::unique_ptr<RefinePictures> pictures_;
  nlohmann::json steps_ = nlohmann::json::array();
  std::vector<std::string> stages_;
  std::vector<RefinePoint> points_;
};

}  // namespace strataform::workflow
