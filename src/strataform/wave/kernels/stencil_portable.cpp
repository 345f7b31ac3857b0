#include "strataform/wave/kernels/stencil.h"
#include "strataform/wave/kernels/stencil_row.inl"

namespace strataform::wave {

StencilKernel portable_kernel();
StencilKernel portable_kernel() { return {"portable", row_operations<float>(), row_operations<double>()}; }

}  // namespace strataform::wave
