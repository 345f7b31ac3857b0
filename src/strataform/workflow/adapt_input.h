#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "strataform/core/context.h"
#include "strataform/data/array_files.h"
#include "strataform/data/gather_source.h"
#include "strataform/model/model.h"
#include "strataform/survey/modelling.h"
#include "strataform/workflow/adapt_files.h"

namespace strataform::workflow {

/// The files of an adaptation, which belong together.
struct AdaptInput {
  model::Model model;
  std::shared_ptr<const data::GatherSource> source;
  std::optional<data::VelocityFile> truth;
  survey::Modelling modelling;  ///< of the source
  nlohmann::json identity;      ///< what makes the result, beside the options: base, gathers, survey

  [[nodiscard]] std::int64_t nz() const { return model.shape().nz; }
  [[nodiscard]] std::int64_t nx() const { return model.shape().nx; }
  /// Of one gather; empty where it is not known.
  [[nodiscard]] std::vector<float> truth_of(std::int64_t index) const;
};

/// Reads all of it, so that a value that is not finite is found now. Warns of dead traces and of a grid too coarse for
/// the waves. Throws IoError, InputError, MismatchError,
/// and UsageError for options that do not fit the survey.
[[nodiscard]] AdaptInput read_adapt_input(const AdaptFilesOptions& options, const Context& context);

}  // namespace strataform::workflow
