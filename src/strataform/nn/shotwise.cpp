#include <fmt/format.h>

#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/nn/factories.h"
#include "strataform/nn/map_network.h"
#include "strataform/survey/openfwi.h"
#include "strataform/survey/shot_image.h"

namespace strataform::nn {

namespace {

using survey::ShotImage;

/// Waves of the source's place that the network is told beside the place itself, so that it tells near ones apart.
constexpr std::int64_t kPlaceWaves = 8;
/// Hidden features of what is known of a shot.
constexpr std::int64_t kShotFeatures = 64;
/// Bounds the logarithms of the weights in pooling, so that no exponential overflows.
constexpr double kLargestLogit = 8.0;

/// In training the shots of a batch are filled up to a multiple of so many, so that oneDNN, which compiles its kernels
/// for each number of images, meets few of them.
constexpr std::int64_t kShotsTogether = 32;

/// The shots of a batch that are there, one after another.
struct LiveShots {
  torch::Tensor images;  ///< [shots, rows, columns]
  torch::Tensor owner;   ///< [shots], the sample of each; the number of samples for those that only fill up
};

/// A sample without any live shot keeps its first one, which is then silent. fill_up: repeats the first ones.
LiveShots live_shots(const torch::Tensor& x, bool fill_up) {
  const torch::Tensor live = x.select(2, ShotImage::kTimes + ShotImage::kLive).amax(2) > 0.0;
  live.select(1, 0).logical_or_(live.any(1).logical_not());
  const torch::Tensor places = live.nonzero();
  torch::Tensor owner = places.select(1, 0).contiguous();
  torch::Tensor chosen = owner * x.size(1) + places.select(1, 1);
  const std::int64_t missing = fill_up ? (kShotsTogether - owner.size(0) % kShotsTogether) % kShotsTogether : 0;
  if (missing > 0) {
    const torch::Tensor repeated = torch::arange(missing, chosen.options()).remainder(chosen.size(0));
    chosen = torch::cat({chosen, chosen.index_select(0, repeated)});
    owner = torch::cat({owner, torch::full({missing}, x.size(0), owner.options())});
  }
  return {x.flatten(0, 1).index_select(0, chosen), owner};
}

/// What is known of each shot, [shots, scalars and waves of its place].
torch::Tensor shot_description(const torch::Tensor& images) {
  const torch::Tensor scalars =
      images.select(1, ShotImage::kTimes + ShotImage::kScalars).narrow(1, 0, ShotImage::kScalarCount);
  const torch::Tensor place = scalars.narrow(1, ShotImage::kSourcePlace, 1);
  const torch::Tensor waves =
      std::numbers::pi / 2.0 * torch::arange(1, kPlaceWaves + 1, place.options()).unsqueeze(0) * place;
  return torch::cat({scalars, waves.sin(), waves.cos()}, 1);
}

/// Scales and shifts channels as a description of the shot says (Perez et al., 2018).
class Modulation : public torch::nn::Module {
 public:
  explicit Modulation(std::int64_t channels) {
    layer_ = register_module("layer", std::make_shared<Linear>(kShotFeatures, 2 * channels));
  }
  /// values [shots, .., channels] and description [shots, kShotFeatures].
  torch::Tensor forward(const torch::Tensor& values, const torch::Tensor& description) {
    torch::Tensor both = layer_->forward(description);
    for (std::int64_t dim = 2; dim < values.dim(); ++dim) both = both.unsqueeze(1);
    const std::vector<torch::Tensor> parts = both.chunk(2, -1);
    return values * (1.0 + parts[0]) + parts[1];
  }

 private:
  std::shared_ptr<Linear> layer_;
};

class Shotwise : public MapNetwork {
 public:
  Shotwise(const nlohmann::json& options, const BackboneShape& shape)
      : MapNetwork("shotwise", options, shape),
        time_norm_(torch::nn::BatchNorm1dOptions(ShotImage::kTimes).affine(false)) {
    add_encoder();
    add_mixers();
    add_decoder();
  }

