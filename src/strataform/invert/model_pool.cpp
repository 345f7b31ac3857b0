#include "strataform/invert/model_pool.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "strataform/core/error.h"
#include "strataform/data/input_spec.h"
#include "strataform/invert/replica.h"

namespace strataform::invert {
namespace {

/// Nobody wakes those who wait when they are asked to stop.
constexpr std::chrono::milliseconds kStopInterval{100};

}  // namespace

/// A replica for a scope: waits for one that is free, in the order of arrival, and gives it back.
class ModelPool::Lease {
 public:
  /// Throws InterruptedError when it is asked to stop before it has one.
  explicit Lease(ModelPool& pool, const StopToken& stop = {}) : pool_(pool) {
    std::unique_lock lock(pool_.replicas_mutex_);
    const auto place = pool_.waiting_.insert(pool_.waiting_.end(), Waiter{});
    const auto is_served = [&] { return place == pool_.waiting_.begin() && !pool_.free_.empty(); };
    while (!stop.stop_requested() && !pool_.replica_freed_.wait_for(lock, kStopInterval, is_served)) {
    }
    const bool served = is_served() && !stop.stop_requested();
    pool_.waiting_.erase(place);
    pool_.replica_freed_.notify_all();  // the next one is in front now, and another replica may be free
    if (!served) throw InterruptedError("prediction: stopped");
    replica_ = std::move(pool_.free_.back());
    pool_.free_.pop_back();
  }
  ~Lease() {
    const std::lock_guard lock(pool_.replicas_mutex_);
    pool_.free_.push_back(std::move(replica_));
    pool_.replica_freed_.notify_all();
  }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  Lease(Lease&&) = delete;
  Lease& operator=(Lease&&) = delete;

  [[nodiscard]] Replica& operator*() const { return *replica_; }
  [[nodiscard]] Replica* operator->() const { return replica_.get(); }

 private:
  ModelPool& pool_;
  std::unique_ptr<Replica> replica_;
};

/// The adapters of a request as they were when it came.
struct ModelPool::Chosen {
  std::vector<AdapterPointer> adapters;  ///< of each model; null: the model alone
  AdapterUse use = AdapterUse::kBeside;
};

ModelPool::ModelPool(std::shared_ptr<const LoadedModel> model, const PoolOptions& options)
    : model_(std::move(model)), options_(options) {
  if (options.replicas < 1) {
    throw UsageError(fmt::format("`replicas`: expected at least 1, found {}", options.replicas));
  }
  if (options.batch_size < 1) {
    throw UsageError(fmt::format("`batch_size`: expected at least 1, found {}", options.batch_size));
  }
  for (std::int64_t k = 0; k < options.replicas; ++k) free_.push_back(std::make_unique<Replica>(model_));
}

ModelPool::~ModelPool() = default;

std::vector<float> ModelPool::predict(const data::GatherSource& source, std::int64_t first,
                                      std::span<const std::string> names, const PredictOptions& options,
                                      const Context& context) {
  data::check_compatible(model_->input(), source.gather_shape(), source.name());
  const Chosen chosen = choose(names);
  const auto cells = static_cast<std::size_t>(model_->nz() * model_->nx());
  std::vector<float> maps(names.size() * cells);
  const auto batch_size = static_cast<std::size_t>(options_.batch_size);
  for (std::size_t begin = 0; begin < names.size(); begin += batch_size) {
    const std::size_t count = std::min(batch_size, names.size() - begin);
    const auto adapters = std::span(chosen.adapters).subspan(begin, count);
    predict_batch(source, first + static_cast<std::int64_t>(begin), {{adapters.begin(), adapters.end()}, chosen.use},
                  options, context, std::span(maps).subspan(begin * cells, count * cells));
  }
  return maps;
}

/// A batch through the network for each adapter.
void ModelPool::predict_batch(const data::GatherSource& source, std::int64_t first, const Chosen& chosen,
                              const PredictOptions& options, const Context& context, std::span<float> maps) {
  std::map<AdapterPointer, std::vector<std::int64_t>> members;
  for (std::size_t k = 0; k < chosen.adapters.size(); ++k) {
    members[chosen.adapters[k]].push_back(static_cast<std::int64_t>(k));
  }
  const auto cells = model_->nz() * model_->nx();
  const Lease replica(*this, context.stop);
  for (const auto& [adapter, places] : members) {
    std::vector<std::int64_t> indices(places);
    for (std::int64_t& index : indices) index += first;
    replica->use(adapter, chosen.use);
    const std::vector<float> own = invert::predict(replica->model(), source, indices, options, context);
    for (std::size_t k = 0; k < places.size(); ++k) {
      std::copy_n(own.begin() + static_cast<std::ptrdiff_t>(k) * cells, cells, maps.begin() + places[k] * cells);
    }
  }
}

ModelPool::Chosen ModelPool::choose(std::span<const std::string> names) const {
  const std::lock_guard lock(adapters_mutex_);
  Chosen chosen;
  if (adapters_.size() == 1) chosen.use = AdapterUse::kMerged;
  for (const std::string& name : names) {
    if (!name.empty()) require_known(name);
    chosen.adapters.push_back(name.empty() ? nullptr : adapters_.at(name));
  }
  return chosen;
}

void ModelPool::add_adapter(const std::string& name, const std::filesystem::path& folder) {
  if (name.empty()) throw UsageError("adapter: expected a name, found an empty one, which is the network alone");
  const auto loaded = load(folder);
  const std::lock_guard lock(adapters_mutex_);
  if (!adapters_.emplace(name, loaded).second) {
    throw UsageError(fmt::format("adapter: expected a new name, found '{}', which another has", name));
  }
}

void ModelPool::replace_adapter(const std::string& name, const std::filesystem::path& folder) {
  const auto loaded = load(folder);
  const std::lock_guard lock(adapters_mutex_);
  require_known(name);
  adapters_[name] = loaded;
}

void ModelPool::remove_adapter(const std::string& name) {
  const std::lock_guard lock(adapters_mutex_);
  require_known(name);
  adapters_.erase(name);
}

std::vector<PoolAdapter> ModelPool::adapters() const {
  const std::lock_guard lock(adapters_mutex_);
  std::vector<PoolAdapter> result;
  for (const auto& [name, adapter] : adapters_) result.push_back({name, adapter->file()});
  return result;
}

/// Built once, so that whatever is wrong with it shows now rather than in a request.
ModelPool::AdapterPointer ModelPool::load(const std::filesystem::path& folder) {
  auto loaded = std::make_shared<const peft::LoadedAdapter>(folder);
  Lease(*this)->use(loaded, AdapterUse::kBeside);
  return loaded;
}

/// The caller holds adapters_mutex_.
void ModelPool::require_known(const std::string& name) const {
  if (adapters_.contains(name)) return;
  std::vector<std::string> known;
  for (const auto& [other, adapter] : adapters_) known.push_back(other);
  throw UsageError(fmt::format("adapter: expected one of [{}], found '{}'", fmt::join(known, ", "), name));
}

}  // namespace strataform::invert
