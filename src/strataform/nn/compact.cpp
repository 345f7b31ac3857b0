#include "strataform/nn/compact.h"

#include <fmt/format.h>

#include <array>
#include <string>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/nn/normalised_layer.h"
#include "strataform/survey/openfwi.h"

namespace strataform::nn {

namespace {

using Pair = std::array<std::int64_t, 2>;

/// A convolution that keeps the extent (divided by the stride, rounded up), BatchNorm and ReLU.
class CompactBlock : public NormalisedLayer {
 public:
  CompactBlock(std::int64_t in, std::int64_t out, Pair kernel, Pair stride)
      : NormalisedLayer(std::make_shared<Conv2d>(ConvOptions{.in_channels = in,
                                                             .out_channels = out,
                                                             .kernel = kernel,
                                                             .stride = stride,
                                                             .padding = {kernel[0] / 2, kernel[1] / 2},
                                                             .bias = false})) {
    register_module("conv", layer());
    register_module("norm", norm());
  }

  torch::Tensor forward(const torch::Tensor& x) {
    torch::Tensor y = NormalisedLayer::forward(x);
    return y.relu_();
  }
};

/// Mixes places, then features, each by a two-layer perceptron with a residual connection: tokens [batch, places,
/// features].
class Mixer : public torch::nn::Module {
 public:
  Mixer(std::int64_t places, std::int64_t features)
      : place_norm_(torch::nn::LayerNormOptions({features})), feature_norm_(torch::nn::LayerNormOptions({features})) {
    register_module("place_norm", place_norm_);
    place_in_ = register_module("place_in", std::make_shared<Linear>(places, places));
    place_out_ = register_module("place_out", std::make_shared<Linear>(places, places));
    register_module("feature_norm", feature_norm_);
    feature_in_ = register_module("feature_in", std::make_shared<Linear>(features, 2 * features));
    feature_out_ = register_module("feature_out", std::make_shared<Linear>(2 * features, features));
  }

  torch::Tensor forward(const torch::Tensor& tokens) {
    const torch::Tensor places = torch::gelu(place_in_->forward(place_norm_(tokens).transpose(1, 2)));
    const torch::Tensor mixed = tokens + place_out_->forward(places).transpose(1, 2);
    return mixed + feature_out_->forward(torch::gelu(feature_in_->forward(feature_norm_(mixed))));
  }

 private:
  torch::nn::LayerNorm place_norm_;
  std::shared_ptr<Linear> place_in_;
  std::shared_ptr<Linear> place_out_;
  torch::nn::LayerNorm feature_norm_;
  std::shared_ptr<Linear> feature_in_;
  std::shared_ptr<Linear> feature_out_;
};

std::int64_t halved(std::int64_t extent) { return (extent + 1) / 2; }

/// Gathers [shots, 200, 70] become a coarse grid of 13 x 9 places (time, receivers); a dense layer turns times into
/// depths, 9 x 9 places (depth, distance), which the mixers work on; transposed convolutions refine those to the map.
/// Most of the computing is in the mixers' dense layers, which a CPU does best. One skip connection brings in finer
/// lateral detail; its time axis goes through a dense layer as well.
class Compact : public Backbone {
 public:
  Compact(const nlohmann::json& options, const BackboneShape& shape)
      : Backbone("compact", options, shape),
        trace_norm_(torch::nn::BatchNorm1dOptions(shape.shots * shape.samples).affine(false)) {
    const std::int64_t width = options["width"];
    const std::int64_t features = options["features"];
    middle_places_ = {halved(halved(halved(shape.samples))), halved(halved(shape.receivers))};
    coarse_ = {halved(halved(halved(shape.nz))), halved(middle_places_[1])};
    add_encoder(width, features);
    for (std::int64_t i = 0; i < options["mixers"].get<std::int64_t>(); ++i) {
      const std::string name = fmt::format("mixer{}", i + 1);
      add_stage(name, register_module(name, std::make_shared<Mixer>(coarse_[0] * coarse_[1], features)));
    }
    add_decoder(width, features);
  }

  // The decoder and the last half of the mixers.
  [[nodiscard]] std::string default_targets() const override {
    std::string targets = "(up|skip|refine|head).*";
    const std::int64_t mixers = options()["mixers"];
    for (std::int64_t i = mixers / 2; i < mixers; ++i) targets += fmt::format("|mixer{}\\..*", i + 1);
    return targets;
  }

 private:
  static torch::nn::LayerNorm layer_norm(std::int64_t features) {
    return torch::nn::LayerNorm(torch::nn::LayerNormOptions({features}));
  }

  // Leaves the tokens [batch, places, features] and what the skip connection takes.
  void add_encoder(std::int64_t width, std::int64_t features) {
    const std::int64_t recorded_places = halved(middle_places_[0]) * coarse_[1];
    register_module("trace_norm", trace_norm_);
    stem_ = register_module("stem", std::make_shared<CompactBlock>(shape().shots, width, Pair{7, 5}, Pair{4, 2}));
    middle_ = register_module("middle", std::make_shared<CompactBlock>(width, 2 * width, Pair{3, 3}, Pair{2, 2}));
    deep_ = register_module("deep", std::make_shared<CompactBlock>(2 * width, features, Pair{3, 3}, Pair{2, 2}));
    position_ = register_parameter("position", torch::zeros({recorded_places, features}));
    depth_norm_ = register_module("depth_norm", layer_norm(features));
    to_depth_ = register_module("to_depth", std::make_shared<Linear>(recorded_places, coarse_[0] * coarse_[1]));
    add_stage({"trace_norm", "stem", "middle"}, [this](const Activations& gathers) -> Activations {
      const torch::Tensor& x = gathers.front();
      // Each shot and time to mean 0 and variance 1: late, weak arrivals come to the scale of the direct wave.
      const torch::Tensor flat = x.contiguous().view({x.size(0), -1, shape().receivers});
      const torch::Tensor middle = middle_->forward(stem_->forward(trace_norm_(flat).view(x.sizes())));
      return {middle, middle};
    });
    add_stage({"deep", "position", "depth_norm", "to_depth"}, [this](const Activations& middle) -> Activations {
      const torch::Tensor places = deep_->forward(middle[0]).flatten(2).transpose(1, 2);
      const torch::Tensor tokens = depth_norm_(places + position_);
      return {to_depth_->forward(tokens.transpose(1, 2)).transpose(1, 2), middle[1]};
    });
  }

