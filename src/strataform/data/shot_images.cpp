#include "strataform/data/shot_images.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/survey/live_traces.h"
#include "strataform/survey/shot_image.h"
#include "strataform/wave/wavelet.h"

namespace strataform::data {
namespace {

using survey::ShotImage;

constexpr std::int64_t kRows = ShotImage::kTimes + ShotImage::kGeometryRows;
constexpr double kDepthUnit = 20.0;      ///< canonical m
constexpr double kFrequencyUnit = 15.0;  ///< canonical Hz
constexpr double kHalfWindow = 0.5 * (ShotImage::kColumns - 1) * ShotImage::kSpacing;
constexpr double kRoundOff = 1e-6;

/// What metres and seconds are divided by to become canonical ones.
struct Units {
  double length = 1.0;
  double time = 1.0;
};

Units units_of(const survey::Modelling& modelling, double velocity_ratio) {
  const double length = modelling.grid.spacing / ShotImage::kSpacing;
  return {length, length * velocity_ratio};
}

/// After the beginning of the record, in s.
double peak_time(const survey::Modelling& modelling) {
  const survey::Source& source = modelling.source;
  if (source.wavelet.empty()) {
    const double step =
        modelling.scheme.time_step > 0.0 ? modelling.scheme.time_step : modelling.survey.sample_interval;
    return source.delay + static_cast<double>(wave::ricker_centre(source.peak_frequency, step)) * step;
  }
  const auto larger = [](double a, double b) { return std::abs(a) < std::abs(b); };
  const auto peak = std::ranges::max_element(source.wavelet, larger);
  return source.delay + static_cast<double>(peak - source.wavelet.begin()) * source.time_step;
}

/// The part of the stored samples that a row of the image is the mean of.
struct TimeRow {
  std::int64_t first = 0;
  std::vector<float> weights;
};

double snapped(double value) { return std::abs(value - std::round(value)) < kRoundOff ? std::round(value) : value; }

/// A stored sample holds its value until the next one; what lies beyond the record counts as zero.
std::vector<TimeRow> time_rows(const survey::Modelling& modelling, const GatherShape& shape, double unit) {
  const double interval = modelling.survey.sample_interval * static_cast<double>(shape.decimation);
  const double begin = peak_time(modelling) / interval - ShotImage::kPeakTime * unit / interval;
  const double length = ShotImage::kRowTime * unit / interval;
  std::vector<TimeRow> rows(ShotImage::kTimes);
  for (std::int64_t row = 0; row < ShotImage::kTimes; ++row) {
    const double low = snapped(begin + static_cast<double>(row) * length);
    const double high = snapped(begin + static_cast<double>(row + 1) * length);
    TimeRow& part = rows[static_cast<std::size_t>(row)];
    part.first = std::max<std::int64_t>(0, static_cast<std::int64_t>(std::floor(low)));
    const auto end = std::min<std::int64_t>(shape.samples, static_cast<std::int64_t>(std::ceil(high)));
    for (std::int64_t sample = part.first; sample < end; ++sample) {
      const auto at = static_cast<double>(sample);
      part.weights.push_back(static_cast<float>((std::min(high, at + 1.0) - std::max(low, at)) / (high - low)));
    }
  }
  return rows;
}

/// The image of one shot, in the order of its rows.
class Image {
 public:
  explicit Image(std::span<float> values) : values_(values) {}
  float& at(std::int64_t row, std::int64_t column) const {
    return values_[static_cast<std::size_t>(row * ShotImage::kColumns + column)];
  }
  float& geometry(std::int64_t row, std::int64_t column) const { return at(ShotImage::kTimes + row, column); }
  float& scalar(std::int64_t which) const { return geometry(ShotImage::kScalars, which); }
  [[nodiscard]] bool is_live(std::int64_t column) const { return geometry(ShotImage::kLive, column) > 0.0F; }
  [[nodiscard]] std::span<float> waveforms() const { return values_.first(ShotImage::kTimes * ShotImage::kColumns); }

