#include "strataform/refine/fft.h"

#include <algorithm>
#include <bit>
#include <numbers>
#include <utility>

namespace strataform::refine {
namespace {

using Complex = std::complex<double>;

/// The operator of std::complex looks out for infinities, at several times the cost.
Complex product(const Complex& a, const Complex& b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

/// Element k goes where the bits of k, read backwards, say.
void reverse_bits(std::span<Complex> values) {
  std::size_t reversed = 0;
  for (std::size_t k = 1; k < values.size(); ++k) {
    std::size_t bit = values.size() / 2;
    for (; (reversed & bit) != 0; bit /= 2) reversed ^= bit;
    reversed ^= bit;
    if (k < reversed) std::swap(values[k], values[reversed]);
  }
}

}  // namespace

Fft::Fft(std::size_t at_least) : size_(std::bit_ceil(at_least)) {
  for (std::size_t k = 0; k < size_ / 2; ++k) {
    const double turn = static_cast<double>(k) / static_cast<double>(size_);
    roots_.push_back(std::polar(1.0, -2.0 * std::numbers::pi * turn));
  }
}

void Fft::forward(std::span<Complex> values) const {
  reverse_bits(values);
  for (std::size_t half = 1; half < size_; half *= 2) {
    const std::size_t stride = size_ / (2 * half);
    for (std::size_t block = 0; block < size_; block += 2 * half) {
      for (std::size_t k = 0; k < half; ++k) {
        Complex& low = values[block + k];
        Complex& high = values[block + half + k];
        const Complex turned = product(high, roots_[k * stride]);
        high = low - turned;
        low += turned;
      }
    }
  }
}

void Fft::inverse(std::span<Complex> values) const {
  forward(values);
  // A transform applied twice gives the values back in reverse order, element 0 in its place.
  std::reverse(values.begin() + 1, values.end());
  for (Complex& value : values) value /= static_cast<double>(size_);
}

}  // namespace strataform::refine