  void add_decoder(std::int64_t width, std::int64_t features) {
    token_norm_ = register_module("token_norm", layer_norm(features));
    up1_ = add_upsampling("up1", features, 2 * width);
    skip_ = register_module("skip", std::make_shared<Conv2d>(ConvOptions{
                                        .in_channels = 2 * width, .out_channels = 2 * width, .kernel = {1, 1}}));
    skip_to_depth_ = register_module("skip_to_depth", std::make_shared<Linear>(middle_places_[0], 2 * coarse_[0]));
    refine1_ = add_refinement("refine1", 2 * width);
    up2_ = add_upsampling("up2", 2 * width, width);
    refine2_ = add_refinement("refine2", width);
    // Four values for each place: the map's 2 x 2 cells there.
    head_ = register_module(
        "head", std::make_shared<Conv2d>(ConvOptions{.in_channels = width, .out_channels = 4, .padding = {1, 1}}));
    add_stage({"token_norm", "up1", "skip", "skip_to_depth"}, [this](const Activations& coded) -> Activations {
      const torch::Tensor tokens = token_norm_(coded[0]).transpose(1, 2);
      const torch::Tensor coarse = tokens.reshape({tokens.size(0), -1, coarse_[0], coarse_[1]});
      const torch::Tensor skip = skip_to_depth_->forward(skip_->forward(coded[1]).transpose(2, 3)).transpose(2, 3);
      return {(up1_->forward(coarse).narrow(3, 0, middle_places_[1]) + skip).relu_()};
    });
    add_stage("refine1", refine1_);
    add_stage({"up2"}, [this](const Activations& y) -> Activations { return {up2_->forward(y.front()).relu_()}; });
    add_stage("refine2", refine2_);
    add_stage({"head"}, [this](const Activations& fine) -> Activations {
      const torch::Tensor y = torch::pixel_shuffle(head_->forward(fine.front()), 2);
      return {torch::tanh(
          y.narrow(2, (y.size(2) - shape().nz) / 2, shape().nz).narrow(3, (y.size(3) - shape().nx) / 2, shape().nx))};
    });
  }

  std::shared_ptr<CompactBlock> add_refinement(const std::string& name, std::int64_t channels) {
    return register_module(name, std::make_shared<CompactBlock>(channels, channels, Pair{3, 3}, Pair{1, 1}));
  }

  std::shared_ptr<ConvTranspose2d> add_upsampling(const std::string& name, std::int64_t in, std::int64_t out) {
    const ConvOptions options{.in_channels = in, .out_channels = out, .kernel = {2, 2}, .stride = {2, 2}};
    return register_module(name, std::make_shared<ConvTranspose2d>(options));
  }

  Pair coarse_{};         ///< places of the coarse map (depth, distance)
  Pair middle_places_{};  ///< of the recorded grid (time, receivers) where the skip connection leaves
  torch::nn::BatchNorm1d trace_norm_;
  std::shared_ptr<CompactBlock> stem_;
  std::shared_ptr<CompactBlock> middle_;
  std::shared_ptr<CompactBlock> deep_;
  torch::Tensor position_;
  torch::nn::LayerNorm depth_norm_{nullptr};
  std::shared_ptr<Linear> to_depth_;
  torch::nn::LayerNorm token_norm_{nullptr};
  std::shared_ptr<ConvTranspose2d> up1_;
  std::shared_ptr<Conv2d> skip_;
  std::shared_ptr<Linear> skip_to_depth_;
  std::shared_ptr<CompactBlock> refine1_;
  std::shared_ptr<ConvTranspose2d> up2_;
  std::shared_ptr<CompactBlock> refine2_;
  std::shared_ptr<Conv2d> head_;
};

}  // namespace

std::shared_ptr<Backbone> make_compact(const nlohmann::json& options) {
  const nlohmann::json complete = complete_options("compact",
                                                   {{"shots", survey::Openfwi::kShots},
                                                    {"samples", 200},
                                                    {"receivers", survey::Openfwi::kReceivers},
                                                    {"nz", survey::Openfwi::kRows},
                                                    {"nx", survey::Openfwi::kColumns},
                                                    {"width", 32},
                                                    {"features", 256},
                                                    {"mixers", 6}},
                                                   options);
  for (const auto& [key, value] : complete.items()) {
    if (value < 1 || value > 4096) {
      throw UsageError(fmt::format("backbone 'compact': option '{}' expects 1 to 4096, found {}", key, value.dump()));
    }
  }
  const BackboneShape shape{.shots = complete["shots"],
                            .samples = complete["samples"],
                            .receivers = complete["receivers"],
                            .nz = complete["nz"],
                            .nx = complete["nx"]};
  if (shape.receivers != shape.nx) {
    throw UsageError(fmt::format("backbone 'compact': expected as many receivers as columns, found {} and {}",
                                 shape.receivers, shape.nx));
  }
  return std::make_shared<Compact>(complete, shape);
}

}  // namespace strataform::nn
