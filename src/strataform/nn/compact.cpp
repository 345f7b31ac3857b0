#include "strataform/nn/compact.h"

#include <fmt/format.h>

#include <array>
#include <string>
#include <vector>

#include "strataform/core/error.h"

namespace strataform::nn {

namespace {

using Pair = std::array<std::int64_t, 2>;

/// A convolution that keeps the extent (divided by the stride, rounded up), and BatchNorm.
class Stage : public torch::nn::Module {
 public:
  Stage(std::int64_t in, std::int64_t out, Pair kernel, Pair stride) : norm_(out) {
    const ConvOptions options{.in_channels = in,
                              .out_channels = out,
                              .kernel = kernel,
                              .stride = stride,
                              .padding = {kernel[0] / 2, kernel[1] / 2},
                              .bias = false};
    convolution_ = register_module("conv", std::make_shared<Conv2d>(options));
    register_module("norm", norm_);
  }

  torch::Tensor forward(const torch::Tensor& x) { return norm_(convolution_->forward(x)); }

 private:
  std::shared_ptr<Conv2d> convolution_;
  torch::nn::BatchNorm2d norm_;
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
    const Pair middle{halved(halved(halved(shape.samples))), halved(halved(shape.receivers))};
    coarse_ = {halved(halved(halved(shape.nz))), halved(middle[1])};
    middle_columns_ = middle[1];
    const std::int64_t recorded_places = halved(middle[0]) * coarse_[1];
    const std::int64_t places = coarse_[0] * coarse_[1];

    register_module("trace_norm", trace_norm_);
    stem_ = register_module("stem", std::make_shared<Stage>(shape.shots, width, Pair{7, 5}, Pair{4, 2}));
    middle_ = register_module("middle", std::make_shared<Stage>(width, 2 * width, Pair{3, 3}, Pair{2, 2}));
    deep_ = register_module("deep", std::make_shared<Stage>(2 * width, features, Pair{3, 3}, Pair{2, 2}));
    position_ = register_parameter("position", torch::zeros({recorded_places, features}));
    depth_norm_ = register_module("depth_norm", layer_norm(features));
    to_depth_ = register_module("to_depth", std::make_shared<Linear>(recorded_places, places));
    for (std::int64_t i = 0; i < options["mixers"].get<std::int64_t>(); ++i) {
      mixers_.push_back(register_module(fmt::format("mixer{}", i + 1), std::make_shared<Mixer>(places, features)));
    }
    token_norm_ = register_module("token_norm", layer_norm(features));

    up1_ = add_upsampling("up1", features, 2 * width);
    skip_ = register_module("skip", std::make_shared<Conv2d>(ConvOptions{
                                        .in_channels = 2 * width, .out_channels = 2 * width, .kernel = {1, 1}}));
    skip_to_depth_ = register_module("skip_to_depth", std::make_shared<Linear>(middle[0], 2 * coarse_[0]));
    refine1_ = add_refinement("refine1", 2 * width);
    up2_ = add_upsampling("up2", 2 * width, width);
    refine2_ = add_refinement("refine2", width);
    // Four values for each place: the map's 2 x 2 cells there.
    const ConvOptions last{.in_channels = width, .out_channels = 4, .padding = {1, 1}};
    head_ = register_module("head", std::make_shared<Conv2d>(last));
  }

 protected:
  torch::Tensor run(const torch::Tensor& x) override {
    const std::int64_t batch = x.size(0);
    // Each shot and time to mean 0 and variance 1: late, weak arrivals come to the scale of the direct wave.
    torch::Tensor y = trace_norm_(x.contiguous().view({batch, -1, shape().receivers})).view(x.sizes());
    const torch::Tensor middle = torch::relu(middle_->forward(torch::relu(stem_->forward(y))));
    y = torch::relu(deep_->forward(middle));

    torch::Tensor tokens = depth_norm_(y.flatten(2).transpose(1, 2) + position_);
    tokens = to_depth_->forward(tokens.transpose(1, 2)).transpose(1, 2);
    for (const auto& mixer : mixers_) tokens = mixer->forward(tokens);
    y = token_norm_(tokens).transpose(1, 2).reshape({batch, -1, coarse_[0], coarse_[1]});

    const torch::Tensor skip = skip_to_depth_->forward(skip_->forward(middle).transpose(2, 3)).transpose(2, 3);
    y = torch::relu(up1_->forward(y).narrow(3, 0, middle_columns_) + skip);
    y = torch::relu(refine1_->forward(y));
    y = torch::relu(refine2_->forward(torch::relu(up2_->forward(y))));
    y = torch::pixel_shuffle(head_->forward(y), 2);
    y = y.narrow(2, (y.size(2) - shape().nz) / 2, shape().nz).narrow(3, (y.size(3) - shape().nx) / 2, shape().nx);
    return torch::tanh(y);
  }

 private:
  static torch::nn::LayerNorm layer_norm(std::int64_t features) {
    return torch::nn::LayerNorm(torch::nn::LayerNormOptions({features}));
  }

  std::shared_ptr<Stage> add_refinement(const std::string& name, std::int64_t channels) {
    return register_module(name, std::make_shared<Stage>(channels, channels, Pair{3, 3}, Pair{1, 1}));
  }

  std::shared_ptr<ConvTranspose2d> add_upsampling(const std::string& name, std::int64_t in, std::int64_t out) {
    const ConvOptions options{.in_channels = in, .out_channels = out, .kernel = {2, 2}, .stride = {2, 2}};
    return register_module(name, std::make_shared<ConvTranspose2d>(options));
  }

  Pair coarse_{};                    ///< places of the coarse map (depth, distance)
  std::int64_t middle_columns_ = 0;  ///< receivers after two halvings
  torch::nn::BatchNorm1d trace_norm_;
  std::shared_ptr<Stage> stem_;
  std::shared_ptr<Stage> middle_;
  std::shared_ptr<Stage> deep_;
  torch::Tensor position_;
  torch::nn::LayerNorm depth_norm_{nullptr};
  std::shared_ptr<Linear> to_depth_;
  std::vector<std::shared_ptr<Mixer>> mixers_;
  torch::nn::LayerNorm token_norm_{nullptr};
  std::shared_ptr<ConvTranspose2d> up1_;
  std::shared_ptr<Conv2d> skip_;
  std::shared_ptr<Linear> skip_to_depth_;
  std::shared_ptr<Stage> refine1_;
  std::shared_ptr<ConvTranspose2d> up2_;
  std::shared_ptr<Stage> refine2_;
  std::shared_ptr<Conv2d> head_;
};

}  // namespace

std::shared_ptr<Backbone> make_compact(const nlohmann::json& options) {
  const nlohmann::json complete = complete_options("compact",
                                                   {{"shots", 5},
                                                    {"samples", 200},
                                                    {"receivers", 70},
                                                    {"nz", 70},
                                                    {"nx", 70},
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
