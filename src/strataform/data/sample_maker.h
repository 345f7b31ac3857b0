#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "strataform/data/conditions.h"
#include "strataform/data/gather_source.h"
#include "strataform/data/map_source.h"
#include "strataform/data/recorder.h"
#include "strataform/geology/family.h"
#include "strataform/wave/propagator.h"

namespace strataform::data {

/// What a sample follows from, beside the source of its map and its number.
struct SampleOptions {
  geology::MapSize size{};
  Conditions conditions{};
  bool flip_shot = false;       ///< the mirror image of the third one, for exact left-right flips
  std::int64_t decimation = 1;  ///< recorded samples whose mean is kept, see compact_gathers(); 1: all as they are
  std::uint64_t seed = 1;       ///< of the maps and of what the conditions leave to chance
  bool velocity_only = false;   ///< maps without gathers
};

/// `count` samples of a seed: first, first + step and so on.
struct SampleRange {
  std::int64_t first = 0;
  std::int64_t count = 0;
  std::int64_t step = 1;
};

/// Samples of a range in its order. What a sample is drawn with, and readers must know, belongs in here, too.
struct SampleChunk {
  std::vector<float> maps;     ///< [count, nz, nx] in m/s
  std::vector<float> gathers;  ///< [count, shape()]; empty where there are maps only
};

/// The one way from maps to samples: draws maps, models gathers over them, adds what the conditions say and takes means
/// over time. A sample depends on the map source, the options and its number, not on what it is made together with, on
/// which thread or in what file. Const members may be called from several threads at once.
class SampleMaker {
 public:
  /// propagator: what models the waves; its context is that of all work here. Throws UsageError where the decimation
  /// does not divide the recorded samples.
  SampleMaker(MapSource maps, const SampleOptions& options, wave::PropagatorOptions propagator = {});

  /// Throws what the map source throws, InputError and NumericalError as wave::Propagator does, and InterruptedError
  /// when the context asks to stop.
  [[nodiscard]] SampleChunk make(const SampleRange& range) const;
  /// The maps of make(range) alone.
  [[nodiscard]] std::vector<float> maps(const SampleRange& range) const;

  [[nodiscard]] const SampleOptions& options() const { return options_; }
  /// Of the gathers of one sample as they are kept; zero where there are maps only.
  [[nodiscard]] GatherShape shape() const;
  /// How they are recorded; nothing where there are maps only, or where every sample is recorded in its own way.
  [[nodiscard]] std::optional<survey::Modelling> modelling() const;
  /// How the sample of a number is recorded; nothing where there are maps only.
  [[nodiscard]] std::optional<survey::Modelling> modelling_of(std::int64_t number) const;

 private:
  [[nodiscard]] std::vector<float> gathers(const std::vector<float>& maps, const SampleRange& range) const;
  void disturb(std::span<float> gathers, std::int64_t index) const;
  void mute_left(std::span<float> gathers) const;

  MapSource maps_;
  SampleOptions options_;
  Context context_;
  std::shared_ptr<const Recorder> recorder_;  ///< null: maps only
};

}  // namespace strataform::data
