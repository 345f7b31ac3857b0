#include "strataform/field/line_gathers.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "strataform/field/trace_formats.h"

namespace strataform::field {
namespace {

std::int64_t most_receivers(const survey::Survey& survey) {
  std::int64_t most = 0;
  for (const survey::Shot& shot : survey.shots) most = std::max(most, std::ssize(shot.receivers));
  return most;
}

class LineGathers : public data::GatherSource {
 public:
  LineGathers(std::shared_ptr<const Line> line, std::optional<survey::Modelling> modelling)
      : line_(std::move(line)), modelling_(std::move(modelling)) {
    const survey::Survey& survey = line_->survey();
    shape_ = {.shots = std::ssize(survey.shots), .samples = survey.samples, .receivers = most_receivers(survey)};
    if (!modelling_) return;
    modelling_->survey = survey;
    for (survey::Shot& shot : modelling_->survey.shots) {
      shot.receivers.resize(static_cast<std::size_t>(shape_.receivers), shot.receivers.back());
    }
  }

  [[nodiscard]] std::int64_t size() const override { return 1; }
  [[nodiscard]] bool is_single() const override { return true; }
  [[nodiscard]] data::GatherShape gather_shape() const override { return shape_; }
  [[nodiscard]] std::optional<survey::Modelling> modelling() const override { return modelling_; }
  [[nodiscard]] std::string name() const override { return line_->file().name(); }

  void read_gathers(std::int64_t /*index*/, std::span<float> out) const override {
    std::ranges::fill(out, 0.0F);
    std::vector<float> gather;
    const auto width = static_cast<std::size_t>(shape_.receivers), samples = static_cast<std::size_t>(shape_.samples);
    for (std::size_t shot = 0; shot < line_->survey().shots.size(); ++shot) {
      const std::size_t receivers = line_->survey().shots[shot].receivers.size();
      gather.resize(samples * receivers);
      line_->read_shot(static_cast<std::int64_t>(shot), gather);
      for (std::size_t sample = 0; sample < samples; ++sample) {
        const std::span<const float> row = std::span(gather).subspan(sample * receivers, receivers);
        std::ranges::copy(row, out.subspan((shot * samples + sample) * width, receivers).begin());
      }
    }
  }

 private:
  std::shared_ptr<const Line> line_;
  std::optional<survey::Modelling> modelling_;
  data::GatherShape shape_{};
};

}  // namespace

std::unique_ptr<data::GatherSource> line_gathers(std::shared_ptr<const Line> line,
                                                 std::optional<survey::Modelling> modelling) {
  return std::make_unique<LineGathers>(std::move(line), std::move(modelling));
}

data::GatherFormat line_format() {
  return {.knows = is_trace_file, .open = [](const std::filesystem::path& path) -> std::unique_ptr<data::GatherSource> {
            return line_gathers(std::make_shared<const Line>(path));
          }};
}

}  // namespace strataform::field
