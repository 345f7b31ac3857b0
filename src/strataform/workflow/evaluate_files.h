#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "strataform/core/atomic_file.h"
#include "strataform/core/context.h"
#include "strataform/data/dataset.h"
#include "strataform/data/input_check.h"
#include "strataform/eval/evaluate.h"
#include "strataform/workflow/pictures.h"

namespace strataform::workflow {

struct EvaluateFilesOptions {
  std::filesystem::path model;      ///< a .safetensors model file
  std::filesystem::path adapter{};  ///< an adapter folder; empty: the model alone
  std::filesystem::path data;       ///< a dataset folder with velocities
  data::Split split = data::Split::kAll;
  std::string family{};              ///< one family only; empty: all of them
  std::int64_t limit = 0;            ///< models per family; 0: all
  std::optional<double> noise_db{};  ///< adds white noise of this signal-to-noise ratio to the gathers
  std::filesystem::path json{};      ///< the scores and how they were measured; empty: not written
  PictureFolder figures{};           ///< a folder for one picture (PNG) per family; empty: none
  std::int64_t examples = 4;         ///< models in each picture
  std::string device = "cpu";        ///< or "cuda", "cuda:1"
  eval::EvaluateOptions evaluation{};
  std::optional<double> sample_interval{};            ///< of the gathers, s: they are resampled to the network's
  data::Mismatch mismatch = data::Mismatch::kRefuse;  ///< gathers that the network is known to make nothing of
  Overwrite overwrite = Overwrite::kRefuse;           ///< of what is written
  /// Called with the scores before anything is written.
  std::function<void(const eval::Evaluation&)> measured{};
};

/// Measures a network on a dataset. Warns of gathers that do not look like its training data; throws MismatchError
/// where the result would be worthless (time step, polarity), unless that is accepted. Throws UsageError for options,
/// IoError, InputError and MismatchError for the files, InterruptedError when it is asked to stop.
eval::Evaluation evaluate_files(const EvaluateFilesOptions& options, const Context& context = {});

}  // namespace strataform::workflow
