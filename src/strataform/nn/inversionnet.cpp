#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/nn/factories.h"
#include "strataform/nn/normalised_layer.h"
#include "strataform/survey/openfwi.h"

namespace strataform::nn {

namespace {

constexpr double kLeakySlope = 0.2;
constexpr BackboneShape kShape{.shots = survey::Openfwi::kShots,
                               .samples = survey::Openfwi::kSamples,
                               .receivers = survey::Openfwi::kReceivers,
                               .nz = survey::Openfwi::kRows,
                               .nx = survey::Openfwi::kColumns};
// The decoder ends at 80 x 80; this margin is cut off on each side.
constexpr std::int64_t kMargin = 5;

/// A convolution, plain or transposed, BatchNorm and an activation, named layers.0 and layers.1.
class NormalisedBlock : public NormalisedLayer {
 public:
  enum class Activation { kLeakyRelu, kTanh };

  NormalisedBlock(std::shared_ptr<AdaptableLayer> adaptable_layer, Activation activation)
      : NormalisedLayer(std::move(adaptable_layer)), activation_(activation) {
    const auto layers = register_module("layers", std::make_shared<torch::nn::Module>());
    layers->register_module("0", layer());
    layers->register_module("1", norm());
  }

  torch::Tensor forward(const torch::Tensor& x) {
    torch::Tensor y = NormalisedLayer::forward(x);
    return activation_ == Activation::kTanh ? y.tanh_() : torch::leaky_relu_(y, kLeakySlope);
  }

 private:
  Activation activation_;
};

class InversionNet : public Backbone {
 public:
  InversionNet(const nlohmann::json& options, const BackboneShape& shape) : Backbone("inversionnet", options, shape) {
    build_encoder(shape.shots, options["widths"]);
    build_decoder(options["widths"]);
  }

  // All but the layers that see each trace on its own.
  [[nodiscard]] std::string default_targets() const override { return "(convblock[5-8]|deconv).*"; }

 private:
  using Pair = std::array<std::int64_t, 2>;

  void convolution(const char* name, std::int64_t in, std::int64_t out, Pair kernel, Pair stride, Pair padding) {
    const ConvOptions options{
        .in_channels = in, .out_channels = out, .kernel = kernel, .stride = stride, .padding = padding};
    add(name, std::make_shared<Conv2d>(options));
  }

  void refinement(const char* name, std::int64_t width) { convolution(name, width, width, {3, 3}, {1, 1}, {1, 1}); }

  void doubling(const char* name, std::int64_t in, std::int64_t out) {
    const ConvOptions options{
        .in_channels = in, .out_channels = out, .kernel = {4, 4}, .stride = {2, 2}, .padding = {1, 1}};
    add(name, std::make_shared<ConvTranspose2d>(options));
  }

  void add(const char* name, const std::shared_ptr<AdaptableLayer>& layer) {
    add_stage(name,
              register_module(name, std::make_shared<NormalisedBlock>(layer, NormalisedBlock::Activation::kLeakyRelu)));
  }

  // 1000 x 70 to 63 x 70 in time alone, to 8 x 9 in both, to 1 x 1.
  void build_encoder(std::int64_t shots, const std::vector<std::int64_t>& w) {
    convolution("convblock1", shots, w[0], {7, 1}, {2, 1}, {3, 0});
    convolution("convblock2_1", w[0], w[1], {3, 1}, {2, 1}, {1, 0});
    convolution("convblock2_2", w[1], w[1], {3, 1}, {1, 1}, {1, 0});
    convolution("convblock3_1", w[1], w[1], {3, 1}, {2, 1}, {1, 0});
    convolution("convblock3_2", w[1], w[1], {3, 1}, {1, 1}, {1, 0});
    convolution("convblock4_1", w[1], w[2], {3, 1}, {2, 1}, {1, 0});
    convolution("convblock4_2", w[2], w[2], {3, 1}, {1, 1}, {1, 0});
    convolution("convblock5_1", w[2], w[2], {3, 3}, {2, 2}, {1, 1});
    refinement("convblock5_2", w[2]);
    convolution("convblock6_1", w[2], w[3], {3, 3}, {2, 2}, {1, 1});
    refinement("convblock6_2", w[3]);
    convolution("convblock7_1", w[3], w[3], {3, 3}, {2, 2}, {1, 1});
    refinement("convblock7_2", w[3]);
    convolution("convblock8", w[3], w[4], {8, 9}, {1, 1}, {0, 0});
  }

  // 1 x 1 to 5 x 5, then doubled four times.
  void build_decoder(const std::vector<std::int64_t>& w) {
    add("deconv1_1", std::make_shared<ConvTranspose2d>(
                         ConvOptions{.in_channels = w[4], .out_channels = w[4], .kernel = {5, 5}, .stride = {2, 2}}));
    refinement("deconv1_2", w[4]);
    doubling("deconv2_1", w[4], w[3]);
    refinement("deconv2_2", w[3]);
    doubling("deconv3_1", w[3], w[2]);
    refinement("deconv3_2", w[2]);
    doubling("deconv4_1", w[2], w[1]);
    refinement("deconv4_2", w[1]);
    doubling("deconv5_1", w[1], w[0]);
    refinement("deconv5_2", w[0]);
    const auto last = std::make_shared<Conv2d>(ConvOptions{.in_channels = w[0], .out_channels = 1, .padding = {1, 1}});
    const auto head =
        register_module("deconv6", std::make_shared<NormalisedBlock>(last, NormalisedBlock::Activation::kTanh));
    add_stage({"deconv6"}, [head](const Activations& activations) -> Activations {
      return {head->forward(torch::constant_pad_nd(activations.front(), {-kMargin, -kMargin, -kMargin, -kMargin}))};
    });
  }
};

bool are_widths(const nlohmann::json& widths) {
  return widths.size() == 5 && std::all_of(widths.begin(), widths.end(), [](const nlohmann::json& width) {
           return width.is_number_integer() && width >= 1 && width <= 8192;
         });
}

}  // namespace

/// InversionNet (Wu and Lin, 2020) with the module names of the OpenFWI scripts (Deng et al., 2022), so that their
/// checkpoints load key by key: x [batch, 5, 1000, 70] to [batch, 1, 70, 70].
///
/// Options: shots (5); widths ([32, 64, 128, 256, 512], the channels dim1 to dim5 of the scripts).
std::shared_ptr<Backbone> make_inversionnet(const nlohmann::json& options) {
  const nlohmann::json complete =
      complete_options("inversionnet", {{"shots", kShape.shots}, {"widths", {32, 64, 128, 256, 512}}}, options);
  if (!are_widths(complete["widths"])) {
    throw UsageError(fmt::format("backbone 'inversionnet': option 'widths' expects five positive integers, found {}",
                                 complete["widths"].dump()));
  }
  BackboneShape shape = kShape;
  shape.shots = complete["shots"];
  if (shape.shots < 1 || shape.shots > 1024) {
    throw UsageError(fmt::format("backbone 'inversionnet': option 'shots' expects 1 to 1024, found {}", shape.shots));
  }
  return std::make_shared<InversionNet>(complete, shape);
}

}  // namespace strataform::nn
