#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "strataform/data/amplitude_statistics.h"
#include "strataform/data/gather_source.h"
#include "strataform/data/normalization.h"
#include "strataform/survey/openfwi.h"
#include "strataform/survey/shot_image.h"

namespace strataform::data {

/// What a model takes as input and how a recorded gather becomes it. Stored inside every model file.
struct InputSpec {
  std::int64_t shots = survey::Openfwi::kShots;
  std::int64_t samples = survey::Openfwi::kSamples;  ///< recorded time samples, a multiple of decimation
  std::int64_t receivers = survey::Openfwi::kReceivers;
  std::int64_t decimation = 1;                          ///< recorded samples whose mean is one input sample
  bool ignore_last_sample = true;                       ///< published files are wrong there
  double time_step = survey::Openfwi::kSampleInterval;  ///< of recorded samples, s
  /// The network takes any survey: its input are survey::ShotImage, made by prepare_shot_images(). Then shots is the
  /// largest number, and samples, decimation and time_step are canonical; the range of amplitudes has no meaning.
  bool any_survey = false;
  Normalization normalization{};
  AmplitudeStatistics amplitude{};  ///< of the training data

  /// Rows of a shot's input, those of its geometry among them.
  [[nodiscard]] std::int64_t input_samples() const {
    return samples / decimation + (any_survey ? survey::ShotImage::kGeometryRows : 0);
  }
  /// Floats of one prepared gather [shots, input_samples(), receivers].
  [[nodiscard]] std::int64_t input_size() const { return shots * input_samples() * receivers; }
};

/// Throws UsageError where a value is out of range.
void check(const InputSpec& spec);

nlohmann::json to_json(const InputSpec& spec);
/// Throws InputError; where names the file that the JSON came from.
InputSpec input_spec_from_json(const nlohmann::json& json, const std::string& where);

/// Which stored shot and receiver each shot and receiver of the input is taken from.
struct TraceOrder {
  std::vector<std::int64_t> shots;
  bool reverse_receivers = false;
};
/// The stored order: a model of five shots takes the first five of six.
TraceOrder stored_order(const InputSpec& spec);

/// Turns the gathers of one model, stored in the given shape, into a model's input: replaces the last sample by the
/// one before it (where spec.ignore_last_sample says so and the shape is not decimated already), takes block means
/// over time and normalises. Records longer than spec.samples are cut; shorter ones continue with zeros.
/// out holds spec.input_size() values. Requires check_compatible().
void prepare_gathers(const InputSpec& spec, const GatherShape& shape, std::span<const float> gathers,
                     const TraceOrder& order, std::span<float> out);

/// Throws MismatchError where gathers of this shape cannot be the input of a network of one survey: too few shots,
/// other receivers, or a decimation that does not divide the model's. name is the file or folder of the gathers.
void check_compatible(const InputSpec& spec, const GatherShape& shape, const std::string& name);

/// Block means over `factor` samples of [shots, samples, receivers]; samples must be a multiple of factor.
/// replace_last first replaces the last sample of each trace by the one before it. out: shape.size() / factor values.
void block_means(const GatherShape& shape, std::span<const float> gathers, std::int64_t factor, bool replace_last,
                 std::span<float> out);

/// What a compact copy keeps of gathers: means over `decimation` recorded samples, a multiple of shape.decimation. Of
/// gathers that are not decimated yet the last sample, wrong in published files, is replaced by the one before it.
/// out: shape.size() * shape.decimation / decimation values.
void compact_gathers(const GatherShape& shape, std::span<const float> gathers, std::int64_t decimation,
                     std::span<float> out);

}  // namespace strataform::data
