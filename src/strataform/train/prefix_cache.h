#pragma once

#include <cstddef>
#include <memory>

#include "strataform/core/context.h"
#include "strataform/data/batch_loader.h"
#include "strataform/nn/backbone.h"
#include "strataform/train/train_options.h"
#include "strataform/train/train_task.h"

namespace strataform::train {

/// The activations in front of the trained part of a network, for every training sample and, where samples are
/// flipped, its mirror image. They are computed once; steps then begin behind the frozen stages.
class PrefixCache {
 public:
  /// Computes them all, with the network as it is: frozen BatchNorm in evaluation mode. The cache ends in front of the
  /// last stage whose activations fit into options.prefix_cache_bytes and that has nothing trained before it. Null
  /// where there is none or where the run draws fewer samples than it would have to compute. Throws InterruptedError.
  static std::unique_ptr<PrefixCache> make(const TrainTask& task, const TrainOptions& options,
                                           const Context& context = {});

  /// Activations [batch.count, ...] of the batch's samples in front of stage().
  [[nodiscard]] nn::Activations of(const data::Batch& batch) const;
  [[nodiscard]] std::size_t stage() const { return stage_; }

 private:
  PrefixCache(std::size_t stage, std::int64_t samples) : stage_(stage), samples_(samples) {}
  void fill(const TrainTask& task, const TrainOptions& options, bool flipped, std::int64_t entries,
            const Context& context);

  std::size_t stage_;
  std::int64_t samples_;
  nn::Activations entries_;  ///< [samples, ...] or, with mirror images behind, [2 samples, ...]
};

}  // namespace strataform::train
