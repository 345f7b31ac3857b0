#include "strataform/wave/stencil.h"
#include "strataform/wave/stencil_row.inl"

namespace strataform::wave {

StencilKernel portable_kernel();
StencilKernel portable_kernel() { return {"portable", row_operations<float>(), row_operations<double>()}; }

}  // namespace strataform::wave
