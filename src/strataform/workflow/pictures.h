#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "strataform/core/atomic_file.h"
#include "strataform/data/gather_source.h"
#include "strataform/geology/family.h"
#include "strataform/model/model.h"

namespace strataform::workflow {

// Pictures of what the workflows make. In a build without figures (STRATAFORM_WITH_FIGURES=OFF) the constructors and
// functions throw UsageError, so that everything else works there.

/// The first maps of each family and this seed, one row each (PNG).
void draw_contact_sheet(const std::filesystem::path& path, std::span<const geology::Family* const> families,
                        std::uint64_t seed, Overwrite overwrite);
/// Throws IoError where that could not be written.
void check_contact_sheet(const std::filesystem::path& path, Overwrite overwrite);

/// Where pictures go.
struct PictureFolder {
  std::filesystem::path path{};  ///< empty: none are drawn
  std::string format = "png";    ///< or "svg", "pdf"
};

/// Throws UsageError for another format, and for any folder in a build without figures.
void check(const PictureFolder& folder);

/// What went into an inversion and what came out of it.
struct InversionResult {
  std::int64_t index = 0;             ///< of the gathers in their source
  std::span<const float> prediction;  ///< [nz, nx] in m/s
  std::span<const float> truth;       ///< [nz, nx] in m/s; empty where it is not known
};

/// Of gathers and the maps that a model makes of them. Unless keep() is called, the pictures are removed again, and
/// their folder if it was made for them.
class InversionPictures {
 public:
  /// Makes the folder where it is missing; throws IoError where it cannot, UsageError for another format. Model and
  /// source outlive the pictures.
  InversionPictures(const PictureFolder& folder, Overwrite overwrite, const model::Model& model,
                    const data::GatherSource& source);
  ~InversionPictures();
  InversionPictures(const InversionPictures&) = delete;
  InversionPictures& operator=(const InversionPictures&) = delete;
  InversionPictures(InversionPictures&&) = delete;
  InversionPictures& operator=(InversionPictures&&) = delete;

  /// Throws IoError where a picture of this name ("model_0000") could not be written.
  void check(const std::string& name) const;
  /// One row for each result: the gather of the middle shot, the true map, the prediction with its error, the
  /// difference; without a true map the gather and the prediction alone.
  void write(const std::string& name, std::span<const InversionResult> rows, const std::string& title,
             const std::string& subtitle);
  /// The work has succeeded: the pictures stay.
  void keep();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A model that is refined, [nz, nx] in m/s; truth is empty where it is not known.
struct RefineModel {
  std::int64_t index = 0;
  std::int64_t nz = 0;
  std::int64_t nx = 0;
  double spacing = 0.0;  ///< of the cells, m
  std::vector<float> initial;
  std::vector<float> truth;
};

/// After a gradient of a refinement.
struct RefinePoint {
  std::int64_t gradients = 0;  ///< spent so far
  std::size_t stage = 0;
  double misfit = 0.0;            ///< as a share of what it was in front of the stage
  std::optional<double> error{};  ///< mean absolute one, m/s, where the truth is known
};

/// Of one model that is refined. Unless keep() is called, the pictures are removed again, and their folder if it was
/// made for them.
class RefinePictures {
 public:
  /// Makes the folder where it is missing; throws IoError where it cannot, or where the last picture of the model could
  /// not be written, UsageError for another format. The model outlives the pictures.
  RefinePictures(const PictureFolder& folder, Overwrite overwrite, const RefineModel& model);
  ~RefinePictures();
  RefinePictures(const RefinePictures&) = delete;
  RefinePictures& operator=(const RefinePictures&) = delete;
  RefinePictures(RefinePictures&&) = delete;
  RefinePictures& operator=(RefinePictures&&) = delete;

  /// "model_00000_gradients_010": start, model and, where it is known, truth and difference.
  void draw_step(std::int64_t gradients, const std::string& title, std::span<const float> velocity);
  /// "model_00000_final", which shows the same of the result.
  void draw_final(const std::string& title, std::span<const float> velocity);
  /// "model_00000_misfit" and, where the truth is known, "model_00000_error": over the gradients that were
  /// spent, a line for each stage. A step that did not lower the misfit was not taken and is not drawn.
  void draw_curves(const std::vector<RefinePoint>& points, const std::vector<std::string>& stages);
  /// The work has succeeded: the pictures stay.
  void keep();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace strataform::workflow
