#include "strataform/wave/stencil.h"
#include "strataform/wave/stencil_row.inl"

namespace strataform::wave {

StencilKernel avx2_kernel();
StencilKernel avx2_kernel() {
  return {"avx2",
          {update_row_cells<float>, multiply_add_cells<float>},
          {update_row_cells<double>, multiply_add_cells<double>}};
}

}  // namespace strataform::wave
