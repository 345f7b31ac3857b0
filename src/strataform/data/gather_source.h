#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "strataform/survey/modelling.h"

namespace strataform::data {

/// The shape of the gathers of one model as they are stored, [shots, samples, receivers].
struct GatherShape {
  std::int64_t shots = 0;
  std::int64_t samples = 0;  ///< stored along time, each the mean of `decimation` recorded ones
  std::int64_t receivers = 0;
  std::int64_t decimation = 1;

  [[nodiscard]] std::int64_t size() const { return shots * samples * receivers; }
  [[nodiscard]] std::int64_t recorded_samples() const { return samples * decimation; }
  bool operator==(const GatherShape&) const = default;
};

/// "gathers of 5 shots, 1000 time samples and 70 receivers", for messages.
std::string describe(const GatherShape& shape);

/// Gathers that are read one model at a time. Reading is thread-safe.
class GatherSource {
 public:
  GatherSource() = default;
  virtual ~GatherSource() = default;
  GatherSource(const GatherSource&) = delete;
  GatherSource& operator=(const GatherSource&) = delete;
  GatherSource(GatherSource&&) = delete;
  GatherSource& operator=(GatherSource&&) = delete;

  /// Number of models.
  [[nodiscard]] virtual std::int64_t size() const = 0;
  /// Of one model that is not counted: what is made of it has no axis of models either.
  [[nodiscard]] virtual bool is_single() const { return false; }
  [[nodiscard]] virtual GatherShape gather_shape() const = 0;
  /// How the gathers of all models were modelled, where a dataset.json says so.
  [[nodiscard]] virtual std::optional<survey::Modelling> modelling() const = 0;
  /// How those of one model were, where that is known.
  [[nodiscard]] virtual std::optional<survey::Modelling> modelling_of(std::int64_t /*index*/) const {
    return modelling();
  }
  /// Writes gather_shape().size() amplitudes. Throws InputError for NaN and infinity, naming file and sample.
  virtual void read_gathers(std::int64_t index, std::span<float> out) const = 0;
  /// For messages: the file or folder that the gathers come from.
  [[nodiscard]] virtual std::string name() const = 0;
};

/// Opens a file of gathers in any of the formats of gather_formats.def. A .npy file has those of one model, [shots,
/// samples, receivers], or of many, [count, shots, samples, receivers]. A dataset.json beside a file of OpenFWI's name
/// is honoured, so that a shard of a cache is known to be decimated. Throws IoError or InputError.
std::unique_ptr<GatherSource> open_gathers(const std::filesystem::path& path);

}  // namespace strataform::data
