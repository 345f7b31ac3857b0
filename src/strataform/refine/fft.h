#pragma once

#include <complex>
#include <cstddef>
#include <span>
#include <vector>

namespace strataform::refine {

/// Discrete Fourier transforms of one length, a power of two, in place (Cooley and Tukey, 1965, radix 2).
class Fft {
 public:
  /// The smallest length from `at_least` on.
  explicit Fft(std::size_t at_least);

  [[nodiscard]] std::size_t size() const { return size_; }
  /// sum_n x_n exp(-2 pi i k n / size); values has size() elements.
  void forward(std::span<std::complex<double>> values) const;
  /// Its inverse, 1 / size included.
  void inverse(std::span<std::complex<double>> values) const;

 private:
  std::size_t size_;
  std::vector<std::complex<double>> roots_;  ///< exp(-2 pi i k / size), half a turn
};

}  // namespace strataform::refine
