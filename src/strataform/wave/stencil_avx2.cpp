#include "strataform/wave/stencil.h"
#include "strataform/wave/stencil_row.inl"

namespace strataform::wave {

StencilKernel avx2_kernel();
StencilKernel avx2_kernel() { return {"avx2", row_operations<float>(), row_operations<double>()}; }

}  // namespace strataform::wave
