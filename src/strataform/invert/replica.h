#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "strataform/invert/loaded_model.h"
#include "strataform/model/model.h"

namespace strataform::peft {
class Adapter;
class LoadedAdapter;
}  // namespace strataform::peft

namespace strataform::invert {

/// How a replica computes with an adapter.
enum class AdapterUse {
  kBeside,  ///< beside the weights, which stay shared: another adapter takes its place at once
  kMerged,  ///< as part of the weights where its method allows that: it costs no time, but a copy of those it changes
};

/// What changes when a model computes: a network with the weights of a LoadedModel, in the same memory unless an
/// adapter replaces them, and adapters of it. One thread at a time.
class Replica {
 public:
  explicit Replica(std::shared_ptr<const LoadedModel> base);
  ~Replica();
  Replica(Replica&&) noexcept;
  Replica& operator=(Replica&&) noexcept;
  Replica(const Replica&) = delete;
  Replica& operator=(const Replica&) = delete;

  /// From now on the network computes with this adapter; null: with the model alone. It keeps those that it had before
  /// as long as somebody else holds them, so that they come back without being built again.
  /// Throws MismatchError for an adapter of another model, InputError for one whose tensors do not fit its description;
  /// the network then computes with the model alone.
  void use(const std::shared_ptr<const peft::LoadedAdapter>& adapter, AdapterUse how);

  /// The network as it computes now, on the model's device.
  [[nodiscard]] const model::Model& model() const { return model_; }

 private:
  struct Mounted {
    std::weak_ptr<const peft::LoadedAdapter> source;
    std::shared_ptr<peft::Adapter> adapter;
  };

  /// The adapter that was built from it, or null.
  [[nodiscard]] std::shared_ptr<peft::Adapter> mounted(const std::shared_ptr<const peft::LoadedAdapter>& source) const;
  [[nodiscard]] std::shared_ptr<peft::Adapter> mount(const std::shared_ptr<const peft::LoadedAdapter>& source);

  std::shared_ptr<const LoadedModel> base_;
  model::Model model_;
  std::vector<Mounted> mounted_;
  std::shared_ptr<peft::Adapter> current_;  ///< the one that is active, or null
};

/// A model and, where adapter is not empty, that adapter folder merged into it where its method allows that. Throws
/// what model::load_model() and peft::load_adapter() throw.
[[nodiscard]] Replica load_adapted_model(const std::filesystem::path& model, const std::filesystem::path& adapter,
                                         const std::string& device = "cpu");

}  // namespace strataform::invert
