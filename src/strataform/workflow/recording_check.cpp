#include "strataform/workflow/recording_check.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "strataform/data/amplitude_statistics.h"
#include "strataform/wave/propagator.h"

namespace strataform::workflow {
namespace {

/// The gathers of one example.
class OneExample : public data::GatherSource {
 public:
  OneExample(data::GatherShape shape, std::vector<float> gathers) : shape_(shape), gathers_(std::move(gathers)) {}

  [[nodiscard]] std::int64_t size() const override { return 1; }
  [[nodiscard]] data::GatherShape gather_shape() const override { return shape_; }
  [[nodiscard]] std::optional<survey::Modelling> modelling() const override { return std::nullopt; }
  void read_gathers(std::int64_t /*index*/, std::span<float> out) const override {
    std::ranges::copy(gathers_, out.begin());
  }
  [[nodiscard]] std::string name() const override { return "gathers"; }

 private:
  data::GatherShape shape_;
  std::vector<float> gathers_;
};

}  // namespace

std::vector<data::InputFinding> recording_findings(const data::GatherSource& recorded, std::int64_t index,
                                                   std::span<const float> map, const survey::Modelling& modelling,
                                                   const Context& context) {
  const data::GatherShape shape = recorded.gather_shape();
  std::vector<float> gathers(static_cast<std::size_t>(shape.size()));
  const auto measure = [&] {
    return data::measure_amplitudes(OneExample(shape, gathers), modelling.survey.sample_interval, 1);
  };
  recorded.read_gathers(index, gathers);
  const data::AmplitudeStatistics found = measure();
  wave::Propagator(modelling, {.context = context}).forward(map, 1, gathers);
  return data::direct_wave_findings(found, measure(), modelling.survey.sample_interval);
}

}  // namespace strataform::workflow
