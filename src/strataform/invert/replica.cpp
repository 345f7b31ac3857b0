#include "strataform/invert/replica.h"

#include <algorithm>
#include <utility>

#include "strataform/peft/adapter.h"
#include "strataform/peft/adapter_folder.h"

namespace strataform::invert {

Replica::Replica(std::shared_ptr<const LoadedModel> base)
    : base_(std::move(base)), model_(model::replicate(base_->model())) {}

Replica::~Replica() = default;
Replica::Replica(Replica&&) noexcept = default;
Replica& Replica::operator=(Replica&&) noexcept = default;

void Replica::use(const std::shared_ptr<const peft::LoadedAdapter>& adapter, AdapterUse how) {
  std::shared_ptr<peft::Adapter> next = adapter ? mounted(adapter) : nullptr;
  if (current_ && current_ != next) {
    current_->deactivate();
    current_ = nullptr;
  }
  std::erase_if(mounted_, [](const Mounted& known) { return known.source.expired(); });
  if (!adapter) return;
  if (!next) next = mount(adapter);
  current_ = std::move(next);
  current_->activate();
  if (how == AdapterUse::kMerged && current_->method().unmergeable.empty()) {
    current_->merge();
  } else {
    current_->unmerge();
  }
}

std::shared_ptr<peft::Adapter> Replica::mounted(const std::shared_ptr<const peft::LoadedAdapter>& source) const {
  const auto found =
      std::ranges::find_if(mounted_, [&](const Mounted& known) { return known.source.lock() == source; });
  return found == mounted_.end() ? nullptr : found->adapter;
}

std::shared_ptr<peft::Adapter> Replica::mount(const std::shared_ptr<const peft::LoadedAdapter>& source) {
  mounted_.push_back({source, source->put_on(model_)});
  return mounted_.back().adapter;
}

Replica load_adapted_model(const std::filesystem::path& model, const std::filesystem::path& adapter,
                           const std::string& device) {
  Replica replica(std::make_shared<LoadedModel>(model, device));
  if (!adapter.empty()) replica.use(std::make_shared<peft::LoadedAdapter>(adapter), AdapterUse::kMerged);
  return replica;
}

}  // namespace strataform::invert
