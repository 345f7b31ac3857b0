#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "strataform/core/context.h"
#include "strataform/data/dataset.h"
#include "strataform/data/map_source.h"
#include "strataform/wave/accelerator.h"

namespace strataform::data {

struct StreamOptions {
  std::vector<FamilyShare> families;
  std::int64_t samples = 10000;  ///< that are made altogether: 190 kB each with the defaults
  std::int64_t first = 512;      ///< of them that are there before the constructor returns, at most all
  std::uint64_t seed = 1;
  bool flip_shot = true;  ///< a sixth shot, so that left-right flips are exact
  bool varied = false;    ///< every sample is recorded in its own way, see draw_modelling()
  /// Above 0: samples are drawn so often on average, then new ones take their place, so that the stream has no end
  /// before `samples`, and at most `kept` of them are in memory. 0: all of them stay.
  double passes = 0.0;
  std::int64_t kept = 20000;
  std::int64_t decimation = 5;  ///< recorded samples whose mean is kept
  /// Which model the waves, each in a thread of its own; none: the threads of this processor do.
  std::vector<std::shared_ptr<wave::Accelerator>> accelerators{};
};

/// OpenFWI's survey over maps of some families, modelled in the background while what is there already is used. The
/// rest is begun when as many gathers have been read as there were at first: a training on the same device has then
/// loaded its kernels, each of which would have to wait for the modelling.
///
/// With passes the modelling keeps a little ahead of the draws, and what lies before them is not modelled again.
///
/// Sample k is always the same, see FamilyTurns and SampleMaker. size() counts all samples, available() those that can
/// be read by now.
class SampleStream : public Dataset {
 public:
  /// Returns when the first samples are there, and reports progress until then. Throws UsageError for option values,
  /// InterruptedError when it is asked to stop.
  explicit SampleStream(const StreamOptions& options, const Context& context = {});
  ~SampleStream() override;

  [[nodiscard]] std::int64_t size() const override;
  /// Throws what stopped the modelling, if something did.
  [[nodiscard]] std::int64_t available() const override;
  /// With passes: a function of the draw alone, so that a resumed training draws what an uninterrupted one would have.
  [[nodiscard]] std::optional<SampleWindow> window(std::int64_t draw) const override;
  [[nodiscard]] GatherShape gather_shape() const override;
  [[nodiscard]] std::int64_t nz() const override;
  [[nodiscard]] std::int64_t nx() const override;
  [[nodiscard]] std::optional<survey::Modelling> modelling() const override;
  [[nodiscard]] std::optional<survey::Modelling> modelling_of(std::int64_t index) const override;
  [[nodiscard]] std::string name() const override { return "generated examples"; }
  [[nodiscard]] const std::string& family(std::int64_t index) const override;
  /// These throw std::out_of_range for samples that are not available.
  void read_gathers(std::int64_t index, std::span<float> out) const override;
  void read_velocity(std::int64_t index, std::span<float> out) const override;

 private:
  class Production;
  std::unique_ptr<Production> production_;
};

}  // namespace strataform::data
