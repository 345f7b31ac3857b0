#include "strataform/data/resample.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "strataform/core/error.h"

namespace strataform::data {
namespace {

/// Zeros of the sinc on either side of a place.
constexpr double kZeros = 8.0;
constexpr double kSameInterval = 1e-6;

double hann_sinc(double distance) {
  if (std::abs(distance) >= kZeros) return 0.0;
  if (distance == 0.0) return 1.0;
  const double phase = std::numbers::pi * distance;
  return std::sin(phase) / phase * (0.5 + 0.5 * std::cos(phase / kZeros));
}

/// What each new time sample takes from the stored ones.
class TimeAxis {
 public:
  TimeAxis(const GatherSource& source, const SampleIntervals& intervals)
      : stored_(source.gather_shape()), interval_(intervals.to) {
    if (!(intervals.from > 0.0) || !(intervals.to > 0.0)) {
      throw UsageError(fmt::format("`sample_interval`: expected seconds above 0, found {}", intervals.from));
    }
    if (stored_.decimation != 1) {
      throw MismatchError(
          fmt::format("{}: expected gathers as they were recorded, which can be resampled, found means "
                      "over {} time samples",
                      source.name(), stored_.decimation));
    }
    const std::optional<survey::Modelling> modelling = source.modelling();
    const double told = modelling ? modelling->survey.sample_interval : intervals.from;
    if (std::abs(told - intervals.from) > kSameInterval * told) {
      throw MismatchError(
          fmt::format("{}: expected a `sample_interval` of {:.6g} s as its dataset.json tells, found "
                      "{:.6g}",
                      source.name(), told, intervals.from));
    }
    set_weights(intervals.from / intervals.to);
  }

  [[nodiscard]] GatherShape shape() const {
    return {.shots = stored_.shots, .samples = std::ssize(rows_), .receivers = stored_.receivers, .decimation = 1};
  }
  [[nodiscard]] std::size_t stored_size() const { return static_cast<std::size_t>(stored_.size()); }

  [[nodiscard]] std::optional<survey::Modelling> changed(std::optional<survey::Modelling> modelling) const {
    if (!modelling) return modelling;
    modelling->survey.sample_interval = interval_;
    modelling->survey.samples = std::ssize(rows_);
    return modelling;
  }

  void apply(std::span<const float> gathers, std::span<float> out) const {
    const auto receivers = static_cast<std::size_t>(stored_.receivers);
    float* target = out.data();
    for (std::int64_t shot = 0; shot < stored_.shots; ++shot) {
      const float* const record = gathers.data() + shot * stored_.samples * stored_.receivers;
      for (const Row& row : rows_) {
        std::fill_n(target, receivers, 0.0F);
        for (std::size_t k = 0; k < row.weights.size(); ++k) {
          const float* const values = record + stored_row(row.first + static_cast<std::int64_t>(k)) * stored_.receivers;
          for (std::size_t r = 0; r < receivers; ++r) target[r] += row.weights[k] * values[r];
        }
        target += receivers;
      }
    }
  }

 private:
  struct Row {
    std::int64_t first = 0;  ///< at least 0; there is nothing before the sources begin
    std::vector<float> weights;
  };

  /// Behind the last sample but one, which is the last that counts.
  [[nodiscard]] std::int64_t stored_row(std::int64_t sample) const {
    return std::clamp<std::int64_t>(sample, 0, std::max<std::int64_t>(0, stored_.samples - 2));
  }

  /// ratio: new samples for each stored one.
  void set_weights(double ratio) {
    const auto count = static_cast<std::int64_t>(std::floor(static_cast<double>(stored_.samples) * ratio + 1e-6));
    const double band = std::min(1.0, ratio);  // of the stored ones' frequencies that the new ones can hold
    for (std::int64_t k = 0; k < std::max<std::int64_t>(1, count); ++k) {
      // Sample k lies k + 1 intervals after the sources begin.
      const double place = static_cast<double>(k + 1) / ratio - 1.0;
      const double reach = kZeros / band;
      Row row{.first = std::max<std::int64_t>(0, static_cast<std::int64_t>(std::ceil(place - reach))), .weights = {}};
      for (std::int64_t j = row.first; static_cast<double>(j) <= place + reach; ++j) {
        row.weights.push_back(static_cast<float>(band * hann_sinc(band * (static_cast<double>(j) - place))));
      }
      rows_.push_back(std::move(row));
    }
  }

  GatherShape stored_;
  double interval_;
  std::vector<Row> rows_;
};

class ResampledGathers : public GatherSource {
 public:
  ResampledGathers(std::shared_ptr<const GatherSource> source, const SampleIntervals& intervals)
      : source_(std::move(source)), axis_(*source_, intervals) {}

  [[nodiscard]] std::int64_t size() const override { return source_->size(); }
  [[nodiscard]] GatherShape gather_shape() const override { return axis_.shape(); }
  [[nodiscard]] std::optional<survey::Modelling> modelling() const override {
    return axis_.changed(source_->modelling());
  }
  [[nodiscard]] std::optional<survey::Modelling> modelling_of(std::int64_t index) const override {
    return axis_.changed(source_->modelling_of(index));
  }
  [[nodiscard]] std::string name() const override { return source_->name(); }
  void read_gathers(std::int64_t index, std::span<float> out) const override {
    std::vector<float> stored(axis_.stored_size());
    source_->read_gathers(index, stored);
    axis_.apply(stored, out);
  }

 private:
  std::shared_ptr<const GatherSource> source_;
  TimeAxis axis_;
};

class ResampledDataset : public Dataset {
 public:
  ResampledDataset(std::shared_ptr<const Dataset> dataset, const SampleIntervals& intervals)
      : dataset_(dataset), gathers_(std::move(dataset), intervals) {}

  [[nodiscard]] std::int64_t size() const override { return gathers_.size(); }
  [[nodiscard]] GatherShape gather_shape() const override { return gathers_.gather_shape(); }
  [[nodiscard]] std::optional<survey::Modelling> modelling() const override { return gathers_.modelling(); }
  [[nodiscard]] std::optional<survey::Modelling> modelling_of(std::int64_t index) const override {
    return gathers_.modelling_of(index);
  }
  [[nodiscard]] std::string name() const override { return gathers_.name(); }
  void read_gathers(std::int64_t index, std::span<float> out) const override { gathers_.read_gathers(index, out); }
  [[nodiscard]] std::int64_t nz() const override { return dataset_->nz(); }
  [[nodiscard]] std::int64_t nx() const override { return dataset_->nx(); }
  [[nodiscard]] const std::string& family(std::int64_t index) const override { return dataset_->family(index); }
  void read_velocity(std::int64_t index, std::span<float> out) const override { dataset_->read_velocity(index, out); }
  [[nodiscard]] std::int64_t available() const override { return dataset_->available(); }

 private:
  std::shared_ptr<const Dataset> dataset_;
  ResampledGathers gathers_;
};

}  // namespace

std::unique_ptr<GatherSource> resampled(std::shared_ptr<const GatherSource> source, const SampleIntervals& intervals) {
  return std::make_unique<ResampledGathers>(std::move(source), intervals);
}

std::unique_ptr<Dataset> resampled(std::shared_ptr<const Dataset> dataset, const SampleIntervals& intervals) {
  return std::make_unique<ResampledDataset>(std::move(dataset), intervals);
}

}  // namespace strataform::data
