#pragma once

#include "strataform/core/context.h"
#include "strataform/train/train_options.h"
#include "strataform/train/train_result.h"
#include "strataform/train/train_task.h"

namespace strataform::train {

/// Throws MismatchError where the maps of the data are not of the network's size.
void check(const TrainTask& task);

/// Trains on the l1 loss, and on structural similarity where the options say so. At the end the network has the
/// averaged weights and is in evaluation mode.
///
/// On the CPU a run without time limit, of data that are all there, is a function of its options: stopped and resumed
/// it gives the same bits. Throws UsageError, IoError and MismatchError before it starts; NumericalError when loss or
/// gradients are not finite, InterruptedError when the context asks to stop: both leave a checkpoint in the run folder,
/// where there is one.
TrainResult train(const TrainTask& task, const TrainOptions& options, const TrainCallback& callback = {},
                  const Context& context = {});

}  // namespace strataform::train
