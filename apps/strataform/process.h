#pragma once

#include "strataform/core/context.h"

namespace strataform::app {

// What belongs to the whole process and therefore to the program alone, not to the library.

/// From now on the first SIGINT or SIGTERM asks the work that holds this token to end, so that it can save its state; a
/// second one ends the program at once.
[[nodiscard]] StopToken stop_on_signals();

/// Threads that LibTorch computes with; Context has those of everything else.
void set_tensor_threads(int count);

/// Makes the process one that trains: as many threads of LibTorch as the context says, tensors in main memory that are
/// counted, memory that is kept when it is freed, and the fastest convolutions of cuDNN, which are worth finding where
/// batches have one size.
void prepare_for_training(const Context& context);

}  // namespace strataform::app
