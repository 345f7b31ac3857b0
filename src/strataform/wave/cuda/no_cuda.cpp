// In place of cuda_accelerator.cu where there is no CUDA compiler.
#include "strataform/core/error.h"
#include "strataform/wave/accelerator.h"

namespace strataform::wave {

std::shared_ptr<Accelerator> cuda_accelerator(const CudaOptions& /*options*/) {
  throw UsageError("CUDA: this build has none; it takes a CUDA compiler and STRATAFORM_WITH_CUDA=ON");
}

}  // namespace strataform::wave
