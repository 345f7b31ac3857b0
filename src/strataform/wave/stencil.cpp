#include "strataform/wave/stencil.h"

namespace strataform::wave {

void update_row_portable(const StencilRow& row);
#ifdef STRATAFORM_X86_KERNELS
void update_row_avx2(const StencilRow& row);
void update_row_avx512(const StencilRow& row);
#endif

const std::vector<StencilKernel>& stencil_kernels() {
  static const std::vector<StencilKernel> kernels = [] {
    std::vector<StencilKernel> usable;
#ifdef STRATAFORM_X86_KERNELS
    // AVX2 before AVX-512: half the loads of this stencil are unaligned, and one of 64 bytes always crosses a cache
    // line. `make bench` prints both.
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) usable.push_back({"avx2", update_row_avx2});
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")) {
      usable.push_back({"avx512", update_row_avx512});
    }
#endif
    usable.push_back({"portable", update_row_portable});
    return usable;
  }();
  return kernels;
}

}  // namespace strataform::wave
