#include "strataform/wave/kernels/stencil.h"
#include "strataform/wave/kernels/stencil_row.inl"

namespace strataform::wave {

StencilKernel avx2_kernel();
StencilKernel avx2_kernel() { return {"avx2", row_operations<float>(), row_operations<double>()}; }

}  // namespace strataform::wave
