#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "strataform/core/atomic_file.h"
#include "strataform/core/context.h"
#include "strataform/data/input_check.h"
#include "strataform/survey/modelling.h"

namespace strataform::workflow {

struct ForwardFilesOptions {
  std::filesystem::path velocity;  ///< models in m/s, .npy [nz, nx], [N, nz, nx] or [N, 1, nz, nx]
  std::filesystem::path output;    ///< .npy [N, shots, samples, receivers], or without N for a model without it
  /// Changes of the models in m/s, in the models' own shape: the output is what they change in the gathers, to first
  /// order (Born). Empty: the gathers themselves.
  std::filesystem::path change{};
  survey::Modelling modelling{};                      ///< on the grid of the models, as many receivers in all shots
  data::Mismatch mismatch = data::Mismatch::kRefuse;  ///< velocities that look like km/s
  Overwrite overwrite = Overwrite::kRefuse;
};

struct ForwardFilesResult {
  std::vector<std::int64_t> shape;  ///< of the output
};

/// Models the gathers of a file's velocities. Warns of a grid that is too coarse for the source. The output appears
/// when all of it is there.
/// Throws UsageError for a modelling that does not fit, IoError, InputError and MismatchError for the files,
/// NumericalError for an unstable time step, InterruptedError when it is asked to stop.
ForwardFilesResult forward_files(const ForwardFilesOptions& options, const Context& context = {});

}  // namespace strataform::workflow
