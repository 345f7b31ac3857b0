#pragma once

#include <filesystem>

#include "strataform/core/atomic_file.h"
#include "strataform/core/context.h"

namespace strataform::model {

struct ImportOptions {
  std::filesystem::path checkpoint;  ///< a .pth file of the OpenFWI scripts (InversionNet)
  std::filesystem::path output;      ///< a model file
  double data_min = -26.95;          ///< the range of amplitudes, before the logarithm, that the network was
  double data_max = 52.77;           ///< trained with
  Overwrite overwrite = Overwrite::kRefuse;
};

/// Turns a checkpoint of the OpenFWI scripts into a model file (float32), its widths taken from the shapes of its
/// weights. A Python helper reads the pickle with weights-only loading: $STRATAFORM_PYTHON, else that of the build
/// tree's .venv, else python3 runs it; it needs the package torch.
/// Throws InputError when the checkpoint is no InversionNet, IoError when it or the helper cannot be run,
/// InterruptedError when it is asked to stop, which ends the helper, too.
void import_openfwi_checkpoint(const ImportOptions& options, const Context& context = {});

}  // namespace strataform::model
