#include "strataform/wave/stencil.h"
#include "strataform/wave/stencil_row.inl"

namespace strataform::wave {

void update_row_avx2(const StencilRow& row);
void update_row_avx2(const StencilRow& row) { update_row_cells(row); }

}  // namespace strataform::wave