 private:
  void add_encoder() {
    register_module("time_norm", time_norm_);
    stem_ = register_module("stem", std::make_shared<Stem>(width()));
    middle_ = register_module("middle", std::make_shared<CompactBlock>(width(), 2 * width(), Pair{3, 3}, Pair{2, 2}));
    const std::int64_t features_of_shot = options()["shot_features"];
    deep_ =
        register_module("deep", std::make_shared<CompactBlock>(2 * width(), features_of_shot, Pair{3, 3}, Pair{2, 2}));
    shot_ = register_module("shot", std::make_shared<Linear>(ShotImage::kScalarCount + 2 * kPlaceWaves, kShotFeatures));
    skip_place_ = register_module("skip_place", std::make_shared<Modulation>(2 * width()));
    position_ = register_parameter("position", torch::zeros({recorded_places(), features_of_shot}));
    depth_norm_ = register_module("depth_norm", layer_norm(features_of_shot));
    shot_place_ = register_module("shot_place", std::make_shared<Modulation>(features_of_shot));
    const std::int64_t places = coarse()[0] * coarse()[1];
    to_depth_ = register_module("to_depth", std::make_shared<Linear>(recorded_places(), places));
    std::vector<std::string> members = {"time_norm",  "stem",     "middle",     "deep",       "shot",
                                        "skip_place", "position", "depth_norm", "shot_place", "to_depth"};
    for (std::int64_t i = 0; i < options()["shot_mixers"].get<std::int64_t>(); ++i) {
      members.push_back(fmt::format("shot_mixer{}", i + 1));
      shot_mixers_.push_back(register_module(members.back(), std::make_shared<Mixer>(places, features_of_shot)));
    }
    const std::int64_t heads = options()["heads"];
    pool_norm_ = register_module("pool_norm", layer_norm(features_of_shot));
    pool_ = register_module("pool", std::make_shared<Linear>(features_of_shot, heads));
    pooled_ = register_module("pooled", std::make_shared<Linear>(heads * features_of_shot, features()));
    members.insert(members.end(), {"pool_norm", "pool", "pooled"});
    // One stage: what lies behind it has one entry for each sample, as stages must have.
    add_stage(members, [this](const Activations& x) { return encode(x.front().contiguous()); });
  }

  Activations encode(const torch::Tensor& x) {
    const LiveShots shots = live_shots(x, is_training());
    const torch::Tensor description = torch::gelu(shot_->forward(shot_description(shots.images)));
    const torch::Tensor middle = middle_->forward(stem_->forward(waveforms(shots.images), geometry(shots.images)));
    const torch::Tensor places = deep_->forward(middle).flatten(2).transpose(1, 2);
    torch::Tensor tokens = shot_place_->forward(depth_norm_(places + position_), description);
    tokens = to_depth_->forward(tokens.transpose(1, 2)).transpose(1, 2);
    for (const auto& mixer : shot_mixers_) tokens = mixer->forward(tokens);
    const torch::Tensor skip = skip_place_->forward(middle.permute({0, 2, 3, 1}), description);
    return {pooled_->forward(pool(tokens, shots.owner, x.size(0))),
            mean_over_shots(skip, shots.owner, x.size(0)).permute({0, 3, 1, 2})};
  }

  /// Two images of each shot [shots, 2, times, columns]: faint arrivals raised, each time sample to mean 0 and variance
  /// 1, and the amplitudes as they are, the direct wave compressed.
  torch::Tensor waveforms(const torch::Tensor& images) {
    const torch::Tensor amplitudes = images.narrow(1, 0, ShotImage::kTimes);
    return torch::stack({time_norm_(compressed(30.0 * amplitudes)), compressed(3.0 * amplitudes)}, 1);
  }
  /// Nearly the inverse hyperbolic sine, which LibTorch computes one by one.
  static torch::Tensor compressed(const torch::Tensor& amplitudes) {
    return torch::copysign(amplitudes.abs().log1p_(), amplitudes);
  }
  /// [shots, rows of geometry that have a value for every column, 1, columns].
  static torch::Tensor geometry(const torch::Tensor& images) {
    return images.narrow(1, ShotImage::kTimes, ShotImage::kScalars).unsqueeze(2);
  }

  /// tokens [shots, places, features]: their weighted means over the shots of each sample, [samples, places, heads *
  /// features].
  torch::Tensor pool(const torch::Tensor& tokens, const torch::Tensor& owner, std::int64_t samples) {
    const torch::Tensor raw = pool_->forward(pool_norm_(tokens)).to(torch::kFloat32);
    const torch::Tensor weights = (kLargestLogit * torch::tanh(raw / kLargestLogit)).exp();
    const torch::Tensor weighted = tokens.unsqueeze(2) * weights.to(tokens.dtype()).unsqueeze(3);
    return (sum_over_shots(weighted, owner, samples) / sum_over_shots(weights, owner, samples).unsqueeze(3)).flatten(2);
  }

  static torch::Tensor mean_over_shots(const torch::Tensor& images, const torch::Tensor& owner, std::int64_t samples) {
    const torch::Tensor ones = torch::ones({owner.size(0), 1, 1, 1}, images.options());
    return sum_over_shots(images, owner, samples) / sum_over_shots(ones, owner, samples);
  }

  /// values [shots, ..] to [samples, ..], without those that only fill up.
  static torch::Tensor sum_over_shots(const torch::Tensor& values, const torch::Tensor& owner, std::int64_t samples) {
    std::vector<std::int64_t> shape = values.sizes().vec();
    shape.front() = samples + 1;
    return torch::zeros(shape, values.options()).index_add_(0, owner, values).narrow(0, 0, samples);
  }

