#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "strataform/adapt/adapt_options.h"
#include "strataform/core/context.h"
#include "strataform/refine/options.h"
#include "strataform/survey/modelling.h"
#include "strataform/workflow/invert_files.h"

namespace strataform::workflow {

struct InvertAndFitOptions {
  /// Network, gathers and output, with one adapter at most, which the fit begins with. Its truth, where it is known,
  /// follows the errors and nothing else; its figures show the last stage on its way.
  InvertFilesOptions invert;
  /// Of each gather's adapter, which is fitted to it alone; with no gradient the network predicts, and no more.
  adapt::AdaptOptions adapt;
  /// Of the maps' cells after that; with no gradient they stay as they are.
  refine::RefineOptions refine;
  std::filesystem::path run_dir{};  ///< of all stages, for `resume`; empty: <output>.run
  bool resume = false;              ///< continues a run that was interrupted, to the same result
  std::string command{};            ///< how the run was started, for its records
  /// The survey of the gathers over maps of nz x nx cells; the number of time samples is the data's.
  std::function<survey::Modelling(std::int64_t nz, std::int64_t nx)> modelling;

  [[nodiscard]] bool adapts() const { return adapt.physics.gradients > 0; }
  [[nodiscard]] bool refines() const { return refine.gradients > 0; }
  [[nodiscard]] bool fits() const { return adapts() || refines(); }
};

/// No gradients yet. LoRA of rank 4 in bands up to 8 Hz and the whole one, damped Gauss-Newton steps below 8 Hz and
/// L-BFGS in the whole band, wavefields kept at every few steps, up to 4500 m/s: measured in docs/adapt.md and
/// docs/refine.md.
[[nodiscard]] InvertAndFitOptions invert_and_fit_defaults();

/// One of the two fits: means over all gathers.
struct FittedStage {
  std::string name;                    ///< "adapt" or "refine"
  double misfit_left = 1.0;            ///< share of the whole band's misfit at the stage's start
  std::optional<double> error_before;  ///< mean absolute error in m/s; none where the truth is not known
  std::optional<double> error_after;
};

struct InvertAndFitResult {
  std::vector<std::int64_t> shape;  ///< of the output
  std::vector<FittedStage> stages;
  double seconds = 0.0;
};

/// From gathers to maps that explain them: the network's prediction, an adapter fitted to each gather through the wave
/// equation, then the cells themselves, within the budgets of gradients for each gather. The output appears in the end;
/// the maps of each stage and their records are in the run folder.
/// Throws UsageError for options, and what invert_files(), adapt_files() and refine_files() throw.
InvertAndFitResult invert_and_fit_files(const InvertAndFitOptions& options, const Context& context = {});

}  // namespace strataform::workflow
