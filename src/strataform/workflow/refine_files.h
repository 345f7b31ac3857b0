#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "strataform/core/atomic_file.h"
#include "strataform/core/context.h"
#include "strataform/data/input_check.h"
#include "strataform/refine/refine.h"
#include "strataform/survey/modelling.h"
#include "strataform/workflow/pictures.h"

namespace strataform::workflow {

struct RefineFilesOptions {
  std::filesystem::path data;       ///< gathers as they were recorded, .npy [N, shots, samples, receivers]
  std::filesystem::path initial;    ///< models to start from, m/s: .npy [nz, nx], [N, nz, nx] or [N, 1, nz, nx]
  std::filesystem::path output;     ///< refined models, .npy [N, nz, nx], or [nz, nx] for one without N
  std::filesystem::path truth{};    ///< true models, to follow the error; empty: not known
  std::filesystem::path run_dir{};  ///< of finished models and their records; empty: <output>.run
  PictureFolder figures{};          ///< for pictures of every model on its way
  std::int64_t figure_every = 10;   ///< gradients from one picture to the next; 0: the last ones alone
  survey::Modelling modelling{};    ///< of the data, on the grid of the models; the number of samples is the data's
  refine::RefineOptions refine{};
  std::optional<double> sample_interval{};            ///< of the data, s: they are resampled to the modelling's
  data::Mismatch mismatch = data::Mismatch::kRefuse;  ///< data or maps that are known to lead to a worthless result
  bool resume = false;                                ///< goes on with the models that are not finished
  Overwrite overwrite = Overwrite::kRefuse;           ///< of the output, the pictures and an earlier run
};

struct RefineFilesResult {
  std::int64_t models = 0;
  /// Mean absolute error of each model in m/s; empty where the truth is not known.
  std::vector<double> errors_before;
  std::vector<double> errors_after;
  /// Of the whole band, of each start and result.
  std::vector<double> misfits_before;
  std::vector<double> misfits_after;
};

/// Fits every model of the initial file to its gathers and writes the output. All input is checked before anything is
/// written: gathers without a live trace and those whose direct wave is not the simulated one's (polarity, time step)
/// are refused unless that is accepted, and a warning says how much of the starting maps is clipped to the bounds.
/// Finished models are kept in the run folder, so that a call with `resume` goes on from there, to the same result.
/// Throws UsageError for options, IoError, InputError and MismatchError for the files, what refine::refine() throws,
/// and InterruptedError when it is asked to stop.
RefineFilesResult refine_files(const RefineFilesOptions& options, const Context& context = {});

}  // namespace strataform::workflow
