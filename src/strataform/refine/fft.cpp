#include "strataform/refine/fft.h"

#include <algorithm>
#include <bit>
#include <unsupported/Eigen/FFT>

namespace strataform::refine {

struct RealFft::Plans {
  Eigen::FFT<double> fft{Eigen::FFT<double>::impl_type(), Eigen::FFT<double>::HalfSpectrum};
};

RealFft::RealFft(std::size_t at_least)
    : size_(std::bit_ceil(at_least)), padded_(size_), plans_(std::make_unique<Plans>()) {}

RealFft::~RealFft() = default;

std::vector<std::complex<double>> RealFft::forward(std::span<const double> values) {
  std::fill(std::ranges::copy(values, padded_.begin()).out, padded_.end(), 0.0);
  std::vector<std::complex<double>> spectrum(size_ / 2 + 1);
  plans_->fft.fwd(spectrum.data(), padded_.data(), static_cast<Eigen::Index>(size_));
  return spectrum;
}

std::vector<double> RealFft::inverse(std::span<const std::complex<double>> spectrum) {
  std::vector<double> values(size_);
  plans_->fft.inv(values.data(), spectrum.data(), static_cast<Eigen::Index>(size_));
  return values;
}

}  // namespace strataform::refine
