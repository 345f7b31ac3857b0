#pragma once

#include <cstdint>

namespace c10 {
struct Allocator;
}

namespace strataform::train {

/// LibTorch's allocator of main memory, which counts the tensors that are alive. A program that wants them counted
/// makes it that of the process before the first training. What kernels allocate for themselves
/// (oneDNN's scratch memory) is not counted.
[[nodiscard]] c10::Allocator& counting_allocator();

/// The most bytes of counted tensors that were alive at once since the last call of reset_peak_tensor_bytes(); 0 where
/// none are counted.
[[nodiscard]] std::int64_t peak_tensor_bytes();
void reset_peak_tensor_bytes();

}  // namespace strataform::train
