// Frequency-adaptive adapter: y = h + U σ(Σ_k g_k F⁻¹(M_k F(D h))), h = W x, F the two-dimensional Fourier transform
// over time or depth and distance, M_k the masks of K radial bands of equal width, g_k one trained gate for each band.
// Gates start at 1, where the bands add up to the bottleneck adapter; U starts at zero. Dense layers have no axes to
// transform: there it is the bottleneck adapter with the mean of the gates.
#include <cmath>

#include "strataform/peft/bottleneck.h"
#include "strataform/peft/factories.h"

namespace strataform::peft {
namespace {

struct FrequencyOptions {
  std::int64_t bands = 4;
};

const std::vector<io::Option<FrequencyOptions>>& frequency_options() {
  constexpr io::Range kBands{"1 to 64", [](double bands) { return bands >= 1 && bands <= 64; }};
  static const std::vector<io::Option<FrequencyOptions>> options = {
      {"bands", "Frequency bands of frequency-adapter", &FrequencyOptions::bands, kBands}};
  return options;
}

/// Band of each coefficient of a real transform, [rows, columns / 2 + 1]: its distance from zero frequency over the
/// largest one, in `bands` equal parts.
torch::Tensor band_of_coefficients(std::int64_t rows, std::int64_t columns, std::int64_t bands,
                                   const torch::Device& device) {
  const auto options = torch::TensorOptions().dtype(torch::kFloat64).device(device);
  const torch::Tensor vertical = torch::fft_fftfreq(rows, 1.0, options).unsqueeze(1);
  const torch::Tensor horizontal = torch::fft_rfftfreq(columns, 1.0, options).unsqueeze(0);
  const double largest = std::sqrt(0.5);  // half a cycle per cell along both axes
  const torch::Tensor radius = (vertical.square() + horizontal.square()).sqrt() / largest;
  return (radius * static_cast<double>(bands)).to(torch::kInt64).clamp_max(bands - 1);
}

class FrequencyLayer : public AdaptedLayer {
 public:
  FrequencyLayer(const nn::AdaptableLayer& layer, OutputBottleneck bottleneck, std::int64_t bands)
      : bottleneck_(std::move(bottleneck)), gates_(trainable_zeros(layer, {bands})) {
    const torch::NoGradGuard no_grad;
    gates_.fill_(1.0);
  }

  [[nodiscard]] torch::Tensor forward(const nn::AdaptableLayer& layer, const torch::Tensor& x) const override {
    const torch::Tensor h = layer.base_forward(x);
    const torch::Tensor low = layer.mix_channels(h, bottleneck_.down);
    const torch::Tensor filtered = layer.kind() == nn::LayerKind::kLinear ? low * gates_.mean() : filter(low);
    return h + layer.mix_channels(torch::gelu(filtered), bottleneck_.up);
  }

  [[nodiscard]] NamedTensors named_tensors() const override {
    return {
        {"adapter_down.weight", bottleneck_.down}, {"adapter_up.weight", bottleneck_.up}, {"adapter_gates", gates_}};
  }

 private:
  /// One transform for all bands, because it is linear: the gates of the bands are the gain of each coefficient.
  [[nodiscard]] torch::Tensor filter(const torch::Tensor& low) const {
    const std::int64_t rows = low.size(-2);
    const std::int64_t columns = low.size(-1);
    const torch::Tensor gain = gates_.index({band_of_coefficients(rows, columns, gates_.size(0), low.device())});
    // There is no transform of half-precision numbers on a CPU.
    const bool is_half = low.scalar_type() == torch::kBFloat16 || low.scalar_type() == torch::kFloat16;
    const torch::Tensor spectrum = torch::fft_rfft2(is_half ? low.to(torch::kFloat32) : low);
    return torch::fft_irfft2(spectrum * gain, at::IntArrayRef{rows, columns}).to(low.scalar_type());
  }

  OutputBottleneck bottleneck_;
  torch::Tensor gates_;
};

}  // namespace

Method frequency_adapter_method() {
  Method method;
  method.name = "frequency-adapter";
  method.summary = "a bottleneck after each layer with a trained gain for each band of spatial frequencies";
  method.marks = {{"peft_type", "STRATAFORM_FREQUENCY_ADAPTER"}};
  method.unmergeable = "its bottleneck is not linear";
  method.has_rank = true;
  method.options = described(frequency_options());
  method.adapt = [](const nn::NamedLayer& named, const AdapterOptions& options, Random& random) {
    const std::int64_t bands = read_own(frequency_options(), options).bands;
    return std::make_shared<FrequencyLayer>(*named.layer, OutputBottleneck(named, options.rank, random), bands);
  };
  return method;
}

}  // namespace strataform::peft
