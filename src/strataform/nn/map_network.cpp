#include "strataform/nn/map_network.h"

#include <fmt/format.h>

#include <utility>

namespace strataform::nn {
namespace {

std::int64_t halved(std::int64_t extent) { return (extent + 1) / 2; }

}  // namespace

CompactBlock::CompactBlock(std::int64_t in, std::int64_t out, Pair kernel, Pair stride)
    : NormalisedLayer(std::make_shared<Conv2d>(ConvOptions{.in_channels = in,
                                                           .out_channels = out,
                                                           .kernel = kernel,
                                                           .stride = stride,
                                                           .padding = {kernel[0] / 2, kernel[1] / 2},
                                                           .bias = false})) {
  register_module("conv", layer());
  register_module("norm", norm());
}

torch::Tensor CompactBlock::forward(const torch::Tensor& x) {
  torch::Tensor y = NormalisedLayer::forward(x);
  return y.relu_();
}

Mixer::Mixer(std::int64_t places, std::int64_t features)
    : place_norm_(torch::nn::LayerNormOptions({features})), feature_norm_(torch::nn::LayerNormOptions({features})) {
  register_module("place_norm", place_norm_);
  place_in_ = register_module("place_in", std::make_shared<Linear>(places, places));
  place_out_ = register_module("place_out", std::make_shared<Linear>(places, places));
  register_module("feature_norm", feature_norm_);
  feature_in_ = register_module("feature_in", std::make_shared<Linear>(features, 2 * features));
  feature_out_ = register_module("feature_out", std::make_shared<Linear>(2 * features, features));
}

torch::Tensor Mixer::forward(const torch::Tensor& tokens) {
  const torch::Tensor places = torch::gelu(place_in_->forward(place_norm_(tokens).transpose(1, 2)));
  const torch::Tensor mixed = tokens + place_out_->forward(places).transpose(1, 2);
  return mixed + feature_out_->forward(torch::gelu(feature_in_->forward(feature_norm_(mixed))));
}

MapNetwork::MapNetwork(std::string name, nlohmann::json options, const BackboneShape& shape)
    : Backbone(std::move(name), std::move(options), shape) {
  const std::int64_t times = shape.samples - shape.geometry_rows;
  middle_places_ = {halved(halved(halved(times))), halved(halved(shape.receivers))};
  coarse_ = {halved(halved(halved(shape.nz))), halved(middle_places_[1])};
}

std::string MapNetwork::default_targets() const {
  std::string targets = "(up|skip|refine|head).*";
  const std::int64_t mixers = options()["mixers"];
  for (std::int64_t i = mixers / 2; i < mixers; ++i) targets += fmt::format("|mixer{}\\..*", i + 1);
  return targets;
}

void MapNetwork::add_mixers() {
  for (std::int64_t i = 0; i < options()["mixers"].get<std::int64_t>(); ++i) {
    const std::string name = fmt::format("mixer{}", i + 1);
    add_stage(name, register_module(name, std::make_shared<Mixer>(coarse_[0] * coarse_[1], features())));
  }
}

void MapNetwork::add_decoder() {
  token_norm_ = register_module("token_norm", layer_norm(features()));
  up1_ = add_upsampling("up1", features(), 2 * width());
  skip_ = register_module("skip", std::make_shared<Conv2d>(ConvOptions{
                                      .in_channels = 2 * width(), .out_channels = 2 * width(), .kernel = {1, 1}}));
  skip_to_depth_ = register_module("skip_to_depth", std::make_shared<Linear>(middle_places_[0], 2 * coarse_[0]));
  refine1_ = add_refinement("refine1", 2 * width());
  up2_ = add_upsampling("up2", 2 * width(), width());
  refine2_ = add_refinement("refine2", width());
  // Four values for each place and output: the map's 2 x 2 cells there.
  head_ = register_module("head", std::make_shared<Conv2d>(ConvOptions{
                                      .in_channels = width(), .out_channels = 4 * shape().outputs, .padding = {1, 1}}));
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
    return {finish(
        y.narrow(2, (y.size(2) - shape().nz) / 2, shape().nz).narrow(3, (y.size(3) - shape().nx) / 2, shape().nx))};
  });
}

std::shared_ptr<CompactBlock> MapNetwork::add_refinement(const std::string& name, std::int64_t channels) {
  return register_module(name, std::make_shared<CompactBlock>(channels, channels, Pair{3, 3}, Pair{1, 1}));
}

std::shared_ptr<ConvTranspose2d> MapNetwork::add_upsampling(const std::string& name, std::int64_t in,
                                                            std::int64_t out) {
  const ConvOptions options{.in_channels = in, .out_channels = out, .kernel = {2, 2}, .stride = {2, 2}};
  return register_module(name, std::make_shared<ConvTranspose2d>(options));
}

torch::nn::LayerNorm layer_norm(std::int64_t features) {
  return torch::nn::LayerNorm(torch::nn::LayerNormOptions({features}));
}

}  // namespace strataform::nn
