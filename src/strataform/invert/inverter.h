#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "strataform/core/context.h"
#include "strataform/data/gather_source.h"

namespace strataform::invert {

struct InverterOptions {
  std::filesystem::path model;    ///< a .safetensors model file
  std::filesystem::path adapter;  ///< an adapter folder, which is named "default"; empty: the model alone
  std::string device = "cpu";     ///< or "cuda", "cuda:1"
  std::int64_t batch_size = 16;   ///< models that go through the network at once
  bool mirror = false;            ///< also from the mirrored gathers, of both the mean; see PredictOptions
  std::int64_t replicas = 1;      ///< calls that compute at the same time; see ModelPool
};

/// Shot gathers in, velocity maps out: what a program that embeds Strataform needs, without LibTorch in its headers.
/// Every function may be called from several threads; a call keeps the adapters that it began with while others come
/// and go.
class Inverter {
 public:
  /// Throws IoError, InputError, MismatchError (an adapter of another model) and UsageError (device, batch size,
  /// replicas).
  explicit Inverter(const InverterOptions& options);
  ~Inverter();
  Inverter(Inverter&&) noexcept;
  Inverter& operator=(Inverter&&) noexcept;
  Inverter(const Inverter&) = delete;
  Inverter& operator=(const Inverter&) = delete;

  /// gathers [count, shots, samples, receivers], raw amplitudes as recorded, of the shape that the model was trained
  /// on, count following from their number. Returns velocities [count, nz, nx] in m/s, computed with the adapter of the
  /// options. Throws MismatchError where the gathers do not fit the model, InputError for amplitudes that are not
  /// finite, UsageError where the adapter of the options was removed, InterruptedError when the context asks to stop.
  [[nodiscard]] std::vector<float> invert(std::span<const float> gathers, const Context& context = {}) const;
  /// Gathers of another shape that the model can read: more shots, more or fewer samples.
  [[nodiscard]] std::vector<float> invert(std::span<const float> gathers, const data::GatherShape& shape,
                                          const Context& context = {}) const;
  /// Model k of the gathers with adapter adapters[k], "" being the model alone. Throws UsageError for another number of
  /// names, or one that no adapter has.
  [[nodiscard]] std::vector<float> invert(std::span<const float> gathers, const data::GatherShape& shape,
                                          std::span<const std::string> adapters, const Context& context = {}) const;

  /// Loads a further adapter of the model. Throws UsageError for an empty name or one that an adapter has, and what the
  /// constructor throws for an adapter.
  void add_adapter(const std::string& name, const std::filesystem::path& folder);
  /// Throws UsageError for a name that no adapter has, and what the constructor throws for an adapter.
  void replace_adapter(const std::string& name, const std::filesystem::path& folder);
  /// Throws UsageError for a name that no adapter has.
  void remove_adapter(const std::string& name);
  /// Their names, sorted.
  [[nodiscard]] std::vector<std::string> adapters() const;

  [[nodiscard]] data::GatherShape gather_shape() const;
  [[nodiscard]] std::int64_t nz() const;
  [[nodiscard]] std::int64_t nx() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace strataform::invert
