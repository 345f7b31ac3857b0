#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "strataform/core/context.h"
#include "strataform/data/gather_source.h"
#include "strataform/invert/loaded_model.h"
#include "strataform/invert/predict.h"
#include "strataform/peft/adapter_folder.h"

namespace strataform::invert {

class Replica;

struct PoolOptions {
  std::int64_t replicas = 1;     ///< predictions that are computed at the same time; others wait for their turn
  std::int64_t batch_size = 16;  ///< models that go through a network at once
};

/// An adapter by the name that requests choose it by.
struct PoolAdapter {
  std::string name;
  peft::AdapterFile file;
};

/// One model for many requests: replicas of it compute, each for one request at a time, and adapters come and go by
/// name meanwhile. A request keeps the adapters that it began with, whatever happens to their names. Every function may
/// be called from several threads.
///
/// The replicas share the model's weights. Only an adapter without another beside it is merged into those that it
/// changes, where its method allows that: it then costs no time. Its maps differ from those that it gives beside others
/// by no more than rounding.
class ModelPool {
 public:
  /// Throws UsageError for options below 1.
  explicit ModelPool(std::shared_ptr<const LoadedModel> model, const PoolOptions& options = {});
  ~ModelPool();
  ModelPool(const ModelPool&) = delete;
  ModelPool& operator=(const ModelPool&) = delete;
  ModelPool(ModelPool&&) = delete;
  ModelPool& operator=(ModelPool&&) = delete;

  /// Velocity maps [names, nz, nx] in m/s: model first + k of the source through the adapter names[k], the empty name
  /// being the model alone. Computed by the calling thread, with as many threads of LibTorch as the process lets it,
  /// once a replica is free; those who wait are served in the order in which they came.
  /// Throws UsageError for a name that no adapter has or where the source cannot be mirrored as options ask,
  /// MismatchError for gathers that do not fit the model, InterruptedError when it is asked to stop between two batches
  /// or while it waits, and what predict() throws.
  [[nodiscard]] std::vector<float> predict(const data::GatherSource& source, std::int64_t first,
                                           std::span<const std::string> names, const PredictOptions& options = {},
                                           const Context& context = {});

  /// Throws UsageError for an empty name or one that an adapter has already, and what peft::load_adapter() throws; the
  /// pool is then as it was before.
  void add_adapter(const std::string& name, const std::filesystem::path& folder);
  /// Throws UsageError for a name that no adapter has, and what peft::load_adapter() throws; the pool is then as it was
  /// before.
  void replace_adapter(const std::string& name, const std::filesystem::path& folder);
  /// Throws UsageError for a name that no adapter has.
  void remove_adapter(const std::string& name);
  /// Sorted by name.
  [[nodiscard]] std::vector<PoolAdapter> adapters() const;

  [[nodiscard]] const LoadedModel& model() const { return *model_; }

 private:
  using AdapterPointer = std::shared_ptr<const peft::LoadedAdapter>;
  class Lease;
  struct Waiter {};
  struct Chosen;

  [[nodiscard]] AdapterPointer load(const std::filesystem::path& folder);
  [[nodiscard]] Chosen choose(std::span<const std::string> names) const;
  void require_known(const std::string& name) const;
  void predict_batch(const data::GatherSource& source, std::int64_t first, const Chosen& chosen,
                     const PredictOptions& options, const Context& context, std::span<float> maps);

  std::shared_ptr<const LoadedModel> model_;
  PoolOptions options_;

  mutable std::mutex adapters_mutex_;
  std::map<std::string, AdapterPointer> adapters_;

  std::mutex replicas_mutex_;
  std::condition_variable replica_freed_;
  std::vector<std::unique_ptr<Replica>> free_;
  std::list<Waiter> waiting_;  ///< for a replica, the first one served first
};

}  // namespace strataform::invert
