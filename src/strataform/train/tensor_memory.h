#pragma once

#include <cstdint>

namespace strataform::train {

/// From the first call on, every tensor that LibTorch allocates in main memory is counted. It replaces LibTorch's
/// allocator of the process, so programs that embed the library and have one of their own should not call it. What
/// kernels allocate for themselves (oneDNN's scratch memory) is not counted.
void count_tensor_bytes();

/// Bytes of the tensors that are alive and were allocated while counting.
[[nodiscard]] std::int64_t tensor_bytes();
/// The largest value of tensor_bytes() since the last call of reset_peak_tensor_bytes().
[[nodiscard]] std::int64_t peak_tensor_bytes();
void reset_peak_tensor_bytes();

}  // namespace strataform::train
