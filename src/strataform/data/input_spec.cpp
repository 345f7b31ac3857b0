#include "strataform/data/input_spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "strataform/core/error.h"
#include "strataform/data/axes.h"
#include "strataform/io/json_field.h"

namespace strataform::data {
namespace {

/// One shot: [samples, receivers], of which a few are read, in one order or the other.
struct Record {
  const float* values;
  std::int64_t samples;
  std::int64_t receivers;
  std::int64_t last_valid;  ///< time samples behind this one are replaced by it

  [[nodiscard]] const float* row(std::int64_t sample) const {
    return values + std::min(sample, last_valid) * receivers;
  }
};

/// The mean over time samples first..first + factor - 1, as far as they exist, the rest counting as zero.
void mean_row(const Record& record, std::int64_t first, std::int64_t factor, float* out) {
  std::fill_n(out, record.receivers, 0.0F);
  const std::int64_t end = std::min(first + factor, record.samples);
  for (std::int64_t sample = first; sample < end; ++sample) {
    const float* const row = record.row(sample);
    for (std::int64_t r = 0; r < record.receivers; ++r) out[r] += row[r];
  }
  const float scale = 1.0F / static_cast<float>(factor);
  for (std::int64_t r = 0; r < record.receivers; ++r) out[r] *= scale;
}

void check_positive(std::int64_t value, const char* what) {
  if (value < 1) throw UsageError(fmt::format("the number of {}: expected at least 1, found {}", what, value));
}

}  // namespace

void check(const InputSpec& spec) {
  check_positive(spec.shots, "shots");
  check_positive(spec.samples, "time samples");
  check_positive(spec.receivers, "receivers");
  check_positive(spec.decimation, "time samples that are averaged (decimation)");
  if (spec.samples % spec.decimation != 0) {
    throw UsageError(
        fmt::format("decimation: expected a divisor of the {} time samples, found {}", spec.samples, spec.decimation));
  }
  if (!(spec.time_step > 0)) throw UsageError(fmt::format("time step: expected above 0, found {}", spec.time_step));
  check(spec.normalization);
}

nlohmann::json to_json(const InputSpec& spec) {
  nlohmann::json json = {{"shots", spec.shots},
                         {"samples", spec.samples},
                         {"receivers", spec.receivers},
                         {"decimation", spec.decimation},
                         {"ignore_last_sample", spec.ignore_last_sample},
                         {"time_step", spec.time_step},
                         {"normalization", to_json(spec.normalization)},
                         {"amplitude", to_json(spec.amplitude)}};
  if (spec.any_survey) json["any_survey"] = true;
  return json;
}

InputSpec input_spec_from_json(const nlohmann::json& json, const std::string& where) {
  InputSpec spec;
  spec.shots = io::json_field<std::int64_t>(json, "shots", where);
  spec.samples = io::json_field<std::int64_t>(json, "samples", where);
  spec.receivers = io::json_field<std::int64_t>(json, "receivers", where);
  spec.decimation = io::json_field<std::int64_t>(json, "decimation", where);
  spec.ignore_last_sample = io::json_field<bool>(json, "ignore_last_sample", where);
  spec.time_step = io::json_field<double>(json, "time_step", where);
  spec.normalization = normalization_from_json(io::json_field<nlohmann::json>(json, "normalization", where), where);
  spec.amplitude = amplitude_statistics_from_json(io::json_field<nlohmann::json>(json, "amplitude", where), where);
  if (json.contains("any_survey")) spec.any_survey = io::json_field<bool>(json, "any_survey", where);
  try {
    check(spec);
  } catch (const UsageError& error) {
    throw InputError(fmt::format("{}: {}", where, error.what()));
  }
  return spec;
}

TraceOrder stored_order(const InputSpec& spec) {
  TraceOrder order;
  order.shots.resize(static_cast<std::size_t>(spec.shots));
  std::iota(order.shots.begin(), order.shots.end(), 0);
  return order;
}

void prepare_gathers(const InputSpec& spec, const GatherShape& shape, std::span<const float> gathers,
                     const TraceOrder& order, std::span<float> out) {
  const std::int64_t factor = spec.decimation / shape.decimation;
  const bool replace_last = spec.ignore_last_sample && shape.decimation == 1 && spec.samples > 1;
  float* row = out.data();
  for (const std::int64_t shot : order.shots) {
    const Record record{gathers.data() + shot * shape.samples * shape.receivers, shape.samples, shape.receivers,
                        replace_last ? spec.samples - 2 : shape.samples};
    for (std::int64_t t = 0; t < spec.input_samples(); ++t, row += shape.receivers) {
      mean_row(record, t * factor, factor, row);
      if (order.reverse_receivers) std::reverse(row, row + shape.receivers);
    }
  }
  normalize_gathers(spec.normalization, out, out);
}

void check_compatible(const InputSpec& spec, const GatherShape& shape, const std::string& name) {
  if (spec.any_survey) return;
  if (spec.any_survey) return;
  require_axes(shape, spec.shots, spec.receivers, name);
  if (spec.decimation % shape.decimation != 0) {
    throw MismatchError(
        fmt::format("{}: the network averages {} time samples, which the stored means of {} cannot give", name,
                    spec.decimation, shape.decimation));
  }
}

void block_means(const GatherShape& shape, std::span<const float> gathers, std::int64_t factor, bool replace_last,
                 std::span<float> out) {
  const std::int64_t last_valid = shape.samples - (replace_last && shape.samples > 1 ? 2 : 1);
  float* row = out.data();
  for (std::int64_t shot = 0; shot < shape.shots; ++shot) {
    const Record record{gathers.data() + shot * shape.samples * shape.receivers, shape.samples, shape.receivers,
                        last_valid};
    for (std::int64_t first = 0; first < shape.samples; first += factor, row += shape.receivers) {
      mean_row(record, first, factor, row);
    }
  }
}

void compact_gathers(const GatherShape& shape, std::span<const float> gathers, std::int64_t decimation,
                     std::span<float> out) {
  block_means(shape, gathers, decimation / shape.decimation, /*replace_last=*/shape.decimation == 1, out);
}

}  // namespace strataform::data