 private:
  std::span<float> values_;
};

/// One sample on its way into images.
class Preparation {
 public:
  Preparation(const survey::Modelling& modelling, const GatherShape& shape, const ShotImageOptions& options)
      : modelling_(modelling), shape_(shape),
        replace_last_(options.replace_last && shape.decimation == 1 && shape.samples > 1), mirrored_(options.mirrored),
        units_(units_of(modelling, options.velocity_ratio)), rows_(time_rows(modelling, shape, units_.time)) {}

  void fill(const survey::Shot& shot, std::span<const float> gather, const Image& image) const {
    const std::vector<bool> live = survey::live_traces(gather, shape_.receivers);
    for (std::int64_t receiver = 0; receiver < shape_.receivers; ++receiver) {
      if (live[static_cast<std::size_t>(receiver)]) add_trace(shot, gather, receiver, image);
    }
    tell_geometry(shot, image);
    normalise(image);
  }

 private:
  /// Between 0 and kColumns - 1 within the window.
  [[nodiscard]] double column_of(const survey::Point& place) const {
    const double column = (place.x - modelling_.grid.origin.x) / modelling_.grid.spacing;
    return mirrored_ ? static_cast<double>(ShotImage::kColumns - 1) - column : column;
  }

  void add_trace(const survey::Shot& shot, std::span<const float> gather, std::int64_t receiver,
                 const Image& image) const {
    const survey::Point& place = shot.receivers[static_cast<std::size_t>(receiver)];
    const double exact = column_of(place);
    const auto column = static_cast<std::int64_t>(std::lround(exact));
    if (column < 0 || column >= ShotImage::kColumns) return;
    const double shift = exact - static_cast<double>(column);
    // Of several receivers in a column the nearest one.
    if (image.is_live(column) && std::abs(image.geometry(ShotImage::kShift, column)) <= std::abs(shift)) return;
    image.geometry(ShotImage::kLive, column) = 1.0F;
    image.geometry(ShotImage::kShift, column) = static_cast<float>(shift);
    image.geometry(ShotImage::kDepth, column) = depth(place);
    const std::int64_t last = shape_.samples - (replace_last_ ? 2 : 1);
    for (std::int64_t row = 0; row < ShotImage::kTimes; ++row) {
      const TimeRow& part = rows_[static_cast<std::size_t>(row)];
      float sum = 0.0F;
      for (std::size_t k = 0; k < part.weights.size(); ++k) {
        const std::int64_t sample = std::min(part.first + static_cast<std::int64_t>(k), last);
        sum += part.weights[k] * gather[static_cast<std::size_t>(sample * shape_.receivers + receiver)];
      }
      image.at(row, column) = sum;
    }
  }

  [[nodiscard]] float depth(const survey::Point& place) const {
    return static_cast<float>((place.z - modelling_.grid.origin.z) / units_.length / kDepthUnit);
  }

  void tell_geometry(const survey::Shot& shot, const Image& image) const {
    const double source = column_of(shot.source);
    for (std::int64_t column = 0; column < ShotImage::kColumns; ++column) {
      const double offset = (static_cast<double>(column) - source) * ShotImage::kSpacing;
      image.geometry(ShotImage::kOffset, column) = static_cast<float>(offset / kHalfWindow);
    }
    const double frequency = modelling_.source.peak_frequency * units_.time;
    image.scalar(ShotImage::kSourcePlace) = static_cast<float>(source * ShotImage::kSpacing / kHalfWindow - 1.0);
    image.scalar(ShotImage::kSourceDepth) = depth(shot.source);
    image.scalar(ShotImage::kFreeSurface) = modelling_.scheme.free_surface ? 1.0F : 0.0F;
    image.scalar(ShotImage::kFrequencyKnown) = frequency > 0.0 ? 1.0F : 0.0F;
    image.scalar(ShotImage::kFrequency) =
        frequency > 0.0 ? static_cast<float>(std::log(frequency / kFrequencyUnit)) : 0.0F;
  }

