#include "strataform/wave/kernels/stencil.h"

namespace strataform::wave {

StencilKernel portable_kernel();
#ifdef STRATAFORM_X86_KERNELS
StencilKernel avx2_kernel();
StencilKernel avx512_kernel();
#endif

const std::vector<StencilKernel>& stencil_kernels() {
  static const std::vector<StencilKernel> kernels = [] {
    std::vector<StencilKernel> usable;
#ifdef STRATAFORM_X86_KERNELS
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")) usable.push_back(avx512_kernel());
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) usable.push_back(avx2_kernel());
#endif
    usable.push_back(portable_kernel());
    return usable;
  }();
  return kernels;
}

}  // namespace strataform::wave
