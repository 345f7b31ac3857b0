#pragma once

#include <cstddef>
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
  std::filesystem::path adapter;  ///< an adapter folder; empty: the model alone
  std::string device = "cpu";     ///< or "cuda", "cuda:1"
  std::int64_t batch_size = 16;   ///< models that go through the network at once
  bool mirror = false;            ///< see PredictOptions
  Context context{};              ///< of all calls: threads that read gathers, and between batches whether to stop
};

/// Shot gathers in, velocity maps out: what a program that embeds Strataform needs, without LibTorch in its headers.
/// Not thread-safe; LibTorch computes on the threads that its process gave it.
class Inverter {
 public:
  /// Throws IoError, InputError, MismatchError (an adapter of another model) and UsageError (device, batch size).
  explicit Inverter(const InverterOptions& options);
  ~Inverter();
  Inverter(Inverter&&) noexcept;
  Inverter& operator=(Inverter&&) noexcept;
  Inverter(const Inverter&) = delete;
  Inverter& operator=(const Inverter&) = delete;

  /// gathers [count, shots, samples, receivers], raw amplitudes as recorded, count following from their number.
  /// Returns velocities [count, nz, nx] in m/s. Throws MismatchError where the gathers do not fit the model,
  /// InputError for amplitudes that are not finite, InterruptedError when the context asks to stop.
  [[nodiscard]] std::vector<float> invert(std::span<const float> gathers, const data::GatherShape& shape) const;
  /// Velocities [count, nz, nx] in m/s of gathers with the shots, samples and receivers that the model was trained on.
  /// Throws MismatchError where their number is no multiple of that, InputError for amplitudes that are not finite.
  [[nodiscard]] std::vector<float> invert(std::span<const float> gathers) const;

  /// Loads a further adapter of the model, which the calls above then compute with, and returns its number. Adapters
  /// are numbered from 1, beginning with that of the options.
  std::size_t add_adapter(const std::filesystem::path& folder);
  /// Model k of the gathers with adapter adapters[k], 0 being the model alone. Throws UsageError for another number of
  /// numbers, or one that no adapter has.
  [[nodiscard]] std::vector<float> invert(std::span<const float> gathers, const data::GatherShape& shape,
                                          std::span<const std::size_t> adapters) const;

  [[nodiscard]] data::GatherShape gather_shape() const;
  [[nodiscard]] std::int64_t nz() const;
  [[nodiscard]] std::int64_t nx() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace strataform::invert
