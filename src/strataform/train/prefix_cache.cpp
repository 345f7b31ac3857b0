#include "strataform/train/prefix_cache.h"

#include <fmt/format.h>

#include <algorithm>

#include "strataform/core/error.h"
#include "strataform/nn/device.h"
#include "strataform/train/compute.h"
#include "strataform/train/schedule.h"

namespace strataform::train {
namespace {

data::BatchOptions in_order(const TrainOptions& options, bool flipped, std::int64_t batch_size) {
  data::BatchOptions batches;
  batches.batch_size = batch_size;
  batches.shuffle = false;
  batches.flip = options.flips;
  batches.flip_all = flipped;
  return batches;
}

std::size_t first_trained_stage(const TrainTask& task) {
  std::size_t first = task.network->stage_count();
  for (const auto& [name, parameter] : task.parameters) first = std::min(first, task.network->stage_of(name));
  return first;
}

nn::Activations run_prefix(const TrainTask& task, const TrainOptions& options, data::Batch& batch, std::size_t end) {
  const torch::NoGradGuard no_grad;
  const torch::Device device = nn::device_of(*task.network);
  const Autocast autocast(options.precision, device.type());
  return task.network->run_stages({gathers_tensor(batch, task.network->shape(), device, options.channels_last)}, 0,
                                  end);
}

std::int64_t bytes_of(const nn::Activations& activations) {
  std::int64_t bytes = 0;
  for (const torch::Tensor& tensor : activations) bytes += static_cast<std::int64_t>(tensor.nbytes());
  return bytes;
}

/// The last stage up to `end` in front of which `entries` samples take no more bytes than the options allow; 0: none.
std::size_t affordable_stage(const TrainTask& task, const TrainOptions& options, std::int64_t entries,
                             std::size_t end) {
  data::Batch sample = data::BatchLoader(task.training, task.input, in_order(options, false, 1)).batch(0);
  nn::Activations activations = run_prefix(task, options, sample, 1);
  const torch::NoGradGuard no_grad;
  const Autocast autocast(options.precision, nn::device_of(*task.network).type());
  std::size_t affordable = 0;
  for (std::size_t stage = 1; stage <= end; ++stage) {
    if (entries * bytes_of(activations) <= options.prefix_cache_bytes) affordable = stage;
    if (stage < end) activations = task.network->run_stages(activations, stage, stage + 1);
  }
  return affordable;
}

}  // namespace

std::unique_ptr<PrefixCache> PrefixCache::make(const TrainTask& task, const TrainOptions& options,
                                               const Context& context) {
  const std::size_t trained = first_trained_stage(task);
  if (!options.freeze_batch_norm || trained == 0 || options.prefix_cache_bytes == 0) return nullptr;
  if (options.augment > 0) return nullptr;  // a sample is another one each time that it is drawn
  const std::int64_t samples = task.training->size();
  const bool flips = data::BatchLoader(task.training, task.input, in_order(options, true, 1)).flips();
  const std::int64_t entries = flips ? 2 * samples : samples;
  const std::int64_t steps = Schedule(options, samples).steps();
  if (steps > 0 && steps * options.batch_size < entries) return nullptr;

  const std::size_t stage = affordable_stage(task, options, entries, trained);
  if (stage == 0) return nullptr;
  std::unique_ptr<PrefixCache> cache(new PrefixCache(stage, samples));
  cache->fill(task, options, /*flipped=*/false, entries, context);
  if (flips) cache->fill(task, options, /*flipped=*/true, entries, context);
  context.info(fmt::format("the first {} of {} stages are frozen and computed once: {:.1f} MB for {} examples{}", stage,
                           task.network->stage_count(), static_cast<double>(bytes_of(cache->entries_)) * 1e-6, samples,
                           flips ? " and their mirror images" : ""));
  return cache;
}

void PrefixCache::fill(const TrainTask& task, const TrainOptions& options, bool flipped, std::int64_t entries,
                       const Context& context) {
  data::BatchLoader loader(task.training, task.input, in_order(options, flipped, options.batch_size));
  std::int64_t next = flipped ? samples_ : 0;
  for (std::int64_t step = 0; step < loader.steps_per_epoch(); ++step) {
    context.throw_if_stopped("interrupted before the first step: nothing was saved");
    data::Batch batch = loader.batch(step);
    const nn::Activations activations = run_prefix(task, options, batch, stage_);
    for (std::size_t i = 0; i < activations.size(); ++i) {
      const torch::Tensor& values = activations[i];
      if (entries_.size() == i) {
        std::vector<std::int64_t> shape = values.sizes().vec();
        shape[0] = entries;
        entries_.push_back(torch::empty(shape, values.options().memory_format(values.suggest_memory_format())));
      }
      entries_[i].narrow(0, next, batch.count).copy_(values);
    }
    next += batch.count;
  }
}

nn::Activations PrefixCache::of(const data::Batch& batch) const {
  torch::Tensor rows = torch::empty({batch.count}, torch::kInt64);
  for (std::int64_t i = 0; i < batch.count; ++i) {
    const auto k = static_cast<std::size_t>(i);
    rows[i] = batch.indices[k] + (batch.flipped[k] ? samples_ : 0);
  }
  nn::Activations activations;
  for (const torch::Tensor& entries : entries_) {
    const torch::Tensor chosen = entries.index_select(0, rows.to(entries.device()));
    activations.push_back(chosen.dim() == 4 ? chosen.contiguous(entries.suggest_memory_format()) : chosen);
  }
  return activations;
}

}  // namespace strataform::train
