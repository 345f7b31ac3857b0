#pragma once

namespace strataform::nn {

/// Threads that LibTorch computes with. core/parallel.h has those of everything else.
void set_tensor_threads(int count);

}  // namespace strataform::nn