  /// The quantiles lie on their side of the median, whatever the weights.
  [[nodiscard]] torch::Tensor finish(const torch::Tensor& values) const override {
    constexpr double kUsualDistance = 0.2;
    const torch::Tensor median = torch::tanh(values.narrow(1, 0, 1));
    const torch::Tensor distances = kUsualDistance * torch::softplus(values.narrow(1, 1, 2));
    return torch::cat({median, median - distances.narrow(1, 0, 1), median + distances.narrow(1, 1, 1)}, 1);
  }

  /// The first convolution, with what is known of each column added before its ReLU.
  class Stem : public NormalisedLayer {
   public:
    explicit Stem(std::int64_t width)
        : NormalisedLayer(std::make_shared<Conv2d>(ConvOptions{.in_channels = 2,
                                                               .out_channels = width,
                                                               .kernel = {7, 5},
                                                               .stride = {4, 2},
                                                               .padding = {3, 2},
                                                               .bias = false})) {
      register_module("conv", layer());
      register_module("norm", norm());
      geometry_ = register_module("geometry", std::make_shared<Conv2d>(ConvOptions{.in_channels = ShotImage::kScalars,
                                                                                   .out_channels = width,
                                                                                   .kernel = {1, 5},
                                                                                   .stride = {1, 2},
                                                                                   .padding = {0, 2}}));
    }
    torch::Tensor forward(const torch::Tensor& waveforms, const torch::Tensor& geometry) {
      return (NormalisedLayer::forward(waveforms) + geometry_->forward(geometry)).relu_();
    }

   private:
    std::shared_ptr<Conv2d> geometry_;
  };

  torch::nn::BatchNorm1d time_norm_;
  std::shared_ptr<Stem> stem_;
  std::shared_ptr<CompactBlock> middle_;
  std::shared_ptr<CompactBlock> deep_;
  std::shared_ptr<Linear> shot_;
  std::shared_ptr<Modulation> skip_place_;
  torch::Tensor position_;
  torch::nn::LayerNorm depth_norm_{nullptr};
  std::shared_ptr<Modulation> shot_place_;
  std::shared_ptr<Linear> to_depth_;
  std::vector<std::shared_ptr<Mixer>> shot_mixers_;
  torch::nn::LayerNorm pool_norm_{nullptr};
  std::shared_ptr<Linear> pool_;
  std::shared_ptr<Linear> pooled_;
};

}  // namespace

/// A network for any survey of up to ten shots: x [batch, shots, time samples + geometry rows, receivers] as
/// survey::ShotImage describes it to three maps [batch, 3, nz, nx], the median, a lower and an upper quantile (0.1 and
/// 0.9) of each cell, the median bounded to [-1, 1].
///
/// Every shot goes through the same encoder, which is told where it was shot and recorded, up to features of places in
/// the map. Then the shots are pooled: each place takes several weighted means over them, whose weights follow from the
/// shots' own features, so that neither their order nor their number matters. Mixers and decoder are those of
/// `compact`.
///
/// Options: nz (70), nx (70), width (48, channels of the first layer), shot_features (128, of each place in front of
/// the pooling), shot_mixers (2), heads (4, weighted means), features (256, of each place behind the pooling), mixers
/// (6).
std::shared_ptr<Backbone> make_shotwise(const nlohmann::json& options) {
  const nlohmann::json complete = complete_options("shotwise",
                                                   {{"nz", survey::Openfwi::kRows},
                                                    {"nx", survey::Openfwi::kColumns},
                                                    {"width", 48},
                                                    {"shot_features", 128},
                                                    {"shot_mixers", 2},
                                                    {"heads", 4},
                                                    {"features", 256},
                                                    {"mixers", 6}},
                                                   options);
  for (const auto& [key, value] : complete.items()) {
    if (value < 1 || value > 4096) {
      throw UsageError(fmt::format("backbone 'shotwise': option '{}' expects 1 to 4096, found {}", key, value.dump()));
    }
  }
  if (complete["nx"] != ShotImage::kColumns) {
    throw UsageError(fmt::format("backbone 'shotwise': option 'nx' expects {}, found {}", +ShotImage::kColumns,
                                 complete["nx"].dump()));
  }
  const BackboneShape shape{.shots = ShotImage::kShots,
                            .samples = ShotImage::kTimes + ShotImage::kGeometryRows,
                            .receivers = ShotImage::kColumns,
                            .nz = complete["nz"],
                            .nx = complete["nx"],
                            .geometry_rows = ShotImage::kGeometryRows,
                            .outputs = 3};
  return std::make_shared<Shotwise>(complete, shape);
}

}  // namespace strataform::nn