  static void normalise(const Image& image) {
    std::vector<float> peaks;
    for (std::int64_t column = 0; column < ShotImage::kColumns; ++column) {
      if (!image.is_live(column)) continue;
      float peak = 0.0F;
      for (std::int64_t row = 0; row < ShotImage::kTimes; ++row) peak = std::max(peak, std::abs(image.at(row, column)));
      peaks.push_back(peak);
    }
    if (peaks.empty()) return;
    const auto middle = peaks.begin() + std::ssize(peaks) / 2;
    std::ranges::nth_element(peaks, middle);
    const float gain = *middle > 0.0F ? 1.0F / *middle : 0.0F;
    std::int64_t length = 0;
    for (std::int64_t row = 0; row < ShotImage::kTimes; ++row) {
      for (std::int64_t column = 0; column < ShotImage::kColumns; ++column) {
        float& value = image.at(row, column);
        value *= gain;
        if (value != 0.0F) length = row + 1;
      }
    }
    image.scalar(ShotImage::kLength) = static_cast<float>(length) / static_cast<float>(ShotImage::kTimes);
  }

  const survey::Modelling& modelling_;
  const GatherShape& shape_;
  bool replace_last_;
  bool mirrored_;
  Units units_;
  std::vector<TimeRow> rows_;
};

/// The sum over the traces of their skewness, the third moment over that of the magnitudes.
double skewness(const Image& image) {
  double sum = 0.0;
  for (std::int64_t column = 0; column < ShotImage::kColumns; ++column) {
    if (!image.is_live(column)) continue;
    double third = 0.0;
    double magnitude = 0.0;
    for (std::int64_t row = 0; row < ShotImage::kTimes; ++row) {
      const double value = image.at(row, column);
      third += value * value * value;
      magnitude += std::abs(value * value * value);
    }
    if (magnitude > 0.0) sum += third / magnitude;
  }
  return sum;
}

}  // namespace

void prepare_shot_images(const survey::Modelling& modelling, const GatherShape& shape, std::span<const float> gathers,
                         const ShotImageOptions& options, std::span<float> out) {
  std::ranges::fill(out, 0.0F);
  const Preparation preparation(modelling, shape, options);
  const std::int64_t shots = std::min({shape.shots, ShotImage::kShots, std::ssize(modelling.survey.shots)});
  const auto gather_size = static_cast<std::size_t>(shape.samples * shape.receivers);
  const auto image_size = static_cast<std::size_t>(kRows * ShotImage::kColumns);
  double sign = 0.0;
  for (std::int64_t shot = 0; shot < shots; ++shot) {
    const auto k = static_cast<std::size_t>(shot);
    const Image image(out.subspan(k * image_size, image_size));
    preparation.fill(modelling.survey.shots[k], gathers.subspan(k * gather_size, gather_size), image);
    sign += skewness(image);
  }
  if (sign >= 0.0) return;
  for (std::int64_t shot = 0; shot < shots; ++shot) {
    const Image image(out.subspan(static_cast<std::size_t>(shot) * image_size, image_size));
    for (float& value : image.waveforms()) value = -value;
  }
}

void check_survey(const survey::Modelling& modelling, const std::string& name) {
  const survey::Grid& grid = modelling.grid;
  const std::vector<survey::Shot>& shots = modelling.survey.shots;
  if (grid.nx != ShotImage::kColumns) {
    throw MismatchError(fmt::format("{}: the network makes maps of {} columns, found a window of {}", name,
                                    +ShotImage::kColumns, grid.nx));
  }
  if (std::ssize(shots) > ShotImage::kShots) {
    throw MismatchError(
        fmt::format("{}: the network takes at most {} shots, found {}", name, +ShotImage::kShots, shots.size()));
  }
  const double last = grid.origin.x + static_cast<double>(grid.nx - 1) * grid.spacing;
  const double margin = (0.5 + kRoundOff) * grid.spacing;
  const auto is_inside = [&](const survey::Point& place) {
    return place.x >= grid.origin.x - margin && place.x <= last + margin;
  };
  for (const survey::Shot& shot : shots) {
    if (!is_inside(shot.source)) {
      throw MismatchError(fmt::format("{}: expected sources within the window from {} to {} m, found one at {} m", name,
                                      grid.origin.x, last, shot.source.x));
    }
    if (std::ranges::none_of(shot.receivers, is_inside)) {
      throw MismatchError(
          fmt::format("{}: expected receivers within the window from {} to {} m for the shot at {} m, "
                      "found none",
                      name, grid.origin.x, last, shot.source.x));
    }
  }
}

}  // namespace strataform::data
