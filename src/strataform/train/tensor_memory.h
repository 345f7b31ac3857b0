#pragma once

#include <cstdint>

namespace strataform::train {

/// From the first call on, every tensor that LibTorch allocates in main memory is counted. It replaces LibTorch's
/// allocator of the process, so programs that embed the library and have one of their own should not call it. What
/// kernels allocate for themselves (oneDNN's scratch memory) is not counted.
void count_tensor_bytes();

/// From now on the process keeps memory that it frees. A training allocates the same large tensors in every step, and
/// getting them from the system again, page by page, takes longer than many an operation on them. Does nothing where
/// the C library is not glibc.
void keep_freed_memory();

/// The most bytes of counted tensors that were alive at once since the last call of reset_peak_tensor_bytes().
[[nodiscard]] std::int64_t peak_tensor_bytes();
void reset_peak_tensor_bytes();

}  // namespace strataform::train
