#include "strataform/wave/stencil.h"
#include "strataform/wave/stencil_row.inl"

namespace strataform::wave {

StencilKernel avx512_kernel();
StencilKernel avx512_kernel() {
  return {"avx512",
          {update_row_cells<float>, multiply_add_cells<float>},
          {update_row_cells<double>, multiply_add_cells<double>}};
}

}  // namespace strataform::wave
