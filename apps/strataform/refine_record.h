#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "strataform/core/atomic_file.h"
#include "strataform/refine/refine.h"

namespace strataform::app {

class FigureFolder;

/// One model on its way: [nz, nx] in m/s; truth is empty where it is not known.
struct RefineModel {
  std::int64_t index = 0;
  std::int64_t nz = 0;
  std::int64_t nx = 0;
  double spacing = 10.0;
  std::vector<float> initial;
  std::vector<float> truth;
};

/// Where pictures go and how often one is drawn.
struct RefineFigures {
  std::filesystem::path folder;
  std::int64_t every = 10;  ///< gradients; 0: the last ones alone
  Overwrite overwrite = Overwrite::kRefuse;
};

/// What a model leaves beside its velocities: misfit and error after every gradient, pictures on the way, and in the
/// end one picture of start, result, truth and difference and the curves of misfit and error.
class RefineRecord {
 public:
  /// Without `figures` nothing is drawn. Throws IoError where pictures cannot be written.
  RefineRecord(const RefineModel& model, const std::optional<RefineFigures>& figures);
  /// Pictures of a model that is not finished are removed.
  ~RefineRecord();
  RefineRecord(const RefineRecord&) = delete;
  RefineRecord& operator=(const RefineRecord&) = delete;
  RefineRecord(RefineRecord&&) = delete;
  RefineRecord& operator=(RefineRecord&&) = delete;

  /// Takes note of a step and returns it in words.
  std::string add(const refine::RefineStep& step);
  /// The record as it is kept, the last pictures being drawn.
  [[nodiscard]] nlohmann::json finish(const refine::RefinedModel& result);

 private:
  void draw(const std::string& name, const std::string& title, std::span<const float> velocity);
  void draw_curve(const std::string& what, const char* label, const std::vector<double>& values);

  const RefineModel& model_;
  std::optional<RefineFigures> figures_;
  std::unique_ptr<FigureFolder> folder_;
  nlohmann::json steps_ = nlohmann::json::array();
  std::vector<double> misfits_;
  std::vector<double> errors_;
};

/// The mean absolute difference between two maps of the same size, m/s.
[[nodiscard]] double refine_error(std::span<const float> velocity, std::span<const float> truth);

}  // namespace strataform::app
